# SPDX-License-Identifier: Apache-2.0
# Without a mail server the employer makes the colleague's key; certificates
# that came into the registry another way; and how many there may be.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Npie::Letter ();
use Npie::Openssl qw(slurp);
use Npie::Test;

my $employer = employer(kind => 'valid');
my $file = $employer->certify(file => "$employer->{dir}/before",
    ca => world()->{dir} . '/ca/issuing', kind => 'valid', key => 'P-256',
    holder => 'Inés Cámara Ruiz');
my $before = world()->registry->certificate_insert($employer, $file, additional => 1,
    holder => 'Inés Cámara Ruiz', holder_email => 'ines@empresa.example',
    status => 'superseded', ended => time - 60, reason => 'superseded');
my $boss = browser();
$boss->login(user => $employer->{user}, as => $employer->{as});

sub press
{
    my (@field) = @_;
    return $boss->post('/npie/adicionales.html',
        [ $boss->csrf('adicionales.html'), @field ]);
}

sub rows
{
    return @{ JSON::PP::decode_json($boss->request('/npie/adicionales.html',
        json => 1)->{body})->{additional} };
}

# One that lapsed with a renewal before there were requests.
my $page = $boss->get('/npie/adicionales.html')->{body};
like($page, qr/Inés Cámara Ruiz/, 'it is listed');
unlike($page, qr/Enviarle la liga/, 'without mail there are no links');
redirected(press(accion => 'otra', c => $before), 'adicionales', 'asked for again');
is(join(' ', map { "$_->{standing} $_->{email}" } rows()), 'requested ines@empresa.example',
    'the same person');
refused($boss, press(accion => 'otra', c => $before), 'adicionales', 87, 'not twice');
my ($row) = rows();

# The key is made here.
my $here = "/npie/adicional-aqui.html?n=$row->{id}";
is($boss->get($here)->{status}, 200, 'its page');
my $new = $boss->key_make(kind => 'P-256', password => 'Clave-nueva-1', name => 'ines',
    key => "$employer->{dir}/ines.key");
my @key = (accion => 'llave', solicitud => $new->{csr}, huella => sha256_hex(slurp($new->{key})));
redirected($boss->post($here, [ $boss->csrf('adicionales.html'), @key ]), 'autorizar',
    'leads to the signature');
my $letter = $boss->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf")->{body};
my $cms = Npie::Openssl::cms_sign(Npie::Letter::signed_part($letter), %{ $employer->{as} });
redirected($boss->post_multipart("/npie/autorizar.html?n=$row->{id}",
    [ $boss->csrf('adicionales.html'), firma => encode_base64($cms, '') ]), 'adicionales',
    'signed');
my $answer = $boss->post($here, [ $boss->csrf('adicionales.html'), accion => 'obtener' ], json => 1);
like(JSON::PP::decode_json($answer->{body})->{name}, qr/^\Q$employer->{rp10}\E_A\d+$/,
    'and received here');

# Its letter 3 comes with the institute's seal.
my $acuse = "/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf";
my $sealed = $boss->get($acuse)->{body};
my ($first, $second) = eval { Npie::Letter::judged($sealed, world()) };
is($@, '', 'qpdf finds nothing');
like($first, qr/Field Name: Patron.*Signature is Valid/s, 'the signature is valid');
like($second, qr/Field Name: Instituto.*CN=Instituto de Demostración.*Total document signed.*Signature is Valid/s,
    'so is the seal, over the whole document');
is($boss->get($acuse)->{body}, $sealed, 'again the same file');
like($boss->get('/npie/adicionales.html')->{body}, qr/href="\Q@{[$acuse =~ m{([^\/]+)$}]}\E" download/,
    'the list offers it');
my $found = JSON::PP::decode_json(browser()->post_multipart('/npie/verificar.html',
    [ carta => \ ['carta.pdf', $sealed] ], json => 1)->{body});
is("$found->{outcome} $found->{letter}{kind}", 'sealed 3', 'verificar takes it');

# As many as there may be, ten.
for my $n (2 .. 10) {
    press(accion => 'pedir', titular => "Colega $n", correo_titular => "c$n\@empresa.example",
        finalidad => 'Consultas');
}
is(scalar(rows()), 10, 'ten');
refused($boss, press(accion => 'pedir', titular => 'Colega', correo_titular => 'c@empresa.example',
    finalidad => 'Consultas'), 'adicionales', 86, 'not one more');
like($boss->get('/npie/adicionales.html')->{body}, qr/value="c\@empresa.example"/,
    'what was typed is kept');
($row) = grep { $_->{standing} eq 'requested' } rows();
redirected(press(accion => 'retirar', n => $row->{id}), 'adicionales', 'one taken back');
redirected(press(accion => 'pedir', titular => 'Colega', correo_titular => 'c@empresa.example',
    finalidad => 'Consultas'), 'adicional-aqui', 'makes room');

# An employer whose certificate has expired asks for nothing.
my $late = employer();
my $client = browser();
$client->login(user => $late->{user}, as => $late->{as});
redirected($client->get('/npie/adicionales.html'), 'aviso', 'the renewal comes first');
is($client->post('/npie/adicionales.html', [ $client->csrf('aviso.html'), accion => 'pedir',
    titular => 'Ana', correo_titular => 'ana@b.example', finalidad => 'x' ], json => 1)->{status},
    409, 'whatever is posted');
done_testing;
