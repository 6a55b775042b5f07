# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/guest/prices?country=$country" \
  -H "Accept: application/json"
