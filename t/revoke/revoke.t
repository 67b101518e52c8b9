# SPDX-License-Identifier: Apache-2.0
# Revoking one's own certificate, while sessions are open, at each step of a
# renewal and after it.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $registry = world()->registry;

sub revoke
{
    my ($client, %field) = @_;
    my %form = (cual => 'este', motivo => 'robada', confirmo => 'si', %field);
    return $client->post('/npie/revocar.html', [ $client->csrf('revocar.html'), %form ]);
}

sub certificates
{
    my ($employer) = @_;
    return $registry->value("SELECT group_concat(status || ' ' || reason) FROM certificate
        WHERE employer = $employer->{id}");
}

sub renewals
{
    my ($employer) = @_;
    return $registry->value("SELECT group_concat(state) FROM renewal
        WHERE employer = $employer->{id}");
}

# In use, with a second session open elsewhere.
my $employer = employer(kind => 'valid');
my ($client, $elsewhere) = (browser(), browser());
$_->login(as => $employer->{as}, user => $employer->{user}) for $client, $elsewhere;
is($elsewhere->get('/idse/')->{status}, 200, 'a session in the application');
my $page = $client->get('/npie/revocar.html');
is($page->{status}, 200, 'the page is there');
like($page->{body}, qr/name="confirmo"/, 'and wants a confirmation');
refused($client, revoke($client, confirmo => ''), 'revocar', 84, 'without the confirmation');
refused($client, revoke($client, motivo => 'otra'), 'revocar', 84, 'without a reason');
refused($client, revoke($client, cual => 'otro'), 'revocar', 84, 'which one is not said');
redirected(revoke($client, cual => 'nuevo'), '/idse/', 'there is no new one');
is(certificates($employer), 'active ', 'nothing is revoked');
is($elsewhere->get('/idse/')->{status}, 200, 'the session goes on');
redirected(revoke($client), 'rechazo-revocado', 'revoked');
is(certificates($employer), 'revoked keyCompromise', 'for that reason');
redirected($elsewhere->get('/idse/'), 'acceso', 'the other session is over at once');
my $after = $client->request('/idse/', json => 1);
is($after->{status}, 403, 'and this one opens nothing');
is(error_of($after), 31, 'and says why');
is($client->get('/npie/rechazo-revocado.html')->{status}, 200, 'but the page that says so');
redirected(browser()->login(as => $employer->{as}, user => $employer->{user}),
    'rechazo-revocado', 'nobody logs in with it');
is($registry->value("SELECT count(*) FROM audit WHERE event = 'revoke'
    AND detail LIKE '%keyCompromise' AND actor =
    (SELECT serial FROM certificate WHERE employer = $employer->{id})"), 1, 'audited once');

# A page from before cannot do it, nor one of another site.
my $other = employer(kind => 'valid');
my $victim = browser();
$victim->login(as => $other->{as}, user => $other->{user});
refused($victim, $victim->post('/npie/revocar.html', [ csrf => 'x', cual => 'este',
    motivo => 'robada', confirmo => 'si' ]), 'revocar', 11, 'not without the token');
is(certificates($other), 'active ', 'nothing happened');

# At each step of a renewal; the certificate has expired.
for my $step (qw(datos llave carta certificado)) {
    my $r = renewal($step);
    my $colleague = browser();
    $colleague->login(as => $r->{employer}{as}, user => $r->{employer}{user});
    is($r->{client}->get('/npie/revocar.html')->{status}, 200, "$step: the page is there");
    redirected(revoke($r->{client}, motivo => 'perdida'), 'rechazo-revocado', "$step: revoked");
    is(certificates($r->{employer}), 'revoked cessationOfOperation', "$step: for that reason");
    is(renewals($r->{employer}) // '', $step eq 'datos' ? '' : 'cancelled', "$step: renewal");
    redirected($colleague->get('/npie/aviso.html'), 'acceso', "$step: another session is over");
}

# The new key is lost before letter 2: the renewal begins again.
my $r = renewal('terminos');
like($r->{client}->get('/npie/revocar.html')->{body}, qr/value="nuevo"/, 'the new one by choice');
my $new = browser();
$new->login(as => $r->{new}, user => $r->{employer}{user});
redirected(revoke($r->{client}, cual => 'nuevo', motivo => 'perdida'), 'aviso',
    'the new one is revoked');
is(certificates($r->{employer}), 'active ,revoked cessationOfOperation', 'that alone');
redirected($new->get('/npie/terminos.html'), 'acceso', 'its session is over');
redirected(browser()->login(as => $r->{new}, user => $r->{employer}{user}), 'rechazo-revocado',
    'it opens nothing');
my $again = renewal('listo', client => $r->{client}, employer => $r->{employer});
is(certificates($r->{employer}), 'superseded superseded,revoked cessationOfOperation,active ',
    'another renewal completes');
is(browser()->login(as => $again->{new}, user => $r->{employer}{user})->{location}, '/idse/',
    'its certificate enters');

# The old one with its successor unsigned: both.
my $both = renewal('terminos');
redirected(revoke($both->{client}), 'rechazo-revocado', 'the old one is revoked');
is(certificates($both->{employer}), 'revoked keyCompromise,revoked keyCompromise', 'and the new');

# Proved by the new one, unsigned.
my $proved = renewal('terminos');
my $by_new = browser();
$by_new->login(as => $proved->{new}, user => $proved->{employer}{user});
redirected(revoke($by_new), 'rechazo-revocado', 'by the new certificate');
is(certificates($proved->{employer}), 'active ,revoked keyCompromise', 'the old one stays');
redirected($proved->{client}->get('/npie/'), 'aviso', 'and may begin again');
done_testing;
