# SPDX-License-Identifier: Apache-2.0
# Client certificates for TLS, good and bad, and clients that use them.
#
#   clients/ca.pem    what the hosts of t/conf/tls.conf.in trust
#   clients/crl.pem   the issuing authority's list
#   clients/NAME.pem  a certificate of the table, with its chain; NAME.key
package Npie::Tls;

use strict;
use warnings;

use Exporter 'import';
use File::Path qw(make_path);
use IPC::Open3 ();
use Npie::Openssl qw(run slurp spit);
use POSIX ();

our @EXPORT_OK = qw(curl port short_lived s_client told usable);

my $DAY = 86400;
my @VALID = (-100, 300);
my @EXPIRED = (-400, -20);
my $LEAF = "basicConstraints = critical,CA:FALSE\n"
    . "keyUsage = critical,digitalSignature\n";
my $CLIENT = $LEAF . "extendedKeyUsage = clientAuth\n";
my $CA = "basicConstraints = critical,CA:TRUE\n"
    . "keyUsage = critical,keyCertSign,cRLSign\n"
    . "subjectKeyIdentifier = hash\n";

# [name, issuer (none: itself), [from, until] in days, extensions, key]
my @AUTHORITIES = (
    ['intermedia', 'root', [-1000, 1000], $CA],
    ['intermedia-vencida', 'root', [-1000, -10], $CA],
    ['limitada', 'root', [-1000, 1000],
        $CA . "nameConstraints = critical,permitted;email:permitido.example\n"],
    ['raiz-vencida', undef, [-1000, -10], $CA],
    ['ajena', undef, [-1000, 1000], $CA],
);
my @LEAVES = (
    ['valido', 'issuing', \@VALID, $CLIENT],
    ['vencido', 'issuing', \@EXPIRED, $CLIENT],
    ['vencido-intermedia', 'intermedia', \@EXPIRED, $CLIENT],
    ['vencido-hace-5-dias', 'issuing', [-400, -5], $CLIENT],
    ['futuro', 'issuing', [5, 400], $CLIENT],
    ['bajo-intermedia-vencida', 'intermedia-vencida', \@VALID, $CLIENT],
    ['vencido-bajo-intermedia-vencida', 'intermedia-vencida', \@EXPIRED, $CLIENT],
    ['bajo-raiz-vencida', 'raiz-vencida', \@VALID, $CLIENT],
    ['vencido-bajo-raiz-vencida', 'raiz-vencida', \@EXPIRED, $CLIENT],
    ['ajeno', 'ajena', \@VALID, $CLIENT],
    ['vencido-ajeno', 'ajena', \@EXPIRED, $CLIENT],
    ['vencido-impostor', 'impostor', \@EXPIRED, $CLIENT],
    ['vencido-otro-uso', 'issuing', \@EXPIRED,
        $LEAF . "extendedKeyUsage = serverAuth\n"],
    ['vencido-mal-firmado', 'issuing', \@EXPIRED, $CLIENT],
    ['revocado', 'issuing', \@VALID, $CLIENT],
    ['vencido-revocado', 'issuing', \@EXPIRED, $CLIENT],
    ['vencido-autofirmado', undef, \@EXPIRED, $CLIENT],
    ['vencido-sin-cadena', 'intermedia', \@EXPIRED, $CLIENT],
    ['vencido-fuera-de-nombres', 'limitada', \@EXPIRED,
        $CLIENT . "subjectAltName = email:a\@otro.example\n"],
    ['vencido-llave-corta', 'issuing', \@EXPIRED, $CLIENT, 'rsa:1024'],
);

