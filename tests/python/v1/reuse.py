# The sample of the documentation, letter by letter.
import requests

token = 'Your token'
product = 'amazon'
number = '79006665544'

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/user/reuse/' + product + '/' + number, headers=headers)
