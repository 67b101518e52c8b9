# SPDX-License-Identifier: Apache-2.0
# The ledger's PostgreSQL stops in the middle of renewals: what needs it answers
# 503, Retry-After and a true sentence; the CRL and OCSP go on; and when it is
# there again everything goes on by itself, with nothing lost.
use strict;
use warnings;
use File::Temp ();
use File::Path qw(remove_tree);
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Many qw(many);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $temp = File::Temp::tempdir();
chmod 0755, $temp;
my $world = Npie::World->make(dir => "$temp/world");
my $dir = $world->{dir};

sub backend
{
    my ($action) = @_;
    local $ENV{NPIE_PGSQL_CONNECTIONS} = 20;
    return run('sh', "$ENV{NPIE_TOP}/t/lib/backend.sh", $action, $temp);
}

my ($parent) = ($$);
END {
    if (defined $parent && $$ == $parent) {
        my $status = $?;
        for my $stop (sub { $world->httpd_stop }, sub { $world->redis_stop },
            sub { backend('pgsql-stop') }) {
            eval { $stop->(); 1 } or diag $@;
        }
        remove_tree($temp);
        $? = $status;
    }
}
backend('pgsql-start');
my @psql = ('psql', '-qAt', '-v', 'ON_ERROR_STOP=1', '-h', "$temp/pgsql", '-U', 'npie', '-d', 'npie');
run(@psql, '-c', 'CREATE ROLE npie_ledger LOGIN');
run(@psql, '-f', "$ENV{NPIE_TOP}/conf/sql/ledger/0001-ledger.sql");
my @employers = many($world, 3, 'Clave-vieja-1');
$world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer", port => Npie::World::port_free());
my $conf = slurp("$dir/signer/npie-signer.conf");
$conf =~ s{^Ledger .*}{Ledger pgsql:host=$temp/pgsql dbname=npie user=npie_ledger connect_timeout=2}m
    or die 'no Ledger';
spit("$dir/signer/npie-signer.conf", $conf);
$world->redis_start;
$world->httpd('start');
$world->httpd_wait;

my @steps = qw(acceso aviso datos llave carta certificado terminos listo);

# A renewal up to a page.
sub upto
{
    my ($employer, $page) = @_;
    $employer->{as} = { certificate => "$employer->{old}.crt", key => "$employer->{old}.key" };
    my $r = { employer => $employer, client => Npie::Client->new(url => $world->url,
        cacert => "$dir/tls/localhost.crt", keep => "$dir/answers") };
    for my $i (0 .. $#steps - 1) {
        last if $steps[$i] eq $page;
        Npie::Test::renewal_step($r, @steps[$i, $i + 1]);
    }
    return $r;
}
my $issue = upto($employers[0], 'certificado');
my $sign = upto($employers[1], 'terminos');
my $revoke = upto($employers[2], 'listo');
# What is still to be told to npie-signer. A letter's turn comes back after 60 s.
sub waiting
{
    my $registry = $world->registry;
    return $registry->value("SELECT count(*) FROM certificate WHERE status <> 'active' AND told IS NULL")
        + $registry->value("SELECT count(*) FROM letter l JOIN renewal r ON r.id = l.renewal
            WHERE r.state = 'completed' AND l.sealed_at IS NULL");
}

sub all_told
{
    for (1 .. 450) {
        return 1 if waiting() == 0;
        sleep 0.2;
    }
    return 0;
}
ok(all_told(), 'seals and revocations so far');
my $plain = Npie::Client->new(url => $world->http, cacert => "$dir/tls/localhost.crt");
my $crl = $plain->request('/npie/ca.crl');
is($crl->{status}, 200, 'the CRL is there');
my $entries = run(@psql, '-c', 'SELECT count(*) FROM npie_ledger.entry');
my @pids = $world->signer_pids;

backend('pgsql-stop');
my $answer = $issue->{client}->issue;
is($answer->{status}, 503, 'no ledger: no certificate');
like($answer->{headers}, qr/^Retry-After:\s*\d+/mi, 'and when to ask again');
is(error_of($answer), 92, 'with its number');
like($answer->{body}, qr/certificado.*no responde|no está disponible|autoridad/is, 'which says what is away')
    or diag $answer->{body};
unlike($answer->{body}, qr/su culpa|cancele/i, 'and blames nobody');
is($plain->request('/npie/ca.crl')->{status}, 200, 'the CRL is given out');
$answer = $plain->request('/npie/ca.crl');
ok($answer->{body} eq $crl->{body}, 'as it was, before its nextUpdate');
spit("$dir/both.pem", slurp("$dir/ca/root.crt") . slurp("$dir/ca/issuing.crt"));
my $said = run('sh', '-c', 'openssl ocsp -issuer "$0" -cert "$1" -url "$2/npie/ocsp" -CAfile "$3" 2>&1',
    "$dir/ca/issuing.crt", $sign->{new}{certificate}, $world->http, "$dir/both.pem");
like($said, qr/Response verify OK.*: good/s, 'OCSP goes on');
# Letter 2 and a revocation are the registry's: they are noted, and told later.
Npie::Test::renewal_step($sign, 'terminos', 'listo');
$answer = $revoke->{client}->login(user => $employers[2]{user}, as => $revoke->{new});
$answer = $revoke->{client}->post('/npie/revocar.html', [ $revoke->{client}->csrf('revocar.html'),
    cual => 'este', motivo => 'robada', confirmo => 'si' ]);
like($answer->{location}, qr/rechazo-revocado/, 'a certificate is revoked');
my $status = run('sh', '-c', '"$0" -c "$1" status 2>&1; true', "$ENV{NPIE_BUILD}/npiectl", "$dir/npiectl.conf");
like($status, qr/signer\s+down.*ledger/i, 'npiectl status names it') or diag $status;
is(join(' ', $world->signer_pids), "@pids", 'npie-signer has not ended');

backend('pgsql-start');
my $began = time;
for (1 .. 150) {
    $answer = $issue->{client}->issue;
    last if $answer->{status} == 200;
    sleep 0.1;
}
is($answer->{status}, 200, sprintf 'it is there again: the certificate comes, after %.1f s', time - $began);
ok(all_told(), 'seals and revocations followed') or diag
    $world->registry->value("SELECT group_concat(id || status || ' ' || coalesce(told, '-')) FROM certificate"),
    $world->registry->value("SELECT group_concat(folio || ' ' || kind || ' ' || coalesce(sealed_at, '-')) FROM letter"),
    run('sh', '-c', 'grep -a NPIE "$0" | tail -n 20', "$dir/logs/error_log");
like(run(@psql, '-c', 'SELECT line FROM npie_ledger.entry ORDER BY number'),
    qr/ revoke \S+ \S+ keyCompromise /, 'the revocation is in the ledger');
cmp_ok(run(@psql, '-c', 'SELECT count(*) FROM npie_ledger.entry'), '>', $entries, 'and the rest');
my $fresh;
for (1 .. 50) {
    $fresh = $plain->request('/npie/ca.crl')->{body};
    last if $fresh ne $crl->{body};
    sleep 0.2;
}
isnt($fresh, $crl->{body}, 'and there is another CRL');
like($world->npiectl('ledger', 'verify', '-j'), qr/"good": ?true/, 'the ledger is good');
is(join(' ', $world->signer_pids), "@pids", 'by the same npie-signer');
done_testing;
