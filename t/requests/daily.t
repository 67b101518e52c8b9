# SPDX-License-Identifier: Apache-2.0
# What an employer may do on one day, counted for each employer alone; the rate
# of an address, and of a network of IPv6.
use strict;
use warnings;
use Test::More;
use Npie::Test;

# NPIEDailyLimits of this host: keys=3 cancellations=2 mails=2.
my %at = (vhost => 'hasty');
my @contact = (correo => 'uno@empresa.example', correo2 => 'uno@empresa.example',
    telefono => '5555012299', fax => '');

sub begun
{
    my $employer = employer();
    my $client = browser(%at);
    $client->login(as => $employer->{as}, user => $employer->{user});
    return ($client, $employer);
}

sub sent
{
    my ($client, $page, @fields) = @_;
    return $client->post("/npie/$page", [csrf => $client->{csrf}, @fields], json => 1);
}

my ($client, $employer) = begun();
$client->csrf('datos.html');
is(sent($client, 'datos.html', @contact)->{status}, 200, 'a renewal is begun');
for my $n (1 .. 3) {
    is(error_of(sent($client, 'llave.html', solicitud => 'x', nombre => 'y')), 50,
        "key $n of the day is looked at");
}
my $answer = sent($client, 'llave.html', solicitud => 'x', nombre => 'y');
is($answer->{status}, 429, 'the fourth is refused');
is(error_of($answer), 19, 'with the number');
my ($later) = $answer->{headers} =~ /^Retry-After:\s*(\d+)/mi;
cmp_ok($later // 0, '>', 0, 'and when to come again');
cmp_ok($later // 0, '<=', 86400, 'the next day at the latest');
$answer = $client->post('/npie/llave.html', [csrf => $client->{csrf}, solicitud => 'x', nombre => 'y']);
is($answer->{status}, 429, 'people too');
like($answer->{body}, qr/demasiadas veces con este registro patronal/, 'in words');
is(sent($client, 'cancelar')->{status}, 200, 'cancelled: the second of two');
is(error_of(sent($client, 'datos.html', @contact)), 19, 'no third beginning');

# In another browser it is the same employer; another employer is another one.
my $again = browser(%at);
$again->login(as => $employer->{as}, user => $employer->{user});
$again->csrf('datos.html');
is(error_of(sent($again, 'datos.html', @contact)), 19, 'nor in another browser');
my ($other) = begun();
$other->csrf('datos.html');
is(sent($other, 'datos.html', @contact)->{status}, 200, 'another employer behind the same address goes on');

# Two clients of one /64 are one; that of another /64 is another. NPIERate of
# this host is 5 a minute.
sub from
{
    my ($address) = @_;
    return browser(vhost => 'short')->request('/npie/reto', curl => ['-H', "X-Client: $address"])->{status};
}
my $net = sprintf '2001:db8:%x:%x', time % 65536, $$ % 65536;
my @all = map { from("${net}::$_") } 1 .. 6;
is("@all", '200 200 200 200 200 429', 'six addresses of one /64 share a rate');
is(from("${net}:ffff:1:2:3"), 429, 'whatever its second half');
is(from(sprintf '2001:db9:%x::1', $$ % 65536), 200, 'another network is another client');
my @four = map { from("203.0.113.$_") } 1 .. 6;
is("@four", '200 200 200 200 200 200', 'addresses of IPv4 are clients each');
is(from('::ffff:198.51.100.7'), 200, 'also when they are written as of IPv6');

# Certificates that anybody makes leave nothing behind.
my $registry = world()->registry;
my $rows = sub { $registry->value('SELECT count(*) FROM audit') };
my $before = $rows->();
my $sets = world()->redis('KEYS', 'npie:1:holder:*');
my $forger = employer(ca => 'impostor', registered => 0);
my $refused = browser(%at);
$answer = $refused->login(as => $forger->{as}, user => $forger->{user});
like($answer->{location}, qr/rechazo|desconocido/, 'a certificate of nobody\'s is refused');
is($rows->(), $before, 'and writes nothing into the audit');
is(world()->redis('KEYS', 'npie:1:holder:*'), $sets, 'nor a set of sessions');
done_testing;
