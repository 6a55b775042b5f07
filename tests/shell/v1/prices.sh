# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/guest/prices" \
  -H "Accept: application/json"
