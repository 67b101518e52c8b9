# SPDX-License-Identifier: Apache-2.0
# Bodies that no page sends: each gets an answer, none a crash.
use strict;
use warnings;
use Encode qw(encode);
use Test::More;
use Npie::Test;

my $FORM = 'application/x-www-form-urlencoded';
my $r = renewal('datos');
my $client = $r->{client};
my @csrf = $client->csrf('datos.html');
my %good = (correo => 'a@empresa.example', correo2 => 'a@empresa.example',
    telefono => '5555012299', fax => '');

# Test: the body gets this status.
sub body_is
{
    my ($name, $status, $path, $type, $bytes, @curl) = @_;
    my $answer = $client->post_bytes($path, $type, $bytes, curl => \@curl);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like($answer->{status}, qr/^(?:$status)$/, $name);
    return $answer;
}

my @chunked = ('-H', 'Transfer-Encoding: chunked');
for my $path ('/npie/datos.html', '/npie/acceso.html', '/npie/llave.html') {
    body_is("$path: 5 MB with Content-Length", 413, $path, $FORM,
        'x=' . 'y' x 5_000_000);
    body_is("$path: 5 MB without", 413, $path, $FORM, 'x=' . 'y' x 5_000_000, @chunked);
}
body_is('5 MB of multipart with Content-Length', 413, '/npie/datos.html',
    'multipart/form-data; boundary=b', multipart('x' x 5_000_000));
body_is('Content-Length larger than the body', '000|0|400|408', '/npie/datos.html',
    $FORM, 'a=b', '-H', 'Content-Length: 10', '--max-time', 3);

for my $case (
    ['no boundary', 'multipart/form-data', multipart('x')],
    ['an empty boundary', 'multipart/form-data; boundary=', multipart('x')],
    ['a boundary of 500 characters', 'multipart/form-data; boundary=' . 'b' x 500,
        multipart('x')],
    ['another boundary', 'multipart/form-data; boundary=other', multipart('x')],
    ['no end', 'multipart/form-data; boundary=b', "--b\r\nContent-Disposition: "
        . "form-data; name=\"csrf\"\r\n\r\nx"],
    ['no header end', 'multipart/form-data; boundary=b', "--b\r\nContent-Disp"],
    ['a header of 100 KB', 'multipart/form-data; boundary=b',
        "--b\r\nX: " . 'y' x 100_000 . "\r\n\r\nx\r\n--b--\r\n"],
    ['a thousand parts', 'multipart/form-data; boundary=b', join('',
        map { "--b\r\nContent-Disposition: form-data; name=\"p$_\"\r\n\r\nx\r\n" }
            1 .. 1000) . "--b--\r\n"],
    ['a part without a name', 'multipart/form-data; boundary=b',
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"],
    ['nothing', 'multipart/form-data; boundary=b', ''],
    ['a type of its own', 'text/plain', 'csrf=x'],
    ['JSON', 'application/json', '{"csrf":"x"}'],
    ['no type', '', 'csrf=x'],
    ['a thousand fields', $FORM, join '&', map { "f$_=x" } 1 .. 1000],
    ['a broken escape', $FORM, 'csrf=%zz&correo=%4'],
    ['a NUL', $FORM, 'csrf=%00'],
    ['nothing, urlencoded', $FORM, ''],
) {
    my ($name, $type, $bytes) = @$case;
    body_is("refused: $name", '400|403|411|413|415|422', '/npie/datos.html', $type,
        $bytes);
}

# With the right token, values that are none.
for my $case (
    ['invalid UTF-8', "a\xff\@empresa.example"],
    ['an overlong form', "a\xc0\xaf\@empresa.example"],
    ['a surrogate', "a\xed\xa0\x80\@empresa.example"],
    ['a line end', "a\@empresa.example\r\nBcc: b\@empresa.example"],
    ['a NUL in the middle', "a\0b\@empresa.example"],
    ['an escape character', "a\x1b[31m\@empresa.example"],
    ['two addresses', 'a@empresa.example,b@empresa.example'],
    ['300 characters', 'a' x 290 . '@empresa.example'],
    ['no address', 'empresa'],
    ['empty', ''],
) {
    my ($name, $value) = @$case;
    my $answer = data_sent(correo => $value, correo2 => $value);
    if ($answer->{status} == 303) {
        is(page_of($answer), 'datos', "$name: back to the form");
        my $shown = $client->get('/npie/datos.html')->{body};
        ok($shown =~ /aria-invalid="true"/, "$name: the field is marked");
        ok($shown !~ /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/,
            "$name: nothing of it in the page");
    } else {
        like($answer->{status}, qr/^(?:400|422)$/, "$name: refused");
    }
}
for my $case ([telefono => '12345', 43], [telefono => '', 40], [fax => 'abc', 44],
    [correo2 => 'b@empresa.example', 42]) {
    my ($field, $value) = @$case;
    redirected(data_sent($field => $value), 'datos', "$field '$value': back to the form");
    ok($client->get('/npie/datos.html')->{body} =~ /id="$field-falla"(?! hidden)/,
        "$field '$value': its own message");
}
# As they are pasted out of address books and mails, with marks of direction.
for my $phone ("\x{202a}+52 33 3501 2277\x{202c}", '52 33 3501 2277', '(+52) 33 3501 2277',
    "33 3501 2277\x{200e}", '+52 1 33 3501 2277', '01 (33) 3501-2277') {
    my $bytes = encode('UTF-8', $phone);
    redirected(data_sent(telefono => $bytes), 'llave', "taken: $bytes");
    like($client->get('/npie/llave.html')->{body}, qr/\b3335012277\b/, 'as ten digits');
}
redirected(data_sent(correo => "\xe2\x80\x8ba\@empresa.example\xc2\xad",
    correo2 => "a\@empresa.example"), 'llave', 'an address with invisible marks');
for my $phone ('33 3501 227', '33 3501 2277 ext. 104') {
    redirected(data_sent(telefono => $phone), 'datos', "refused: $phone");
    ok($client->get('/npie/datos.html')->{body} =~ /id="telefono-falla"(?! hidden)/,
        'with its own message');
}
my $marked = '"><script>alert(1)</script>';
data_sent(telefono => $marked);
my $shown = $client->get('/npie/datos.html')->{body};
ok($shown !~ /<script>alert/, 'markup typed is shown as text');
ok($shown =~ /&quot;&gt;&lt;script&gt;alert/, 'just as it was typed');

redirected(data_sent(), 'llave',
    'after all of it: the good form goes on');
done_testing;

# The good data with some of it replaced; a field twice would be refused.
sub data_sent
{
    my %form = (%good, @_);
    return $client->post('/npie/datos.html', [ @csrf, map { $_ => $form{$_} }
        sort keys %form ]);
}

sub multipart
{
    my ($value) = @_;
    return "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n$value\r\n"
        . "--b--\r\n";
}
