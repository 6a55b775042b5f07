#!/usr/bin/env bash
# A session with curl, by parameter and by cookie. Prints the level.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 2)) || usage 'URL USER:PASSWORD'
url=$1 username=${2%%:*} password=${2#*:}

jar=$(mktemp)
trap 'rm -f "$jar"' EXIT
curl() { command curl -sSk --max-time 30 "$@"; }
sign_in() {
    curl -d func=auth -d out=text "$@" \
        --data-urlencode "username=$username" --data-urlencode "password=$password" "$url"
}

session=$(sign_in -c "$jar" | sed -n 's/^auth=//p')
expect_like 'session id' "$session" '^[0-9a-f]{12,64}$'

who=$(curl "$url?func=whoami&out=xml&auth=$session")
expect_like 'whoami by parameter' "$who" "<user [^>]*name=\"$username\""
expect_like 'level' "$who" '<user [^>]*level="([0-9]+)"'
level=${BASH_REMATCH[1]}

cookie=$(awk '$6 == "billmgrses5" { print $7 }' "$jar")
[[ $cookie == "$session"* ]] || fail 'the cookie billmgrses5 is not the session'
who=$(curl -b "$jar" "$url?func=whoami&out=xml")
expect_like 'whoami by cookie' "$who" "<user [^>]*name=\"$username\""

# The parameter wins over the cookie, also when it is wrong.
answer=$(curl -b "$jar" "$url?func=whoami&out=text&auth=00000000000000000000000000000000")
expect_like 'a wrong session beside a good cookie' "$answer" '^ERROR auth\('

answer=$(curl -d func=logout -d out=text -d "auth=$session" "$url")
expect_like 'logout' "$answer" '^OK'
answer=$(curl "$url?func=whoami&out=text&auth=$session")
expect_like 'the session after logout' "$answer" '^ERROR auth\('
echo "$level"
