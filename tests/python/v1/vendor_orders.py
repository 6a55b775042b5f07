# The sample of the documentation, letter by letter.
import requests

token = 'Your token'
category = 'activation'
limit = 15
offset = 0
order = 'id'
reverse = True

headers = {
    'Authorization': 'Bearer ' + token,
    'Accept': 'application/json',
}

params = (
    ('category', category),
    ('limit', limit),
    ('offset', offset),
    ('order', order),
    ('reverse', reverse),
)

response = requests.get('https://$DOMAIN/v1/vendor/orders', headers=headers, params=params)
