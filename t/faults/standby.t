# SPDX-License-Identifier: Apache-2.0
# PostgreSQL with a standby: the primary is killed in the middle of a renewal,
# the standby promoted, and httpd goes on without a restart.
use strict;
use warnings;
use File::Path qw(remove_tree);
use File::Temp ();
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $temp = File::Temp::tempdir();
chmod 0755, $temp;
my $world = Npie::World->make(dir => "$temp/world");
my $dir = $world->{dir};
my $front = Npie::World::port_free();
$world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer", port => $front);

sub backend
{
    my ($action) = @_;
    return run('sh', "$ENV{NPIE_TOP}/t/lib/backend.sh", $action, $temp);
}
my ($parent) = ($$);
END {
    if (defined $parent && $$ == $parent) {
        my $status = $?;
        for my $stop (sub { $world->httpd_stop }, sub { $world->redis_stop },
            sub { backend('standby-stop') }) {
            eval { $stop->(); 1 } or diag $@;
        }
        eval { backend('pgsql-stop') };
        remove_tree($temp);
        $? = $status;
    }
}
backend('pgsql-start');
backend('standby-start');
my @psql = ('psql', '-qAt', '-v', 'ON_ERROR_STOP=1', '-U', 'npie', '-d', 'npie');
# httpd and npiectl work with the rights that the manual gives them.
run(@psql, '-h', "$temp/pgsql", '-c', 'CREATE ROLE npie_web LOGIN;'
    . ' GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO npie_web;'
    . ' GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO npie_web');
my $hosts = "host=$temp/pgsql,$temp/standby user=npie_web dbname=npie"
    . ' target_session_attrs=read-write connect_timeout=2';
my $npie = slurp("$dir/npie.conf");
$npie =~ s/^DBDriver .*/DBDriver pgsql/m;
$npie =~ s/^DBDParams .*/DBDParams "$hosts options='-c statement_timeout=5s -c lock_timeout=3s'"\nDBDMax 2\nDBDKeep 2/m;
spit("$dir/npie.conf", $npie);
my $ctl = slurp("$dir/npiectl.conf") =~ s/^Registry .*/Registry pgsql:$hosts/mr;
spit("$dir/npiectl.conf", $ctl);

my $employer = $world->employer;
my %row = Npie::Registry::employer_row($employer);
my @columns = sort keys %row;
run(@psql, '-h', "$temp/pgsql", '-c', 'INSERT INTO employer (' . join(', ', @columns)
    . ') VALUES (' . join(', ', map { Npie::Registry::quote($row{$_}) } @columns) . ')');
$world->npiectl('certificate', 'import', "$employer->{old}.crt");
$world->redis_start;
# httpd -t misses time-outs.
sub remarks
{
    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';
    return run('sh', '-c', 'program=$(apxs -q SBINDIR)/$(apxs -q PROGNAME);'
        . ' LD_PRELOAD=$NPIE_PRELOAD "$program" -t -f "$0" 2>&1', "$dir/httpd.conf");
}
spit("$dir/npie.conf", $npie =~ s/ -c lock_timeout=3s//r);
like(remarks(), qr/npie\.conf:\d+: DBDParams: lock_timeout is not set.*Syntax OK/s, 'no lock_timeout: a warning');
spit("$dir/npie.conf", $npie);
unlike(remarks(), qr/_timeout/, 'both are set: none');
$world->httpd('start');
$world->httpd_wait;

my $client = Npie::Client->new(url => $world->url, cacert => "$dir/tls/localhost.crt",
    keep => "$dir/answers");
my $answer = $client->login(user => $employer->{user},
    as => { certificate => "$employer->{old}.crt", key => "$employer->{old}.key" });
is($answer->{location}, '/npie/aviso.html', 'a login on the primary');
$answer = $client->data(correo => 'uno@empresa.example', correo2 => 'uno@empresa.example',
    telefono => '5555012299');
is($answer->{location}, '/npie/llave.html', 'the renewal begins');
my $caught_up = 0;
for (1 .. 100) {
    $caught_up = run(@psql, '-h', "$temp/standby", '-c', 'SELECT count(*) FROM renewal') =~ /1/;
    last if $caught_up;
    sleep 0.1;
}
ok($caught_up, 'the standby has it');

# A lock that somebody holds on the employer's row: lock_timeout, not for ever.
open my $holder, '|-', @psql, '-h', "$temp/pgsql", '-o', "$dir/held" or die "psql: $!";
$holder->autoflush;
print $holder "BEGIN; SELECT 'held' FROM employer FOR UPDATE;\n";
for (1 .. 300) {
    last if -s "$dir/held";
    sleep 0.1;
}
ok(-s "$dir/held", 'a row is locked');
my $asked = time;
$answer = $client->post('/npie/cancelar', [ $client->csrf('llave.html') ], json => 1);
is($answer->{status}, 503, sprintf 'what needs it answers 503 after %.1f s', time - $asked);
is(error_of($answer), 91, 'with the number of the registry');
cmp_ok(time - $asked, '>=', 2.9, 'once lock_timeout is over');
is($client->get('/npie/llave.html')->{status}, 200, 'pages that only read go on meanwhile');
print $holder "ROLLBACK;\n";
close $holder;

backend('pgsql-stop');
$answer = $client->get('/npie/llave.html');
is($answer->{status}, 503, 'no primary: 503');
is(error_of($answer), 91, 'with the number of the registry');
backend('standby-promote');
my $began = time;
for (1 .. 100) {
    $answer = $client->get('/npie/llave.html');
    last if $answer->{status} == 200;
    sleep 0.1;
}
is($answer->{status}, 200, sprintf 'promoted: served again after %.1f s, by the same httpd', time - $began);
my $new = $client->key_make(key => "$dir/new.key", name => "$employer->{rp10}_2",
    password => 'Otra-contra-1', kind => 'rsa:2048');
$answer = $client->key_send($new);
is($answer->{location}, '/npie/carta.html', 'and the renewal goes on where it was');
like(run(@psql, '-h', "$temp/standby", '-c', 'SELECT state FROM renewal'), qr/keyed/,
    'on the new primary');
like(run('sh', '-c', '"$0" "$@" 2>&1', "$ENV{NPIE_BUILD}/npiectl", '-c', "$dir/npiectl.conf",
    'audit', 'verify'), qr/\d/, 'npiectl finds it by the same address');
done_testing;
