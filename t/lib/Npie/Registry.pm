# SPDX-License-Identifier: Apache-2.0
# The SQLite registry by way of the sqlite3 program.
package Npie::Registry;

use strict;
use warnings;

use File::Temp ();
use MIME::Base64 qw(encode_base64);
use Npie::Openssl qw(run);
use Time::Local ();

sub new
{
    my ($class, $file) = @_;
    return bless { file => $file }, $class;
}

# Applies the schema steps of a folder to a new database.
sub create
{
    my ($self, $dir) = @_;
    my @steps = sort glob "$dir/*.sql";
    @steps or die "$dir: no schema there\n";
    $self->sql(".read $_") for @steps;
    return;
}

# Runs SQL or sqlite3 commands; rows come back as an array of arrays.
sub sql
{
    my ($self, $text) = @_;
    my $out = run('sqlite3', '-bail', '-batch', '-separator', "\x1f",
        '-newline', "\x1e", '-cmd', '.timeout 5000', $self->{file}, $text);
    return map { [split /\x1f/, $_, -1] } split /\x1e/, $out;
}

# The first column of the first row.
sub value
{
    my ($self, $text) = @_;
    my ($row) = $self->sql($text);
    return $row ? $row->[0] : undef;
}

sub quote
{
    my ($text) = @_;
    $text =~ s/'/''/g;
    return "'$text'";
}

sub insert
{
    my ($self, $table, %row) = @_;
    return $self->value(insert_text($table, %row));
}

sub insert_text
{
    my ($table, %row) = @_;
    my @columns = sort grep { defined $row{$_} } keys %row;
    return "INSERT INTO $table (" . join(', ', @columns) . ') VALUES ('
        . join(', ', map { quote($row{$_}) } @columns) . ') RETURNING id';
}

# Inserts many rows ({...}, ...) at once; returns their ids in order.
sub insert_all
{
    my ($self, $table, @rows) = @_;
    my $file = File::Temp->new;
    print $file "BEGIN;\n", (map { insert_text($table, %$_) . ";\n" } @rows),
        "COMMIT;\n";
    close $file;
    return map { $_->[0] } $self->sql('.read ' . $file->filename);
}

# The row of an Npie::Employer; notes its {id}.
sub employer_insert
{
    my ($self, $employer) = @_;
    return $employer->{id} = $self->insert('employer', employer_row($employer));
}

sub employer_row
{
    my ($employer) = @_;
    return ((map { $_ => $employer->{$_} } qw(name rp rfc surname surname2 curp
            entity city municipality colony street postcode email phone fax)),
        username => $employer->{user}, given_name => $employer->{given},
        outer_number => $employer->{outer}, inner_number => $employer->{inner},
        subdelegation => $employer->{municipality});
}

# The row of a certificate in FILE.crt, as if its letter 2 had been signed.
# row: columns that differ, e.g. status, ended, reason, additional, holder.
sub certificate_insert
{
    my ($self, $employer, $file, %row) = @_;
    my ($from, $until) = map { date($_) } split /\n/, run('openssl', 'x509',
        '-in', "$file.crt", '-noout', '-dates', '-dateopt', 'iso_8601');
    my ($serial) = run('openssl', 'x509', '-in', "$file.crt", '-noout',
        '-serial') =~ /=(\S+)/;
    return $self->insert('certificate', employer => $employer->{id},
        generation => 1, additional => 0, holder => '', holder_email => '',
        serial => $serial, spki => Npie::Openssl::spki_sha256("$file.crt"),
        der => encode_base64(Npie::Openssl::certificate_der("$file.crt"), ''),
        not_before => $from, not_after => $until, status => 'active',
        reason => '', terms_signed => $from, %row);
}

# openssl's "notAfter=2026-11-01 19:32:36Z" as seconds since 1970.
sub date
{
    my ($text) = @_;
    my @part = $text =~ /=(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)Z/
        or die "no date: $text\n";
    return Time::Local::timegm(reverse(@part[3 .. 5]), $part[2], $part[1] - 1,
        $part[0]);
}

1;
