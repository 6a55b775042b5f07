<?php
// Makes a payment with cURL: an array as CURLOPT_POSTFIELDS is multipart/form-data. Prints its id.
// PLID is the client; further fields are those of payment.edit.
declare(strict_types=1);
require __DIR__ . '/support.inc';

$fields = arguments('URL USER:PASSWORD PLID FIELD=VALUE...', 4);
[$url, $authinfo, $plid] = array_splice($fields, 0, 3);

function post(string $url, array $fields): SimpleXMLElement
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $fields,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_SSL_VERIFYPEER => false,
        CURLOPT_SSL_VERIFYHOST => 0,
        CURLOPT_TIMEOUT => 30,
    ]);
    $body = curl_exec($curl);
    expect($body !== false, 'cURL: ' . curl_error($curl));
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    expect($status === 200, "HTTP status $status and not 200");
    $xml = simplexml_load_string($body);
    expect($xml !== false, 'the answer is no XML');
    return $xml;
}

$identity = ['authinfo' => $authinfo, 'out' => 'xml'];
$data = ['func' => 'payment.edit', 'plid' => $plid, 'sok' => 'ok'];
foreach ($fields as $field) {
    [$name, $value] = explode('=', $field, 2) + [1 => ''];
    $data[$name] = $value;
}

$made = post($url, $identity + $data);
expect_no_error($made);
expect(isset($made->ok), 'there is no ok');
$id = (string)$made->id;
expect(ctype_digit($id), "id '$id' of the new payment is no number");

$list = post($url, $identity + ['func' => 'payment']);
expect_no_error($list);
expect(count($list->xpath("/doc/elem[id='$id']")) === 1, "the new payment $id is not in the list");

$form = post($url, $identity + ['func' => 'payment.edit', 'plid' => $plid, 'elid' => $id]);
expect_no_error($form);
expect((string)$form->elid === $id, "the form of payment $id has elid '$form->elid'");
expect(!isset($form->ok), 'a form without sok was saved');
echo "$id\n";
