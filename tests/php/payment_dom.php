<?php
// The list of payments with DOMDocument and XPath. Prints the ids.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo, $expected] = arguments('URL USER:PASSWORD [ROWS]', 2) + [2 => null];

$document = new DOMDocument();
expect($document->load("$url?func=payment&out=xml&authinfo=$authinfo"), 'the answer is no XML');
expect($document->xmlEncoding === 'UTF-8', "encoding '$document->xmlEncoding' and not UTF-8");
$xpath = new DOMXPath($document);

$error = $xpath->query('/doc/error')->item(0);
expect($error === null, 'error ' . $error?->getAttribute('type') . ': ' . $error?->textContent);
expect($xpath->query('/doc/metadata | /doc/messages')->length === 0, 'out=xml has metadata or messages');

$ids = $xpath->query('/doc/elem/id');
foreach ($ids as $id) {
    expect(ctype_digit($id->textContent), "id '$id->textContent' is no number");
    echo "$id->textContent\n";
}
$elems = $xpath->query('/doc/elem')->length;
expect($ids->length === $elems, "$ids->length ids in $elems rows");
expect($expected === null || (int)$expected === $ids->length, "$ids->length rows and not $expected");
