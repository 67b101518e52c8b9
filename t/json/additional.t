# SPDX-License-Identifier: Apache-2.0
# Additional certificates for programs, and letters verified, as the description
# in the manual has it.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(decode_base64 encode_base64);
use Npie::Letter ();
use Npie::Mail;
use Npie::Openssl qw(slurp);
use Npie::Test;

my $LIST = '/npie/adicionales.html';
my $employer = employer(kind => 'valid');
my $boss = program(vhost => 'mail');
$boss->log_in(as => $employer->{as}, user => $employer->{user});

# Test: status, then page and standings, or the number of the problem.
sub says
{
    my ($answer, $expected, $name) = @_;
    my $json = $answer->{json} // {};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join(' ', $answer->{status}, $json->{number} // (), $json->{page} // (),
        map { $_->{standing} } @{ $json->{additional} }), $expected, $name)
        || diag($answer->{body});
    return $json;
}

sub act
{
    my ($action, %member) = @_;
    return $boss->send_json($LIST, { accion => $action, map { "$_" } %member });
}

sub key_of
{
    my ($program, $name) = @_;
    my $new = $program->key_make(kind => 'P-256', password => 'Clave-nueva-1', name => $name,
        key => "$employer->{dir}/$name.key");
    return (accion => 'llave', solicitud => $new->{csr}, huella => sha256_hex(slurp($new->{key})));
}

sub token_of
{
    my ($mail) = @_;
    return link_of($mail) =~ /t=(.*)/ ? $1 : '';
}

# Asked for; by link the colleague hands in a key.
says($boss->fetch($LIST), '200 adicionales', 'none yet');
my $to = address();
my %eva = (titular => 'Eva Ríos', correo_titular => $to, finalidad => 'Consultas');
my ($row) = @{ says(act('pedir', %eva), '200 adicionales requested', 'asked for')->{additional} };
ok(!defined $row->{letter}, 'there is no letter yet');
my ($mail) = mail_wait($to);
my $colleague = program(vhost => 'mail');
my $shown = says($colleague->fetch(path_of($mail)), '200 adicional requested', 'the link');
ok(!defined $shown->{csrf}, 'without a session');
says($boss->fetch("/npie/autorizar.html?n=$row->{id}"), '303', 'nothing to sign yet');
$shown = says($colleague->send_json('/npie/adicional.html', { t => token_of($mail),
    key_of($colleague, 'eva') }), '200 adicional keyed', 'the key is taken');
ok(!defined $shown->{additional}[0]{letter}, 'the letter is not for the colleague');

# Signed, issued, received.
my $sign = "/npie/autorizar.html?n=$row->{id}";
($row) = @{ says($boss->fetch($sign), '200 autorizar keyed', 'to be signed')->{additional} };
my $letter = $boss->fetch($row->{letter})->{body};
my $cms = sub { encode_base64(Npie::Openssl::cms_sign(Npie::Letter::signed_part($letter), @_), '') };
my $other = employer(kind => 'valid');
says($boss->send_json($sign, { firma => $cms->(%{ $other->{as} }) }), '422 72', 'by another');
says($boss->send_json($sign, { firma => 'AAAA' }), '422 27', 'no signature');
($row) = @{ says($boss->send_json($sign, { firma => $cms->(%{ $employer->{as} }) }),
    '200 adicionales active', 'signed and issued')->{additional} };
my (undef, $ready) = mail_wait($to, 2);
my %get = (accion => 'obtener');
my $issued = $colleague->send_json('/npie/adicional.html', { t => token_of($ready), %get })->{json};
is($issued->{name}, "$employer->{rp10}_A$row->{id}", 'received by the link');
is(unpack('H*', decode_base64($issued->{certificate})) =~ /\Q@{[unpack 'H*', 'Eva R']}\E/, 1,
    'with the name in it');
says($boss->send_json($sign, { firma => $cms->(%{ $employer->{as} }) }),
    '200 adicionales active', 'signed again: the same');
says(act('revocar', c => $row->{certificate}), '200 adicionales revoked', 'revoked');
says($boss->send_json($sign, { firma => $cms->(%{ $employer->{as} }) }), '409 87',
    'not signed any more');
says($colleague->fetch(path_of($ready)), '403 70', 'its link is over');

# Mended before a key is made: another request, whose mail is told of.
my ($refused) = @{ says(act('pedir', %eva, correo_titular => 'nadie@empresa.example'),
    '200 adicionales requested revoked', 'to an address that is none')->{additional} };
like($refused->{mail}{state}, qr/^(queued|refused)$/, 'what became of its mail');
says(act('corregir', n => $refused->{id}, correo_titular => 'nadie@empresa.example'), '422 46',
    'the same address');
