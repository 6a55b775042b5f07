# The sample of the documentation, letter by letter.
import requests

country = 'russia'
operator = 'any'

headers = {
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/guest/products/' + country + '/' + operator, headers=headers)
