# The sample of the documentation, letter by letter.
curl "https://$DOMAIN/v1/guest/products/$country/$operator" \
  -H "Accept: application/json"
