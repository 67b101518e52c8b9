# SPDX-License-Identifier: Apache-2.0
# The login challenge: fresh, ours, for this host, and good once.
use strict;
use warnings;
use Digest::SHA ();
use POSIX ();
use Test::More;
use Npie::Test;

my $employer = employer();
my %who = (as => $employer->{as}, user => $employer->{user});

my $client = browser();
my $challenge = $client->challenge;
like($challenge, qr/\A[\x20-\x7e\r\n]{40,1000}\z/, 'a challenge is a few lines of ASCII');
like($challenge, qr/localhost/, 'that name the host');
isnt($challenge, $client->challenge, 'and never the same twice');

redirected($client->login(%who, challenge => $challenge), 'aviso', 'good once');
my $again = browser();
refused($again, $again->login(%who, challenge => $challenge), 'acceso', 26,
    'not twice');

for my $case (
    ['one bit changed', sub { my $c = $_[0]; $c =~ s/(\d)(?=\D*\z)/($1 + 1) % 10/e
        or substr($c, -2, 1) ^= "\x01"; $c }],
    ['cut short', sub { substr $_[0], 0, -5 }],
    ['lengthened', sub { "$_[0]more\n" }],
    ['invented', sub { "npie\nlocalhost\n" . 'A' x 43 . "\n" }],
    ['empty', sub { '' }],
    ['very long', sub { $_[0] x 200 }],
) {
    my ($name, $change) = @$case;
    my $other = browser();
    refused($other, $other->login(%who, challenge => $change->($other->challenge)),
        'acceso', 26, "refused: $name");
}

my $foreign = browser(vhost => 'second')->challenge;
unlike($foreign, qr/localhost/, 'another host names itself');
my $there = browser();
refused($there, $there->login(%who, challenge => $foreign), 'acceso', 26,
    'refused: given out for another host');

# Redis keeps what was given out under a keyed hash. Planted there with the
# secret, so that the time alone is what differs.
my ($secret) = Npie::Openssl::slurp(world()->{dir} . '/session.secret') =~ /^([0-9a-f]{64})$/m;
sub kept_under
{
    my ($text) = @_;
    my $mac = Digest::SHA::hmac_sha512_hex("once\0" . Digest::SHA::sha256_hex($text),
        pack 'H*', $secret);
    return 'npie:1:once:' . substr $mac, 0, 64;
}
for my $case (['aviso', 10], ['acceso', 400]) {
    my ($page, $age) = @$case;
    my $aged = browser()->challenge;
    like(world()->redis('EXISTS', kept_under($aged)), qr/1/,
        'a challenge is in Redis under a hash that needs the secret');
    my $then = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - $age));
    $aged =~ s/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/$then/ or die "no time in it\n";
    world()->redis('SET', kept_under($aged), '1');
    redirected(browser()->login(%who, challenge => $aged), $page,
        "$age seconds old: $page");
}

# Ten at once with one challenge: one login.
my $shared = browser()->challenge;
my $cms = Npie::Openssl::cms_sign($shared, %{ $employer->{as} });
my @pids;
my $file = "$employer->{dir}/at-once";
for my $i (1 .. 10) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $answer = browser()->login(challenge => $shared, cms => $cms,
            user => $employer->{user});
        Npie::Openssl::spit("$file.$i", page_of($answer));
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
waitpid $_, 0 for @pids;
my @pages = map { Npie::Openssl::slurp("$file.$_") } 1 .. 10;
is(scalar(grep { $_ eq 'aviso' } @pages), 1, 'ten at once with one challenge: one login');
is(scalar(grep { $_ eq 'acceso' } @pages), 9, 'and nine refusals');
done_testing;
