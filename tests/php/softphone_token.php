<?php
// Asks for the token of a web phone and checks it as Janus does (auth.c): the signature, the end, the
// realm and the plug-in. Prints the name of the SIP account.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo, $secret, $now] = arguments('URL USER:PASSWORD SECRET NOW', 4);

$doc = fetch_xml($url, ['func' => 'softphone.token', 'authinfo' => $authinfo]);
expect_no_error($doc);
$token = (string)$doc->token;

$parts = explode(':', $token);
expect(count($parts) === 2, "'$token' is not a text and a signature");
[$text, $signature] = $parts;
$own = base64_encode(hash_hmac('sha1', $text, $secret, true));
expect(hash_equals($own, $signature), "the signature of '$token' is not $own");

$words = explode(',', $text);
expect(count($words) >= 3, "'$text' has no plug-in");
[$expires, $realm] = $words;
expect(ctype_digit($expires) && (int)$expires > (int)$now, "the token ended at $expires");
expect((int)$expires - (int)$now <= 600, "the token lives until $expires");
expect($expires === (string)$doc->expires_at, 'expires_at is not the end of the token');
expect($realm === 'janus', "the realm is '$realm'");
expect(in_array('janus.plugin.sip', array_slice($words, 2), true), "'$text' is not for the SIP plug-in");

$late = hash_hmac('sha1', str_replace($expires, (string)((int)$expires + 1), $text), $secret, true);
expect(!hash_equals(base64_encode($late), $signature), 'another end has the same signature');
expect(preg_match('/^[0-9a-f]{32}$/', (string)$doc->sip->ha1_secret) === 1, 'ha1_secret is no MD5');
expect(str_ends_with((string)$doc->sip->username, '_web1'), 'the SIP account is not one of a web phone');
echo $doc->sip->username, "\n";
