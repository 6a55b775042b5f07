# The sample of the documentation, letter by letter.
import requests

product = 'telegram'

headers = {
    'Accept': 'application/json',
}

params = (
    ('product', product),
)

response = requests.get('https://$DOMAIN/v1/guest/prices', headers=headers, params=params)
