# SPDX-License-Identifier: Apache-2.0
# Two machines, each with httpd and npie-signer, one PostgreSQL with registry and
# ledger, one Redis. Every request of a renewal goes to either at random, and a
# signer is killed at each step. NPIE_HOPS renewals, 4 by default; 200 by hand.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Test::More;
use Time::HiRes qw(time sleep);
use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Npie::Letter ();
use Npie::Many qw(many);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

# A browser that a balancer without any memory sends about.
package Npie::Hop {
    our @ISA = ('Npie::Client');
    our (@urls, $changes, $last);

    sub exchange
    {
        my ($self, $path, %arg) = @_;
        my $n = int rand @urls;
        $changes += defined $last && $n != $last;
        $last = $n;
        local $self->{url} = $urls[$n];
        my $answer = $self->SUPER::exchange($path, %arg);
        $answer->{location} =~ s/^\Q$_\E// for @urls;
        return $answer;
    }
}

my $hops = $ENV{NPIE_HOPS} // 4;
srand($ENV{NPIE_SEED} // time);
my $temp = File::Temp::tempdir();
chmod 0755, $temp;
my $one = Npie::World->make(dir => "$temp/one");
my $dir = $one->{dir};
my $two = bless { dir => "$temp/two", npiectl => $one->{npiectl} }, 'Npie::World';
make_path("$two->{dir}/$_") for qw(signer run logs);
my @worlds = ($one, $two);

sub backend
{
    my ($action) = @_;
    local $ENV{NPIE_PGSQL_CONNECTIONS} = 40;
    return run('sh', "$ENV{NPIE_TOP}/t/lib/backend.sh", $action, $temp);
}

my ($parent) = ($$);
END {
    if (defined $parent && $$ == $parent) {
        my $status = $?;
        for my $stop ((map { my $w = $_; sub { $w->httpd_stop } } @worlds),
            sub { $one->redis_stop }, sub { backend('pgsql-stop') }) {
            eval { $stop->(); 1 } or diag $@;
        }
        remove_tree($temp);
        $? = $status;
    }
}
backend('pgsql-start');
my @psql = ('psql', '-qAt', '-v', 'ON_ERROR_STOP=1', '-h', "$temp/pgsql", '-U', 'npie',
    '-d', 'npie');

# One value, or the lines of one column.
sub sql
{
    my ($text) = @_;
    my @lines = split /\n/, run(@psql, '-c', $text);
    return wantarray ? @lines : $lines[0];
}

sql('CREATE ROLE npie_ledger LOGIN');
run(@psql, '-f', "$ENV{NPIE_TOP}/conf/sql/ledger/0001-ledger.sql");
my @employers = many($one, $hops, 'Clave-vieja-1');
my $registry = "host=$temp/pgsql user=npie dbname=npie connect_timeout=2";
$one->npiectl('registry', 'copy', "sqlite3:$dir/registry/registry.db", "pgsql:$registry");

# Writes a machine's files: the first one's with places of its own.
sub machine
{
    my ($world, @change) = @_;
    for my $file (qw(npie.conf httpd.conf npiectl.conf signer/npie-signer.conf)) {
        my $text = slurp("$dir/$file");
        for my $i (0 .. @change / 2 - 1) {
            $text =~ s/\Q$change[2 * $i]\E/$change[2 * $i + 1]/g;
        }
        spit("$world->{dir}/$file", $text);
    }
    return;
}
my ($front, $second, $plain) = map { Npie::World::port_free() } 1 .. 3;
$one->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer", port => $front);
for my $change (['npie.conf', qr/^DBDriver .*/m => 'DBDriver pgsql'],
    ['npie.conf', qr/^DBDParams .*/m => "DBDParams \"$registry options='-c statement_timeout=5s -c lock_timeout=3s'\"\nDBDMax 4\nDBDKeep 2"],
    ['npiectl.conf', qr/^Registry .*/m => "Registry pgsql:$registry"],
    ['signer/npie-signer.conf', qr/^Ledger .*/m => "Ledger pgsql:host=$temp/pgsql dbname=npie user=npie_ledger connect_timeout=2\nRevokeRate 10000 1m"]) {
    my ($file, $from, $to) = @$change;
    my $text = slurp("$dir/$file");
    $text =~ s/$from/$to/ or die "$file: no $from";
    spit("$dir/$file", $text);
}
my $clear = ($one->http =~ /(\d+)$/)[0];
machine($two, "$dir/run/redis.sock" => "\0redis", "$dir/run" => "$two->{dir}/run",
    "$dir/logs" => "$two->{dir}/logs", "$dir/signer" => "$two->{dir}/signer",
    "$dir/npie.conf" => "$two->{dir}/npie.conf", "PidFile $dir" => "PidFile $two->{dir}",
    "127.0.0.1:$front" => "127.0.0.1:$second", "localhost:$front\n" => "localhost:$second\n",
    "127.0.0.1:$clear" => "127.0.0.1:$plain", "\0redis" => "$dir/run/redis.sock");
spit("$two->{dir}/port", $second);
symlink "$dir/tls", "$two->{dir}/tls";
$one->redis_start;
for my $world (@worlds) {
    $world->httpd('start');
    $world->httpd_wait;
}
@Npie::Hop::urls = map { $_->url } @worlds;

my $killed = 0;
# Kills a machine's signer a moment from now, while others go on.
sub kill_soon
{
    my ($world) = @_;
    my @pids = $world->signer_pids;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        sleep rand 0.2;
        kill KILL => @pids;
        POSIX::_exit(0);
    }
    $killed += @pids > 0;
    return $pid;
}

