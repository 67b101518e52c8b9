# SPDX-License-Identifier: Apache-2.0
# The login challenge: fresh, ours, for this host, and good once.
use strict;
use warnings;
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

# The same server under another name.
my ($port) = world()->url =~ /:(\d+)$/;
my $foreign = browser()->request('/npie/reto', curl =>
    ['--resolve', "otro.example:$port:127.0.0.1", '--insecure',
     '-H', "Host: otro.example:$port"])->{body};
my $there = browser();
refused($there, $there->login(%who, challenge => $foreign), 'acceso', 26,
    'refused: given out for another host') if $foreign !~ /localhost/;
is(scalar($foreign =~ /localhost|otro\.example/), 1, 'every challenge names a host');

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
        require POSIX;
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
waitpid $_, 0 for @pids;
my @pages = map { Npie::Openssl::slurp("$file.$_") } 1 .. 10;
is(scalar(grep { $_ eq 'aviso' } @pages), 1, 'ten at once with one challenge: one login');
is(scalar(grep { $_ eq 'acceso' } @pages), 9, 'and nine refusals');
done_testing;
