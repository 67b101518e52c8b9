# SPDX-License-Identifier: Apache-2.0
# The log's line of a refused login says who it was: number, registro patronal,
# what was typed, and the serial as people have it.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(slurp);
use Npie::Test;

my $log = "$ENV{NPIE_LOGS}/error_log";

# What the log says of a login with a certificate and a user name.
sub lines
{
    my ($employer, $user) = @_;
    my $before = -s $log;
    browser()->login(as => $employer->{as}, user => $user);
    return substr slurp($log), $before;
}

my $future = employer(kind => 'future');
(my $rp = $future->{rp}) =~ s/\W//g;
my $said = lines($future, $future->{user});
like($said, qr/NPIE0033: .*RP \Q$rp\E/, 'a certificate that is not valid yet: the registro patronal');
like($said, qr/serial [0-9]{20}\b/, 'the serial in the digits that people see');
like($said, qr/user "\Q$future->{user}\E"/, 'what was typed');

my $valid = employer(kind => 'valid');
$said = lines($valid, 'NO "SOY\ ' . ('Z' x 60));
like($said, qr/NPIE0047: .*RP \S/, 'another user name: whose certificate it is');
like($said, qr/user "NO 'SOY\\\\ Z{5,20}\.\.\."/, 'what was typed is escaped and cut');
unlike($said, qr/Z{30}/, 'and no more of it stands there');

# One bracket at the end names who, the session and the request; a page shows
# the same to who calls support.
my $who = qr/RP \w{10,11}, serial \d{20}, user "[^"]*"/;
$said = lines($future, $future->{user});
like($said, qr/NPIE0033: [^\n]*\[$who, session [0-9a-f]{8}, request [\w\@-]+\]\n/, 'session and request');
my ($session) = $said =~ /NPIE0033: .* session ([0-9a-f]{8}), /;
my $refused = browser();
my $before = -s $log;
$refused->login(as => $future->{as}, user => $future->{user});
($session) = substr(slurp($log), $before) =~ /NPIE0033: .* session ([0-9a-f]{8}), /;
like($refused->get('/npie/rechazo-futuro.html')->{body}, qr{Error.*33.*Referencia <code>\Q$session\E<}s,
    'the refusal has the reference of its session');

# Where there is no session there is a request all the same.
$before = -s $log;
my $page = browser()->get('/npie/nada.html');
my ($reference) = $page->{body} =~ /Referencia <code>([\w\@-]{10,40})</;
ok($reference, 'an error page has a reference') or diag $page->{body};
like(substr(slurp($log), $before), qr/NPIE0016: .*\[RP unknown, user "", request \Q$reference\E\]/,
    'which is in the log') if defined $reference;
$before = -s $log;
my $json = program()->fetch('/npie/nada.html')->{json};
like(substr(slurp($log), $before), qr/, request \Q$json->{reference}\E\]/, 'JSON has it too');

# A step that is refused: by the session.
my $renewer = employer(kind => 'expired');
my $client = browser();
$client->login(as => $renewer->{as}, user => $renewer->{user});
$before = -s $log;
$client->post('/npie/datos.html', [correo => 'nada', telefono => '1', $client->csrf('datos.html')]);
$said = substr slurp($log), $before;
($rp = $renewer->{rp}) =~ s/\W//g;
like($said, qr/NPIE\d{4}: [^\n]*\[RP \Q$rp\E, serial \d{20}, user "\Q$renewer->{user}\E", session [0-9a-f]{8}, request/,
    'a refused form names the employer');
($reference) = $said =~ /NPIE\d{4}: .*request ([\w\@-]+)\]/;
like($client->get('/npie/datos.html')->{body}, qr/Referencia <code>\Q$reference\E</,
    'its page has the reference of the request that was refused');
done_testing;
