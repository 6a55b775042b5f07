# The sample of the documentation, letter by letter.
import requests

headers = {
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/guest/prices', headers=headers)
