<?php
// Signs in with func=auth and calls with auth= until func=logout. Prints the level.
declare(strict_types=1);
require __DIR__ . '/support.inc';

[$url, $authinfo] = arguments('URL USER:PASSWORD', 2);
[$username, $password] = explode(':', $authinfo, 2) + [1 => ''];
$credentials = ['func' => 'auth', 'username' => $username, 'password' => $password];

$signed_in = fetch_xml($url, $credentials);
expect_no_error($signed_in);
$session = (string)$signed_in->auth;
expect(preg_match('/^[0-9a-f]{12,64}$/', $session) === 1, 'the session id is no hexadecimal number');
expect((string)$signed_in->auth['id'] === $session, 'the attribute id is not the text of auth');
$level = (string)$signed_in->auth['level'];
expect(ctype_digit($level), "level '$level' is no number");
expect((string)$signed_in->tparams->username === $username, 'tparams has no username');
expect(!isset($signed_in->tparams->password), 'tparams shows the password');

$auth = fetch_json($url, $credentials)->auth;
expect($auth->{'$id'} === $auth->{'$'}, 'JSON: $id is not the text of auth');
expect($auth->{'$id'} !== $session, 'two sign-ins share a session');

foreach ([$session, $auth->{'$id'}] as $id) {
    $who = fetch_xml($url, ['func' => 'whoami', 'auth' => $id]);
    expect_no_error($who);
    $name = (string)$who->user['name'];
    expect($name === $username, "whoami answers '$name' and not '$username'");
    expect((string)$who->user['level'] === $level, 'whoami and auth differ in the level');
}

expect_no_error(fetch_xml($url, ['func' => 'logout', 'auth' => $session]));
$ended = fetch_xml($url, ['func' => 'whoami', 'auth' => $session]);
expect((string)$ended->error['type'] === 'auth', 'the session lives on after logout');
expect_no_error(fetch_xml($url, ['func' => 'whoami', 'auth' => $auth->{'$id'}]));
expect_no_error(fetch_xml($url, ['func' => 'logout', 'auth' => $auth->{'$id'}]));
echo "$level\n";
