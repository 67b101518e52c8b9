# SPDX-License-Identifier: Apache-2.0
# What is wrong with the use of the sentences of a list, the first argument, in
# the sources that follow: npie_sentence_fill() in C and say() in scripts.
use strict;
use warnings;

my ($list, @sources) = @ARGV;
sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$in>;
}

my $string = qr/"((?:[^"\\]|\\.)*)"/;
my (%placeholders, %by_key, %used);
my $text = slurp($list);
while ($text =~ /^NPIE_SENTENCE\((\w+),\s*$string,\s*((?:\s*$string)+)\)/mg) {
    my ($name, $key, $sentence) = ($1, $2, $3);
    $by_key{$key} = $name;
    $placeholders{$name} = join ' ', sort { $a cmp $b } keys %{ { map { $_ => 1 } $sentence =~ /\{(\w+)\}/g } };
}
keys %placeholders > 10 or die "$list: no sentences\n";

for my $path (@sources) {
    my $source = slurp($path);
    $used{$1}++ while $source =~ /\bNPIE_S_(\w+)/g;
    while ($source =~ /npie_sentence_fill\(([^;]*?)NPIE_S_(\w+),([^;]*?)NULL\)/g) {
        my ($name, $rest) = ($2, $3);
        my $given = join ' ', sort $rest =~ /,\s*"(\w+)",/g;
        print "$path: $name: $given\n" if $given ne ($placeholders{$name} // 'no such sentence');
    }
    while ($source =~ /\bsay\((?:'([\w.-]+)'|`([\w.-]+)\$\{[^`]*`)(?:, \{([^}]*)\})?\)/g) {
        my ($key, $head, $rest) = ($1, $2, $3 // '');
        my @names = defined $key ? $by_key{"script.$key"} // '-' : @by_key{ grep { /^script\.\Q$head\E/ } keys %by_key };
        print "$path: no sentence script.", $key // $head, "\n" if !@names || $names[0] eq '-';
        1 while $rest =~ s/\([^()]*\)//g;
        my $given = join ' ', sort map { /^\s*(\w+)/ } split /,/, $rest;
        for my $name (grep { $_ ne '-' } @names) {
            $used{$name}++;
            print "$path: $name: $given\n" if $given ne $placeholders{$name};
        }
    }
}
print "$_ is not used\n" for grep { !$used{$_} } sort keys %placeholders;