# Until it goes on: a signer that is not there is 503, and comes back.
my $refused = 0;
sub until_done
{
    my ($what, $do) = @_;
    my $answer;
    for (1 .. 100) {
        $answer = $do->();
        return $answer if $answer->{status} != 503;
        $refused++;
        sleep 0.2;
    }
    die "$what: 503 without end\n";
}

sub step
{
    my ($r, $step, $next) = @_;
    for (1 .. 100) {
        return if eval { Npie::Test::renewal_step($r, $step, $next);
            $step ne 'certificado' || defined $r->{new}{certificate} };
        die $@ if $@ && $@ !~ /led to 503/;
        $refused++;
        sleep 0.2;
    }
    die "$step: 503 without end\n";
}

# A colleague's certificate, with the key made here.
sub additional
{
    my ($r) = @_;
    my $boss = $r->{client};
    my @press = (accion => 'pedir', titular => 'Inés Cámara Ruiz',
        correo_titular => 'ines@empresa.example', finalidad => 'Consultas');
    until_done('pedir', sub { $boss->post('/npie/adicionales.html',
        [ $boss->csrf('adicionales.html'), @press ]) });
    my ($row) = @{ JSON::PP::decode_json(until_done('adicionales', sub {
        $boss->request('/npie/adicionales.html', json => 1) })->{body})->{additional} };
    my $here = "/npie/adicional-aqui.html?n=$row->{id}";
    my $new = $boss->key_make(kind => 'P-256', password => 'Clave-nueva-2', name => 'ines',
        key => "$r->{employer}{dir}/ines.key");
    until_done('llave', sub { $boss->post($here, [ $boss->csrf('adicionales.html'),
        accion => 'llave', solicitud => $new->{csr}, huella => sha256_hex(slurp($new->{key})) ]) });
    my $letter = until_done('carta', sub {
        $boss->request("/npie/SolicituddeCertificadoAdicional-$row->{id}.pdf") })->{body};
    my $cms = Npie::Openssl::cms_sign(Npie::Letter::signed_part($letter), %{ $r->{new} });
    until_done('autorizar', sub { $boss->post_multipart("/npie/autorizar.html?n=$row->{id}",
        [ $boss->csrf('adicionales.html'), firma => encode_base64($cms, '') ]) });
    return until_done('obtener', sub { $boss->post($here, [ $boss->csrf('adicionales.html'),
        accion => 'obtener' ], json => 1) })->{status};
}

