# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/vendor/wallets" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
