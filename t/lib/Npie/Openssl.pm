# SPDX-License-Identifier: Apache-2.0
# The openssl program as authorities and employers use it: keys, requests,
# certificates, PFX files and CMS signatures.
package Npie::Openssl;

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use POSIX ();

our @EXPORT_OK = qw(run slurp spit key_make certificate_make request_make
    pfx_make pfx_open cms_sign spki_sha256 certificate_der);

# Runs a program; returns what it wrote, dies with what it said.
sub run
{
    my @command = @_;
    my $said = File::Temp->new;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', $said or POSIX::_exit(126);
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    binmode $out;
    my $wrote = do { local $/; <$out> };
    close $out;
    if ($? != 0) {
        die "@command[0, 1] failed ($?): ", slurp($said->filename), "\n";
    }
    return $wrote // '';
}

sub slurp
{
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in> // '';
}

sub spit
{
    my ($file, $bytes, $mode) = @_;
    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $bytes;
    close $out or die "$file: $!\n";
    chmod $mode, $file if defined $mode;
    return $file;
}

# kind: rsa:BITS or the name of a curve. password: the file is then PKCS#8
# encrypted with AES-256, as the pages write a .key.
sub key_make
{
    my ($file, $kind, $password) = @_;
    my @kind = $kind =~ /^rsa:(\d+)$/
        ? ('-algorithm', 'RSA', '-pkeyopt', "rsa_keygen_bits:$1")
        : ('-algorithm', 'EC', '-pkeyopt', "ec_paramgen_curve:$kind",
           '-pkeyopt', 'ec_param_enc:named_curve');
    my @lock = defined $password
        ? ('-aes-256-cbc', '-pass', "pass:$password") : ();
    run('openssl', 'genpkey', '-quiet', @kind, @lock, '-out', $file);
    chmod 0600, $file;
    return $file;
}

# The subject as [name, value] pairs in order, UTF-8 bytes.
sub subject_section
{
    my ($subject) = @_;
    my $n = 0;
    return join '', "[dn]\n",
        map { $n++ . ".$_->[0] = $_->[1]\n" } grep { $_->[1] ne '' } @$subject;
}

