# SPDX-License-Identifier: Apache-2.0
# An additional certificate from the request to the gate: by a link in a mail,
# signed for by the employer, revoked, asked for again; and what must not be
# had on the way.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Npie::Letter ();
use Npie::Mail;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $office = address();
my $employer = employer_at($office, kind => 'valid');
my $boss = browser(vhost => 'mail');
redirected($boss->login(user => $employer->{user}, as => $employer->{as}), '/idse/',
    'the employer logs in');

sub press
{
    my (@field) = @_;
    return $boss->post('/npie/adicionales.html',
        [ $boss->csrf('adicionales.html'), @field ]);
}

# The rows as a program sees them.
sub rows
{
    my $answer = $boss->request('/npie/adicionales.html', json => 1);
    return @{ JSON::PP::decode_json($answer->{body})->{additional} };
}

sub standing
{
    return join ' ', map { $_->{standing} } rows();
}

sub token_of
{
    my ($mail) = @_;
    return link_of($mail) =~ /t=(.*)/ ? $1 : '';
}

my $to = address();
is($boss->get('/npie/adicionales.html')->{status}, 200, 'the page is there');

# What is typed wrong is said at its field.
my $answer = press(accion => 'pedir', titular => '', correo_titular => "a\@b.example\r\nBcc: x",
    finalidad => 'x' x 101);
redirected($answer, 'adicionales', 'refused');
my $page = $boss->get('/npie/adicionales.html')->{body};
my @wrong = $page =~ /aria-invalid="true"/g;
is(scalar @wrong, 3, 'three fields are marked');
is(standing(), '', 'nothing was asked for');

# Asked for; the colleague gets a link, and opening it is harmless.
redirected(press(accion => 'pedir', titular => 'Iñaki Peña', correo_titular => $to,
    finalidad => 'Movimientos <afiliatorios>'), 'adicionales', 'asked for');
like($boss->get('/npie/adicionales.html?hecho=pedido')->{body},
    qr/Movimientos &lt;afiliatorios&gt;/, 'it is in the list');
my ($mail) = mail_wait($to);
like($mail->{subject}, qr/^Haga la llave de su certificado adicional/, 'a mail to the colleague');
my $colleague = browser(vhost => 'mail');
like($colleague->get(path_of($mail))->{body}, qr/Iñaki Peña/, 'its link opens the page') for 1, 2;
is(standing(), 'requested', 'opening changes nothing');
is(world()->registry->value("SELECT count(*) FROM addition_link WHERE hash LIKE '%"
    . token_of($mail) . "%'"), 0, 'the registry does not know the token');

# What is no good link tells nothing.
for my $case ([ 'cut', '?t=abc', 66 ], [ 'guessed', '?t=' . 'a' x 32, 67 ], [ 'none', '', 66 ]) {
    my ($name, $args, $number) = @$case;
    $answer = $colleague->get("/npie/adicional.html$args");
    is(error_of($answer), $number, "$name: $number");
    unlike($answer->{body}, qr/Iñaki|Movimientos|\Q$employer->{name}\E/, "$name: nobody's name");
}
is($colleague->post('/npie/adicional.html', [ t => token_of($mail), accion => 'llave' ],
    curl => [ '-H', 'Origin: https://otro.example' ])->{status}, 403, 'not from another site');

# The colleague's key.
my $new = $colleague->key_make(kind => 'P-256', password => 'Clave-nueva-1',
    name => 'colega', key => "$employer->{dir}/colega.key");
sub send_key
{
    my ($token, $csr) = @_;
    return $colleague->post('/npie/adicional.html', [ t => $token, accion => 'llave',
        solicitud => $csr, huella => sha256_hex(slurp($new->{key})) ]);
}
is(send_key(token_of($mail), 'no request')->{status}, 422, 'no request: refused');
is($colleague->post('/npie/adicional.html', [ t => token_of($mail), accion => 'obtener' ],
    json => 1)->{status}, 403, 'nothing to obtain yet');
redirected(send_key(token_of($mail), $new->{csr}), 'adicional', 'the key is taken') for 1, 2;
like($colleague->get(path_of($mail))->{body}, qr/Su llave está hecha/, 'and the page says so');
my ($row) = rows();
is($row->{standing}, 'keyed', 'the employer is to sign');
my ($wanted) = mail_wait($office);
like($wanted->{subject}, qr/^Falta su firma para un certificado adicional/, 'and is told so');
like($wanted->{text}, qr/^Iñaki Peña hizo la llave.*Finalidad: Movimientos <afiliatorios>/ms,
    'whose key, and what for');

# The signature, by the principal certificate alone.
my $sign = "/npie/autorizar.html?n=$row->{id}";
my $letter = $boss->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf")->{body};
like($letter, qr/^%PDF-1\.4/, 'the letter is there');
my $stranger = browser(vhost => 'mail');
my $other = employer(kind => 'valid');
$stranger->login(user => $other->{user}, as => $other->{as});
is($stranger->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf")->{status}, 404,
    'not for another employer');
redirected($stranger->get($sign), 'adicionales', 'nor its page');
is(browser(vhost => 'mail')->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf")->{status},
    303, 'nor without a session');
sub sign_as
{
    my ($client, %as) = @_;
    return $client->post_multipart($sign, [ $client->csrf('adicionales.html'),
        firma => encode_base64(Npie::Openssl::cms_sign(Npie::Letter::signed_part($letter), %as),
            '') ]);
}
refused($boss, sign_as($boss, %{ $other->{as} }), 'autorizar', 72,
    "another employer's certificate");