my @steps = qw(acceso aviso datos llave carta certificado terminos listo);
my (@done, @failed, %count);
my $began = time;
for my $n (0 .. $#employers) {
    my $employer = $employers[$n];
    $employer->{as} = { certificate => "$employer->{old}.crt", key => "$employer->{old}.key" };
    my $r = { employer => $employer, client => Npie::Hop->new(url => $one->url,
        cacert => "$dir/tls/localhost.crt", keep => "$dir/answers") };
    my $pid;
    eval {
        for my $i (0 .. $#steps - 1) {
            $pid = kill_soon($worlds[rand 2]) if $i == $n % $#steps;
            step($r, @steps[$i, $i + 1]);
        }
        if ($n % 4 == 1) {
            until_done('acceso', sub { $r->{client}->login(user => $employer->{user},
                as => $r->{new}) });
            my $status = additional($r);
            die "additional: $status\n" if $status != 200;
            $count{additional}++;
        }
        if ($n % 4 == 2) {
            until_done('acceso', sub { $r->{client}->login(user => $employer->{user},
                as => $r->{new}) });
            my $answer = until_done('revocar', sub { $r->{client}->post('/npie/revocar.html',
                [ $r->{client}->csrf('revocar.html'), cual => 'este', motivo => 'robada',
                    confirmo => 'si' ]) });
            die "revocar: $answer->{status} $answer->{location}\n"
                if $answer->{location} !~ /rechazo-revocado/;
            $count{page}++;
        }
        if ($n % 4 == 3) {
            my $machine = $worlds[rand 2];
            $machine->npiectl('certificate', 'revoke', '--yes', '--reason', 'keyCompromise',
                '--rp', $employer->{rp10});
            $count{admin}++;
        }
        push @done, $r;
        1;
    } or push @failed, "renewal $n: $@";
    waitpid $pid, 0 if $pid;
}
my $took = time - $began;
is(join('', @failed), '', sprintf '%d renewals, %.1f s, %d changes of machine, %d signers killed, %d answers 503',
    scalar(@done), $took, $Npie::Hop::changes, $killed, $refused);
