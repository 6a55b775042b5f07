# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/guest/flash/$lang" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
