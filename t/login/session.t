# SPDX-License-Identifier: Apache-2.0
# Sessions: whose identifier, how long, and what ends them.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
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

# The other host has the same Redis; it might have another registry.
redirected(browser(vhost => 'second')->request('/npie/aviso.html', curl =>
    ['-H', "Cookie: $name=$second"]), 'acceso', 'a session of one host is none of another');

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

# Revoked while its holder logs in: after it was judged, before there is a
# session that could be ended.
my $revoked = employer(kind => 'valid');
my $registry = world()->registry;
$registry->sql("CREATE TRIGGER meanwhile AFTER INSERT ON audit WHEN NEW.event = 'login'
    AND NEW.detail || ',' LIKE '%employer $revoked->{id},%' BEGIN UPDATE certificate
    SET status = 'revoked', ended = 1700000000, reason = 'keyCompromise', told = 1700000000
    WHERE employer = $revoked->{id}; END");
my $late = browser();
$answer = eval { $late->login(as => $revoked->{as}, user => $revoked->{user}) };
$registry->sql('DROP TRIGGER meanwhile');
redirected($answer, 'acceso', 'revoked during the login: not in');
redirected($late->get('/idse/'), 'acceso', 'with no session');
my @given = $answer->{headers} =~ /^Set-Cookie:\s*\Q$name\E=([\w-]+)/mig;
redirected(browser()->request('/idse/', curl => ['-H', "Cookie: $name=$_"]), 'acceso',
    'nor one by what was given out') for @given;

# What is left of a session that letter 2 has replaced.
my $renewal = renewal('terminos');
($jar) = Npie::Openssl::slurp("$renewal->{client}{dir}/jar") =~ /\Q$name\E\s+(\S+)/;
my @before = ('-H', "Cookie: $name=$jar");
Npie::Test::renewal_step($renewal, 'terminos', 'listo');
my $visitor = browser();
is($visitor->request('/npie/listo.html', curl => \@before)->{status}, 200,
    'it still finds the last page');
is($visitor->exchange('/idse/', curl => \@before)->{location}, '/npie/', 'and not the application');
# What Redis keeps, with the secret at hand: its last eight bytes are the end.
my $left = Npie::Openssl::run('node', '-e', <<'JS', world()->{dir}, sha256_hex('cookie:' . world()->url . "/npie/\n$jar"));
const [dir, key] = process.argv.slice(1), crypto = require('node:crypto');
const { execFileSync } = require('node:child_process'), fs = require('node:fs');
const secret = fs.readFileSync(`${dir}/session.secret`, 'utf8').match(/^[0-9a-f]{64}$/m)[0];
const mac = crypto.createHmac('sha512', Buffer.from(secret, 'hex')).update(`session\0${key}`).digest();
const value = execFileSync('redis-cli', ['-s', `${dir}/run/redis.sock`, '--raw', 'GET',
    `npie:1:session:${mac.subarray(0, 32).toString('hex')}`]).subarray(0, -1);
const open = crypto.createDecipheriv('aes-256-gcm', mac.subarray(32), value.subarray(0, 12));
open.setAuthTag(value.subarray(-16));
const plain = Buffer.concat([open.update(value.subarray(12, -16)), open.final()]);
console.log(Number(plain.readBigUInt64BE(plain.length - 8)) / 1e6 - Date.now() / 1e3);
JS
ok($left > 0 && $left <= 61, "for a minute at most: $left s");
done_testing;
