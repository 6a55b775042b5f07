<?php
// The sample of the documentation; repaired: the $ of variables that the sample lacks.

$token = 'Your token';
$ch = curl_init();
$product = 'amazon';
$number = '79006665544';

curl_setopt($ch, CURLOPT_URL, 'https://$DOMAIN/v1/user/reuse/' . $product . '/' . $number);
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
