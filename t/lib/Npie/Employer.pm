# SPDX-License-Identifier: Apache-2.0
# Made-up employers: their records, check digits, certificates and files.
package Npie::Employer;

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Npie::Openssl ();

my @FIELDS = qw(rp rfc user name given surname surname2 curp entity city
    municipality colony street outer inner postcode email phone fax);
my $HERE = dirname(dirname(Cwd::abs_path(__FILE__)));
my $DAY = 86400;

# The n-th employer, from 0: the list's rows, then the same people with
# registration numbers of their own.
sub record
{
    my ($n) = @_;
    my @rows = grep { !/^#/ } split /\n/,
        Npie::Openssl::slurp("$HERE/employers.tsv");
    my %record;
    @record{@FIELDS} = split /\t/, $rows[$n % @rows], -1;
    if ($n >= @rows) {
        my $rp10 = sprintf 'T%02d%05d10', $n % 90 + 10, $n;
        @record{qw(rp user)} = ($rp10 . rp_digit($rp10), $rp10);
    }
    $record{rp10} = substr $record{rp}, 0, 10;
    return \%record;
}

# The first N employers as a file for npiectl employer import.
sub csv
{
    my ($count) = @_;
    my @names = qw(razon_social registro_patronal rfc usuario nombre
        apellido_paterno apellido_materno curp entidad ciudad municipio colonia
        calle numero_exterior numero_interior codigo_postal correo telefono);
    my @fields = qw(name rp rfc user given surname surname2 curp entity city
        municipality colony street outer inner postcode email phone);
    return join '', map { join(',', map { s/"/""/gr =~ s/(.*)/"$1"/sr } @$_) . "\n" }
        \@names, map { my $e = record($_); [ @$e{@fields} ] } 0 .. $count - 1;
}

# Check digit of a registro patronal: a letter counts as two digits (A = 10),
# then Luhn from the right, first factor 2.
sub rp_digit
{
    my ($rp10) = @_;
    (my $digits = $rp10) =~ s/^([A-Z])/ord($1) - 55/e;
    my ($factor, $sum) = (2, 0);
    for my $digit (reverse split //, $digits) {
        my $value = $digit * $factor;
        $sum += $value > 9 ? $value - 9 : $value;
        $factor = 3 - $factor;
    }
    return (10 - $sum % 10) % 10;
}

# When each kind of certificate begins and ends, in days from now.
my %KINDS = (
    expired => [-400, -20],
    long => [-4000, -3000],
    valid => [-100, 300],
    early => [-360, 10],
    future => [5, 400],
);

# Makes an employer's folder below DIR with old.key and old.crt.
# n; ca (FILE of the issuer); kind, or [from, until] in days; key (rsa:1024 ...); md; holder (another
# common name); file (old).
sub make
{
    my ($class, %arg) = @_;
    my $self = bless { %{ record($arg{n}) } }, $class;
    $self->{dir} = "$arg{dir}/$self->{rp10}";
    $self->{kind} = $arg{kind} // 'expired';
    make_path($self->{dir});
    $self->{old} = $self->certify(
        file => "$self->{dir}/" . ($arg{file} // 'old'), ca => $arg{ca},
        kind => $self->{kind}, key => $arg{key} // 'rsa:2048',
        md => $arg{md}, holder => $arg{holder});
    return $self;
}

# The legal representative's whole name, as certificates have it.
sub person
{
    my ($employer) = @_;
    return join ' ', grep { $_ ne '' } @$employer{qw(given surname surname2)};
}

# A certificate in this employer's name; returns FILE.
sub certify
{
    my ($self, %arg) = @_;
    my ($from, $until) = @{ ref $arg{kind} ? $arg{kind}
        : $KINDS{ $arg{kind} } // die "kind $arg{kind}\n" };
    my $holder = $arg{holder} // person($self);
    return Npie::Openssl::certificate_make(
        file => $arg{file}, key => $arg{key}, ca => $arg{ca},
        md => $arg{md} // 'sha256', extensions => 'leaf',
        email => $self->{email},
        from => time + $from * $DAY, until => time + $until * $DAY,
        subject => [
            [C => 'MX'], [O => $self->{name}], [OU => $self->{rp10}],
            [CN => $holder], [serialNumber => $self->{curp}],
            [x500UniqueIdentifier => $self->{rfc}],
        ]);
}

1;
