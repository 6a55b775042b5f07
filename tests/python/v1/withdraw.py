# The sample of the documentation, letter by letter.
import requests

token = 'Your token'

headers = {
    'Authorization': 'Bearer ' + token,
    'Content-type': 'application/json',
}

data = '{"receiver":"123456","method":"qiwi","amount":"10","fee":"unitpay"}'

response = requests.post('https://$DOMAIN/v1/vendor/withdraw', headers=headers, data=data)
