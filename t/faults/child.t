# SPDX-License-Identifier: Apache-2.0
# httpd's children killed at each step: the same step works at once.
use strict;
use warnings;
use Test::More;
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
done_testing;