sub certificate
{
    my ($world, $name, $issuer, $days, $extensions, $key) = @_;
    my $in = -e "$world->{dir}/clients/" . ($issuer // '') . '.crt'
        ? 'clients' : 'ca';
    return Npie::Openssl::certificate_make(
        file => "$world->{dir}/clients/$name", key => $key // 'P-256',
        ca => $issuer && "$world->{dir}/$in/$issuer", extensions => $extensions,
        from => time + $days->[0] * $DAY, until => time + $days->[1] * $DAY,
        subject => [[C => 'MX'], [CN => "Tabla $name"]]);
}

# Makes clients/ in a world, before its server starts.
sub make
{
    my ($world) = @_;
    my $dir = "$world->{dir}/clients";
    make_path($dir, "$world->{dir}/run/cache");
    certificate($world, @$_) for @AUTHORITIES, @LEAVES;
    spit("$dir/ca.pem", join '', map { slurp("$world->{dir}/$_.crt") }
        qw(ca/root ca/issuing clients/raiz-vencida));
    for my $leaf (@LEAVES) {
        my ($name, $issuer) = @$leaf;
        my $chain = $issuer && -e "$dir/$issuer.crt" && $name !~ /sin-cadena/
            ? slurp("$dir/$issuer.crt") : '';
        spit("$dir/$name.pem", slurp("$dir/$name.crt") . $chain);
    }
    spoil("$dir/vencido-mal-firmado");
    revoke($world, map { "$dir/$_.crt" } qw(revocado vencido-revocado));
    # Clients that send also what this machine's rules find too weak.
    spit("$dir/openssl.cnf", "openssl_conf = all\n[all]\nssl_conf = ssl\n"
        . "[ssl]\nsystem_default = weak\n[weak]\n"
        . "CipherString = DEFAULT\@SECLEVEL=0\n");
    return;
}

# Breaks a certificate's signature.
sub spoil
{
    my ($file) = @_;
    my $der = Npie::Openssl::certificate_der("$file.crt");
    substr($der, -1, 1) ^= "\x01";
    spit("$file.der", $der);
    spit("$file.pem", run('openssl', 'x509', '-inform', 'DER', '-in', "$file.der"));
    return;
}

sub revoke
{
    my ($world, @certificates) = @_;
    my $dir = "$world->{dir}/clients";
    my $index = '';
    for my $file (@certificates) {
        my ($serial) = run('openssl', 'x509', '-in', $file, '-noout', '-serial')
            =~ /=(\w+)/;
        $index .= join("\t", 'R', '491231235959Z', '250101000000Z', $serial,
            'unknown', '/CN=x') . "\n";
    }
    spit("$dir/index", $index);
    my $conf = spit("$dir/crl.cnf", "[ca]\ndefault_ca = this\n[this]\n"
        . "database = $dir/index\ndefault_md = sha256\n");
    run('openssl', 'ca', '-gencrl', '-config', $conf, '-crldays', 100,
        '-cert', "$world->{dir}/ca/issuing.crt",
        '-keyfile', "$world->{dir}/ca/issuing.key", '-out', "$dir/crl.pem");
    return;
}

# A certificate that ends in so many seconds; returns FILE of .crt and .key.
sub short_lived
{
    my ($world, $name, $seconds) = @_;
    return certificate($world, $name, 'issuing', [-100, $seconds / $DAY], $CLIENT);
}

sub port
{
    my ($world, $vhost) = @_;
    return slurp("$world->{dir}/port.$vhost");
}

# Options of curl for a certificate of the table, or a FILE without suffix;
# '' for none.
sub usable
{
    my ($world, $name) = @_;
    return () if $name eq '';
    my $file = $name =~ m{/} ? $name : "$world->{dir}/clients/$name";
    return ('--cert', -e "$file.pem" ? "$file.pem" : "$file.crt",
        '--key', "$file.key");
}

# Runs curl over one connection; returns the statuses, 000 for no answer, and
# how many connections each took: "200/1 403/0".
sub curl
{
    my ($world, @arguments) = @_;
    local $ENV{OPENSSL_CONF} = "$world->{dir}/clients/openssl.cnf";
    open(my $out, '-|', 'curl', '--silent', '--insecure',
        '--max-time', 60, '--path-as-is', '-H', 'Accept: application/json',
        '-w', '%{http_code}/%{num_connects} ',
        map { m{^https://} ? ('-o', '/dev/null', $_) : $_ } @arguments)
        or die "curl: $!";
    my $wrote = do { local $/; <$out> } // '';
    close $out;
    # A certificate that curl itself cannot use would prove nothing.
    die "curl: the client certificate cannot be used\n" if $? >> 8 == 58;
    $wrote =~ s/\s+\z//;
    return $wrote;
}

# Requests over one connection of openssl s_client, each some time after the
# one before, since a handshake in between takes no request that came early;
# the last one closes it. Returns all it printed.
sub s_client
{
    my ($world, $port, $requests, @arguments) = @_;
    local $ENV{OPENSSL_CONF} = "$world->{dir}/clients/openssl.cnf";
    my $pid = IPC::Open3::open3(my $in, my $out, undef, 'timeout', 30,
        'openssl', 's_client', '-connect', "127.0.0.1:$port", '-ign_eof',
        '-servername', 'localhost', @arguments);
    local $SIG{PIPE} = 'IGNORE';
    for my $i (0 .. $#$requests) {
        my $keep = $i < $#$requests ? 'keep-alive' : 'close';
        sleep 1 if $i > 0;
        print $in "GET $requests->[$i] HTTP/1.1\r\nHost: localhost\r\n"
            . "Accept: application/json\r\nConnection: $keep\r\n\r\n";
        $in->flush;
    }
    my $said = do { local $/; <$out> } // '';
    close $in; # fails when the server was the first to close
    waitpid $pid, 0;
    return $said;
}

# What matters of that: "New 200 403", "Reused 403", "none" for no handshake.
sub told
{
    my ($said) = @_;
    my ($session) = $said =~ /^(New|Reused), TLS/m;
    return join ' ', $session // 'none', $said =~ m{HTTP/1\.1 (\d{3}) }g;
}

1;
