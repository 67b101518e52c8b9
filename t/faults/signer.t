# SPDX-License-Identifier: Apache-2.0
# npie-signer killed before and during an issuance: httpd starts it again, the
# certificate comes, and never two of them.
use strict;
use warnings;
use POSIX ();
use Test::More;
use Npie::Test;

my $world = world();
my @pids = $world->signer_pids;
is(scalar @pids, 1, 'one npie-signer runs');

my $r = renewal('certificado');
kill KILL => @pids;
my $began = time;
my $answer;
for (1 .. 30) {
    $answer = $r->{client}->issue;
    last if $answer->{status} == 200;
    is($answer->{status}, 503, 'while it is away: 503');
    like($answer->{headers}, qr/^Retry-After:\s*\d+/mi, 'with Retry-After');
    is(error_of($answer), 92, 'and the number');
    sleep 1;
}
is($answer->{status}, 200, 'killed before: the certificate comes, after '
    . (time - $began) . ' s');
my @again = $world->signer_pids;
is(scalar @again, 1, 'one npie-signer runs again');
isnt($again[0], $pids[0], 'another process');

# Killed at moments spread over an issuance.
for my $delay (0, 0.002, 0.005, 0.01, 0.02, 0.05) {
    my $each = renewal('certificado');
    my ($signer) = wait_for_signer();
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        select undef, undef, undef, $delay;
        kill KILL => $signer;
        POSIX::_exit(0);
    }
    my %seen;
    for (1 .. 40) {
        my $got = $each->{client}->issue;
        $seen{ $got->{issued}{certificate} } = 1 if $got->{status} == 200;
        last if %seen && $_ > 2;
        sleep 1 if $got->{status} != 200;
    }
    waitpid $pid, 0;
    is(scalar keys %seen, 1, "killed after $delay s: one certificate");
    is(certificates_of($each->{employer}), 2, 'and one in the registry');
}
wait_for_signer();

# It hangs: whoever asks for the CRL is answered nevertheless, and does not
# wait for all others who ask.
my $plain = Npie::Client->new(url => $world->http, cacert => "$world->{dir}/tls/localhost.crt");
$plain->request('/npie/ca.crl');
my @stuck = $world->signer_pids;
kill STOP => @stuck;
my @answers = at_once(30, sub {
    Npie::Client->new(%$plain)->request('/npie/ca.crl')->{status}
});
kill CONT => @stuck;
is(scalar(grep { $_ == 200 || $_ == 503 } @answers), 30, 'npie-signer hangs: all are answered')
    or diag "@answers";
my $status = 0;
for (1 .. 100) {
    $status = $plain->request('/npie/ca.crl')->{status};
    last if $status == 200;
    select undef, undef, undef, 0.1;
}
is($status, 200, 'it goes on');

ok(-s "$world->{dir}/ledger/ledger.db", 'the ledger is there');
done_testing;

sub wait_for_signer
{
    for (1 .. 100) {
        my @now = $world->signer_pids;
        return @now if @now == 1;
        select undef, undef, undef, 0.1;
    }
    die "npie-signer does not come back\n";
}
