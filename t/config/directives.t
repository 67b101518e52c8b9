# SPDX-License-Identifier: Apache-2.0
# `httpd -t` finds an admin's mistakes: it names the file, the line and what
# is allowed, for single values, for files and for combinations.
use strict;
use warnings;

use Apache::Test qw(-withtestmore);
use File::Temp ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $dir = File::Temp->newdir;
my $world = Npie::World->configured("$dir/world");
my $conf = "$world->{dir}/npie.conf";
my $good = slurp($conf);
spit("$dir/empty.pem", '');
run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout',
    "$dir/leaf.key", '-out', "$dir/leaf.pem", '-subj', '/CN=leaf', '-addext',
    'basicConstraints=critical,CA:FALSE');
Npie::Openssl::certificate_make(file => "$dir/seal", key => 'rsa:2048', extensions => 'seal',
    subject => [[CN => 'Sello ajeno']], from => time - 86400, until => time + 86400);
chomp(my $libexec = run('apxs', '-q', 'LIBEXECDIR'));
spit("$dir/tsa-secret", "una clave\n", 0600);
spit("$dir/everyone", '0' x 64);
chmod 0644, "$dir/everyone";
mkdir "$dir/wide";
chmod 0777, "$dir/wide";
spit("$dir/bad-terms.txt", "[carta]\n{no_such_thing}\n");
my $n = 0;
my @bad_sentences = map {
    my ($text, $expected, $name) = @$_;
    my $at = "$dir/sentences" . ++$n;
    mkdir $at or die "$at: $!";
    spit("$at/" . ($name // 'es'), "# Cambiadas.\n\n$text\n");
    ['NPIESentences', $at, qr/NPIESentences: \Q$at\E\/$expected/];
} (
    ['16.cause', 'es:3: 16.cause: its text is missing'],
    ['16.causa No existe.', 'es:3: 16.causa: there is no such sentence'],
    ["16.cause Uno.\n16.cause Dos.", 'es:4: 16.cause: it is here a second time'],
    ['16.cause No existe {esto}.', 'es:3: 16.cause: it has no placeholder \{esto\}', ],
    ['16.cause No existe {.', 'es:3: 16.cause: a brace without its other'],
    ['letter.older Otra carta.', 'es:3: letter.older: the placeholder \{folio\} is missing'],
    ["16.cause No \xff", 'en, line 3: no UTF-8', 'en'],
);

# A directive that stands in the good file is replaced, another is added; then
# what httpd has to say.
my @cases = (
    ['NPIELanguages', 'es fr', qr/there are no sentences in fr.*NPIESentences/],
    ['NPIELanguages', 'en', qr/es must be among/],
    ['NPIELanguages', 'es es_MX', qr/no tag of a language/],
    ['NPIELanguages', 'es en es', qr/es is there twice/],
    ['NPIERedis', 'redis', qr/neither unix:\/path nor host:port/],
    ['NPIERedis', 'rediss://redis.example:6379', qr/without TLS/],
    ['NPIERedis', 'sentinel://redis.example:26379', qr/master's name/],
    ['NPIERedis', 'redis://127.0.0.1:6379', qr/no such scheme/],
    ['NPIERedis', 'tcp:127.0.0.1:6379', qr/neither unix:\/path nor host:port/],
    ['NPIESessionSecret', "$dir/none", qr/npiectl session secret makes/],
    ['NPIESessionSecret', "$dir/everyone", qr/chmod 600/],
    ['NPIESessionSecret', "$dir/leaf.key", qr/a line is no secret/],
    ['NPIERedis', 'unix:relative.sock', qr/absolute path/],
    ['NPIERedis', '127.0.0.1:6379 timeout=soon', qr/no duration/],
    ['NPIERedis', '127.0.0.1:6379 timeout=1ms', qr/out of range/],
    ['NPIERedis', '127.0.0.1:6379 connections=0', qr/whole number from 1/],
    ['NPIERedis', '127.0.0.1:6379 color=red',
        qr/the options are timeout, connections/],
    ['NPIERedis', "127.0.0.1:6379 password-file=$dir/none",
        qr/cannot read the password file/],
    ['NPIESessionCache', '11s', qr/out of range/],
    ['NPIESessionCache', 'some', qr/no duration/],
    ['NPIESessionTimeout', '5', qr/out of range/],
    ['NPIESessionTimeout', '20mi 10mi', qr/out of range/],
    ['NPIESessionTimeout', 'never', qr/no duration/],
    ['NPIETrust', "$dir/none.pem", qr/none\.pem/],
    ['NPIETrust', "$dir/empty.pem", qr/empty\.pem/],
    ['NPIETrust', "$dir/leaf.pem", qr/leaf\.pem/],
    ['NPIETrustCRL', "$dir/none.crl", qr/none\.crl/],
    ['NPIETrustCRL', "$dir/empty.pem", qr/empty\.pem: no CRL inside/],
    ['NPIESeal', "$dir/none.pem", qr/none\.pem/],
    ['NPIESeal', "$dir/leaf.pem", qr/leaf\.pem: "leaf": .*not for seals/],
    ['NPIESeal', "$dir/seal.crt", qr/seal\.crt: "Sello ajeno": .*not of a trusted authority/],
    ['NPIESeal', "$world->{dir}/ca/root.crt", qr/root\.crt: CA certificates alone/],
    ['NPIESigner', 'npie-signer', qr/neither exec:/],
    ['NPIESigner', "exec:$ENV{NPIE_BUILD}/npie-signer", qr/second argument/],
    ['NPIESigner', "exec:$dir/none $conf", qr/is not a file/],
    ['NPIESigner', "exec:$ENV{NPIE_BUILD}/npie-signer $dir/none",
        qr/is not a file/],
    ['NPIESigner', "unix:/run/signer.sock $conf", qr/no second argument/],
    ['NPIEBaseURL', 'http://localhost/npie/', qr/need https/],
    ['NPIEBaseURL', 'https://localhost/npie', qr/last slash/],
    ['NPIEBaseURL', 'https://localhost:443/npie/', qr/leave :443 out/],
    ['NPIEBaseURL', 'https://localhost/npie/?a', qr/must look like/],
    ['NPIESupport', 'telefono 1', qr/none of telephone, hours/],
    ['NPIESupport', 'hours "de 8 a 16"', qr/a telephone or a link is needed/],
    ['NPIESupport', 'link javascript:alert(1)', qr/must begin with https/],
    ['NPIESupport', 'telephone', qr/1 to 200 bytes/],
    ['NPIESupport', 'telephone 1 language "en, es"', qr/one of NPIELanguages/],
    ['NPIEApplicationURL', 'idse', qr/path from \/ on/],
    ['NPIERenewBefore', '-1d', qr/no duration|number of days/],
    ['NPIERenewBefore', '400d', qr/out of range/],
    ['NPIERenewAfter', 'forever', qr/no duration/],
    ['NPIERenewalTimeout', '1s', qr/out of range/],
    ['NPIENewKeys', 'rsa:1024', qr/whole number from 2048/],
    ['NPIENewKeys', 'dsa', qr/no kind of key/],
    ['NPIENewKeys', '', qr/at least one kind/],
    ['NPIEAdopt', 'maybe', qr/must be On or Off/],
    ['NPIEAdditionalMax', '101', qr/whole number from 0/],
    ['NPIEOldKeyMinBits', '512', qr/whole number from 1024/],
    ['NPIEOldKeyMinBits', '1024x', qr/whole number/],
    ['NPIELetterFonts', "$dir", qr/Liberation|font/i],
    ['NPIELetterTerms', "$dir/none.txt", qr/none\.txt/],
    ['NPIELetterTerms', "$dir/bad-terms.txt", qr/bad-terms\.txt/],
    ['NPIEInstitution', 'x' x 201, qr/1 to 200 bytes/],
    ['NPIETLSExpired', 'yes', qr/no duration/],
    ['NPIETLSExpired', '10ms', qr/out of range/],
    ['NPIEDailyLimits', 'keys=0', qr/whole number from 1/],
    ['NPIEDailyLimits', 'logins=3', qr/the limits are keys=/],
    ['NPIERate', '0 1m', qr/whole number/],
    ['NPIERate', '10 10ms', qr/out of range/],
    ['NPIETimestamp', 'ftp://tsa.example/', qr/begins with http/],
    ['NPIETimestamp', 'http://tsa.example/ user=npie', qr/belong together/],
    ['NPIETimestamp', "http://tsa.example/ user=npie password-file=$dir/tsa-secret",
        qr/by https:\/\/ only/],
    ['NPIETimestamp', 'https://tsa.example/ policy=una', qr/no policy/],
    ['NPIETimestamp', 'https://tsa.example/ hash=md5', qr/the options are/],
    ['NPIEMailServer', 'correo.example', qr/smtp/],
    ['NPIEMailServer', 'smtp+plain://correo.example', qr/this machine/],
    ['NPIEMailServer', 'smtp://correo.example user=npie', qr/belong together/],
    ['NPIEMailServer', "smtp://correo.example user=npie password=exec:$dir/none",
        qr/cannot run|gave no password/],
    ['NPIEMailServer', 'smtp://correo.example starttls=off', qr/the options are/],
    ['NPIEMailServer', 'smtp://correo.example', qr/needs NPIEMailFrom/],
    ['NPIEMailFrom', 'nobody', qr/must be name/],
    ['NPIEMailLink', 'often', qr/required or optional/],
    ['NPIEMailLink', 'required', qr/needs NPIEMailServer/],
    ['NPIEReminders', '30', qr/no number of days/],
    ['NPIEReminders', '1d off', qr/no number of days/],
    ['NPIEReminders', '1d 2d 3d 4d 5d 6d 7d 8d 9d', qr/at most 8/],
    ['NPIEEngine', 'on', qr/not allowed/],
    ['NPIESentences', "$dir/none", qr/NPIESentences: \Q$dir\E\/none: No such file/],
    @bad_sentences,
);
my @missing = qw(NPIETrust NPIESigner NPIELetterTerms);

plan tests => 19 + 2 * @cases + @missing;

# What httpd says of a text in place of the good one, and whether it takes it.
sub judged
{
    my ($text) = @_;
    spit($conf, $text);
    my $said = '';
    my $taken = eval { $said = $world->httpd('-t'); 1 };
    return ($taken, $taken ? $said : $@);
}

sub with
{
    my ($directive, $value) = @_;
    my $text = $good;
    $text =~ s/^[ \t]*\Q$directive\E\s.*\n//mg;
    $text =~ s/^(\s*ServerName .*\n)/$1$directive $value\n/m;
    my @lines = split /\n/, $text;
    my ($line) = grep { $lines[$_ - 1] =~ /^\Q$directive $value\E$/ } 1 .. @lines;
    return ($text, $line);
}

my ($taken, $said) = judged($good);
ok($taken, 'the configuration that all of this begins with is taken') or diag $said;

# All that httpd says of a text that it takes.
sub remarks
{
    spit($conf, shift);
    local @ENV{qw(LD_PRELOAD ASAN_OPTIONS)} = ($ENV{NPIE_PRELOAD} // '', 'detect_leaks=0');
    return run('sh', '-c', '"$(apxs -q SBINDIR)/$(apxs -q PROGNAME)" -t -f "$0" 2>&1',
        "$world->{dir}/httpd.conf");
}

is(remarks($good), "Syntax OK\n",
    'and nothing is found in it, though its virtual hosts share one registry');
my $signer_conf = "$world->{dir}/signer/npie-signer.conf";
my $with_seal = slurp($signer_conf);
(my $without_seal = $with_seal) =~ s/^Seal\w+ .*\n//mg;
spit($signer_conf, $without_seal);
(my $sealless = $good) =~ s/^[ \t]*NPIESeal .*\n//mg;
like(remarks($sealless), qr/\Q$conf\E:\d+: NPIEBaseURL without NPIESeal.*Syntax OK/s,
    'without NPIESeal it says what that means');
is(remarks("NPIESeal none\n$sealless"), "Syntax OK\n", 'unless it is meant');
spit($signer_conf, $with_seal);
(my $slashes = $good) =~ s/^[ \t]*AllowEncodedSlashes .*\n//mg;
like(remarks($slashes), qr/\Q$conf\E:\d+: npie-ocsp without AllowEncodedSlashes NoDecode.*Syntax OK/s,
    'OCSP by GET would not arrive');

# Sessions that somebody else could write are sealed.
(my $unsealed = $good) =~ s/^NPIESessionSecret .*\n//mg;
is(remarks($unsealed), "Syntax OK\n", 'httpd\'s own unix socket needs no NPIESessionSecret');
unlike(remarks($good =~ s/^(NPIERedis) .*$/$1 127.0.0.1:6379/mr), qr/NPIESessionSecret|NPIE0002/,
    'nor does TCP with one');
for my $open ('127.0.0.1:6379', "unix:$dir/wide/redis.sock") {
    my ($held, $why) = judged($unsealed =~ s/^(NPIERedis) .*$/$1 $open/mr);
    ok(!$held && $why =~ /\Q$conf\E:\d+: NPIERedis needs NPIESessionSecret: .*npiectl session secret FILE/s,
        "$open without one is refused") or diag $why;
}
mkdir "$dir/two" or die $!;
spit("$dir/two/es", "16.cause No existe.\n");
is(remarks((with('NPIESentences', "$dir/two"))[0]), "Syntax OK\n",
    'a sentence that a file in Spanish does not have is as built in');
spit("$dir/two/en", "10.cause What the browser sent cannot be read.\n");
is(remarks((with('NPIESentences', "$dir/two"))[0]), "Syntax OK\n", 'nor one in English');
spit("$dir/two/fr", "10.cause Le navigateur a envoyé autre chose.\n");
my ($french) = with('NPIESentences', "$dir/two");
$french =~ s/^([ \t]*NPIESentences .*)/$1\nNPIELanguages es en fr/m;
like(remarks($french),
    qr/\Q$conf\E:\d+: NPIESentences: \Q$dir\E\/two\/fr lacks sentences, .*10\.remedy, 11\.cause,.* more\n/,
    'in another language it is missed');
like(remarks($french), qr/\Q$conf\E:\d+: NPIELanguages: there is no \S*npie\/fr\/\S+\.html: .*Syntax OK/s,
    'and so are its pages');

# TLS that ends in front of httpd.
(my $clear = $good) =~ s/^\s*SSLEngine .*\n//mg;
like(remarks($clear), qr/\Q$conf\E:\d+: NPIEBaseURL is https.*mod_remoteip.*Syntax OK/s,
    'behind a balancer mod_remoteip is missed');
is(remarks("LoadModule remoteip_module $libexec/mod_remoteip.so\nRemoteIPHeader X-Forwarded-For\n$clear"),
    "Syntax OK\n", 'and not when it is there');
my $httpd = slurp("$world->{dir}/httpd.conf");
spit("$world->{dir}/httpd.conf", $httpd =~ s/^LoadModule reqtimeout_module .*\n//mr);
like(remarks($good), qr/\Q$conf\E:\d+: mod_reqtimeout is not loaded.*Syntax OK/s,
    'without mod_reqtimeout slow clients hold workers, which is told');
spit("$world->{dir}/httpd.conf", $httpd);
for my $case (@cases) {
    my ($directive, $value, $expected) = @$case;
    my ($text, $line) = with($directive, $value);
    my ($ok, $why) = judged($text);
    $why =~ s/\s+/ /g;
    ok(!$ok && $why =~ $expected, "$directive $value is refused") or diag $why;
    like($why, qr/(?:line $line of \Q$conf\E|\Q$conf\E:$line)/, '... with file and line');
}
for my $directive (@missing) {
    (my $text = $good) =~ s/^[ \t]*\Q$directive\E\s.*\n//mg;
    my ($ok, $why) = judged($text);
    ok(!$ok && $why =~ /NPIEBaseURL needs \Q$directive\E/, "$directive is missed")
        or diag $why;
}
(my $text = $good) =~ s/^[ \t]*NPIEBaseURL .*\n//mg;
my ($ok, $why) = judged($text);
ok(!$ok && $why =~ /NPIEEngine on needs NPIEBaseURL/, 'NPIEBaseURL is missed')
    or diag $why;

# The reference is a configuration: with this world's paths httpd takes it.
my $reference = slurp("$ENV{NPIE_TOP}/conf/npie.conf");
$reference =~ s/^LoadModule .*\n//m;
$reference =~ s/^#(NPIE\w+ .*)/$1/mg;
$reference =~ s{/etc/npie/ca/}{$world->{dir}/ca/}g;
$reference =~ s{/usr/libexec/mod_npie/npie-signer /etc/npie/}
    {$ENV{NPIE_BUILD}/npie-signer $world->{dir}/signer/};
$reference =~ s{/etc/npie/sentences}{$ENV{NPIE_BUILD}/conf/sentences};
$reference =~ s{/usr/share/npie/htdocs/}{$ENV{NPIE_TOP}/htdocs/}g;
$reference =~ s{/usr/share/npie/}{$ENV{NPIE_TOP}/conf/}g;
$reference =~ s{/etc/npie/session\.secret}{$world->{dir}/session.secret};
$reference =~ s{/var/lib/npie/}{$world->{dir}/registry/}g;
# Its npie-signer draws with another institution's name.
$reference =~ s{^NPIEInstitution .*}{NPIEInstitution "Instituto de Demostración"}m;
($ok, $why) = judged("Listen 127.0.0.1:" . Npie::World::port_free() . "\n$reference");
ok($ok, 'conf/npie.conf with its defaults written out is taken') or diag $why;
spit($conf, $good);
($ok, $why) = judged($good);
ok($ok, 'and the first one still is');
$world->redis_stop;
