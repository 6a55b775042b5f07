#!/usr/bin/env bash
# The list of payments with curl: every way to send a call gives the same rows (protocol.md §13).
# Prints the ids.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 2)) || usage 'URL USER:PASSWORD    (URL ends with /billmgr)'
url=$1 authinfo=$2 site=${1%/billmgr}

# call WHAT ARGUMENTS…: the ids that this call of curl answers
call() {
    local what=$1 answer
    shift
    answer=$(curl -sSk --max-time 30 "$@") || fail "$what: curl gave up"
    [[ $answer != ERROR* ]] || fail "$what: $answer"
    ids_of_text <<<"$answer"
}

query="func=payment&out=text&authinfo=$authinfo"
ids=$(curl -sSk "$url?$query" | cut -d' ' -f1 | cut -d= -f2)
expect_ids "$ids"

same() {
    local got
    got=$(call "$@")
    expect "$1" "$got" "$ids"
}
same 'form in the body' -d "$query" "$url"
same 'form encoded by curl' -d func=payment -d out=text --data-urlencode "authinfo=$authinfo" "$url"
same 'multipart' -F func=payment -F out=text -F "authinfo=$authinfo" "$url"
same 'body and query' -d func=payment -d out=text "$url?authinfo=$authinfo"
same 'JSON object' -H 'Content-Type: application/json' \
    -d "{\"func\":\"payment\",\"out\":\"text\",\"authinfo\":\"$authinfo\"}" "$url"
same 'GET with an empty JSON object' -X GET -H 'Content-Type: application/json' -d '{}' "$url?$query"
same 'leading ampersand' "$url?&$query"
same 'percent-encoded colon' "$url?${query/"$authinfo"/"${authinfo/:/%3A}"}"
same 'unescaped characters' -g "$url?$query&note={a}|[b]\\^\`c"
for path in /manager/billmgr /manager /; do
    same "path $path" "$site$path?$query"
done
same 'a list ignores sok' "$url?$query&sok=ok"

# type FORMAT WANTED: status 200 and exactly this content type
type() {
    local got
    got=$(curl -sSk -o /dev/null -w '%{http_code} %{content_type}' \
        "$url?func=payment&out=$1&authinfo=$authinfo")
    expect "out=$1" "$got" "200 $2"
}
type xml 'text/xml'
type devel 'text/xml'
type json 'application/json'
type sjson 'application/json'
type bjson 'application/json'
type text 'text/plain; charset=UTF-8'

read -r first < <(curl -sSk "$url?func=payment&out=xml&authinfo=$authinfo")
expect 'first line of xml' "$first" '<?xml version="1.0" encoding="UTF-8"?>'
echo "$ids"
