# SPDX-License-Identifier: Apache-2.0
# AuthType NPIE in front of the application.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $page = '/idse/index.html';

redirected(browser()->get($page), 'acceso', 'nobody: to the login page');
my $answer = browser()->get($page, json => 1);
is($answer->{status}, 401, 'a program gets 401');
is(error_of($answer), 15, 'and the problem as JSON');
like($answer->{headers}, qr/no-store/, 'which nobody stores');

my $valid = employer(kind => 'valid');
my $client = browser();
$client->login(as => $valid->{as}, user => $valid->{user});
$answer = $client->get($page);
is($answer->{status}, 200, 'a valid certificate: in');
my %shown = $answer->{body} =~ m{<dt class="codigo">(\w+)</dt><dd[^>]*>([^<]*)</dd>}g;
is($shown{REMOTE_USER}, $valid->{user}, 'REMOTE_USER');
is($shown{NPIE_RP}, $valid->{rp}, 'NPIE_RP');
is($shown{NPIE_RFC}, $valid->{rfc}, 'NPIE_RFC');
like($shown{NPIE_CERT_SERIAL}, qr/^3[0-9]([0-9]{2}){19}$/, 'NPIE_CERT_SERIAL');
is($shown{NPIE_CERT_NUMBER}, pack('H*', $shown{NPIE_CERT_SERIAL}),
    'NPIE_CERT_NUMBER: the digits that pages and letters show');
like($answer->{headers}, qr/^Cache-Control:.*\bprivate\b/m, 'which no cache keeps for others');

my @forged = map { ('-H', "$_: forged", '-H', ($_ =~ s/_/-/gr) . ': forged') }
    qw(NPIE_RP NPIE_RFC NPIE_NAME NPIE_CERT_SERIAL REMOTE_USER);
$answer = $client->get($page, curl => [@forged, '-H', 'X-Kept: kept']);
is($answer->{status}, 200, 'headers of those names: in as before');
unlike($answer->{body}, qr/forged/, 'and nothing of theirs behind the gate');
like($answer->{headers}, qr/^X-Seen: kept\r$/m, 'nor in what is passed on');
$answer = browser()->get($page, curl => [@forged, '-H', "REMOTE_USER: $valid->{user}"]);
redirected($answer, 'acceso', 'headers alone open nothing');

my $expired = renewal('aviso');
redirected($expired->{client}->get($page), 'aviso', 'an expired certificate: to the renewal');
is($expired->{client}->get($page, json => 1)->{status}, 403, 'a program gets 403');

my $unsigned = renewal('terminos');
redirected($unsigned->{client}->get($page), 'certificado',
    'letter 2 not signed: no way in with the old certificate');
$client = browser();
$client->login(as => $unsigned->{new}, user => $unsigned->{employer}{user});
redirected($client->get($page), 'terminos', 'nor with the new one');

my $early = employer(kind => 'early');
$client = browser();
$client->login(as => $early->{as}, user => $early->{user});
$answer = $client->get($page);
is($answer->{status}, 200, 'in the early window: in');
like($answer->{body}, qr{/npie/aviso\.html}, 'with a notice');

my $before = commands();
$client->request($page);
is(commands() - $before, 1, 'one Redis command a request, behind the gate');

# A session outlives its certificate, and stays out from that second.
my $life = 8;
my $short = employer(kind => [-100, $life / 86400], key => 'P-256');
my $end = time + $life;
$client = browser();
$client->login(as => $short->{as}, user => $short->{user});
is($client->get($page)->{status}, 200, 'a certificate of a few seconds: in');
sleep $end + 2 - time;
is($client->get($page)->{status}, 303, 'when it has ended: out');
is($client->get($page, json => 1)->{status}, 403, 'and for programs');

for my $method (qw(POST PUT DELETE OPTIONS HEAD)) {
    my @how = $method eq 'HEAD' ? '-I' : ('-X', $method);
    $answer = browser()->request($page, curl => \@how);
    ok($answer->{status} == 303 || $answer->{status} == 401,
        "$method without a session: $answer->{status}");
}
redirected(browser()->get('/idse/no-such-file'), 'acceso',
    'what is not there is behind the gate too');

# Back to where one came from, and to no other host: browsers drop tabs and line
# ends, and take a backslash for a slash.
sub returned
{
    my ($path) = @_;
    my $visitor = browser();
    my $shown = $visitor->get('/npie/acceso.html?volver=' . Npie::Client::escape($path))->{body};
    my $challenge = $visitor->challenge;
    my $went = $visitor->post('/npie/acceso.html', [ usuario => $valid->{user},
        reto => $challenge, volver => $path, firma => MIME::Base64::encode_base64(
            Npie::Openssl::cms_sign($challenge, %{ $valid->{as} }), '') ]);
    return ($shown =~ /name="volver"/ ? 'shown ' : '') . $went->{location};
}
my ($asked) = browser()->get('/idse/index.html?mes=1&otro=%C3%B1')->{location} =~ /volver=(.*)/;
$asked =~ s/%([0-9a-f]{2})/chr hex $1/gie;
is(returned($asked), 'shown /idse/index.html?mes=1&otro=%C3%B1', 'back to where one came from');
for my $elsewhere ('//otro.example/', '/\\otro.example/', "/\t/otro.example/",
    "/\n/otro.example/", "/\r\n\t/otro.example/", '/x\\../\\otro.example/', 'https://otro.example/') {
    is(returned($elsewhere), '/idse/', 'never to another host: '
        . $elsewhere =~ s/([^ -~])/sprintf '%%%02X', ord $1/ger);
}
done_testing;

# Commands Redis has processed, this question left out.
sub commands
{
    my ($n) = world()->redis('INFO', 'commandstats') =~ /cmdstat_getex:calls=(\d+)/;
    return $n // 0;
}
