# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/vendor/payments?limit=15&offset=0&order=id&reverse=true" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