redirected(sign_as($boss, %{ $employer->{as} }), 'adicionales', 'signed and issued');
is(standing(), 'active', 'the certificate serves');
redirected(sign_as($stranger, %{ $other->{as} }), 'adicionales', 'not by somebody else');

# The employer is told; the colleague receives it.
my (undef, $told) = mail_wait($office, 2);
like($told->{subject}, qr/^Se emitió un certificado adicional/, 'the employer learns of it');
my $serial = (rows())[0]{serial};
like($told->{text}, qr{Titular: Iñaki Peña\n.*serie: \Q$serial\E\n.*/npie/adicionales\.html\n}s,
    'who has it, and where it ends');
like($told->{html}, qr/Movimientos &lt;afiliatorios&gt;/, 'and safe as HTML');
unlike($_->{text}, qr/\?t=/, 'without a link for the colleague') for $wanted, $told;
my (undef, $ready) = mail_wait($to, 2);
like($ready->{subject}, qr/^Su certificado adicional está listo/, 'the second mail');
is($colleague->post('/npie/adicional.html', [ t => token_of($mail), accion => 'obtener' ],
    json => 1)->{status}, 403, 'the first link is not for that');
$answer = $colleague->post('/npie/adicional.html', [ t => token_of($ready), accion => 'obtener' ],
    json => 1);
is($answer->{status}, 200, 'the second one is');
my $issued = JSON::PP::decode_json($answer->{body});
my $file = "$employer->{dir}/colega.crt";
spit("$file.der", decode_base64($issued->{certificate}));
run('openssl', 'x509', '-inform', 'DER', '-in', "$file.der", '-out', $file);
my $text = run('openssl', 'x509', '-in', $file, '-noout', '-text', '-nameopt', 'utf8,sep_multiline');
like($text, qr/CN=Iñaki Peña/, 'his name');
like($text, qr/OU=\Q$employer->{rp10}\E/, 'his employer');
like($text, qr/email:\Q$to\E/, 'his address');
like($text, qr/Policy: 2\.25\./, 'and the mark');

# He logs in with his own name, and cannot ask for others.
my %as = (certificate => $file, key => $new->{key}, password => 'Clave-nueva-1');
redirected($colleague->login(user => $employer->{user}, as => \%as), '/idse/', 'he logs in');
$page = $colleague->get('/idse/')->{body};
like($page, qr/id="titular">Iñaki Peña</, 'NPIE_HOLDER');
like($page, qr/id="adicional">1</, 'NPIE_ADDITIONAL');
like($page, qr/\Q$to\E/, 'NPIE_EMAIL is his');
unlike($boss->get('/idse/')->{body}, qr/id="adicional"/, 'the employer is none');
redirected($colleague->get('/npie/adicionales.html'), '/idse/', 'the list is not for him');
is($colleague->post('/npie/adicionales.html', [ csrf => $page =~ /name="csrf" value="([^"]+)"/,
    accion => 'pedir', titular => 'Ana', correo_titular => 'ana@b.example', finalidad => 'x' ],
    json => 1)->{status}, 403, 'nor its forms');
is($colleague->request('/npie/certificado.cer')->{body}, slurp("$file.der"),
    'his certificate can be downloaded again');

# Revoked: his session ends at once.
($row) = rows();
redirected(press(accion => 'revocar', c => $row->{certificate}), 'adicionales', 'revoked');
is($colleague->get('/idse/')->{status}, 303, 'his session ended');
redirected(browser(vhost => 'mail')->login(user => $employer->{user}, as => \%as),
    'rechazo-revocado', 'and he logs in no more');
is(error_of($colleague->get(path_of($ready))), 70, 'the link opens nothing any more');
redirected(press(accion => 'otra', n => $row->{id}), 'adicionales', 'asked for again');
my (undef, undef, $again) = mail_wait($to, 3);
like($again->{subject}, qr/^Haga la llave/, 'a mail for a new key');
is(standing(), 'requested', 'in place of the old one');
redirected(press(accion => 'retirar', n => (rows())[0]{id}), 'adicionales', 'taken back');
is(error_of($colleague->get(path_of($again))), 70, 'that link opens nothing any more');
is(world()->registry->value("SELECT count(*) FROM audit WHERE event LIKE 'additional-%'
    AND detail LIKE 'request %'") > 5, 1, 'all of it is in the audit');

# The same for programs.
$answer = $boss->post('/npie/adicionales.html', [ $boss->csrf('adicionales.html'),
    accion => 'pedir', titular => 'Ana Paz', correo_titular => address(), finalidad => 'Consultas' ],
    json => 1);
is($answer->{status}, 200, 'a program is answered with the list');
my ($made) = @{ JSON::PP::decode_json($answer->{body})->{additional} };
is("$made->{standing} $made->{holder}", 'requested Ana Paz', 'and finds its request there');
$answer = $boss->post('/npie/adicionales.html', [ $boss->csrf('adicionales.html'),
    accion => 'pedir', titular => '', correo_titular => 'x', finalidad => 'x' ], json => 1);
is(join(' ', $answer->{status}, sort keys %{ JSON::PP::decode_json($answer->{body})->{fields} }),
    '422 correo_titular titular', 'wrong fields by their names');
is($colleague->get(path_of($again), json => 1)->{status}, 403, 'a link that is over: 403');

# Forms need their token.
is($boss->post('/npie/adicionales.html', [ accion => 'retirar', n => 1 ])->{status}, 403,
    'no csrf, no action');
is(browser()->get(path_of($mail))->{status}, 404, 'a host without mail has no links');
done_testing;
