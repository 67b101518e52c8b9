# SPDX-License-Identifier: Apache-2.0
# Nobody floods a stranger's mailbox: mails with a link to one address that is
# not the registered one, by NPIEDailyLimits address=.
use strict;
use warnings;
use Test::More;
use Npie::Test;

own(link => 'required');
END { own_end() }
my $registry = world()->registry;
my $stranger = "ajeno$$\@otra.example";

# Of one employer: as many as the default allows, over several renewals.
my $r = renewal('carta', client => browser(), mail => $stranger);
sub mails
{
    my ($employer) = @_;
    return $registry->value("SELECT count(*) FROM outbox WHERE employer = $employer->{id}"
        . " AND lower(address) = lower('$stranger') AND kind IN ('obtener', 'liga')");
}
my $answer;
my $sent = 0;
for my $n (1 .. 12) {
    $answer = $r->{client}->letter_sign('carta.html', as => $r->{employer}{as}, json => 1);
    last if $answer->{status} != 200;
    $sent++;
    $r->{client}->post('/npie/cancelar', [ $r->{client}->csrf('correo.html') ]);
    # Written otherwise it is the same address.
    my $address = $n % 2 ? $stranger =~ s/^a/A/r : $stranger;
    $r = renewal('carta', client => $r->{client}, employer => $r->{employer}, mail => $address);
}
is($sent, 10, 'ten mails with a link to an address that is not confirmed');
is($answer->{status}, 429, 'then no more today');
is(error_of($answer), 133, 'with the number');
my $id = $r->{employer}{id};
is($registry->value("SELECT count(*) FROM outbox WHERE employer = $id AND lower(address) = lower('$stranger')"),
    10, 'and none more is queued');
is($registry->value("SELECT state FROM renewal WHERE employer = $id ORDER BY id DESC LIMIT 1"), 'keyed',
    'the renewal stays where it was');
$answer = $r->{client}->letter_sign('carta.html', as => $r->{employer}{as});
like($answer->{status} == 303 ? $r->{client}->get($answer->{location})->{body} : $answer->{body},
    qr/todavía no está confirmada/, 'in words');

# Another address goes on, and so does another employer with the same one.
$r->{client}->post('/npie/cancelar', [ $r->{client}->csrf('carta.html') ]);
$r = renewal('carta', client => $r->{client}, employer => $r->{employer}, mail => "otro$$\@otra.example");
redirected($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}), 'correo', 'another address');
my $other = renewal('carta', client => browser(), mail => $stranger);
redirected($other->{client}->letter_sign('carta.html', as => $other->{employer}{as}), 'correo',
    'an office with one address for many employers');
# A day later.
$registry->sql("UPDATE outbox SET queued = queued - 86401 WHERE employer = $id");
$r->{client}->post('/npie/cancelar', [ $r->{client}->csrf('correo.html') ]);
$r = renewal('carta', client => $r->{client}, employer => $r->{employer}, mail => $stranger);
redirected($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}), 'correo', 'the next day too');
done_testing;
