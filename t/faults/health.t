# SPDX-License-Identifier: Apache-2.0
# salud: what a balancer is told of each part, and while the machine drains.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Test;

my $world = world();
my $health = '/npie/salud';

# What is lacking, as a balancer sees it within three seconds.
sub lacks_at_last
{
    my ($wanted) = @_;
    my $seen;
    for (my $end = time + 5; time < $end; sleep 0.2) {
        my $answer = browser()->request($health);
        my $told = decode_json($answer->{body});
        $seen = join ' ', $answer->{status}, $told->{status}, @{ $told->{lacks} };
        last if $seen eq $wanted;
    }
    return is($seen, $wanted, "salud: $wanted");
}

my $answer = browser()->request($health);
is($answer->{status}, 200, 'all works: 200');
is($answer->{type}, 'application/json', 'JSON');
is($answer->{body}, '{"status":"ok","lacks":[]}', 'with nothing lacking');
like($answer->{headers}, qr/^Cache-Control:.*no-store/mi, 'which nobody stores');
unlike($answer->{headers}, qr/^Set-Cookie/mi, 'and no session');
my @plain = ('-H', 'Accept: text/plain');
$answer = browser()->request($health, curl => \@plain);
is($answer->{type}, 'text/plain; charset=us-ascii', 'for who prefers text: text');
is($answer->{body}, "ok\n", 'of one line');
is(browser()->request($health, curl => ['-I'])->{status}, 200, 'HEAD');
is(browser()->request($health, curl => ['-X', 'POST'])->{status}, 405, 'no POST');

# NPIERate of this host is 5 a minute.
is(join(' ', map { browser(vhost => 'short')->request($health)->{status} } 1 .. 12),
    join(' ', (200) x 12), 'outside the rate');

$world->redis_stop;
lacks_at_last('503 down redis');
# Another child may remember for a second that Redis was there.
for (1 .. 25) {
    $answer = browser()->request($health, curl => \@plain);
    last if $answer->{status} == 503;
    sleep 0.2;
}
is($answer->{status}, 503, 'the text has the status');
is($answer->{body}, "lacks redis\n", 'and says the same');
$world->redis_start;
lacks_at_last('200 ok');

my @signer = $world->signer_pids;
kill STOP => @signer;
lacks_at_last('503 down signer');
kill CONT => @signer;
lacks_at_last('200 ok');

$world->registry->sql('UPDATE schema SET version = version + 1000');
lacks_at_last('503 down registry');
$world->registry->sql('UPDATE schema SET version = version - 1000');
lacks_at_last('200 ok');

# The parts are asked once a second and child, however many ask.
my ($before) = $world->redis('INFO', 'commandstats') =~ /cmdstat_ping:calls=(\d+)/;
my $began = time;
browser()->request($health) for 1 .. 40;
my $took = time - $began;
my ($after) = $world->redis('INFO', 'commandstats') =~ /cmdstat_ping:calls=(\d+)/;
my $most = children() * (2 + int $took);
cmp_ok($after - $before, '<=', $most, "40 requests in $took s: Redis asked $most times at most");

# A file takes the machine out; its visitors are still served.
my $short = browser(vhost => 'short');
is($short->request($health)->{status}, 200, 'not drained');
Npie::Openssl::spit("$world->{dir}/run/drain", '');
$answer = $short->request($health, curl => \@plain);
is($answer->{status}, 503, 'drained: at once');
is($answer->{body}, "lacks drain\n", 'and says so');
is($short->request('/npie/inicio.html')->{status} < 500, 1, 'a visitor is served');
unlink "$world->{dir}/run/drain";
is($short->request($health)->{status}, 200, 'back');
done_testing;
