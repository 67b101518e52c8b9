# SPDX-License-Identifier: Apache-2.0
# A body that comes byte by byte is ended by the server, and holds no worker; the
# same body at once is answered.
use strict;
use warnings;
use IPC::Open3 qw(open3);
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Openssl qw(slurp);
use Npie::Test;

# RequestReadTimeout of this host: body=2-4,MinRate=1000. An hour is what the
# client would take, a minute what a busy machine is given.
my $port = slurp(world()->{dir} . '/port.hasty');
my $patience = 60;

# sent PAUSE: acceso.html's form with so many seconds between two bytes; what the
# server answered, and after how long it hung up.
sub sent
{
    my ($pause) = @_;
    my $body = 'usuario=' . 'a' x 3000;
    my $pid = open3(my $in, my $out, undef, 'openssl', 's_client', '-quiet', '-verify_quiet', '-connect',
        "127.0.0.1:$port");
    local $SIG{PIPE} = 'IGNORE';
    my $begun = time;
    $in->autoflush;
    print $in "POST /npie/acceso.html HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n",
        'Content-Length: ', length $body, "\r\n\r\n";
    my $feeder = fork // die "fork: $!";
    if ($feeder == 0) {
        for my $byte ($pause ? split //, $body : $body) {
            print $in $byte or last;
            sleep $pause;
        }
        sleep $patience;
        require POSIX;
        POSIX::_exit(0);
    }
    close $in;
    my $ended = eval {
        local $SIG{ALRM} = sub { die "waits\n" };
        alarm $patience;
        my $text = do { local $/; <$out> };
        alarm 0;
        $text // '';
    };
    my $took = time - $begun;
    kill 'KILL', $feeder, $pid;
    waitpid $_, 0 for $feeder, $pid;
    return ($ended, $took);
}

my ($answer, $took) = sent(0);
like($answer, qr{^HTTP/1\.1 \d\d\d}m, 'a body at once is answered');
($answer, $took) = sent(1);
ok(defined $answer, sprintf 'a byte a second: the server ends it, after %.1f s', $took);
unlike($answer // '', qr{^HTTP/1\.1 [23]}m, 'and takes it for nothing');
cmp_ok($took, '>=', 1.5, 'not before the time is over');
my $client = browser(vhost => 'hasty');
is($client->get('/npie/acceso.html')->{status}, 200, 'others are served');
done_testing;
