# The sample of the documentation, letter by letter.
import requests

token = 'Your token'
limit = 15
offset = 0
order = 'id'
reverse = True

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

params = (
    ('limit', limit),
    ('offset', offset),
    ('order', order),
    ('reverse', reverse),
)

response = requests.get('https://$DOMAIN/v1/user/payments', headers=headers, params=params)
