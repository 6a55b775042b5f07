# The sample of the documentation, letter by letter.
import requests

token = 'Your token'
country = 'russia'
operator = 'any'
product = 'amazon'

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

response = requests.get('https://$DOMAIN/v1/user/buy/hosting/' + country + '/' + operator + '/' + product, headers=headers)
