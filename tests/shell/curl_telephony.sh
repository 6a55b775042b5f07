#!/usr/bin/env bash
# The lines by which the telephony APIs are documented (operations.md §1.1, §1.4, §1.5, §1.7), as they
# stand there but for the host, the keys and the ids: each must be answered, and done.
set -euo pipefail
# shellcheck source=support.inc
. "${BASH_SOURCE[0]%/*}/support.inc"
(($# == 5)) || usage 'BASE CLIENT_KEY RESELLER_KEY CLIENT_PLAN RESELLER_PLAN'
BASE=$1 YOUR_API_KEY=$2 YOUR_RESELLER_API_KEY=$3 client_plan=$4 reseller_plan=$5

member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$answer"; }

# get|post KEY API ENDPOINT [BODY]
get() {
    answer=$(curl -k -sS --max-time 30 -H "X-API-Key: $1" "$BASE/$2/index.php?endpoint=$3")
    expect_like "$2 $3" "$answer" '^\{"(success|ok)":true'
}
post() {
    answer=$(curl -k -sS --max-time 30 -X POST -H "X-API-Key: $1" -H "Content-Type: application/json" \
        -d "$4" "$BASE/$2/index.php?endpoint=$3")
    expect_like "$2 $3" "$answer" '^\{"(success|ok)":true'
}
client() { if (($# == 1)); then get "$YOUR_API_KEY" client-api "$1"; else post "$YOUR_API_KEY" client-api "$@"; fi; }
reseller() {
    if (($# == 1)); then get "$YOUR_RESELLER_API_KEY" reseller-api "$1"; else
        post "$YOUR_RESELLER_API_KEY" reseller-api "$@"
    fi
}

client me
client balance
client plans
client change-plan "{\"id_plan\":$client_plan}"
client create-sip '{}'
main=$(member name)
client create-sip '{"password":"StrongSipPass123"}'
extra=$(member name)
client sip
expect_like 'own SIP passwords' "$answer" 'StrongSipPass123'
client update-sip-password "{\"name\":\"$extra\",\"password\":\"NewSipPass456\"}"
client delete-sip "{\"name\":\"$extra\"}"
client ip-auth-create "{\"sip_login\":\"$main\",\"ip\":\"203.0.113.10\"}"
address=$(member id)
client ip-auth-list
client ip-auth-disable "{\"id\":$address}"
client ip-auth-enable "{\"id\":$address}"
client ip-auth-delete "{\"id\":$address}"
client add-callerid '{"cid":"+1234567890","name":"Main Caller ID","set_active":true}'
caller=$(member id)
client callerids
client set-callerid '{"cid":"+1234567890"}'
client clear-callerid '{}'
client delete-callerid "{\"id\":$caller}"
client 'calls&limit=50&offset=0'
client 'refills&limit=50&offset=0'
client redeem-voucher '{"voucher":"123456"}'
client change-password '{"current_password":"OldPassword","new_password":"NewPassword987"}'

reseller me
reseller plans
reseller create-client "{\"plan_id\":$reseller_plan}"
reseller create-client "{\"login\":\"1234567892\",\"password\":\"StrongPass123\",\"plan_id\":$reseller_plan}"
reseller 'client&login=1234567892'
reseller 'clients&limit=10&offset=0'
reseller transfer '{"login":"1234567892","amount":1,"external_id":"ORDER-DEMO-10001"}'
reseller 'transactions&limit=10&offset=0'
reseller 'transactions&status=success&limit=10&offset=0'
reseller set-client-status '{"login":"1234567892","active":false}'
reseller set-client-status '{"login":"1234567892","active":true}'
reseller change-plan "{\"login\":\"1234567892\",\"plan_id\":$reseller_plan}"
reseller portal-bootstrap
reseller client-auth '{"login":"1234567892","password":"StrongPass123"}'
for list in dashboard sip calls failed-calls refills callerids rates; do
    reseller "client-$list&login=1234567892&limit=50"
done
reseller register-agent-payment '{
    "login": "1234567892", "amount": "20.00", "currency": "EUR", "provider": "plisio",
    "external_id": "plisio_order_123", "provider_txid": "tx_or_invoice_id", "status": "paid"
}'
reseller agent-markup
reseller preview-agent-markup '{"markup_percent":50}'
reseller set-agent-markup '{"markup_percent":50}'
reseller client-softphone-token '{"login":"1234567892"}'
reseller 'check-client-login&login=1234567892'
reseller check-client-login '{"login":"1234567892"}'
reseller set-client-password '{"login":"1234567892","password":"ChosenPass123"}'
reseller client-change-password \
    '{"login":"1234567892","current_password":"ChosenPass123","new_password":"AnotherPass123"}'
reseller reset-client-password '{"login":"1234567892"}'
reseller reset-client-sip-password '{"login":"1234567892"}'
reseller client-profile-update \
    '{"login":"1234567892","email":"client@example.com","phone":"+123456789","language":"en"}'
echo ok
