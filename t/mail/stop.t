# SPDX-License-Identifier: Apache-2.0
# The address before is told of another one, with a link that stops the
# renewal; resending and correcting the address have limits.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Test;

my ($old, $new) = (address(), address());
my $r = renewal('carta', client => browser(vhost => 'mail'), mail => $new,
    employer => employer_at($old));
my ($told) = mail_wait($old);
like($told->{subject}, qr/^Cambió el correo/, 'the old address is told');
unlike($told->{text}, qr/\Q$new\E/, 'without the whole new one');

# The same employer at another browser.
my $twin = browser(vhost => 'mail');
$twin->login(as => $r->{employer}{as}, user => $r->{employer}{user});
is($twin->get('/npie/carta.html')->{status}, 200, 'a second session');

my $anybody = browser(vhost => 'mail');
like($anybody->get(path_of($told))->{body}, qr/Detener la renovación/,
    'the link asks');
my ($token) = path_of($told) =~ /t=(.*)/;
redirected($anybody->post('/npie/enlace.html', [ t => $token ]), 'enlace',
    'the button');
is(world()->registry->value("SELECT state FROM renewal
    WHERE employer = $r->{employer}{id}"), 'cancelled', 'stops the renewal');
redirected($_->get('/npie/carta.html'), 'acceso', 'and ends its sessions')
    for $r->{client}, $twin;
is(world()->registry->value("SELECT count(*) FROM audit WHERE actor = 'mail-link'
    AND event = 'cancel' AND detail LIKE 'renewal ' || (SELECT id FROM renewal
    WHERE employer = $r->{employer}{id}) || ',%'"), 1, 'which is audited');
is(error_of($anybody->get(path_of($told))), 63, 'the link is used up');
is(scalar(mails($old)), 1, 'the old address got one mail');

# Cancelar ends the other sessions, not its own.
$r = renewal('carta', client => browser(vhost => 'mail'), employer => $r->{employer},
    mail => $new);
$twin->login(as => $r->{employer}{as}, user => $r->{employer}{user});
redirected($r->{client}->post('/npie/cancelar', [ $r->{client}->csrf('carta.html') ]),
    'aviso', 'cancelar');
is($r->{client}->get('/npie/aviso.html')->{status}, 200, 'its own session lives');
redirected($twin->get('/npie/aviso.html'), 'acceso', 'the other one does not');

# Asked for again, and corrected.
$r = renewal('carta', client => browser(vhost => 'mail'), mail => $new,
    employer => $r->{employer});
my $client = $r->{client};
my $post = sub {
    my ($action, %field) = @_;
    return $client->post('/npie/correo.html', [ $client->csrf('correo.html'),
        accion => $action, %field ]);
};
$client->letter_sign('carta.html', as => $r->{employer}{as});
my ($first) = mail_wait($new);
refused($client, $post->('reenviar'), 'correo', 17, 'not within a minute');
world()->registry->sql("UPDATE outbox SET queued = queued - 61");
redirected($post->('reenviar'), 'correo', 'once more');
my (undef, $again) = mail_wait($new, 2);
like($again->{subject}, qr/^Su liga para continuar/, 'comes a second mail');
isnt(link_of($again), link_of($first), 'with a link of its own');
like($client->get(path_of($first))->{body}, qr/Confirmar mi correo/,
    'the first one is still good');

my $right = address();
for my $try ([ $new, $new, 46 ], [ 'nadie', 'nadie', 41 ], [ $right, $new, 42 ],
    [ "$right\r\nBcc: x\@y.example", $right, 13 ]) {
    refused($client, $post->('cambiar', correo => $try->[0], correo2 => $try->[1]),
        'correo', $try->[2], "refused: $try->[2]");
}
redirected($post->('cambiar', correo => $right, correo2 => $right), 'correo',
    'the address corrected');
my ($there) = mail_wait($right);
ok($there, 'the mail goes there');
is(error_of($anybody->get(path_of($first))), 65, 'the links before are superseded');
is(error_of($anybody->get(path_of($again))), 65, 'all of them');
ok(settled($old), 'the registered address');
is(world()->registry->value("SELECT count(*) FROM outbox WHERE kind = 'cambio'
    AND sent IS NOT NULL AND renewal = (SELECT max(id) FROM renewal
    WHERE employer = $r->{employer}{id})"), 2, 'is told again');
like($client->get('/npie/correo.html')->{body}, qr/\Q$right\E/, 'the page shows it');

world()->registry->sql("UPDATE outbox SET queued = queued - 61"), $post->('reenviar')
    for 1 .. 3;
world()->registry->sql("UPDATE outbox SET queued = queued - 61");
refused($client, $post->('reenviar'), 'correo', 69, 'five times and no more');
is($post->('volar')->{status}, 422, 'an action that there is not');
done_testing;
