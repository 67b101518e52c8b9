# SPDX-License-Identifier: Apache-2.0
# httpd's children killed at each step: the same step works at once.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(slurp);
use Npie::Test;

my %next = (aviso => 'datos', datos => 'llave', llave => 'carta',
    carta => 'certificado', certificado => 'terminos', terminos => 'listo');

# The children of the httpd that listens: those whose parent it is.
sub children
{
    my $file = $ENV{NPIE_HTTPD_PID} // die "NPIE_HTTPD_PID is not set\n";
    chomp(my $parent = slurp($file));
    my @children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my $line = eval { slurp($stat) } // next;
        my ($pid, $name, $ppid) = $line =~ /^(\d+) \((.*)\) \S (\d+)/s or next;
        push @children, $pid if $ppid == $parent && $name !~ /npie-signer/;
    }
    return @children;
}

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
done_testing;
