# The sample of the documentation; repaired: quotes and the ends of lines.
curl -X POST "https://$DOMAIN/v1/vendor/withdraw" \
  -d '{"receiver":"1","method":"qiwi","amount":"1","fee":"unitpay"}' \
  -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json'
