<?php
// Reads the answer of every query in a file the shortest way that PHP has: no header, no option.
// Prints how many there were.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo, $list] = arguments('URL USER:PASSWORD FILE', 3);

$read = 0;
foreach (file($list, FILE_IGNORE_NEW_LINES) as $query) {
    $body = file_get_contents("$url?$query&out=xml&authinfo=$authinfo");
    expect($body !== false, "$query: no answer");
    expect(str_contains($http_response_header[0], ' 200 '), "$query: $http_response_header[0]");
    expect(count(preg_grep('/^HTTP\//', $http_response_header)) === 1, "$query: redirected");
    $document = new DOMDocument();
    expect($document->loadXML($body), "$query: no XML");
    expect($document->documentElement->nodeName === 'doc', "$query: the root is no doc");
    $read++;
}
echo "$read\n";
