<?php
// What a client sees when a call is refused: HTTP 200 and an error document in the format it asked
// for. To be run with the credentials of an administrator.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo] = arguments('URL USER:PASSWORD', 2);
$me = ['authinfo' => $authinfo];
$stranger = ['authinfo' => 'no.such.user:wrong'];
$absent = '999999999';

$refused = [
    // what, parameters, type, object or null for any
    ['an unknown function', $me + ['func' => 'no.such.function'], 'missed', 'func'],
    ['a record that is not there', $me + ['func' => 'payment.edit', 'elid' => $absent], 'missed', null],
    ['wrong credentials', $stranger + ['func' => 'payment'], 'auth', 'badpassword'],
    ['a session that is not there', ['func' => 'payment', 'auth' => str_repeat('0', 32)], 'auth', null],
    ['no identity', ['func' => 'payment'], 'auth', null],
];

foreach ($refused as [$what, $params, $type, $object]) {
    $xml = fetch_xml($url, $params);
    expect(isset($xml->error), "$what: there is no error");
    $line = "{$xml->error['type']}({$xml->error['object']}): {$xml->error->msg}";
    expect((string)$xml->error['type'] === $type, "$what: type is not $type in $line");
    $same = $object === null || (string)$xml->error['object'] === $object;
    expect($same, "$what: object is not $object in $line");
    expect((string)$xml->error->msg !== '', "$what: msg is empty");
    expect($object !== 'badpassword' || isset($xml->error->detail), "$what: there is no detail");
    expect($xml->count() === 1, "$what: the document holds more than the error");

    $error = fetch_json($url, $params)->error;
    expect($error->{'$type'} === $type, "$what: \$type is not $type in JSON");
    expect($error->msg->{'$'} !== '', "$what: msg is empty in JSON");
    expect(is_array($error->param), "$what: param is no array in JSON");

    [$body, $status] = fetch($url, ['out' => 'bjson'] + $params);
    expect($status === 200, "$what: HTTP status $status in bjson");
    expect(json_decode($body)?->error?->type === $type, "$what: no error of type $type at the root of bjson");

    [$body, $status] = fetch($url, ['out' => 'text'] + $params);
    expect($status === 200, "$what: HTTP status $status in text");
    expect(str_starts_with($body, "ERROR $type("), "$what: text is '$body'");
    echo "$what: $line\n";
}

$deleted = fetch_xml($url, $me + ['func' => 'payment.delete', 'elid' => $absent]);
expect_no_error($deleted);
expect(isset($deleted->ok), 'the delete of a record that is not there answers no ok');

// A format that is not there is reported in XML.
[$body, $status] = fetch($url, $me + ['func' => 'payment', 'out' => 'nosuchformat']);
expect($status === 200, "an unknown format: HTTP status $status");
$error = simplexml_load_string($body)->error;
expect("{$error['type']} {$error['object']}" === 'value out', "an unknown format: '$body'");
