# SPDX-License-Identifier: Apache-2.0
# Double clicks, Back, several browsers at once: one renewal, one certificate.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Test::More;
use Npie::Test;

my $r = renewal('carta');
my $employer = $r->{employer};
my @browsers = map { my $b = browser();
    $b->login(as => $employer->{as}, user => $employer->{user});
    $b->get('/npie/carta.html'); $b } 1 .. 4;
my @went = at_once(4, sub {
    my $answer = $browsers[$_[0] - 1]->letter_sign('carta.html', as => $employer->{as});
    page_of($answer) || "$answer->{status} " . error_of($answer)
});
is(scalar(grep { $_ eq 'certificado' } @went), 4,
    'letter 1 signed in four browsers at once: all go on') or diag "@went";
is(world()->registry->value("SELECT count(*) FROM letter l JOIN renewal r
    ON r.id = l.renewal WHERE r.employer = $employer->{id} AND l.signed_at IS NOT NULL"),
    1, 'one signature is kept');

my @issued = at_once(4, sub { $browsers[$_[0] - 1]->issue->{issued}{certificate} // 'none' });
my %different = map { $_ => 1 } @issued;
is(scalar keys %different, 1, 'issued in four browsers at once: the same certificate')
    or diag substr $_, 0, 300 for keys %different;
is(certificates_of($employer), 2, 'the registry holds one new certificate');
is($r->{client}->issue->{issued}{certificate}, $issued[0], 'asked again: the same');
like($issued[0], qr/^MII/, 'and it is one');

# Each form a second time, as from a page kept in the browser.
$r = renewal('llave');
my $form = [ $r->{client}->csrf('llave.html') ];
$r->{new} = Npie::Test::key_new($r);
redirected($r->{client}->key_send($r->{new}), 'carta', 'a key');
redirected($r->{client}->key_send($r->{new}), 'carta', 'the same key again');
refused($r->{client}, $r->{client}->data(correo => 'tarde@empresa.example',
    correo2 => 'tarde@empresa.example', telefono => '5555012200'), 'carta', 48,
    'other data, too late: to where the renewal is, with a word');
like($r->{client}->get('/npie/carta.html')->{body},
    qr/nuevo\@empresa\.example.* del \d+ de \w+ de \d+ a las .*tarde\@empresa\.example/,
    'which says both, and the time');
is(world()->registry->value("SELECT email FROM renewal
    WHERE employer = $r->{employer}{id}"), 'nuevo@empresa.example',
    'and nothing has changed');
my $mark = sub { substr sha256_hex(Npie::Openssl::slurp($_[0]{key})), 0, 6 };
my $other = Npie::Test::key_new($r);
refused($r->{client}, $r->{client}->key_send($other), 'carta', 58,
    'another key without rehacer: to where the renewal is, with a word');
my ($kept, $sent) = map { $mark->($_) } $r->{new}, $other;
my $page = $r->{client}->get('/npie/carta.html')->{body};
like($page, qr/$kept.* del \d+ de \w+ de \d+ a las .*$sent/, 'which says both fingerprints');
like($page, qr/<details open>\s*<summary>Perdí la llave nueva/, 'and offers to make it again');

# The key made again, on purpose.
my $letter = $r->{client}->letter('carta.html');
redirected($r->{client}->post('/npie/rehacer', [ $r->{client}->csrf('carta.html') ]),
    'llave', 'rehacer: back to the key');
$r->{new} = Npie::Test::key_new($r);
redirected($r->{client}->key_send($r->{new}), 'carta', 'a new key');
isnt($r->{client}->letter('carta.html'), $letter, 'a new letter');
refused($r->{client}, $r->{client}->letter_sign('carta.html',
    as => $r->{employer}{as}, letter => $letter, file => $letter), 'carta', 71,
    'the older letter is not this one');
redirected($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}),
    'certificado', 'and the renewal goes on');

# Cancelled, and begun again.
$r = renewal('carta');
redirected($r->{client}->post('/npie/cancelar', [ $r->{client}->csrf('carta.html') ]),
    'aviso', 'cancelar');
is(world()->registry->value("SELECT state FROM renewal
    WHERE employer = $r->{employer}{id}"), 'cancelled', 'the renewal is over');
my $next = eval { renewal('listo', client => $r->{client}, employer => $r->{employer}) };
is($@, '', 'another one goes through to the end');
is(certificates_of($r->{employer}), 2, 'with one certificate');
done_testing;
