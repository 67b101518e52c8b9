# SPDX-License-Identifier: Apache-2.0
# Logging in by TLS: no form, no cookie, the same session as after the form.
use strict;
use warnings;
use Test::More;
use Npie::Test;
use Npie::Tls qw(usable);

my $application = '/idse/index.html';

# The same variables behind the gate.
my $valid = employer(kind => 'valid');
my $form = browser(vhost => 'tls');
$form->login(as => $valid->{as}, user => $valid->{user});
my $tls = by_tls($valid);
my $answer = $tls->get($application);
is($answer->{status}, 200, 'a valid certificate: in at once');
unlike($answer->{headers}, qr/^Set-Cookie/mi, 'without a cookie');
unlike($answer->{headers}, qr/^NPIE-Certificate-Expires/mi, 'nothing to tell yet');
is_deeply(shown($answer), shown($form->get($application)),
    'and sees what it sees after the form');
is(shown($answer)->{REMOTE_USER}, $valid->{user}, 'REMOTE_USER');

my $before = lookups();
$tls->exchange($application);
is(lookups() - $before, 1, 'one Redis command a request');
is(by_tls($valid, vhost => 'stock')->get($application, json => 1)->{status},
    401, 'where the directive is off a certificate logs nobody in');
is(by_tls($valid, vhost => 'tlsrequire')->get($application)->{status}, 200,
    'on a host that requires one it does');

# Near its end.
my $early = employer(kind => 'early');
$tls = by_tls($early);
$answer = $tls->get($application, curl => ['-H', 'Sec-Fetch-Mode: navigate']);
is($answer->{status}, 200, 'near its end: in');
like($answer->{body}, qr{/npie/aviso\.html}, 'and people see the notice');
$answer = $tls->get($application, json => 1);
is($answer->{status}, 200, 'programs go in');
like($answer->{headers},
    qr/^NPIE-Certificate-Expires: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\r?$/mi,
    'and are told when it ends');
is($tls->get('/npie/aviso.html')->{status}, 200, 'which is there for them');

# Refusals.
my $revoked = employer();
world()->registry->sql("UPDATE certificate SET status = 'revoked', "
    . "ended = 1700000000, reason = 'keyCompromise' WHERE employer = $revoked->{id}");
$tls = by_tls($revoked);
redirected($tls->get('/npie/'), 'rechazo-revocado', 'revoked in the registry');
is($tls->get($application, json => 1)->{status}, 403, 'and nothing more');
redirected(by_tls(employer(registered => 0))->get('/npie/'),
    'rechazo-desconocido', 'not in the registry');
redirected(browser(vhost => 'tls',
    options => [usable(world(), 'valido')])->get('/npie/'),
    'rechazo-desconocido', 'no employer in it');

# A whole renewal by an expired certificate.
my $employer = employer();
$tls = by_tls($employer);
redirected($tls->get($application), 'aviso', 'expired: to the renewal');
is($tls->get($application, json => 1)->{status}, 403, 'a program gets 403');
is(error_of($tls->get($application, json => 1)), error_of(
    renewal('aviso')->{client}->get($application, json => 1)),
    'and the same problem as after the form');
my $mail = 'nuevo@empresa.example';
redirected($tls->data(correo => $mail, correo2 => $mail,
    telefono => '5555012299'), 'llave', 'datos');
is($tls->post('/npie/llave.html', [solicitud => 'x'])->{status}, 403,
    'without the token nothing is done');
my $new = $tls->key_make(kind => 'P-256', password => 'Clave-nueva-1',
    name => "$employer->{rp10}_2", key => "$employer->{dir}/new.key");
redirected($tls->key_send($new), 'carta', 'llave');
redirected($tls->letter_sign('carta.html', as => $employer->{as}),
    'certificado', 'carta');
$answer = $tls->issue;
is($answer->{status}, 200, 'certificado');
$new->{certificate} = "$employer->{dir}/new.crt";
Npie::Openssl::spit("$employer->{dir}/new.der",
    MIME::Base64::decode_base64($answer->{issued}{certificate}));
Npie::Openssl::spit($new->{certificate}, Npie::Openssl::run('openssl', 'x509',
    '-inform', 'DER', '-in', "$employer->{dir}/new.der"));

# The new certificate signs its letter and is in, on one TLS identity.
my $fresh = browser(vhost => 'tls', options => ['--cert', $new->{certificate},
    '--key', $new->{key}, '--pass', $new->{password}]);
redirected($fresh->get($application), 'terminos', 'the new one: letter 2 first');
redirected($fresh->letter_sign('terminos.html', as => $new), 'listo', 'terminos');
unlink "$fresh->{dir}/jar";
is($fresh->get($application, json => 1)->{status}, 200,
    'then the application, without a cookie');
unlink "$tls->{dir}/jar";
redirected($tls->get('/npie/'), 'rechazo-sustituido', 'the old one is replaced');
done_testing;

sub by_tls
{
    my ($who, %arg) = @_;
    return browser(vhost => 'tls', %arg, options => [usable(world(), $who->{old})]);
}

# Variables that the application shows, but for the session's own token.
sub shown
{
    my %shown = $_[0]{body} =~ m{<dt class="codigo">(\w+)</dt><dd[^>]*>([^<]*)</dd>}g;
    delete $shown{NPIE_CSRF};
    return \%shown;
}

sub lookups
{
    my ($n) = world()->redis('INFO', 'commandstats') =~ /cmdstat_getex:calls=(\d+)/;
    return $n // 0;
}
