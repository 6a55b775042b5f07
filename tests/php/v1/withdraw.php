<?php
// The sample of the documentation, letter by letter.

$token = 'Your token';

$receiver = '1';
$method = 'qiwi';
$amount = '1';
$fee = 'unitpay';

$data = array(
    'receiver' => $receiver,
    'method' => $method,
    'amount' => $amount,
    'fee' => $fee,
);

$ch = curl_init();

curl_setopt_array($ch, array(
    CURLOPT_URL => 'https://$DOMAIN/v1/vendor/withdraw',
    CURLOPT_POST => TRUE,
    CURLOPT_RETURNTRANSFER => TRUE,
    CURLOPT_HTTPHEADER => array(
        'Authorization: Bearer ' . $token,
        'Content-Type: application/json'),
    CURLOPT_POSTFIELDS => json_encode($data),
));

$result = curl_exec($ch);
if (curl_errno($ch)) {
    echo 'Error:' . curl_error($ch);
}
curl_close($ch);
