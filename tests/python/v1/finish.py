# The sample of the documentation; repaired: str(): the id is a number in the sample.
import requests

token = 'Your token'
id = 1

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/user/finish/' + str(id), headers=headers)
