# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/user/vendor" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
