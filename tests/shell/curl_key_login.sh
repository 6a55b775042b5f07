#!/usr/bin/env bash
# Single sign-on (protocol.md §1.5): an administrator leaves a key, a browser follows the link.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 3)) || usage 'URL ADMINISTRATOR:PASSWORD USER'
url=$1 authinfo=$2 user=$3

curl() { command curl -sSk --max-time 30 "$@"; }
leave_key() {
    local answer
    key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    answer=$(curl -d func=session.newkey -d out=text --data-urlencode "authinfo=$authinfo" \
        --data-urlencode "username=$user" -d "key=$key" "$url")
    expect_like 'session.newkey' "$answer" '^OK'
}
link() { printf '%s?checkcookie=no&func=auth&username=%s&key=%s' "$url" "$user" "$key"; }

leave_key
head=$(curl -D - -o /dev/null "$(link)" | tr -d '\r')
expect_like 'status of the link' "$head" '^HTTP/[0-9.]+ 30[123]'
shopt -s nocasematch
expect_like 'cookie of the link' "$head" $'\nset-cookie: billmgrses5=[0-9a-f]{12,64}'
expect_like 'target of the link' "$head" $'\nlocation: '
shopt -u nocasematch

answer=$(curl "$(link)&out=text")
expect_like 'the second use of a key' "$answer" '^ERROR auth\('

leave_key
answer=$(curl "$(link)&out=xml")
expect_like 'a key with out=xml' "$answer" '<auth id="[0-9a-f]{12,64}" level="[0-9]+">'
echo ok
