# SPDX-License-Identifier: Apache-2.0
# Everything a server needs, in one folder: authorities, the signer's key and
# configuration, the registry with its employers, TLS, Redis.
#
#   npiectl.conf, session.secret
#   ca/        what npiectl ca init makes: root, issuing, seal, each .crt and
#              .key (the root's in offline/ too), and authorities.pem; and old (an earlier authority,
#              SHA-1), impostor (issuing's name, another key) and seal-before
#              (the institute's earlier seal)
#   tls/       localhost.crt, localhost.key
#   signer/    npie-signer.conf, the ledger's key and anchor
#   ledger/    the ledger
#   registry/  registry.db
#   employers/<RP10>/  old.crt, old.key, and what is made of them
#   run/       sockets and process identifiers
#   mail/      the mails taken by the mail servers, and their ports
package Npie::World;

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path);
use IO::Socket::INET;
use Npie::Tsa;
use Npie::Employer;
use Npie::Openssl ();
use Npie::Registry;
use POSIX ();

my $TOP = $ENV{NPIE_TOP}
    // dirname(dirname(dirname(dirname(Cwd::abs_path(__FILE__)))));
my $BUILD = $ENV{NPIE_BUILD} // "$TOP/build";
my $YEAR = 365 * 86400;
# A user of Debian's whom nothing here runs as else.
use constant LEDGER_USER => 'daemon';
use constant DRAW_USER => 'games';

# One with Redis running and the configuration of an httpd of this build that is
# not started.
sub configured
{
    my ($class, $dir) = @_;
    my $self = $class->make(dir => $dir);
    $self->httpd_configure(module => "$BUILD/.libs/mod_npie.so",
        signer => "$BUILD/npie-signer");
    $self->redis_start;
    return $self;
}

# An existing folder made by make().
sub open
{
    my ($class, $dir) = @_;
    $dir = Cwd::abs_path($dir) // die "no such folder\n";
    -d "$dir/registry" or die "$dir was not made by Npie::World\n";
    return bless { dir => $dir }, $class;
}

# dir; npiectl: the program, else that of NPIE_BUILD; httpd_user, signer_user:
# names, for root; else all runs as oneself; bare => 1: without authorities and
# registry, which somebody else makes.
sub make
{
    my ($class, %arg) = @_;
    delete @arg{qw(httpd_user signer_user)} if $> != 0;
    make_path($arg{dir});
    my $self = bless { dir => Cwd::abs_path($arg{dir}), npiectl => $arg{npiectl} },
        $class;
    make_path("$self->{dir}/$_") for qw(tls signer ledger registry employers run logs);
    # npiectl makes one that only root may look into.
    make_path("$self->{dir}/ca") if !$arg{bare};
    $self->npiectl_configure($arg{httpd_user} // scalar getpwuid $>);
    $self->npiectl('session', 'secret', "$self->{dir}/session.secret");
    if (!$arg{bare}) {
        $self->authority_make;
        $self->older_make;
    }
    Npie::Openssl::certificate_make(file => "$self->{dir}/tls/localhost",
        key => 'rsa:2048', extensions => 'server', subject => [[CN => 'localhost']],
        from => time - 86400, until => time + $YEAR);
    $self->signer_configure($arg{signer_user}, $arg{httpd_user});
    $self->registry->create("$TOP/conf/sql/sqlite") if !$arg{bare};
    $self->hand_over(%arg) if $> == 0;
    return $self;
}

my $INSTITUTE = 'Instituto de Demostración';

# The authority in use, as npiectl makes it for whoever installs this; its
# certificates began twelve years ago.
sub authority_make
{
    my ($self) = @_;
    my $passphrase = "$self->{dir}/root.passphrase";
    Npie::Openssl::spit($passphrase, "una frase de paso\n");
    chmod 0600, $passphrase;
    $self->npiectl('ca', 'init', '--organization', $INSTITUTE,
        '--passphrase-file', $passphrase,
        '--name', 'Autoridad NPIE (demostración)', '--key', 'rsa:2048',
        '--from', POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time - 12 * $YEAR),
        (map { ("--$_", 20) } qw(root-years years seal-years)), "$self->{dir}/ca");
    # Tests have the root sign certificates that npiectl would not make.
    Npie::Openssl::run('openssl', 'pkey', '-in', "$self->{dir}/ca/offline/root.key",
        '-passin', "file:$passphrase", '-out', "$self->{dir}/ca/root.key");
    return;
}