# A PKCS#10 request, PEM.
sub request_make
{
    my (%arg) = @_;
    my $dir = File::Temp->newdir;
    my $conf = spit("$dir/req.cnf", "[req]\nprompt = no\nutf8 = yes\n"
        . "string_mask = utf8only\ndistinguished_name = dn\n"
        . subject_section($arg{subject}));
    my @lock = defined $arg{password} ? ('-passin', "pass:$arg{password}") : ();
    return run('openssl', 'req', '-new', '-config', $conf, '-key', $arg{key},
        @lock, '-' . ($arg{md} // 'sha256'));
}

my %EXTENSIONS = (
    ca => "basicConstraints = critical,CA:TRUE\n"
        . "keyUsage = critical,keyCertSign,cRLSign\n"
        . "subjectKeyIdentifier = hash\n",
    leaf => "basicConstraints = critical,CA:FALSE\n"
        . "keyUsage = critical,digitalSignature,nonRepudiation\n"
        . "extendedKeyUsage = clientAuth,emailProtection\n"
        . "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n",
    seal => "basicConstraints = critical,CA:FALSE\n"
        . "keyUsage = critical,digitalSignature,nonRepudiation\n"
        . "extendedKeyUsage = 1.3.6.1.5.5.7.3.36,emailProtection\n"
        . "authorityKeyIdentifier = keyid\n",
    server => "basicConstraints = critical,CA:FALSE\n"
        . "subjectAltName = DNS:localhost,IP:127.0.0.1\n"
        . "extendedKeyUsage = serverAuth\n",
);

# Makes FILE.key (unless there) and FILE.crt.
# file, key (kind), subject, extensions (ca, leaf, seal, server, or as in openssl.cnf), from and until
# (seconds since 1970), ca (FILE of the issuer; none: self-signed), md,
# email (for subjectAltName), digits (20 decimal digits: the serial's bytes).
sub certificate_make
{
    my (%arg) = @_;
    my $dir = File::Temp->newdir;
    my $md = $arg{md} // 'sha256';
    key_make("$arg{file}.key", $arg{key}) if !-e "$arg{file}.key";
    spit("$dir/csr.pem", request_make(key => "$arg{file}.key",
        subject => $arg{subject}));
    my $digits = $arg{digits} // join '', map { int rand 10 } 1 .. 20;
    spit("$dir/serial", uc(unpack 'H*', $digits) . "\n");
    spit("$dir/index", '');
    my $extensions = extensions($arg{extensions});
    $extensions .= "subjectAltName = email:$arg{email}\n" if $arg{email};
    my $conf = ca_conf("$dir", $md, $extensions);
    my @signer = $arg{ca} ? ('-cert', "$arg{ca}.crt", '-keyfile', "$arg{ca}.key")
        : ('-selfsign', '-keyfile', "$arg{file}.key");
    run('openssl', 'ca', '-batch', '-notext', '-utf8', '-config', $conf, @signer,
        '-in', "$dir/csr.pem", '-out', "$arg{file}.crt",
        '-startdate', stamp($arg{from}), '-enddate', stamp($arg{until}));
    return $arg{file};
}

# As in openssl.cnf: of the kinds known, or what was given.
sub extensions
{
    my ($kind) = @_;
    return $EXTENSIONS{$kind} // $kind;
}

# The configuration of `openssl ca` in a folder that has index and serial.
sub ca_conf
{
    my ($dir, $md, $extensions) = @_;
    return spit("$dir/ca.cnf", <<"CONF");
[ca]
default_ca = this
[this]
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir
unique_subject = no
preserve = yes
policy = any
default_md = $md
x509_extensions = ext
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
serialNumber = optional
x500UniqueIdentifier = optional
[ext]
$extensions
CONF
}

sub stamp
{
    return POSIX::strftime('%Y%m%d%H%M%SZ', gmtime $_[0]);
}

# Makes a PFX: file, of (FILE of certificate and key), password, name, chain
# (files), windows => 1 for what Windows wrote (RC2-40, 3DES, SHA-1).
sub pfx_make
{
    my (%arg) = @_;
    my @kind = $arg{windows}
        ? ('-legacy', '-CSP', 'Microsoft Enhanced Cryptographic Provider v1.0')
        : ();
    my $chain = File::Temp->new;
    print $chain map { slurp($_) } @{ $arg{chain} // [] };
    close $chain;
    my @key_password = defined $arg{key_password}
        ? ('-passin', "pass:$arg{key_password}") : ();
    run('openssl', 'pkcs12', '-export', @kind, '-in', $arg{certificate},
        '-inkey', $arg{key}, @key_password,
        -s $chain->filename ? ('-certfile', $chain->filename) : (),
        '-name', $arg{name}, '-passout', "pass:$arg{password}",
        '-out', $arg{file});
    return $arg{file};
}

# Opens a PFX into DIR: NAME.crt and NAME.key (unencrypted, 0600).
sub pfx_open
{
    my ($file, $password, $to) = @_;
    my @in = ('openssl', 'pkcs12', '-legacy', '-in', $file,
        '-passin', "pass:$password");
    spit("$to.crt", run(@in, '-clcerts', '-nokeys'));
    spit("$to.key", run(@in, '-nocerts', '-noenc'), 0600);
    return $to;
}

# A detached CMS over bytes, DER, with signingCertificateV2.
# certificate, key (files), password of the key.
sub cms_sign
{
    my ($bytes, %arg) = @_;
    my $in = File::Temp->new;
    spit($in->filename, $bytes);
    my @lock = defined $arg{password} ? ('-passin', "pass:$arg{password}") : ();
    return run('openssl', 'cms', '-sign', '-binary', '-cades', '-md', 'sha256',
        '-in', $in->filename, '-signer', $arg{certificate},
        '-inkey', $arg{key}, @lock, '-outform', 'DER');
}

sub certificate_der
{
    my ($file) = @_;
    return run('openssl', 'x509', '-in', $file, '-outform', 'DER');
}

# SHA-256 of a certificate's SubjectPublicKeyInfo, hex.
sub spki_sha256
{
    my ($file) = @_;
    my $pem = run('openssl', 'x509', '-in', $file, '-noout', '-pubkey');
    require MIME::Base64;
    require Digest::SHA;
    $pem =~ s/-----[^-]+-----//g;
    return Digest::SHA::sha256_hex(MIME::Base64::decode_base64($pem));
}

1;
