# SPDX-License-Identifier: Apache-2.0
# The session's cookie goes to nobody behind mod_proxy, with and without the
# gate in front; other cookies do.
use strict;
use warnings;
use IO::Socket::INET;
use Test::More;
use Npie::Test;

my $port = Npie::Openssl::slurp(world()->{dir} . '/port.backend');
my $listener = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
    LocalAddr => '127.0.0.1', LocalPort => $port) or die "port $port: $!";
my $backend = fork // die "fork: $!";
if (!$backend) {
    # An application that shows the headers it gets.
    while (my $client = $listener->accept) {
        my $head = '';
        while (defined(my $line = <$client>)) {
            last if $line =~ /^\r?$/;
            $head .= $line;
        }
        printf $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
            . "Connection: close\r\n\r\n%s", length $head, $head;
        close $client;
    }
    POSIX::_exit(0);
}
close $listener;

my $valid = employer(kind => 'valid');
my $client = browser();
$client->login(as => $valid->{as}, user => $valid->{user});
my ($token) = Npie::Openssl::slurp("$client->{dir}/jar") =~ /__Host-npie\s+(\S+)/;
ok($token, 'logged in');
for my $path (qw(/detras/ /abierta/)) {
    my @with = ('-H', "Cookie: uno=1; __Host-npie=$token; dos=2");
    my $seen = browser()->request($path, curl => \@with);
    is($seen->{status}, 200, "$path: the application answers");
    like($seen->{body}, qr/^Cookie: uno=1; dos=2\r?$/m, 'and gets the other cookies');
    unlike($seen->{body}, qr/\Q$token\E|__Host-npie/, 'and not the session\'s');
    $seen = $client->request($path);
    unlike($seen->{body}, qr/^Cookie:/m, 'alone: no Cookie header');
    @with = ('-H', "Cookie: __Host-npie=$token; __Host-npie=x; __Host-npie2=y");
    $seen = browser()->request($path eq '/abierta/' ? $path : '/abierta/', curl => \@with);
    like($seen->{body}, qr/^Cookie: __Host-npie2=y\r?$/m, 'two of them go both, a like name stays');
}
like($client->request('/detras/')->{body}, qr/^Host: /m, 'the session lives on');
is($client->get('/npie/salud')->{status}, 200, 'as do the pages');
redirected(browser()->request('/detras/'), 'acceso', 'the gate is there');
kill TERM => $backend;
waitpid $backend, 0;
done_testing;
