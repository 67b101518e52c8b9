# SPDX-License-Identifier: Apache-2.0
# Spanish and English: which page, problem and script is sent, by Accept-Language
# and by the choice kept in a cookie, and what the answers say of that.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use Npie::Client;
use Npie::Test;

my $COOKIE = '__Host-npie-idioma';

sub page
{
    my ($program, $path, %arg) = @_;
    my $answer = $program->exchange($path, curl => [
        (defined $arg{language} ? ('-H', "Accept-Language: $arg{language}") : ()),
        (defined $arg{cookie} ? ('-H', "Cookie: $arg{cookie}") : ()), @{ $arg{curl} // [] } ]);
    $answer->{html} = decode_utf8($answer->{body});
    return $answer;
}

# Test: the whole page is in a language, and says so.
sub in_language
{
    my ($answer, $language, $name) = @_;
    my ($lang, $other, $title, $foot) = $language eq 'en'
        ? ('en', 'es', 'Log in with your certificate', 'Never give your password')
        : ('es-MX', 'en', 'Entre con su certificado', 'Nunca dé su contraseña');
    my $scripts = $language eq 'en' ? 'js/en/npie.js' : 'js/npie.js';
    return subtest $name => sub {
        is($answer->{status}, 200, 'is there');
        like($answer->{html}, qr/<html lang="$lang">/, 'lang');
        like($answer->{html}, qr/<h1>$title</, 'the page');
        like($answer->{html}, qr/$foot/, 'a part of it');
        like($answer->{html}, qr/src="\/npie\/\Q$scripts\E"/, 'its script');
        like($answer->{html}, qr/<button [^>]*name="lengua" value="$other" lang="$other">/, 'the switch');
        unlike($answer->{html}, qr/name="lengua" value="$language"/, 'to the other one');
        is(Npie::Client::header($answer->{headers}, 'Content-Language'), $language, 'Content-Language');
        is(Npie::Client::header($answer->{headers}, 'Vary') =~ s/\s//gr, 'Accept,Accept-Language,Cookie', 'Vary');
    };
}

my $program = program();
for my $case (
    [undef, 'es'], ['', 'es'], ['es-MX,es;q=0.9,en;q=0.8', 'es'], ['de', 'es'], ['*', 'es'], ['en;q=0', 'es'],
    ['en', 'en'], ['en-US,en;q=0.9,es;q=0.8', 'en'], ['es;q=0.4, en;q=0.5', 'en'], ['de, en;q=0.1', 'en'],
    ['en;q=1.5, es;q=0.1', 'es'], ['es;q=0.1, *', 'en'],
) {
    my ($header, $expected) = @$case;
    in_language(page($program, '/npie/acceso.html', language => $header), $expected,
        'Accept-Language: ' . ($header // 'none'));
}
in_language(page($program, '/npie/acceso.html', language => 'en', cookie => "$COOKIE=es"), 'es', 'the choice counts more');
in_language(page($program, '/npie/acceso.html', cookie => "a=b; $COOKIE=en"), 'en', 'and without the header');
in_language(page($program, '/npie/acceso.html', language => 'en', cookie => "$COOKIE=$_"), 'en', "no choice: $_")
    for 'fr', '', '../es', 'es; ' . "$COOKIE=es";

# Problems: in pages, JSON and text.
like(page($program, '/npie/nada.html', language => 'en')->{html},
    qr/There is no such page or file\..*<h1>What you asked for could not be done</s, 'the page of an error');
like(page($program, '/npie/acceso.html?problema=28', language => 'en')->{html},
    qr/The certificate was not issued by an authority/, 'a problem at login');
my $json = page($program, '/npie/acceso.html', language => 'en', curl => ['-H', 'Accept: application/json']);
is(Npie::Client::header($json->{headers}, 'Content-Language'), 'en', 'JSON says its language');
for my $case (['en' => 'There is no such page or file.'], ['es' => 'Esa página o ese archivo no existe.']) {
    my ($language, $title) = @$case;
    is($program->fetch('/npie/nada.html', curl => ['-H', "Cookie: $COOKIE=$language"])->{json}{title}, $title,
        "a problem as JSON, by the cookie $language");
}

# Folders of languages have no addresses, but for scripts.
is(page($program, "/npie/$_")->{status}, 404, "no $_") for 'en/acceso.html', 'en/partes/pie.html', 'en/';
my $script = page($program, '/npie/js/en/npie.js');
is($script->{status}, 200, 'the script in English');
like($script->{html}, qr/Opening the certificate/, 'which speaks English');
like(page($program, '/npie/js/npie.js')->{html}, qr/Abriendo el certificado/, 'as the other speaks Spanish');
is(Npie::Client::header($script->{headers}, 'Vary'), 'Accept-Encoding', 'Vary as before');

# The form.
my $form = page($program, '/npie/acceso.html?volver=/idse/%3Fa%3D1', language => 'en')->{html};
my ($back) = $form =~ /<input type="hidden" name="aqui" value="([^"]*)">\s*<button [^>]*name="lengua"/;
is($back, '/npie/acceso.html?volver=/idse/%3Fa%3D1', 'leads back with its query') or diag $form;
my $browser = browser();
my $chosen = $browser->post('/npie/idioma', [lengua => 'en', aqui => $back]);
is($chosen->{status}, 303, 'chosen');
is($chosen->{location}, $back, 'and back');
is(Npie::Client::header($chosen->{headers}, 'Set-Cookie'),
    "$COOKIE=en; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000", 'kept');
for my $away ('//evil.example/', 'https://evil.example/', "/\\evil.example", '', 'acceso.html') {
    like($browser->post('/npie/idioma', [lengua => 'es', aqui => $away])->{location}, qr{^/npie/(?:inicio\.html)?$},
        "not to '$away'");
}
for my $bad ('fr', '', 'en; Domain=evil.example', "en\r\nX: y") {
    my $answer = $browser->post('/npie/idioma', [lengua => $bad]);
    is($answer->{status}, 400, "no language: $bad");
    unlike($answer->{headers}, qr/^(?:Set-Cookie|X):/mi, '... and no cookie');
}
is($browser->post('/npie/idioma', [lengua => 'en'], curl => ['-H', 'Origin: https://evil.example'])->{status}, 403,
    'not from another site');
is(page($browser, '/npie/idioma')->{status}, 405, 'no page');

# As a program meets it.
is($program->send_json('/npie/idioma', { lengua => 'en' })->{status}, 303, 'a program chooses');
is($program->send_json('/npie/idioma', { lengua => 'xx' })->{status}, 400, 'what is none');
$program->send_json('/npie/idioma', { lengua => 'en' }, curl => ['-H', 'Origin: https://evil.example']);
$program->ask('POST', '/npie/idioma', bytes => 'x', type => 'text/plain');
$program->ask('POST', '/npie/idioma', bytes => '{"a":"' . 'b' x 100_000 . '"}');
Npie::Program::described(answers(), every => 'language');
done_testing();
