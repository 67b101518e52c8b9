# SPDX-License-Identifier: Apache-2.0
# Bodies that no program should send, and tokens that are not the session's:
# each is refused with its problem, and does nothing.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $employer = employer();
my $program = program();
my $place = $program->log_in(as => $employer->{as}, user => $employer->{user})->{json};
is($place->{page}, 'aviso', 'logged in');
my $token = $place->{csrf};
my $good = '"correo":"a@empresa.example","telefono":"5555012299"';

# Test: the body gets this status and number. Returns the problem.
sub refused_with
{
    my ($name, $expected, $bytes, %arg) = @_;
    my $answer = $program->ask('POST', $arg{path} // '/npie/datos.html',
        bytes => $bytes, %arg);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join(' ', $answer->{status}, $answer->{json}{number} // '-', $answer->{type}),
        "$expected application/problem+json", $name);
    return $answer->{json} // {};
}

for my $case (
    ['nothing but a blank', '400 10', ' ', qr/JSON|cut short/],
    ['half an object', '400 10', "{$good", qr/cut short|not JSON/],
    ['an object and more', '400 10', "{$good}{}", qr/more follows/],
    ['an array', '400 10', '["correo"]', qr/not a JSON object/],
    ['a string', '400 10', '"correo"', qr/JSON/],
    ['single quotes', '400 10', "{'correo':'a'}", qr/line 1, column \d+: not JSON/],
    ['a comment', '400 10', "{/* */$good}", qr/not JSON/],
    ['a member twice', '400 10', "{$good,\"correo\":\"b\@empresa.example\"}", qr/stands twice/],
    ['a member twice, once escaped', '400 10', "{$good,\"corre\\u006f\":\"b\"}", qr/stands twice/],
    ['a number with a fraction', '400 10', '{"correo":5.5,"telefono":"5555012299"}',
        qr/"correo" is not a string/],
    ['true', '400 10', "{$good,\"fax\":true}", qr/"fax" is not a string/],
    ['an array for a string', '400 10', "{$good,\"fax\":[\"1\"]}", qr/"fax" is not a string/],
    ['an object for a string', '400 10', "{$good,\"fax\":{}}", qr/"fax" is not a string/],
    ['60000 arrays deep', '400 10', '[' x 60_000, qr/nested too deeply/],
    ['deep inside a member', '400 10', '{"correo":' . '[' x 5000 . ']' x 5000 . '}',
        qr/nested too deeply/],
    ['a thousand members', '400 10', '{' . join(',', map { "\"f$_\":\"\"" } 1 .. 1000) . '}',
        qr/more than 32 fields/],
    ['a NUL, escaped', '400 13', '{"correo":"a\u0000b"}', qr/NUL/],
    ['a NUL in a name', '400 13', '{"cor\u0000reo":"a"}', qr/NUL/],
    ['a NUL, raw', '400 1[03]', "{\"correo\":\"a\0b\"}", qr/./],
    ['invalid UTF-8', '400 13', "{\"correo\":\"a\xff\"}", qr/UTF-8/],
    ['an overlong form', '400 13', "{\"correo\":\"a\xc0\xaf\"}", qr/UTF-8/],
    ['half a surrogate', '400 10', '{"correo":"a\ud800"}', qr/./],
    ['a raw surrogate', '400 13', "{\"correo\":\"a\xed\xa0\x80\"}", qr/UTF-8/],
    ['an escape character', '400 13', '{"correo":"a\u001b[31m"}', qr/UTF-8/],
    ['UTF-16', '400 1[03]', "\xff\xfe{\0}\0", qr/./],
) {
    my ($name, $expected, $bytes, $reason) = @$case;
    my $answer = $program->ask('POST', '/npie/datos.html', bytes => $bytes);
    like(join(' ', $answer->{status}, $answer->{json}{number} // '-'), qr/^$expected$/, $name);
    like($answer->{json}{reason} // '', $reason, "$name: says why");
}
my $long = '{"correo":"' . 'a' x 5_000_000 . '"}';
refused_with('5 MB', '413 12', $long);
refused_with('5 MB in chunks', '413 12', $long, curl => ['-H', 'Transfer-Encoding: chunked']);
refused_with('5 MB of a letter', '413 12', $long, path => '/npie/carta.html');
refused_with('a letter that is no base64', '400 10', '{"firma":"AAAA","carta":"%%%"}',
    path => '/npie/carta.html');
refused_with("$_", '415 18', "{$good}", type => $_)
    for 'text/plain', 'application/xml', 'application/jsonp', 'application/json-patch+json';

refused_with('an error of a body of JSON with Accept: */*', '422 40', '{}', json => 0);
refused_with('null for what must be there', '422 40',
    '{"correo":"a@empresa.example","telefono":null}');

# Fields that are read, and wrong.
my $problem = refused_with('two fields wrong', '422 41',
    '{"correo":"empresa","telefono":"12"}');
is_deeply([ map { "$_ $problem->{fields}{$_}{number}" } sort keys %{ $problem->{fields} } ],
    ['correo 41', 'telefono 43'], 'each with its number');
like($problem->{fields}{telefono}{title}, qr/diez/, 'and its sentence');
refused_with('nothing at all', '422 40', '{}');
refused_with('a confirmation that differs', '422 42',
    "{$good,\"correo2\":\"b\@empresa.example\"}");
refused_with('line ends in an address', '422 13',
    '{"correo":"a@empresa.example\r\nBcc: b@empresa.example","telefono":"5555012299"}');

# Tokens.
for my $case (['no token', undef], ['an empty token', ''], ['a token cut short',
    substr $token, 0, -1], ['another token', 'x' x length $token]) {
    refused_with($case->[0], '403 11', "{$good}", token => $case->[1]);
}
refused_with('a wrong header beside the right member', '403 11',
    "{$good,\"csrf\":\"$token\"}", token => 'x');
refused_with('from a page of another site', '403 14', "{$good}",
    curl => ['-H', 'Origin: https://otro.example']);
is(world()->registry->value("SELECT count(*) FROM renewal WHERE employer = $employer->{id}"),
    0, 'nothing of all this began a renewal');

# As some libraries write what they have not got, and what is of digits alone.
for my $case (['null for nothing', "{$good,\"fax\":null,\"correo2\":null}"],
    ['a number for its digits', '{"correo":"a@empresa.example","telefono":5555012299}']) {
    my ($name, $bytes) = @$case;
    my $answer = $program->ask('POST', '/npie/datos.html', bytes => $bytes);
    is(join(' ', $answer->{status}, $answer->{json}{page} // '-'), '200 llave', $name);
}
for my $case (['*/*', 'application/json'], ['text/html', 'text/html'],
    ['text/html,*/*;q=0.8', 'text/html']) {
    my ($accept, $type) = @$case;
    my $answer = $program->post_bytes('/npie/datos.html', 'application/json', "{$good}",
        curl => ['-H', "Accept: $accept", '-H', "NPIE-Token: $program->{token}"]);
    is($answer->{status} . ' ' . $answer->{type} =~ s/;.*//r,
        ($type =~ /json/ ? 200 : 303) . " $type", "a body of JSON with Accept: $accept");
}

my $answer = $program->ask('POST', '/npie/datos.html', token => undef,
    bytes => "{$good,\"csrf\":\"$token\"}", type => 'application/json; charset=utf-8');
is($answer->{json}{page}, 'llave', 'the token as a member does');
$answer = $program->ask('POST', '/npie/llave.html', bytes => '{"solicitud":"nada","nombre":"n"}');
is("$answer->{status} $answer->{json}{number}", '422 50', 'a request that is none');
my $csr = Npie::Openssl::request_make(key => $employer->{as}{key}, subject => [[CN => 'x']]);
$answer = $program->send_json('/npie/llave.html', { solicitud => $csr, nombre => 'n' });
is("$answer->{status} $answer->{json}{number}", '403 53', 'the old key again');
$answer = $program->ask('POST', '/npie/cancelar', curl => ['-H', 'Content-Length: 0']);
is("$answer->{status} $answer->{json}{page}", '200 aviso', 'an action without a body');
is($program->ask('POST', '/npie/datos.html', token => $token, type =>
    'application/x-www-form-urlencoded', bytes => 'correo=a%40empresa.example&correo2='
    . 'a%40empresa.example&telefono=5555012299')->{json}{page}, 'llave',
    'a form with the token in the header');
Npie::Program::described(answers());
done_testing;
