<?php
// The list of payments with SimpleXML, straight from its URL. Prints id and code of the state.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo, $expected] = arguments('URL USER:PASSWORD [ROWS]', 2) + [2 => null];

$xml = simplexml_load_file("$url?func=payment&out=xml&authinfo=$authinfo");
expect($xml !== false, 'the answer is no XML');
expect_no_error($xml);

$rows = 0;
foreach ($xml->elem as $elem) {
    $id = (string)$elem->id;
    $status = (string)$elem->status['orig'];
    expect(ctype_digit($id), "id '$id' is no number");
    expect(preg_match('/^[1-7]$/', $status) === 1, "status '$status' of payment $id is no code");
    expect((string)$elem->status !== '', "the status of payment $id has no words");
    echo "$id $status\n";
    $rows++;
}
expect((string)$xml->p_elems === (string)$rows, "p_elems is '{$xml->p_elems}', rows are $rows");
expect($expected === null || (int)$expected === $rows, "$rows rows and not $expected");