note sprintf '%d additional, %d revoked at a page, %d by npiectl', map { $_ // 0 }
    @count{qw(additional page admin)};

sub eventually
{
    my ($what, $value, $text) = @_;
    my $is;
    for (1 .. 600 + 10 * $hops) {
        $is = sql($text);
        last if $is eq $value;
        sleep 0.2;
    }
    return is($is, $value, $what);
}
eventually('every revocation is in the ledger', 0,
    "SELECT count(*) FROM certificate WHERE status <> 'active' AND told IS NULL");
# Terms that were still to be sealed when their certificate was revoked have none
# for good; their turn comes once more after 60 s and later.
eventually('every letter has its seal', 0, "SELECT count(*) FROM letter l JOIN renewal r
    ON r.id = l.renewal JOIN certificate c ON c.id = r.new_certificate
    WHERE r.state = 'completed' AND l.sealed_at IS NULL
    AND (l.kind = 1 OR c.status = 'active')");
note sql("SELECT count(*) FROM letter l JOIN renewal r ON r.id = l.renewal
    WHERE r.state = 'completed' AND l.sealed_at IS NULL"), ' terms were revoked before their seal';

is(sql("SELECT count(*) FROM renewal WHERE state = 'completed'"), $hops, 'every renewal is complete');
is(sql('SELECT count(*) FROM (SELECT employer FROM certificate WHERE additional = 0
    GROUP BY employer HAVING count(*) <> 2) AS x'), 0, 'one new certificate each');
my @issued = sql("SELECT line FROM npie_ledger.entry WHERE line LIKE '% issue %'");
my %old = map { (split / /)[5] => 1 } grep { (split / /)[8] > 0 } @issued;
is(scalar(@issued), $hops + ($count{additional} // 0), 'the ledger knows as many');
is(scalar(keys %old), $hops, 'and one successor of each key');
my @folios = sort { $a <=> $b } sql('SELECT folio FROM letter UNION ALL
    SELECT folio FROM addition WHERE folio IS NOT NULL');
my %seen;
is(join(' ', grep { $seen{$_}++ } @folios), '', 'no folio twice');
is(join(' ', grep { !$seen{$_} } $folios[0] .. $folios[-1]), '', 'none is missing');

# What anybody gets of either machine.
my @clear = map { "http://localhost:$_" } $clear, $plain;
my @crl;
for (1 .. 50) {
    @crl = map { run('curl', '-sf', "$_/npie/ca.crl") } @clear;
    last if $crl[0] eq $crl[1];
    sleep 0.3;
}
ok($crl[0] eq $crl[1], 'the CRLs are equal, byte for byte');
spit("$dir/crl.der", $crl[0]);
my $list = run('openssl', 'crl', '-inform', 'DER', '-in', "$dir/crl.der", '-noout', '-text');
my @ended = sql("SELECT serial FROM certificate WHERE status <> 'active'
    AND not_after > extract(epoch FROM now())");
is(join(' ', grep { $list !~ /Serial Number: 0*$_\b/i } @ended), '',
    @ended . ' that ended early are on it');
spit("$dir/both.pem", slurp("$dir/ca/root.crt") . slurp("$dir/ca/issuing.crt"));

sub status_of
{
    my ($url, $file) = @_;
    my $text = run('sh', '-c', 'openssl ocsp -issuer "$0" -cert "$1" -url "$2" -CAfile "$3" -no_nonce 2>&1',
        "$dir/ca/issuing.crt", $file, "$url/npie/ocsp", "$dir/both.pem");
    die $text if $text !~ /Response verify OK/;
    return join ' ', $text =~ /: (good|revoked|unknown)$/m, $text =~ /(Reason: .*|Revocation Time: .*)/g;
}
my @unlike;
my %statuses;
for my $file (map { ($_->{new}{certificate}, "$_->{employer}{old}.crt") } @done) {
    my @said = map { status_of($_, $file) } @clear;
    $statuses{ ($said[0] =~ /^(\w+)/)[0] }++;
    push @unlike, "$file: @said" if $said[0] ne $said[1];
}
is(join("\n", @unlike), '', 'OCSP says the same of each certificate');
is($statuses{revoked}, $hops + ($count{page} // 0) + ($count{admin} // 0),
    'revoked are the old ones and those that were revoked');
like($one->npiectl('ledger', 'verify', '-j'), qr/"good": ?true/, 'the ledger is good');
like($two->npiectl('ledger', 'verify', '-j'), qr/"good": ?true/, 'also by the other machine');
like($one->npiectl('audit', 'verify'), qr/\d/, 'and the audit');
$_->httpd_stop for @worlds;

# What the database's administrator could do.
my $last = sql('SELECT max(number) FROM npie_ledger.entry');
run(@psql, '-d', 'postgres', '-c', 'CREATE DATABASE kept TEMPLATE npie');
for my $case (
    ['changed', 3, "UPDATE npie_ledger.entry SET line = replace(line, ' ', '  ') WHERE number = 3"],
    ['missing', 4, 'DELETE FROM npie_ledger.mark WHERE number = 4; DELETE FROM npie_ledger.entry WHERE number = 4'],
    ['moved', 4, 'UPDATE npie_ledger.entry SET number = 99999 WHERE number = 4;
        UPDATE npie_ledger.entry SET number = 4 WHERE number = 5;
        UPDATE npie_ledger.entry SET number = 5 WHERE number = 99999'],
    ['cut', $last - 1, "DELETE FROM npie_ledger.mark WHERE number >= $last - 1;
        DELETE FROM npie_ledger.entry WHERE number >= $last - 1"]) {
    my ($fault, $first, $text) = @$case;
    run(@psql, '-c', "SET session_replication_role = replica; $text");
    my $found = JSON::PP::decode_json(run('sh', '-c', '"$0" -c "$1" ledger verify -j; true',
        $one->{npiectl} // "$ENV{NPIE_BUILD}/npiectl", "$dir/npiectl.conf"));
    ok((grep { $_->{fault} eq $fault && $_->{first} == $first } @{ $found->{findings} }),
        "a row that is $fault is found and named") or diag explain $found->{findings};
    run(@psql, '-d', 'postgres', '-c', 'DROP DATABASE npie WITH (FORCE)');
    run(@psql, '-d', 'postgres', '-c', 'CREATE DATABASE npie TEMPLATE kept');
}
done_testing;
