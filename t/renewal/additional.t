# SPDX-License-Identifier: Apache-2.0
# Additional certificates: they open the application like the principal one,
# and lapse with it when its renewal is complete.
use strict;
use warnings;

use Apache::Test qw(-withtestmore);
use Npie::Test;

plan tests => 11;

# A renewal in the early window, with a colleague's certificate beside it.
my $employer = employer(kind => 'early');
my $file = $employer->certify(file => "$employer->{dir}/colleague",
    ca => world()->{dir} . '/ca/issuing', kind => 'valid', key => 'rsa:2048',
    holder => 'Inés Cámara Ruiz');
world()->registry->certificate_insert($employer, $file, additional => 1,
    holder => 'Inés Cámara Ruiz', holder_email => 'ines@empresa.example');
my %colleague = (user => $employer->{user},
    as => { certificate => "$file.crt", key => "$file.key" });

my $colleague = browser();
redirected($colleague->login(%colleague), '/idse/', 'the colleague logs in');
is($colleague->get('/idse/')->{status}, 200, 'the application opens');

my $r = { client => browser(), employer => $employer };
$r->{client}->login(as => $employer->{as}, user => $employer->{user});
like($r->{client}->get('/npie/aviso.html')->{body}, qr/Inés Cámara Ruiz/,
    'the notice lists the certificate that will lapse');
Npie::Test::renewal_step($r, @$_) for ['datos', 'llave'], ['llave', 'carta'],
    ['carta', 'certificado'], ['certificado', 'terminos'];
is($colleague->get('/idse/')->{status}, 200,
    'the application stays open until the terms are signed');
redirected($r->{client}->letter_sign('terminos.html', as => $r->{new}), 'listo',
    'the renewal is complete');

my $answer = $colleague->get('/idse/');
is("$answer->{status} $answer->{location}",
    '303 /npie/acceso.html?volver=%2fidse%2f', 'the colleague\'s session ended');

# Had Redis failed just then, the job that tells npie-signer ends them.
my $other = employer(kind => 'early');
$file = $other->certify(file => "$other->{dir}/colleague", ca => world()->{dir} . '/ca/issuing',
    kind => 'valid', key => 'P-256', holder => 'Inés Cámara Ruiz');
world()->registry->certificate_insert($other, $file, additional => 1,
    holder => 'Inés Cámara Ruiz', holder_email => 'ines@empresa.example');
$colleague = browser();
redirected($colleague->login(user => $other->{user},
    as => { certificate => "$file.crt", key => "$file.key" }), '/idse/', 'another colleague');
world()->registry->sql("UPDATE certificate SET status = 'superseded', ended = strftime('%s'),
    reason = 'superseded' WHERE employer = $other->{id} AND additional = 1");
for (1 .. 300) {
    $answer = $colleague->get('/idse/');
    last if $answer->{status} != 200;
    select undef, undef, undef, 0.1;
}
redirected($answer, 'acceso', 'out without a word from the renewal');
redirected(browser()->login(%colleague), 'rechazo-adicional',
    'and the certificate opens nothing any more');
is($r->{client}->get('/idse/')->{status}, 200, 'the renewed one does');
is(world()->registry->value("SELECT count(*) FROM certificate WHERE employer ="
    . " $employer->{id} AND status = 'active'"), 1, 'one certificate is left');
