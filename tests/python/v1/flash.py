# The sample of the documentation, letter by letter.
import requests

token = 'Your token'
lang = 'en'

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/guest/flash/' + lang, headers=headers)
