# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/user/reuse/$product/$number" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
