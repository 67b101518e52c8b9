# SPDX-License-Identifier: Apache-2.0
# httpd's children killed at each step: the same step works at once.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(slurp);
use Npie::Test;

my %next = (aviso => 'datos', datos => 'llave', llave => 'carta',
    carta => 'certificado', certificado => 'terminos', terminos => 'listo');

my $r = renewal('aviso');
for my $page (qw(aviso datos llave carta certificado terminos)) {
    my @before = children();
    ok(scalar @before, "$page: " . @before . ' children');
    kill KILL => @before;
    my $error;
    for (1 .. 20) {
        eval { Npie::Test::renewal_step($r, $page, $next{$page}); 1 } and last;
        $error = $@;
        select undef, undef, undef, 0.5;
    }
    my $there = $r->{client}->get("/npie/$next{$page}.html");
    is($there->{status}, 200, "$page: killed, and on to $next{$page}")
        or diag $error;
}
is(certificates_of($r->{employer}), 2, 'one certificate');
redirected(browser()->login(as => $r->{new}, user => $r->{employer}{user}), '/idse/',
    'which opens the application');

# One dies in the middle of a request: it is counted and told, the request too,
# and the secret in its address is not.
my $died = died();
my $told = told($died);
my $secret = 'T' x 32;
my $pid = open(my $held, '|-', 'openssl', 's_client', '-quiet', '-verify_quiet', '-connect',
    world()->url =~ s{https://}{}r) // die "openssl: $!";
print $held "POST /npie/enlace.html?t=$secret HTTP/1.1\r\nHost: localhost\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nt=";
$held->flush;
select undef, undef, undef, 1;
my @alive = children();
kill KILL => @alive;
kill TERM => $pid;
close $held;
my $log = '';
for (1 .. 100) {
    ($log) = slurp("$ENV{NPIE_LOGS}/error_log") =~ /(.*NPIE0145.* was serving .*)/;
    last if defined $log;
    select undef, undef, undef, 0.1;
}
like($log, qr{child (\d+) was serving POST /npie/enlace\.html from 127\.0\.0\.1$},
    'a child that dies is in the log, with what it served');
ok(scalar(grep { $log =~ /child $_ was/ } @alive), 'by its process');
is(died(), $died + @alive, 'and on the page of server-status');
unlike(slurp("$ENV{NPIE_LOGS}/error_log"), qr/NPIE0145.*$secret/, 'without the secret');
is(told($told + @alive), $told + @alive, 'the audit has every death once');

# One that is told to end has not died.
kill USR1 => slurp($ENV{NPIE_HTTPD_PID});
select undef, undef, undef, 3;
is(browser()->get('/npie/acceso.html')->{status}, 200, 'a graceful restart');
is(died(), $died + @alive, 'is nobody\'s death');
is(told($told + @alive), $told + @alive, 'nor is one told again');
done_testing;

# How many the audit has, once it has that many.
sub told
{
    my $count;
    for (1 .. 100) {
        $count = world()->registry->value(
            "SELECT count(*) FROM audit WHERE event = 'child-died'");
        last if $count >= $_[0];
        select undef, undef, undef, 0.2;
    }
    return $count;
}

# How many children server-status says have died.
sub died
{
    for (1 .. 20) {
        my $body = browser()->get('/server-status?auto')->{body} // '';
        return $1 if $body =~ /^NPIEDied: (\d+)/m;
        select undef, undef, undef, 0.5;
    }
    return -1;
}
