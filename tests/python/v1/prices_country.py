# The sample of the documentation, letter by letter.
import requests

country = 'russia'

headers = {
    'Accept': 'application/json',
}

params = (
    ('country', country),
)

response = requests.get('https://$DOMAIN/v1/guest/prices', headers=headers, params=params)
