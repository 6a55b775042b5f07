# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/user/sms/inbox/$id" \
  -H "Authorization: Bearer $token" \
  -H "Accept: application/json"
