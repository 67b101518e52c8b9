# SPDX-License-Identifier: Apache-2.0
# Redis stopped at each step: 503 and Retry-After; back again, the renewal
# goes on after a login.
use strict;
use warnings;
use Test::More;
use Npie::Test;

for my $page (qw(datos llave carta certificado terminos)) {
    my $r = renewal($page);
    world()->redis_stop;
    for my $path ("/npie/$page.html", '/idse/index.html') {
        my $answer = $r->{client}->get($path);
        is($answer->{status}, 503, "$path without Redis");
        like($answer->{headers}, qr/^Retry-After:\s*\d+/mi, "$path: Retry-After");
        is(error_of($answer), 90, "$path: says what is missing");
    }
    my $program = browser()->get('/idse/index.html', json => 1);
    ok($program->{status} == 503 || $program->{status} == 401,
        "a program without a session: $program->{status}");
    world()->redis_start;
    my $again = browser();
    my $answer = $again->login(as => $r->{employer}{as}, user => $r->{employer}{user});
    my $lands = { datos => 'aviso', terminos => 'certificado' }->{$page} // $page;
    redirected($answer, $lands, "back: a login leads to $lands");
    $r->{client} = $again;
    my %next = (datos => 'llave', llave => 'carta', carta => 'certificado',
        certificado => 'terminos', terminos => 'listo');
    eval { Npie::Test::renewal_step($r, $page, $next{$page}) };
    is($@, '', "and the same step leads to $next{$page}");
}

# A restart between two requests: the pooled connection is stale.
my $r = renewal('datos');
world()->redis('SAVE');
my $alive = browser();
for my $round (1 .. 3) {
    world()->redis_stop;
    world()->redis_start;
    my $answer = $alive->login(as => $r->{employer}{as}, user => $r->{employer}{user});
    redirected($answer, 'aviso', "restarted ($round): the first request is served");
}
done_testing;
