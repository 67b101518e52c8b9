# SPDX-License-Identifier: Apache-2.0
# Who comes in with which certificate, and where each ends up.
use strict;
use warnings;
use Test::More;
use Npie::Test;

sub login
{
    my ($employer, %arg) = @_;
    return browser()->login(as => $employer->{as}, user => $employer->{user}, %arg);
}

redirected(login(employer()), 'aviso', 'an expired certificate: the renewal');
my $long = employer(kind => 'long');
redirected(login($long), 'aviso',
    'expired eight years ago: the renewal as well, there is no limit here');
redirected(browser(vhost => 'short')->login(as => $long->{as}, user => $long->{user}),
    'rechazo-vencido', 'but where the limit is 100 days it is too old');
redirected(login(employer(ca => 'old', key => 'rsa:1024', md => 'sha1')), 'aviso',
    'RSA-1024 and SHA-1 of an earlier authority');
redirected(login(employer(key => 'P-256')), 'aviso', 'a key on P-256');
redirected(login(employer(kind => 'valid')), '/idse/',
    'a valid certificate: the application');
redirected(login(employer(kind => 'early')), '/idse/',
    'a certificate in the early window opens the application');
redirected(login(employer(), user => ''), 'aviso', 'no user name typed');

my $unsigned = renewal('terminos');
redirected(browser()->login(as => $unsigned->{new}, user => ''), 'terminos',
    'a new certificate whose letter 2 is not signed: letter 2');

my $registry = world()->registry;
my %refused = (
    'rechazo-revocado' => [31, "status = 'revoked', ended = 1700000000,
        reason = 'keyCompromise'"],
    'rechazo-sustituido' => [32, "status = 'superseded', ended = 1700000000"],
);
for my $page (sort keys %refused) {
    my $employer = employer();
    # As if npie-signer knew: the job that tells it would end the sessions.
    world()->registry->sql("UPDATE certificate SET told = 1700000000, $refused{$page}[1]
        WHERE employer = $employer->{id}");
    my $browser = browser();
    my $answer = $browser->login(as => $employer->{as}, user => $employer->{user});
    redirected($answer, $page, "$page: its own page");
    my $shown = $browser->get($answer->{location});
    is($shown->{status}, 200, "$page: shown");
    like($shown->{body}, qr/14 de noviembre de 2023/, "$page: says when");
}
# The ledger alone knows: the registry was restored from before, or somebody
# wrote into it. Certificates of this authority and of an older one.
for my $case ([], [ca => 'old', key => 'rsa:1024', md => 'sha1']) {
    for my $end (['keyCompromise', 'rechazo-revocado', 31, 'revoked'], ['superseded', 'rechazo-sustituido', 32, 'superseded']) {
        my ($reason, $page, $number) = @$end;
        my $employer = employer(@$case);
        my $before = login($employer);
        redirected($before, 'aviso', "@$case good before");
        world()->npiectl('ca', 'revoke', '--yes', '--reason', $reason, "$employer->{old}.crt");
        is($registry->value("SELECT status FROM certificate WHERE employer = $employer->{id}"),
            'active', 'the registry does not know');
        my $browser = browser();
        my $answer = $browser->login(as => $employer->{as}, user => $employer->{user});
        redirected($answer, $page, "@$case $reason in the ledger: refused at the login");
        is($browser->get($answer->{location})->{status}, 200, 'on its own page');
        redirected($browser->get('/npie/aviso.html'), $page, 'and on no other');
        my $json = browser()->login(as => $employer->{as}, user => $employer->{user}, json => 1);
        like($json->{body}, qr/certificate-$end->[3]/, 'with its name for programs') or diag $json->{body};
    }
}
redirected(login(employer(kind => 'future')), 'rechazo-futuro', 'not yet valid');
redirected(login(employer(registered => 0)), 'rechazo-desconocido',
    'not in the registry');

my %second = (vhost => 'second');
my $first = employer(registered => 0);
sub adopted { return $registry->value("SELECT count(*) FROM certificate WHERE employer = $_[0]{id}") }
sub adopting
{
    my ($employer, $user) = @_;
    return browser(%second)->login(as => $employer->{as}, user => $user // $employer->{user});
}
redirected(adopting($first, ''), 'rechazo-desconocido', 'NPIEAdopt: a user name must be typed');
redirected(adopting($first, employer()->{user}), 'rechazo-desconocido', 'NPIEAdopt: the right one');
is(adopted($first), 0, 'NPIEAdopt: until then nothing is adopted');
redirected(adopting($first), 'aviso', 'NPIEAdopt: the renewal can begin');
is(adopted($first), 1, 'NPIEAdopt: the certificate is in the registry');
redirected(adopting($first), 'aviso', 'NPIEAdopt: once');
redirected(login($first), 'aviso', 'NPIEAdopt: known to the other hosts now');
is(adopted($first), 1, 'NPIEAdopt: and only once');
is($registry->value("SELECT count(*) FROM audit WHERE event = 'adopt' AND detail LIKE '%$first->{rp}%'"),
    1, 'NPIEAdopt: audited');
my $renamed = employer(registered => 0);
$registry->sql("UPDATE employer SET curp = 'AAPR630321HDFLRC09' WHERE id = $renamed->{id}");
redirected(adopting($renamed), 'rechazo-desconocido', 'NPIEAdopt: another CURP');
my $forged = employer(registered => 0, ca => 'impostor');
adopting($forged);
is(adopted($forged), 0, 'NPIEAdopt: another authority');
redirected(login(employer(key => 'rsa:768')), 'rechazo-llave', 'RSA-768');

my ($one, $other) = (employer(), employer());
refused(browser(), browser()->login(as => $one->{as}, user => $other->{user}), 'acceso', 47,
    'certificate of one employer, user of another');

my $browser = browser();
refused($browser, $browser->login(as => employer(ca => 'impostor')->{as}, user => ''),
    'rechazo-desconocido', 28, 'an authority of the same name with another key');
my $mixed = { certificate => $one->{as}{certificate}, key => $other->{as}{key} };
my $cms = eval { Npie::Openssl::cms_sign('x', %$mixed) };
ok(!defined $cms, 'openssl itself refuses a key that is not the certificate\'s');
$browser = browser();
refused($browser, $browser->login(cms => 'no CMS at all', user => $one->{user}),
    'acceso', 27, 'no signature at all');
my $answer = browser()->login(cms => 'no CMS at all', user => '', json => 1);
is($answer->{status} . ' ' . error_of($answer), '422 27', 'the same as JSON');
done_testing;
