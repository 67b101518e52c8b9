# SPDX-License-Identifier: Apache-2.0
# A registry restored from a backup beside the ledger of today: told, and
# reconciled, until every employer goes on.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use Npie::Letter ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my ($world, $temp, $run) = own();
END { own_end() }
my $dir = $world->{dir};
sub start
{
    $world->httpd('start');
    return $world->httpd_wait;
}

sub ctl { return $run->('-c', "$dir/npiectl.conf", @_) }
sub dump_of
{
    return sha256_hex(run('sqlite3', "$dir/registry/registry.db", '.dump'));
}
sub serial_of
{
    my ($r) = @_;
    return run('openssl', 'x509', '-in', $r->{new}{certificate}, '-noout', '-serial') =~ s/.*=|\n//gr;
}
sub page_after_login
{
    my ($r, $as) = @_;
    my $client = browser();
    my $answer = $client->login(user => $r->{employer}{user}, as => $as // $r->{new});
    return $answer->{status} == 303 ? $client->get($answer->{location})
        : { %$answer, location => '' };
}
sub enters
{
    my ($r, $as) = @_;
    my $answer = browser()->login(user => $r->{employer}{user}, as => $as // $r->{new});
    return $answer->{location};
}

# What the boss asks for and signs on this machine.
sub additional
{
    my ($r) = @_;
    my $boss = browser();
    $boss->login(user => $r->{employer}{user}, as => $r->{new});
    $boss->post('/npie/adicionales.html', [ $boss->csrf('adicionales.html'), accion => 'pedir',
        titular => 'Inés Cámara Ruiz', correo_titular => 'ines@empresa.example',
        finalidad => 'Avisos' ]);
    my ($row) = @{ JSON::PP::decode_json($boss->request('/npie/adicionales.html', json => 1)->{body})
        ->{additional} };
    my $new = $boss->key_make(kind => 'P-256', password => 'Clave-nueva-1', name => 'ines',
        key => "$r->{employer}{dir}/ines.key");
    my $here = "/npie/adicional-aqui.html?n=$row->{id}";
    $boss->post($here, [ $boss->csrf('adicionales.html'), accion => 'llave',
        solicitud => $new->{csr}, huella => sha256_hex(slurp($new->{key})) ]);
    my $letter = $boss->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf")->{body};
    my $cms = Npie::Openssl::cms_sign(Npie::Letter::signed_part($letter), %{ $r->{new} });
    $boss->post_multipart("/npie/autorizar.html?n=$row->{id}",
        [ $boss->csrf('adicionales.html'), firma => encode_base64($cms, '') ]);
    $boss->post($here, [ $boss->csrf('adicionales.html'), accion => 'obtener' ], json => 1);
    my $made = "$r->{employer}{dir}/ines.crt";
    my $der = $world->registry->value('SELECT der FROM certificate WHERE additional = 1');
    spit($made, "-----BEGIN CERTIFICATE-----\n" . ($der =~ s/(.{64})/$1\n/gr)
        . "\n-----END CERTIFICATE-----\n");
    $new->{certificate} = $made;
    return $new;
}

my %r = (
    before => renewal('listo'), open => renewal('carta'), issued => renewal('terminos'),
    keyed => renewal('carta'), lost_key => renewal('listo'),
);
my %employer = map { $_ => employer() } qw(forgotten twice left);
is((ctl('registry', 'backup', "$dir/backup.db"))[0], 0, 'a backup');
my ($status, $answer) = ctl('registry', 'reconcile');
is($status, 0, 'a registry that lacks nothing');
my $same = dump_of();
($status, $answer) = ctl('registry', 'reconcile');
is(dump_of(), $same, 'stays as it is');
is_deeply($answer->{certificates}, [], 'and nothing is told');

# After it: renewals made, gone on and left; a certificate revoked; a colleague's.
$r{forgotten} = renewal('listo', employer => $employer{forgotten});
$r{twice} = renewal('listo', employer => $employer{twice});
$r{left} = renewal('terminos', employer => $employer{left});
Npie::Test::renewal_step($r{open}, 'carta', 'certificado');
Npie::Test::renewal_step($r{open}, 'certificado', 'terminos');
Npie::Test::renewal_step($r{issued}, 'terminos', 'listo');
is((ctl('certificate', 'revoke', serial_of($r{lost_key}), '--reason', 'keyCompromise', '--yes'))[0], 0,
    'revoked');
my $colleague = additional($r{before});
ok(-s $colleague->{certificate}, 'a colleague has one');
my $highest = 0;
for (1 .. 100) {
    # Sealed: whose letter 2 was signed.
    $highest = $world->registry->value('SELECT count(*) FROM letter WHERE kind = 2 AND sealed_at IS NOT NULL');
    last if $highest == 5;
    select undef, undef, undef, 0.1;
}
is($highest, 5, 'letters 2 are sealed');
for (1 .. 100) {
    last if !$world->registry->value(
        "SELECT count(*) FROM certificate WHERE status <> 'active' AND told IS NULL");
    select undef, undef, undef, 0.1;
}
$highest = $world->registry->value("SELECT value FROM counter WHERE name = 'folio'");

# Yesterday's.
$world->httpd_stop;
rename "$dir/registry/registry.db", "$dir/registry.was" or die $!;
unlink glob "$dir/registry/registry.db-*";
copy("$dir/backup.db", "$dir/registry/registry.db") or die $!;
start();
($status, $answer) = ctl('status');
is($status, 4, 'status is not content');
my ($ledger) = grep { $_->{part} eq 'ledger' } @$answer;
like("$ledger->{state}: $ledger->{detail}", qr/^damaged: .*a backup was restored/, 'it tells of the restore');
like(page_after_login($r{forgotten})->{body}, qr/error-numero/, 'the forgotten certificate is refused');

$same = dump_of();
($status, $answer) = ctl('registry', 'reconcile', '--dry-run');
is($status, 0, 'a dry run');
is(dump_of(), $same, 'changes nothing');
my $dry = join ' ', sort map { "$_->{serial}=$_->{outcome}" } @{ $answer->{certificates} };
($status, $answer) = ctl('registry', 'reconcile');
is($status, 1, 'the first run leaves one out');
is(join(' ', sort map { "$_->{serial}=$_->{outcome}" } @{ $answer->{certificates} }), $dry,
    'and does what the dry run said');
my %outcome;
$outcome{ $_->{outcome} }++ for @{ $answer->{certificates} };
is_deeply(\%outcome, { active => 3, undecided => 1, waiting => 1, completed => 1, revoked => 3 },
    'each told by name') or diag explain $answer;
is($answer->{folio} >= $highest + 1, 1, "no folio twice: above $answer->{folio}, was $highest");
($status, $answer) = ctl('registry', 'reconcile', '--unfinished', 'perhaps');
is($status, 1, 'no such answer');
($status, $answer) = ctl('registry', 'reconcile', '--unfinished', 'revoke');
is($status, 0, 'the one that nobody knows of is revoked');
is(join(' ', map { $_->{outcome} } @{ $answer->{certificates} }), 'unused waiting', 'it alone');
my $rows = $world->registry->value("SELECT count(*) FROM audit WHERE event LIKE 'reconcile%'");
($status, $answer) = ctl('registry', 'reconcile');
is($status, 0, 'again');
is(join(' ', map { $_->{outcome} } @{ $answer->{certificates} }), 'waiting', 'nothing is left');
is($world->registry->value("SELECT count(*) FROM audit WHERE event LIKE 'reconcile%'"), $rows, 'and nothing is written');

# The gap in the audit is accepted, as the manual says.
($status, $answer) = ctl('audit', 'reseal', '--yes');
is($status, 0, 'the head that was kept is given up');
$world->httpd_stop;
my (undef, $seal) = split / -r /, $answer->{command};
run('sh', '-c', '"$1/npie-signer" -f "$2" -r "$3" 2>&1', 'sh', $ENV{NPIE_BUILD},
    "$dir/signer/npie-signer.conf", $seal);
start();
($status, $answer) = ctl('registry', 'check');
is($status, 0, 'the registry is sound') or diag explain $answer;
is((ctl('audit', 'verify'))[0], 0, 'its audit too');
is((ctl('ledger', 'verify'))[0], 0, 'and the ledger');
($status, $answer) = ctl('status');
($ledger) = grep { $_->{part} eq 'ledger' } @$answer;
is($ledger->{state}, 'ok', 'they agree');

for my $who (qw(forgotten twice before issued)) {
    is(enters($r{$who}), '/idse/', "$who: the new certificate opens the application");
    my $old = browser()->login(user => $r{$who}{employer}{user}, as => $r{$who}{employer}{as});
    unlike($old->{location}, qr{/npie/aviso|/idse}, "$who: the old one renews nothing");
}
is(enters($r{before}, $colleague), '/idse/', 'so does the colleague\'s');
unlike(enters($r{lost_key}), qr{^/idse}, 'the revoked one does not');

# The renewal that was open in the backup goes on, to the same certificate.
my $serial = serial_of($r{open});
$r{open}{client} = browser();
$r{open}{client}->login(user => $r{open}{employer}{user}, as => $r{open}{employer}{as});
Npie::Test::renewal_step($r{open}, 'carta', 'certificado');
Npie::Test::renewal_step($r{open}, 'certificado', 'terminos');
is(serial_of($r{open}), $serial, 'the same certificate as before');
Npie::Test::renewal_step($r{open}, 'terminos', 'listo');
is(enters($r{open}), '/idse/', 'and it is in use');
# Whose letter 2 nobody signed renews again.
my $again = renewal('listo', employer => $r{left}{employer});
is(enters($again), '/idse/', 'the one that was left out renews once more');
is($world->registry->value('SELECT count(*) FROM (SELECT folio FROM letter UNION ALL'
    . ' SELECT folio FROM addition WHERE folio IS NOT NULL) WHERE folio > '
    . $highest), 3, 'with folios of its own');
is((ctl('ledger', 'verify'))[0], 0, 'the ledger is good');
is((ctl('registry', 'check'))[0], 0, 'the registry too');
done_testing;
