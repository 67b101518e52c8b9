# SPDX-License-Identifier: Apache-2.0
# Attempts from one address are limited, and a session ends by itself.
use strict;
use warnings;
use Test::More;
use Npie::Test;

world()->redis('-n', 1, 'FLUSHDB');
my $employer = employer();
my $client = browser(vhost => 'short');
redirected($client->login(as => $employer->{as}, user => $employer->{user}), 'aviso',
    'a login');
my $began = time;
my $taken = 0;
$taken++ while $taken < 20 && browser(vhost => 'short')->get('/npie/reto')->{status} == 200;
# The login took one; each twelfth second gives one back.
my $given = int((time - $began) / 12) + 1;
ok($taken >= 4 && $taken <= 4 + $given, 'five challenges a minute, then no more')
    or diag "$taken taken, at most $given given back";
my $limited = browser(vhost => 'short')->get('/npie/reto', json => 1);
is(error_of($limited), 17, 'with its number');
like($limited->{headers}, qr/^Retry-After:\s*\d+/mi, 'and Retry-After');
is(browser()->get('/npie/reto')->{status}, 200, 'another host of the same httpd is not limited');
is($client->get('/npie/aviso.html')->{status}, 200, 'the session lives on');
sleep 10 while time - $began < 15;
is($client->get('/npie/aviso.html')->{status}, 200, 'after 15 seconds too');
sleep 1 while time - $began < 32;
redirected($client->get('/npie/aviso.html'), 'acceso',
    'after 30 seconds it has ended, though it was used');
done_testing;

# What was counted here is not to be counted against the files after this one.
world()->redis('-n', 1, 'FLUSHDB');
