#!/usr/bin/env bash
# Options, formats and exit codes of the local utility. To be run as root or as the user of the
# server; the socket comes from BILLMGR_SOCKET.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 1)) || usage 'MGRCTL'
mgrctl=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# run CODE ARGUMENTS…: the output is in $out, the complaints in $err
run() {
    local wanted=$1 code=0
    shift
    "$mgrctl" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
    out=$(<"$scratch/out") err=$(<"$scratch/err")
    expect "exit code of mgrctl $* ($err)" "$code" "$wanted"
}

run 0 -m billmgr -o xml whoami
expect_like 'whoami' "$out" '<user [^>]*level="30"'
before=$out
run 0 -m core whoami -o xml
expect 'options after the function' "$out" "$before"
run 0 whoami out=xml
expect 'out as a parameter' "$out" "$before"
run 0 -o bjson paramlist
expect_like 'paramlist' "$out" '"elem":\[\{"'

# The server answered: 0, be it with an error.
run 0 -m billmgr no.such.function
expect_like 'an unknown function' "$out" '^ERROR missed\(func\)'
run 0 -o xml payment.edit elid=999999999
expect_like 'a record that is not there' "$out" '<error type="missed"'
expect 'complaints about an error of the API' "$err" ''

run 2
run 2 -m ispmgr webdomain
expect_like 'another panel' "$err" 'ispmgr'
run 1 --socket "$scratch/none.sock" whoami
expect_like 'no socket' "$err" "$scratch/none.sock"

# A value from the environment arrives, and is shown neither here nor in an error.
export ELID=999999998
# shellcheck disable=SC2016
run 0 -o xml payment.edit -e 'elid=$ELID'
expect_like 'the value of -e' "$out" '<error type="missed"'
run 2 payment.edit -e "passwd=hunter2"
[[ $out$err != *hunter2* ]] || fail 'a value of -e is shown'

# protocol.md §5: the name padded to 45 columns, what goes on is indented as far.
run 0 -i
expect_like 'hints' "$out" $'(^|\n)payment {38}[^ ]'
if grep -Evn '^([^ ]+ +| {45})[^ ]' <<<"$out" >"$scratch/odd"; then
    fail "hints out of their columns: $(head -n 3 "$scratch/odd")"
fi
run 0 -i payment lang=en
expect_like 'hint of a list' "$(tr -s ' \n' ' ' <<<"$out")" 'Function type: list'
echo ok
