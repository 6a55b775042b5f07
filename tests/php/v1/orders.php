<?php
// The sample of the documentation, letter by letter.

$token = 'Your token';
$ch = curl_init();
$category = 'hosting';
$limit = 15;
$offset = 0;
$order = 'id';
$reverse = true;

curl_setopt($ch, CURLOPT_URL, 'https://$DOMAIN/v1/user/orders?category=' . $category . '&limit=' . $limit . '&offset=' . $offset . '&order=' . $order . '&reverse=' . $reverse);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1);
curl_setopt($ch, CURLOPT_CUSTOMREQUEST, 'GET');


$headers = array();
$headers[] = 'Authorization: Bearer ' . $token;
$headers[] = 'Accept: application/json';
curl_setopt($ch, CURLOPT_HTTPHEADER, $headers);

$result = curl_exec($ch);
if (curl_errno($ch)) {
    echo 'Error:' . curl_error($ch);
}
curl_close($ch);
