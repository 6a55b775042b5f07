#!/usr/bin/env bash
# The list of payments by the local utility, cut into ids as scripts in the field do. Prints them.
# The socket comes from BILLMGR_SOCKET.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 1)) || usage 'MGRCTL'
mgrctl() { command "$mgrctl" "$@"; }
mgrctl=$1

ids=$(mgrctl -m billmgr payment | cut -d' ' -f1 | cut -d= -f2)
expect_ids "$ids"

from_xml=$(mgrctl -m billmgr -o xml payment | grep -oP '<elem>.*?</elem>' | grep -oP '<id>\K[0-9]+')
expect 'ids of out=xml' "$from_xml" "$ids"
from_grep=$(mgrctl -m billmgr payment | grep -oP '^id=\K\d+')
expect 'ids by grep' "$from_grep" "$ids"
from_awk=$(mgrctl payment -m billmgr out=text | awk -F'[= ]' '{ print $2 }')
expect 'ids by awk' "$from_awk" "$ids"
mgrctl payment | head -n 1 >/dev/null || fail 'a reader that ends early is a failure'
echo "$ids"
