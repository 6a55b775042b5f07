# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/guest/prices?product=$product" \
  -H "Accept: application/json"
