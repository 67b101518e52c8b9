# SPDX-License-Identifier: Apache-2.0
# The SQLite registry by way of the sqlite3 program.
package Npie::Registry;

use strict;
use warnings;

use MIME::Base64 qw(encode_base64);
use Npie::Openssl qw(run spit);

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
    my @columns = sort keys %row;
    $self->sql("INSERT INTO $table (" . join(', ', @columns) . ') VALUES ('
        . join(', ', map { quote($row{$_}) } @columns) . ')');
    return;
}

1;
