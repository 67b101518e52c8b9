# SPDX-License-Identifier: Apache-2.0
# What a folder of schema steps amounts to, a line for each column, key, check,
# index and row it writes, in one spelling for both databases:
# schema.pl FOLDER. A statement that it does not know is an error.
use strict;
use warnings;

my (%column, %reference, %check, %index, @rows);

sub one_space { return $_[0] =~ s/\s+/ /gr =~ s/^ | $//gr =~ s/\( /(/gr =~ s/ \)/)/gr }

# The parts of a list between commas that stand in no brackets.
sub parts
{
    my ($depth, @parts) = (0, '');
    for my $piece (split /([(),])/, $_[0]) {
        if ($piece eq ',' && $depth == 0) {
            push @parts, '';
            next;
        }
        $depth += $piece eq '(' ? 1 : $piece eq ')' ? -1 : 0;
        $parts[-1] .= $piece;
    }
    return map { one_space($_) } @parts;
}

my $brackets = qr/(\((?:[^()]++|(?1))*\))/;

sub column_add
{
    my ($table, $name, $what) = @_;
    my $n = '';
    while ($what =~ s/\bCHECK $brackets//) {
        $check{$table}{"${table}_${name}_check$n"} = $1;
        $n = ($n || 0) + 1;
    }
    $reference{$table}{$name} = $1 if $what =~ s/\bREFERENCES (\w+ \(\w+\))//;
    $what =~ s/\b(?:BIG|SMALL)INT\b/INTEGER/;
    $what =~ s/\b(?:BYTEA|BLOB|ANY)\b/BINARY/;
    $what =~ s/NOT NULL PRIMARY KEY AUTOINCREMENT|GENERATED ALWAYS AS IDENTITY PRIMARY KEY/NUMBERED/;
    $column{$table}{$name} = one_space($what);
    return;
}

sub table_add
{
    my ($table, $list) = @_;
    my $n = 0;
    for my $part (parts($list)) {
        if ($part =~ /^CHECK $brackets$/) {
            $check{$table}{"${table}_check" . $n++} = $1;
        } elsif ($part =~ /^(?:UNIQUE|PRIMARY KEY) \(/) {
            $index{$table}{$part} = 1;
        } else {
            my ($name, $what) = $part =~ /^(\w+) (.*)/ or die "column: $part\n";
            column_add($table, $name, $what);
        }
    }
    return;
}

sub alter
{
    my ($table, $what) = @_;
    if ($what =~ /^ADD COLUMN (\w+) (.*)/) {
        column_add($table, $1, $2);
    } elsif ($what =~ /^ADD CONSTRAINT (\w+) CHECK (.*)/) {
        $check{$table}{$1} = $2;
    } elsif ($what =~ /^DROP CONSTRAINT (\w+)$/) {
        delete $check{$table}{$1} // die "no constraint $1\n";
    } elsif ($what =~ /^ADD FOREIGN KEY/) {
        for (parts($what)) {
            /^ADD FOREIGN KEY \((\w+)\) REFERENCES (.*)/ or die "key: $_\n";
            $reference{$table}{$1} = $2;
        }
    } elsif ($what =~ /^ALTER COLUMN (\w+) DROP IDENTITY$/) {
        $column{$table}{$1} =~ s/NUMBERED/NOT NULL PRIMARY KEY/ or die "$1 is not numbered\n";
    } elsif ($what =~ /^ALTER COLUMN (\w+) TYPE BYTEA USING /) {
        $column{$table}{$1} =~ s/\bTEXT\b/BINARY/ or die "$1 is no text\n";
    } elsif ($what =~ /^ALTER COLUMN (\w+) SET STORAGE EXTERNAL$/) {
        $column{$table}{$1} =~ /\bBINARY\b/ or die "$1 is not binary\n";
    } elsif ($what =~ /^RENAME TO (\w+)$/) {
        $_->{$1} = delete $_->{$table} for grep { $_->{$table} } \(%column, %reference, %check, %index);
    } else {
        die "ALTER TABLE $table $what\n";
    }
    return;
}

my @files = sort glob "$ARGV[0]/*.sql";
die "$ARGV[0] has no schema\n" if !@files;
for my $file (@files) {
    open my $in, '<', $file or die "$file: $!\n";
    my $text = do { local $/; <$in> } =~ s/--.*//gr;
    close $in;
    print 'file ', $file =~ s{.*/}{}r, "\n";
    for my $statement (map { one_space($_) } split /;/, $text) {
        if ($statement =~ /^(?:BEGIN|COMMIT|PRAGMA .*|INSERT INTO \w+_new SELECT .*|)$/) {
            next;
        } elsif ($statement =~ /^CREATE TABLE (\w+) \((.*)\)(?: STRICT)?$/) {
            table_add($1, $2);
        } elsif ($statement =~ /^CREATE (UNIQUE )?INDEX (\w+ ON (\w+) .*)/) {
            $index{$3}{($1 // '') . $2} = 1;
        } elsif ($statement =~ /^DROP INDEX (\w+)$/) {
            my $gone = $1;
            my $found = 0;
            for my $of (values %index) {
                $found += defined delete $of->{$_} for grep { /^(?:UNIQUE )?\Q$gone\E ON / } keys %$of;
            }
            $found == 1 or die "$file: $statement: there is none\n";
        } elsif ($statement =~ /^DROP TABLE (\w+)$/) {
            delete $_->{$1} for \(%column, %reference, %check, %index);
        } elsif ($statement =~ /^ALTER TABLE (\w+) (.*)/) {
            alter($1, $2);
        } elsif ($statement =~ /^(?:INSERT INTO|UPDATE) /) {
            push @rows, $statement;
        } else {
            die "$file: $statement\n";
        }
    }
}
for my $table (sort keys %column) {
    print "$table: $_ $column{$table}{$_}\n" for sort keys %{ $column{$table} };
    print "$table: $_ is $reference{$table}{$_}\n" for sort keys %{ $reference{$table} };
    print "$table: $_\n" for sort map { one_space("check $_") } values %{ $check{$table} };
    print "$table: $_\n" for sort keys %{ $index{$table} };
}
print "$_\n" for @rows;
