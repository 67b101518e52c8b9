# SPDX-License-Identifier: Apache-2.0
# The mistakes of an admin's first day, one a row: `httpd -t` says each once, with
# file, line and remedy, and httpd does not start; what may go away by itself
# (doubt) is said and does not stop it.
use strict;
use warnings;

use Apache::Test qw(-withtestmore);
use File::Temp ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $dir = File::Temp->newdir;
my $world = Npie::World->configured("$dir/world");
my $w = $world->{dir};
my $good = slurp("$w/npie.conf");
my $server = slurp("$w/httpd.conf");
my $signer = slurp("$w/signer/npie-signer.conf");
my $registry = "$w/registry/registry.db";
# Two things as they are elsewhere: a program that nobody may run, and a Redis
# with a password.
run('cp', "$ENV{NPIE_BUILD}/npie-signer", "$dir/not-executable");
chmod 0644, "$dir/not-executable";
run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', "$dir/other.key",
    '-out', "$dir/other.pem", '-subj', '/CN=Otra');
spit("$dir/wrong.txt", "no es esta\n", 0600);

# Each changes one of these texts, or a file, whose undoing it returns.
my ($conf, $httpd, $signer_conf);
sub line { my ($name, $value) = @_;
    $conf =~ s/^[ \t]*\Q$name\E\s.*\n//mg; $conf = "$name $value\n$conf" if defined $value }
sub drop { my ($text) = @_; $conf =~ s/^[ \t]*\Q$text\E.*\n//mg or die "no $text\n" }
sub swap { my ($from, $to) = @_; $conf =~ s/\Q$from\E/$to/ or die "no $from\n" }
sub key { my ($name, $value) = @_;
    $signer_conf =~ s/^\Q$name\E .*\n//mg; $signer_conf .= "$name $value\n" if defined $value }
sub module_out { my ($name) = @_; $httpd =~ s/^LoadModule ${name}_module.*\n//m or die "no $name\n" }
sub mode { my ($file, $mode) = @_; my $old = (stat $file)[2] & 07777;
    chmod $mode, $file; return sub { chmod $old, $file } }
sub away { my ($file) = @_; rename $file, "$file.away" or die "$file: $!\n";
    return sub { unlink $file; rename "$file.away", $file } }
sub instead { my ($file, $bytes) = @_; my $back = away($file); spit($file, $bytes, 0600); return $back }
sub sql { my ($do, $undo) = @_; run('sqlite3', $registry, $do);
    return sub { run('sqlite3', $registry, $undo) } }

my $key = slurp("$w/ca/issuing.key");
run('openssl', 'pkey', '-in', "$w/ca/issuing.key", '-aes256', '-passout', 'pass:uno', '-out',
    "$dir/encrypted.key");
# The schema's version: there is a file for each.
my $SCHEMA = () = glob "$ENV{NPIE_TOP}/conf/sql/sqlite/*.sql";
my $NOW = 'error';
my $LATER = 'doubt';
my @mistakes = (
    # npie-signer and its file
    ['CA key missing', $NOW, sub { away("$w/ca/issuing.key") }, qr/issuing\.key: No such file/],
    ['CA key encrypted', $NOW, sub { instead("$w/ca/issuing.key", slurp("$dir/encrypted.key")) },
        qr/issuing\.key: .*passphrase/],
    ['CA key for everybody', $NOW, sub { mode("$w/ca/issuing.key", 0644) }, qr/issuing\.key: .*0?400|owner/],
    ['CA key of another certificate', $NOW, sub { instead("$w/ca/issuing.key", slurp("$dir/other.key")) },
        qr/do not belong together/],
    ['CA certificate missing', $NOW, sub { away("$w/ca/issuing.crt") }, qr/issuing\.crt: No such file/],
    ['seal key missing', $NOW, sub { away("$w/ca/seal.key") }, qr/seal\.key: No such file/],
    ['seal key without certificate', $NOW, sub { key('SealCertificate') }, qr/SealKey and SealCertificate go together/],
    ['key misspelt', $NOW, sub { key('LeterMaxAge', '10d') }, qr/npie-signer\.conf:\d+: LeterMaxAge/],
    ['value wrong', $NOW, sub { key('LetterMaxAge', 'ten days') }, qr/npie-signer\.conf:\d+: LetterMaxAge/],
    ['required key missing', $NOW, sub { key('PeerUser') }, qr/PeerUser is missing/],
    ['PeerUser of nobody', $NOW, sub { key('PeerUser', 'nadie-así') }, qr/PeerUser: there is no such user/],
    ['LetterAddress without TLS', $NOW, sub { key('LetterAddress', 'http://npie.example/npie/') }, qr/LetterAddress: the address is that of the pages/],
    ['LetterAddress missing', $LATER, sub { key('LetterAddress') }, qr/no LetterAddress: printed letters cannot be checked/],
    ['LetterAddress of another server', $LATER, sub { key('LetterAddress', 'https://npie.example/npie/') }, qr/LetterAddress of .* is https:..npie.example.npie.:/],
    ['PeerUser not httpd', $NOW, sub { key('PeerUser', 'root') }, qr/answers user 0 alone \(PeerUser\)/],
    ['state in a folder not its own', $NOW, sub { mode("$w/signer", 0500) },
        qr/the folder must be there and belong to User/],
    ['ledger in no folder', $NOW, sub { key('Ledger', "$w/none/ledger.db") },
        qr/unable to open database file/],
    ['ledger is something else', $NOW, sub { spit("$w/ledger/ledger.db", 'x' x 4096);
            sub { unlink "$w/ledger/ledger.db" } }, qr/ledger\.db: .*not a database/],
    ['npie-signer.conf missing', $NOW, sub { away("$w/signer/npie-signer.conf") }, qr/npie-signer\.conf is not a file/],
    ['signer cannot be run', $NOW, sub { line('NPIESigner', "exec:$dir/not-executable $w/signer/npie-signer.conf") },
        qr/not-executable: Permission denied/],
    ['nobody at unix:', $LATER, sub { line('NPIESigner', "unix:$w/run/nobody.sock") }, qr/nobody\.sock.*until it answers/],
    # what two files say
    ['NPIERenewalTimeout over LetterMaxAge', $NOW, sub { line('NPIERenewalTimeout', '11d') },
        qr/NPIERenewalTimeout is 950400 s, and LetterMaxAge .*864000 s/],
    ['OldKeyMinBits stricter', $NOW, sub { key('OldKeyMinBits', 2048) }, qr/NPIEOldKeyMinBits is 1024, and OldKeyMinBits/],
    ['NewKeys stricter', $NOW, sub { key('NewKeys', 'p256') }, qr/NPIENewKeys takes keys that NewKeys/],
    ['NPIESeal none with a seal', $NOW, sub { line('NPIESeal', 'none') }, qr/NPIESeal none, and .* has a seal/],
    ['NPIESeal of before', $NOW, sub { line('NPIESeal', "$w/ca/seal-before.crt") }, qr/NPIESeal lacks the seal in use/],
    ['NPIESeal without a seal', $LATER, sub { key('SealKey'); key('SealCertificate') }, qr/names a seal, and .* no SealKey/],
    ['NPIETrust lacks the authority', $NOW, sub { line('NPIETrust', "$w/ca/old.crt"); line('NPIESeal', 'none');
            key('SealKey'); key('SealCertificate') }, qr/NPIETrust lacks the certificate that npie-signer issues under/],
    # the registry
    ['registry missing', $NOW, sub { away($registry) }, qr/registry\.db does not exist/],
    ['registry unreadable', $NOW, sub { mode($registry, 0000) }, qr/unable to open database file/],
    ['registry read-only', $NOW, sub { mode($registry, 0400) }, qr/readonly database/],
    ['registry folder read-only', $NOW, sub { unlink "$registry-wal", "$registry-shm"; mode("$w/registry", 0500) },
        qr/registry: .*(?:unable to open|readonly)/],
    ['registry empty', $NOW, sub { instead($registry, '') }, qr/there is no registry in it: npiectl registry init/],
    ['registry is something else', $NOW, sub { instead($registry, 'x' x 4096) }, qr/not a database/],
    ['registry one behind', $NOW, sub { sql("CREATE TABLE kept AS SELECT * FROM schema WHERE version = $SCHEMA;"
            . " DELETE FROM schema WHERE version = $SCHEMA", 'INSERT INTO schema SELECT * FROM kept; DROP TABLE kept') },
        qr/has version @{[$SCHEMA - 1]}, and this mod_npie needs $SCHEMA: npiectl registry upgrade/],
    ['registry too new', $NOW, sub { sql('INSERT INTO schema (version) VALUES (99)', 'DELETE FROM schema WHERE version = 99') },
        qr/has version 99, and this mod_npie knows $SCHEMA/],
    ['registry without WAL', $NOW, sub { sql('PRAGMA journal_mode = DELETE', 'PRAGMA journal_mode = WAL') },
        qr/journal_mode is delete/],
    ['DBDParams missing', $NOW, sub { line('DBDParams') }, qr/needs a registry: set DBDParams/],
    ['DBDriver missing', $NOW, sub { line('DBDriver') }, qr/needs a registry: set DBDriver/],
    ['PostgreSQL away', $LATER, sub { line('DBDriver', 'pgsql'); line('DBDParams', "\"host=$w/run dbname=none\"") },
        qr/cannot connect by pgsql: .*No such file.*503/],
    ['mod_dbd missing', $NOW, sub { module_out('dbd'); line('DBDriver'); line('DBDParams') }, qr/needs mod_dbd/],
    # Redis
    ['Redis away', $LATER, sub { line('NPIERedis', "unix:$w/run/none.sock") }, qr/redis: .*No such file.*until Redis answers/],
    ['Redis password wrong', $NOW, sub { line('NPIERedis', "unix:$w/run/redis.sock password-file=$dir/wrong.txt");
            $world->redis('CONFIG', 'SET', 'requirepass', 'esta');
            sub { $world->redis('-a', 'esta', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', '') } },
        qr/WRONGPASS: see user=/],
    ['Redis password missing', $NOW, sub { $world->redis('CONFIG', 'SET', 'requirepass', 'esta');
            sub { $world->redis('-a', 'esta', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', '') } }, qr/NOAUTH/],
    ['Redis database out of range', $NOW, sub { line('NPIERedis', "unix:$w/run/redis.sock database=99") }, qr/SELECT: ERR/],
    # pages, filter, alias, address, gate
    ['address: other port', $LATER, sub { line('NPIEBaseURL', 'https://localhost/npie/') },
        qr/no server of this name has port 443/],
    ['address: other host', $LATER, sub { line('NPIEBaseURL', 'https://idse.example/npie/') },
        qr/no ServerName or ServerAlias is idse\.example/],
    ['address: other path', $NOW, sub { $conf =~ s{(NPIEBaseURL https://\S+)/npie/}{$1/renovar/} },
        qr{there is no page at /renovar/acceso\.html}],
    ['address: the path handed to a proxy', $NOW, sub { chomp(my $so = run('apxs', '-q', 'LIBEXECDIR'));
            $conf = "LoadModule proxy_module $so/mod_proxy.so\nLoadModule proxy_http_module $so/mod_proxy_http.so\n"
                . "ProxyPass /npie/ http://127.0.0.1:9/\n$conf" }, qr/is handed on to another server/],
    ['NPIEEngine off again', $NOW, sub { $conf .= "<Directory $ENV{NPIE_TOP}/htdocs/npie>\n    NPIEEngine off\n</Directory>\n" },
        qr/nothing answers forms/],
    ['mod_include missing', $NOW, sub { module_out('include') }, qr/the pages need mod_include/],
    ['AddOutputFilter missing', $NOW, sub { drop('AddOutputFilter') }, qr/not read by mod_include: put AddOutputFilter/],
    ['AddOutputFilter elsewhere', $NOW, sub { drop('AddOutputFilter');
            $conf .= "<Directory /srv/other>\n    AddOutputFilter INCLUDES .html\n</Directory>\n" },
        qr/not read by mod_include/],
    ['Options +Includes missing', $NOW, sub { drop('Options') }, qr/mod_include may not read the pages/],
    ['NPIEEngine missing', $NOW, sub { drop('NPIEEngine') }, qr/nothing answers forms at .*put NPIEEngine on/],
    ['AuthType NPIE without Require', $NOW, sub { drop('Require valid-user') }, qr/AuthType NPIE without a Require/],
    ['AuthType NPIE that grants all', $NOW, sub { swap('Require valid-user', 'Require all granted') },
        qr/AuthType NPIE without a Require/],
    ['NPIETLSExpired without SSLVerifyClient', $NOW, sub { line('NPIETLSExpired', 'on') }, qr/without SSLVerifyClient/],
    ['OCSP by GET', $LATER, sub { drop('AllowEncodedSlashes') }, qr/without AllowEncodedSlashes/],
    ['NPIETimestamp without NPIETimestampTrust', $NOW, sub { line('NPIETimestampTrust');
            line('NPIETimestamp', 'https://tsa.example/') }, qr/NPIETimestamp needs NPIETimestampTrust/],
    ['NPIETimestamp without NPIESeal', $NOW, sub { line('NPIESeal', 'none');
            line('NPIETimestamp', 'https://tsa.example/') }, qr/NPIETimestamp needs NPIESeal/],
    ['NPIESeal missing', $LATER, sub { line('NPIESeal') }, qr/NPIEBaseURL without NPIESeal/],
    ['NPIEBaseURL missing', $NOW, sub { line('NPIEBaseURL') }, qr/NPIEEngine on needs NPIEBaseURL/],
    ['NPIETrust file missing', $NOW, sub { line('NPIETrust', "$dir/none.pem") }, qr/none\.pem/],
    ['NPIELetterTerms missing', $NOW, sub { line('NPIELetterTerms', "$dir/none.txt") }, qr/none\.txt/],
    ['NPIELetterFonts missing', $NOW, sub { line('NPIELetterFonts', $dir) }, qr/NPIELetterFonts: /],
    ['NPIEMailServer without NPIEMailFrom', $NOW, sub { line('NPIEMailServer', 'smtp://correo.example') }, qr/needs NPIEMailFrom/],
    ['NPIEMailTemplates empty', $NOW, sub { mkdir "$dir/mail"; line('NPIEMailServer', 'smtp://correo.example');
            line('NPIEMailFrom', 'a@b.example'); line('NPIEMailTemplates', "$dir/mail") }, qr/NPIEMailTemplates: /],
);

plan tests => 5 + 2 * @mistakes;

# What httpd -t says, and whether it would start.
sub judged
{
    spit("$w/npie.conf", $conf);
    spit("$w/httpd.conf", $httpd);
    spit("$w/signer/npie-signer.conf", $signer_conf) if -w "$w/signer/npie-signer.conf";
    local @ENV{qw(LD_PRELOAD ASAN_OPTIONS)} = ($ENV{NPIE_PRELOAD} // '', 'detect_leaks=0');
    my $said = run('sh', '-c', '"$(apxs -q SBINDIR)/$(apxs -q PROGNAME)" -t -f "$0" 2>&1; echo "status $?"',
        "$w/httpd.conf");
    return (scalar($said =~ /^status 0$/m), $said);
}

sub fresh { ($conf, $httpd, $signer_conf) = ($good, $server, $signer) }

fresh();
my ($starts, $said) = judged();
is($said, "Syntax OK\nstatus 0\n", 'nothing is found where nothing is wrong');
my $missed = 0;
for my $mistake (@mistakes) {
    my ($name, $kind, $make, $expected) = @$mistake;
    fresh();
    my $undo = $make->();
    ($starts, $said) = judged();
    $undo->() if ref $undo eq 'CODE';
    my @about = grep { /\bNPIE000\d: / && $_ =~ $expected } split /\n/, $said;
    my $place = qr/(?:line \d+ of )?\Q$w\E\/\S+?:\d+: /;
    ok(@about == 1 && $about[0] =~ $place, "$name: said once, with file and line")
        or do { diag $said; $missed++ };
    ok($starts == ($kind eq $LATER), '... and httpd ' . ($kind eq $LATER ? 'starts' : 'does not start'))
        or diag $said;
}

# What several virtual hosts share is wrong once.
fresh();
line('NPIETrust', "$dir/none.pem");
$conf =~ s/^(\s*)(ServerName localhost)/$1NPIEAdopt on\n$1$2/mg;
$conf =~ s/NPIEAdopt on/NPIEAdopt off/;
($starts, $said) = judged();
is(scalar(() = $said =~ /none\.pem/g), 1, 'what virtual hosts share is faulted once');
unlike($said, qr/AH02653/, 'and no statement is prepared twice');
fresh();
line('NPIERedis', "unix:$w/run/none.sock");
$conf =~ s/^(\s*)(ServerName localhost)/$1NPIEAdopt on\n$1$2/m;
($starts, $said) = judged();
is(scalar(() = $said =~ /until Redis answers/g), 1, 'what they share although they differ, too');
fresh();
($starts, $said) = judged();
is($said, "Syntax OK\nstatus 0\n", 'after all of them the first one is still good');
$world->redis_stop;
