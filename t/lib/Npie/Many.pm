# SPDX-License-Identifier: Apache-2.0
# Hundreds of employers in seconds: one openssl signs all certificates, one
# sqlite3 writes all rows.
package Npie::Many;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use File::Path qw(make_path);
use MIME::Base64 qw(decode_base64 encode_base64);
use Npie::Employer;
use Npie::Openssl qw(run slurp spit);
use Npie::Registry;
use POSIX ();

our @EXPORT_OK = qw(many);

# SubjectPublicKeyInfo of a key on P-256 up to the point.
my $P256 = pack 'H*', '3059301306072a8648ce3d020106082a8648ce3d030107034200';
my $DAY = 86400;

# N employers of a world, P-256, expired twenty days ago; each has {dir}, {old}
# (FILE of certificate and key), {pfx}, with that password, and its {id}.
sub many
{
    my ($world, $n, $password) = @_;
    my $first = $world->employers_count;
    my @employers = map { one($world, $_) } $first .. $first + $n - 1;
    my ($from, $until) = (time - 400 * $DAY, time - 20 * $DAY);
    sign($world, $from, $until, @employers);
    my $registry = $world->registry;
    my @ids = $registry->insert_all('employer',
        map { +{ Npie::Registry::employer_row($_) } } @employers);
    $employers[$_]{id} = $ids[$_] for 0 .. $#ids;
    $registry->insert_all('certificate', map { +{ employer => $_->{id},
        generation => 1, additional => 0, holder => '', holder_email => '',
        serial => $_->{serial}, spki => $_->{spki},
        der => encode_base64($_->{der}, ''), not_before => $from,
        not_after => $until, status => 'active', reason => '',
        terms_signed => $from } } @employers);
    Npie::Openssl::pfx_make(file => $_->{pfx} = "$_->{dir}/$_->{rp10}.pfx",
        certificate => "$_->{old}.crt", key => "$_->{old}.key",
        password => $password, name => $_->{rp10}) for @employers;
    return @employers;
}

# The folder, a key and a request.
sub one
{
    my ($world, $n) = @_;
    my $employer = Npie::Employer::record($n);
    my $dir = $employer->{dir} = "$world->{dir}/employers/$employer->{rp10}";
    make_path($dir);
    $employer->{old} = "$dir/old";
    my $conf = spit("$dir/req.cnf", "[req]\nprompt = no\nutf8 = yes\n"
        . "string_mask = utf8only\ndistinguished_name = dn\n"
        . Npie::Openssl::subject_section([[C => 'MX'], [O => $employer->{name}],
            [OU => $employer->{rp10}], [CN => Npie::Employer::person($employer)],
            [serialNumber => $employer->{curp}],
            [x500UniqueIdentifier => $employer->{rfc}]]));
    run('openssl', 'req', '-new', '-config', $conf, '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', "$dir/old.key",
        '-out', "$dir/old.csr");
    return $employer;
}

# Certificates by the issuing authority, into {old}.crt, {der}, {serial} and
# {spki}.
sub sign
{
    my ($world, $from, $until, @employers) = @_;
    my $work = File::Temp->newdir;
    spit("$work/index", '');
    my $conf = Npie::Openssl::ca_conf("$work", 'sha256',
        Npie::Openssl::extensions('leaf'));
    my $ca = "$world->{dir}/ca/issuing";
    run('openssl', 'ca', '-batch', '-notext', '-utf8', '-config', $conf,
        '-rand_serial', '-cert', "$ca.crt", '-keyfile', "$ca.key",
        '-startdate', Npie::Openssl::stamp($from),
        '-enddate', Npie::Openssl::stamp($until),
        '-infiles', map { "$_->{old}.csr" } @employers);
    my %serial = map { (split /\t/)[5] =~ m{/OU=([^/]+)} ? ($1 => (split /\t/)[3]) : () }
        split /\n/, slurp("$work/index");
    for my $employer (@employers) {
        my $serial = $employer->{serial} = $serial{ $employer->{rp10} };
        my $pem = slurp("$work/$serial.pem");
        spit("$employer->{old}.crt", $pem);
        $pem =~ s/-----[^-]+-----//g;
        $employer->{der} = decode_base64($pem);
        $employer->{spki} = sha256_hex(substr $employer->{der},
            index($employer->{der}, $P256), 91);
    }
    return;
}

1;