says(act('corregir', n => $refused->{id}, correo_titular => 'nadie'), '422 41', 'no address');
my ($new) = @{ says(act('corregir', n => $refused->{id}, correo_titular => address()),
    '200 adicionales requested revoked', 'mended')->{additional} };
isnt($new->{id}, $refused->{id}, 'by another request');
says(act('corregir', n => $refused->{id}, correo_titular => address()), '409 87', 'the other is gone');
says(act('retirar', n => $new->{id}), '200 adicionales revoked', 'and taken back');

# Again, taken back; then made here.
($row) = @{ says(act('otra', n => $row->{id}), '200 adicionales requested',
    'asked for again')->{additional} };
says(act('retirar', n => $row->{id}), '200 adicionales revoked', 'taken back');
says(act('emitir', n => $row->{id}), '409 87', 'there is nothing to issue');
($row) = grep { $_->{standing} eq 'requested' } @{ act('pedir', %eva, aqui => '1')
    ->{json}{additional} };
my $here = "/npie/adicional-aqui.html?n=$row->{id}";
says($boss->fetch($here), '200 adicional-aqui requested', 'made here');
says($boss->send_json($here, { key_of($boss, 'aqui') }), '200 adicionales keyed revoked',
    'the key');
($row) = @{ $boss->fetch("/npie/autorizar.html?n=$row->{id}")->{json}{additional} };
$letter = $boss->fetch($row->{letter})->{body};
$boss->send_json("/npie/autorizar.html?n=$row->{id}", { firma => $cms->(%{ $employer->{as} }) });
like($boss->send_json($here, \%get)->{json}{certificate}, qr/^MII/, 'received here');
says($boss->fetch('/npie/autorizar.html?n=0'), '303', 'no such request');

# What is refused.
says(act('nada'), '422 10', 'no such action');
my $fields = says(act('pedir', titular => '', correo_titular => 'x', finalidad => 'y'), '422 40',
    'wrong fields')->{fields};
is(join(' ', sort keys %$fields), 'correo_titular titular', 'by their names');
says($boss->ask('POST', $LIST, bytes => '{'), '400 10', 'no JSON');
says($boss->ask('POST', $LIST, bytes => 'x', type => 'text/plain'), '415 18', 'no form');
says($boss->ask('POST', $LIST, bytes => ' ' x 100_000), '413 12', 'too long');
says($boss->send_json($LIST, {}, token => 'x'), '403 11', 'a wrong token');
says(program()->fetch($LIST), '401 15', 'nobody');
says($boss->fetch('/npie/SolicituddeCertificadoAdicional-999999.pdf'), '404 16', 'no such letter');
says($colleague->fetch('/npie/adicional.html?t=x'), '403 66', 'a link cut short');

# Verifying needs nobody.
my $any = program();
is($any->fetch('/npie/verificar.html')->{json}{field}, 'carta', 'what to send');
sub verified
{
    my ($pdf) = @_;
    return $any->send_json('/npie/verificar.html', { carta => encode_base64($pdf, '') })->{json};
}
my $signed = $boss->fetch($row->{letter})->{body};
my $seen = verified($signed);
is("$seen->{letter}{kind} $seen->{letter}{holder}", '3 Eva Ríos', 'letter 3 says what it says');
is(verified('hola')->{outcome}, 'foreign', 'no letter');
is(verified(slurp(world()->{dir} . '/ca/root.crt'))->{letter}, undef, 'nor is this one');
says($any->fetch('/npie/verificar.html?folio=1&codigo=' . '0' x 32), '404 134', 'no printed letter');
is($any->send_json('/npie/verificar.html', {})->{location}, '/npie/verificar.html',
    'nothing: the form');
says($any->send_json('/npie/verificar.html', { carta => 'A' x 1_100_000 }), '413 12', 'too long');
says($any->ask('POST', '/npie/verificar.html', bytes => '{'), '400 10', 'no JSON');
says($any->ask('POST', '/npie/verificar.html', bytes => 'x', type => 'text/plain'), '415 18',
    'no form');
says($any->send_json('/npie/verificar.html', { carta => 'AAAA' },
    curl => ['-H', 'Origin: https://otro.example']), '403 14', 'from another site');
my $many = program(vhost => 'short');
$many->send_json($_, { carta => 'AAAA' }) for ('/npie/verificar.html') x 6;
$many->log_in(as => $other->{as}, user => $other->{user});
$many->send_json($LIST, { accion => 'retirar', n => '1' }) for 1 .. 6;
world()->redis('-n', 1, 'FLUSHDB');

# Parts out of reach.
world()->redis_stop;
my @down = ($boss->fetch($LIST), $any->send_json('/npie/verificar.html', { carta => 'AAAA' }));
world()->redis_start;
says($_, '503 90', 'without Redis') for @down;
Npie::Program::described(answers(), every => 'additional');
Npie::Program::described(answers(), every => 'verification');
done_testing;
