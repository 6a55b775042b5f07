#!/usr/bin/env bash
# The lines by which the eSIM API is documented (operations.md §1.3, §1.6), as they stand there but for the
# host, the key and the id: each must be answered, and done.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 2)) || usage 'BASE API_KEY'
BASE=$1 YOUR_API_KEY=$2

done_so() { expect_like "$1" "$answer" '^\{"success":true'; }
get() {
    answer=$(curl -sS --max-time 30 -H "X-API-Key: $YOUR_API_KEY" "$BASE/esim-api/index.php?endpoint=$1")
    done_so "$1"
}

get 'packages&q=Europe&limit=20'
get 'packages&q=Europe&limit=5'
expect_like 'a package' "$answer" '"package_code":"P2CYMUS93"'
get 'coverage&package_code=P2CYMUS93'
expect_like 'networks' "$answer" '"networks":\['
get balance
answer=$(curl -sS -X POST "$BASE/esim-api/index.php?endpoint=buy" \
    -H "Content-Type: application/json" \
    -H "X-API-Key: $YOUR_API_KEY" \
    -d '{"package_code":"P2CYMUS93"}')
done_so buy
order=$(sed -n 's/.*"order_id":\([0-9]*\).*/\1/p' <<<"$answer")
get orders
expect_like 'the order' "$answer" "\"order_id\":$order,"
get "sync-order&order_id=$order"
