<?php
// The list of payments with json_decode. Prints id and code of the state.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo, $expected] = arguments('URL USER:PASSWORD [ROWS]', 2) + [2 => null];

$json = json_decode(file_get_contents("$url?func=payment&out=json&authinfo=$authinfo"));
expect(isset($json->doc), 'the answer is no JSON with a member doc');
expect(!isset($json->doc->error), 'error ' . ($json->doc->error->{'$type'} ?? ''));

// A list without rows has no member elem; with one row it is an array all the same.
$elems = $json->doc->elem ?? [];
expect(is_array($elems), 'elem is no array');
if ($elems !== []) {
    expect(ctype_digit($json->doc->elem[0]->id->{'$'}), 'the first id is no text of digits');
}
foreach ($elems as $elem) {
    $status = $elem->status->{'$orig'};
    expect(preg_match('/^[1-7]$/', $status) === 1, "status '$status' is no code");
    echo $elem->id->{'$'}, " $status\n";
}
$rows = count($elems);
expect($json->doc->p_elems->{'$'} === (string)$rows, "p_elems is not the text '$rows'");
expect($expected === null || (int)$expected === $rows, "$rows rows and not $expected");
