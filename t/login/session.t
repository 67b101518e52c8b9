# SPDX-License-Identifier: Apache-2.0
# Sessions: whose identifier, how long, and what ends them.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $employer = employer();
my %who = (as => $employer->{as}, user => $employer->{user});
my $client = browser();
my $answer = $client->login(%who);
my @cookies = $answer->{headers} =~ /^Set-Cookie:\s*(.*?)\r?$/mig;
is(scalar @cookies, 1, 'one cookie');
my ($name, $value) = $cookies[0] =~ /^(__Host-[\w-]+)=([\w-]+)/;
ok($name, 'a __Host- cookie');
ok(length($value // '') >= 43, '256 bits or more');
like($cookies[0], qr/;\s*Secure/i, 'Secure');
like($cookies[0], qr/;\s*HttpOnly/i, 'HttpOnly');
like($cookies[0], qr/;\s*SameSite=Lax/i, 'SameSite=Lax');
like($cookies[0], qr{;\s*Path=/(?:;|$)}i, 'Path=/');
unlike($cookies[0], qr/Domain=/i, 'no Domain');
like($answer->{headers}, qr/^Cache-Control:.*no-store/mi, 'the answer is not stored');

is($client->get('/npie/aviso.html')->{status}, 200, 'the session is alive');
my $keys = world()->redis('KEYS', '*');
unlike($keys, qr/\Q$value\E/, 'Redis does not hold the identifier itself');

$answer = $client->login(%who);
my ($second) = $answer->{headers} =~ /^Set-Cookie:\s*\Q$name\E=([\w-]+)/mi;
isnt($second, $value, 'a new identifier at each login');
redirected(browser()->request('/npie/aviso.html', curl =>
    ['-H', "Cookie: $name=$value"]), 'acceso', 'the one before has ended');

# An identifier that the client chose.
my $chosen = 'A' x length $value;
my $victim = browser();
my @with = ('-H', "Cookie: $name=$chosen");
redirected($victim->request('/npie/aviso.html', curl => \@with), 'acceso',
    'an invented identifier is no session');
my $challenge = $victim->challenge;
my $cms = Npie::Openssl::cms_sign($challenge, %{ $employer->{as} });
$answer = $victim->post('/npie/acceso.html', [usuario => $employer->{user},
    reto => $challenge, firma => MIME::Base64::encode_base64($cms, '')],
    curl => \@with);
redirected($answer, 'aviso', 'a login that brings an identifier along works');
redirected(browser()->request('/npie/aviso.html', curl => \@with), 'acceso',
    'but never on that identifier');
for my $bad ('', 'x', '../../etc', 'A' x 5000, "%00") {
    redirected(browser()->request('/npie/aviso.html', curl =>
        ['-H', "Cookie: $name=$bad"]), 'acceso',
        'no session: ' . substr($bad, 0, 12));
}

my $leaver = browser();
$leaver->login(%who);
my ($jar) = Npie::Openssl::slurp("$leaver->{dir}/jar") =~ /\Q$name\E\s+(\S+)/;
redirected($leaver->logout('aviso.html'), 'acceso', 'salir');
redirected($leaver->get('/npie/aviso.html'), 'acceso', 'no session after it');
redirected(browser()->request('/npie/aviso.html', curl =>
    ['-H', "Cookie: $name=$jar"]), 'acceso', 'nor with the identifier kept');
done_testing;