# What npiectl does not make: one that takes the authority's name, an earlier
# authority, and an earlier seal.
sub older_make
{
    my ($self) = @_;
    my $ca = "$self->{dir}/ca";
    my %openssl = (key => 'rsa:2048', extensions => 'ca',
        from => time - 12 * $YEAR, until => time + 8 * $YEAR);
    my @subject = ([C => 'MX'], [O => $INSTITUTE]);
    Npie::Openssl::certificate_make(file => "$ca/impostor", %openssl,
        subject => [@subject, [CN => 'Autoridad NPIE (demostración) Emisora']]);
    Npie::Openssl::certificate_make(file => "$ca/old", %openssl, md => 'sha1',
        subject => [@subject, [CN => 'Autoridad NPIE 2014 (demostración)']]);
    Npie::Openssl::certificate_make(file => "$ca/seal-before", %openssl,
        extensions => 'seal', ca => "$ca/issuing",
        subject => [@subject, [CN => 'Sello anterior (demostración)']]);
    Npie::Tsa::make($ca);
    return;
}

# npiectl of this build, or the one named to make(), on this world.
sub npiectl
{
    my ($self, @words) = @_;
    my $conf = "$self->{dir}/npiectl.conf";
    return Npie::Openssl::run($self->{npiectl} // "$BUILD/npiectl", '-c', $conf, @words);
}

# httpd's User, whom npiectl becomes.
sub npiectl_configure
{
    my ($self, $user) = @_;
    my $dir = $self->{dir};
    Npie::Openssl::spit("$dir/npiectl.conf", <<"CONF");
Registry sqlite3:$dir/registry/registry.db
Redis unix:$dir/run/redis.sock
SessionSecret $dir/session.secret
Signer unix:$dir/run/signer.sock
SignerConfig $dir/signer/npie-signer.conf
Trust $dir/ca/authorities.pem
Trust $dir/ca/old.crt
Seal $dir/ca/seal.crt
Seal $dir/ca/seal-before.crt
User $user
SQL $TOP/conf/sql
CONF
    return;
}

sub signer_configure
{
    my ($self, $user, $peer) = @_;
    my $dir = $self->{dir};
    $user //= scalar getpwuid $>;
    $peer //= scalar getpwuid $>;
    my $http = $self->http;
    my $ledger_user = $> == 0 ? LEDGER_USER : $user;
    my $draw_user = $> == 0 ? DRAW_USER : $user;
    Npie::Openssl::spit("$dir/signer/npie-signer.conf", <<"CONF");
Key $dir/ca/issuing.key
Certificate $dir/ca/issuing.crt
SealKey $dir/ca/seal.key
SealCertificate $dir/ca/seal.crt
Trust $dir/ca/authorities.pem
Trust $dir/ca/old.crt
State $dir/signer
Ledger $dir/ledger/ledger.db
LedgerUser $ledger_user
LetterTerms $TOP/conf/letter/terminos.txt
Institution "$INSTITUTE"
DrawUser $draw_user
User $user
PeerUser $peer
CertificateValidity 6
CRLURL $http/npie/ca.crl
OCSPURL $http/npie/ocsp
IssuerURL $http/npie/ca.cer
CRLValidity 1d
LetterMaxAge 10d
OldKeyMinBits 1024
NewKeys rsa:2048 p256 p384
Rate 600 1m
CONF
    return;
}

# As root: each part's files to the user it runs as.
sub hand_over
{
    my ($self, %arg) = @_;
    my $dir = $self->{dir};
    my (undef, undef, $httpd, $group) = getpwnam $arg{httpd_user};
    my (undef, undef, $signer, $signer_group) = getpwnam $arg{signer_user};
    chmod 0755, $dir;
    chown $signer, $signer_group, "$dir/signer";
    chmod 0700, "$dir/signer";
    chown +(getpwnam LEDGER_USER)[2, 3], "$dir/ledger";
    chmod 0700, "$dir/ledger";
    chown $httpd, $group, "$dir/run", "$dir/registry", glob "$dir/registry/*";
    return;
}

sub registry
{
    my ($self) = @_;
    return $self->{registry} //=
        Npie::Registry->new("$self->{dir}/registry/registry.db");
}

# The first value of the ledger's answer; undef: there is none.
sub ledger
{
    my ($self, $text) = @_;
    return Npie::Registry->new("$self->{dir}/ledger/ledger.db")->value($text);
}

# Makes an employer (arguments of Npie::Employer->make, ca by name) and puts
# record and certificate into the registry; registered => 0 leaves the
# certificate out, record => 0 both.
sub employer
{
    my ($self, %arg) = @_;
    my $ca = "$self->{dir}/ca/" . (delete $arg{ca} // 'issuing');
    my $n = delete $arg{n} // $self->employers_count;
    my $record = delete $arg{record} // 1;
    my $employer = Npie::Employer->make(%arg, n => $n, ca => $ca,
        dir => "$self->{dir}/employers");
    return $employer if !$record;
    $self->registry->employer_insert($employer);
    $self->registry->certificate_insert($employer, $employer->{old},
        generation => 1) if $arg{registered} // 1;
    return $employer;
}

sub employers_count
{
    my ($self) = @_;
    return scalar @{[ glob "$self->{dir}/employers/*" ]};
}

# What the templates of t/conf name, lower case; see fill().
sub variables
{
    my ($self, %arg) = @_;
    my $dir = $self->{dir};
    my $port = $arg{port} // port_free();
    my $conf = "$dir/signer/npie-signer.conf";
    # Printed letters lead to this server.
    (my $signer = Npie::Openssl::slurp($conf)) =~ s/^LetterAddress .*\n//m;
    Npie::Openssl::spit($conf, "${signer}LetterAddress https://localhost:$port/npie/\n");
    return (
        npie_world => $dir,
        npie_htdocs => $arg{htdocs} // "$TOP/htdocs/npie",
        npie_conf => $arg{conf} // "$TOP/conf",
        npie_signer => $arg{signer},
        npie_port => $port,
        npie_http_port => ($self->http =~ /(\d+)$/)[0],
        npie_fonts => '/usr/share/fonts/truetype/liberation /usr/share/fonts/truetype/dejavu',
    );
}

# Files of sentences for NPIESentences: es changes one, en has them all, with
# "[en] " in front.
sub sentences_make
{
    my ($self) = @_;
    my $dir = "$self->{dir}/sentences";
    mkdir $dir or die "$dir: $!";
    Npie::Openssl::spit("$dir/es", "# Solo una.\n16.cause   Esa dirección no es de aquí.\n");
    my $all = Npie::Openssl::slurp("$ENV{NPIE_BUILD}/conf/sentences/es");
    $all =~ s/^([^#\s]+\s+)/$1\[en] /mg;
    return Npie::Openssl::spit("$dir/en", $all);
}

# httpd's own modules that a server with mod_npie loads; modules_conf() takes
# more.
my @MODULES = qw(mpm_event authn_core authz_core authz_host authz_user alias
    deflate dir mime headers include dbd log_config reqtimeout setenvif
    socache_shmcb ssl status unique_id unixd watchdog);

sub modules_conf
{
    my @more = @_;
    chomp(my $dir = Npie::Openssl::run('apxs', '-q', 'LIBEXECDIR'));
    return join '', map { "LoadModule ${_}_module $dir/mod_$_.so\n" }
        grep { -e "$dir/mod_$_.so" } @MODULES, @more;
}

# Writes httpd.conf and npie.conf for a server of its own; arguments of
# variables(), module: mod_npie.so, and link: required or optional, for mail.
sub httpd_configure
{
    my ($self, %arg) = @_;
    my %variables = ($self->variables(%arg), npie_module => $arg{module},
        npie_modules => modules_conf(),
        npie_user => $> == 0 ? "User $arg{user}\nGroup $arg{user}" : '',
        npie_services => (defined $arg{link} ? $self->mail_conf(@arg{qw(conf link)}) : '')
            . ($self->tsa_url ? 'NPIETimestamp ' . $self->tsa_url . "\n" : ''));
    my $dir = $self->{dir};
    Npie::Openssl::spit("$dir/port", $variables{npie_port});
    Npie::Openssl::spit("$dir/npie.conf",
        fill("$TOP/t/conf/npie.conf.in", %variables));
    return Npie::Openssl::spit("$dir/httpd.conf",
        fill("$TOP/t/lib/httpd.conf.in", %variables));
}

sub mail_conf
{
    my ($self, $conf, $link) = @_;
    return <<"CONF";
NPIEMailServer smtp+plain://127.0.0.1:@{[$self->mail_port('plain')]} timeout=5s
NPIEMailFrom "Instituto de Demostración <avisos\@instituto.example>"
NPIEMailTemplates $conf/mail
NPIEMailLink $link
CONF
}

# Starts a timestamp authority that outlives this process, until tsa_stop.
sub tsa_start
{
    my ($self) = @_;
    my $dir = "$self->{dir}/tsa";
    mkdir $dir or die "$dir: $!\n";
    my $tsa = Npie::Tsa->start("$self->{dir}/ca", $dir);
    my $conf = "$self->{dir}/npiectl.conf";
    Npie::Openssl::spit($conf, Npie::Openssl::slurp($conf)
        . "Timestamp $tsa->{url}\nTimestampTrust $self->{dir}/ca/tsa-root.crt\n");
    Npie::Openssl::spit("$dir/url", $tsa->{url});
    Npie::Openssl::spit("$dir/pid", $tsa->leave);
    return;
}

# Its address; undef: there is none.
sub tsa_url
{
    my ($self) = @_;
    my $file = "$self->{dir}/tsa/url";
    return -e $file ? Npie::Openssl::slurp($file) : undef;
}

sub tsa_stop
{
    my ($self) = @_;
    my $file = "$self->{dir}/tsa/pid";
    kill 'TERM', Npie::Openssl::slurp($file) if -e $file;
    unlink $file;
    return;
}

# Has the mail servers (t/browser/lib/mailserver.mjs) start or stop.
sub mail
{
    my ($self, $what) = @_;
    Npie::Openssl::run('sh', "$TOP/t/lib/backend.sh", "mail-$what", $self->{dir});
    return;
}

sub mail_port
{
    my ($self, $name) = @_;
    my %ports = map { split } split /\n/,
        Npie::Openssl::slurp("$self->{dir}/mail/ports");
    return $ports{$name} // die "no mail server $name\n";
}

sub url
{
    my ($self) = @_;
    return 'https://localhost:' . Npie::Openssl::slurp("$self->{dir}/port");
}

# Where CRL and OCSP answers are, in the clear: certificates name it, so it is
# chosen before all else.
sub http
{
    my ($self) = @_;
    my $file = "$self->{dir}/port.http";
    Npie::Openssl::spit($file, port_free()) if !-e $file;
    return 'http://localhost:' . Npie::Openssl::slurp($file);
}

# A template with its @NAMES@ filled in.
sub fill
{
    my ($template, %variables) = @_;
    my $text = Npie::Openssl::slurp($template);
    $text =~ s/\@(\w+)\@/$variables{lc $1} \/\/ die "$template: no $1\n"/ge;
    return $text;
}

# A port nobody listens on: the one wished for, or any. Never twice the same,
# nor where another process begins to look, nor one that a client may come to
# have before a server listens there (those are from 32768 on).
my %ports_given;
sub port_free
{
    my ($wanted) = @_;
    my $lowest = 10_000;
    my $count = 22_000;
    my @others = map { $lowest + ($$ * 97 + $_) % $count } 0 .. 999;
    for my $port ($wanted // (), grep { !$ports_given{$_} } @others) {
        IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
            LocalAddr => '127.0.0.1', LocalPort => $port) or next;
        $ports_given{$port} = 1;
        return $port;
    }
    die "no free port: $!\n";
}

# Has httpd do something: start, stop, graceful, or -t.
sub httpd
{
    my ($self, $what) = @_;
    chomp(my $sbin = Npie::Openssl::run('apxs', '-q', 'SBINDIR'));
    chomp(my $name = Npie::Openssl::run('apxs', '-q', 'PROGNAME'));
    # A module under a sanitizer wants its library first; see t/TEST.
    local @ENV{qw(LD_PRELOAD ASAN_OPTIONS)}
        = ($ENV{NPIE_PRELOAD} // '', 'detect_leaks=0');
    return Npie::Openssl::run("$sbin/$name", '-f', "$self->{dir}/httpd.conf",
        $what eq '-t' ? '-t' : ('-k', $what));
}

# Until the login page is there.
sub httpd_wait
{
    my ($self) = @_;
    my $url = $self->url . '/npie/acceso.html';
    for (1 .. 100) {
        return if eval { Npie::Openssl::run('curl', '-sf', '-o', '/dev/null',
            '--cacert', "$self->{dir}/tls/localhost.crt", $url); 1 };
        select undef, undef, undef, 0.1;
    }
    die "$url does not answer:\n", join '', `tail -n 20 $self->{dir}/logs/error_log`;
}

# Stops httpd and waits until it and the signer are gone.
sub httpd_stop
{
    my ($self) = @_;
    eval { $self->httpd('stop') };
    for (1 .. 200) {
        return if !-e "$self->{dir}/run/httpd.pid" && !$self->signer_pids;
        select undef, undef, undef, 0.05;
    }
    die "httpd or its signer does not stop\n";
}

sub redis_start
{
    my ($self, $user) = @_;
    my $run = "$self->{dir}/run";
    my @as = defined $user && $> == 0
        ? ('setpriv', "--reuid=$user", '--init-groups', "--regid=$user") : ();
    Npie::Openssl::run(@as, 'redis-server', '--port', 0,
        '--unixsocket', "$run/redis.sock", '--unixsocketperm', 700,
        '--pidfile', "$run/redis.pid", '--daemonize', 'yes', '--save', '',
        '--appendonly', 'no', '--dir', $run, '--logfile', "$run/redis.log");
    for (1 .. 100) {
        return if eval { $self->redis('PING') =~ /PONG/ };
        select undef, undef, undef, 0.05;
    }
    die "Redis does not answer; see $run/redis.log\n";
}

sub redis
{
    my ($self, @command) = @_;
    return Npie::Openssl::run('redis-cli', '-s', "$self->{dir}/run/redis.sock",
        @command);
}

sub redis_stop
{
    my ($self) = @_;
    my $socket = "$self->{dir}/run/redis.sock";
    return if !-e $socket;
    eval { $self->redis('SHUTDOWN', 'NOSAVE') };
    for (1 .. 100) {
        return if !-e $socket;
        select undef, undef, undef, 0.05;
    }
    die "Redis does not stop\n";
}

# Process identifiers of this world's npie-signer.
sub signer_pids
{
    my ($self) = @_;
    my $conf = "$self->{dir}/signer/npie-signer.conf";
    my @pids;
    for my $file (glob '/proc/[0-9]*/cmdline') {
        my $line = eval { Npie::Openssl::slurp($file) } // '';
        my @words = split /\0/, $line;
        push @pids, $file =~ m{/proc/(\d+)/}
            if @words && $words[0] =~ /npie-signer/ && grep { $_ eq $conf } @words;
    }
    return @pids;
}

1;
