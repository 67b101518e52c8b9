# SPDX-License-Identifier: Apache-2.0
# Says what Spanish and English do not both have, a line each: of the sentences
# of problem.def, sentence.def and english.def, or of the templates of mails.
use strict;
use warnings;

my ($what, @files) = @ARGV;
sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$in>;
}

my $literals = qr/(?:\s*"(?:[^"\\]|\\.)*")+/;
sub joined
{
    my ($text) = @_;
    return join '', $text =~ /"((?:[^"\\]|\\.)*)"/g;
}

sub placeholders
{
    return join ' ', sort keys %{ { map { $_ => 1 } $_[0] =~ /\{(\w+)\}/g } };
}

# Words in common use in Spanish, the names of things aside.
sub is_spanish
{
    my $text = $_[0] =~ s/Carta de Aceptación de Renovación//gr;
    return $text =~ /(?<![\w{-])(?:al|con|del?|el|las?|los|para|por|que|sin|su|una?|ya)(?![\w}-])/;
}

# Sentences by key, of files with the macros' arguments.
sub sentences
{
    my %texts;
    for my $file (@_) {
        my $text = slurp($file);
        my $strings = $file =~ /problem/ ? 5 : 2;
        while ($text =~ /^NPIE_PROBLEM\((\d+), (\w+)((?:,$literals){$strings})\)/mg) {
            my ($number, $name, $rest) = ($1, $2, $3);
            my @all = map { joined($_) } $rest =~ /,($literals)/g;
            my ($cause, $remedy) = @all[$strings == 5 ? (2, 3) : (0, 1)];
            @texts{"$name $number.cause", "$name $number.remedy"} = ($cause, $remedy);
        }
        while ($text =~ /^NPIE_SENTENCE\((\w+), "([^"]+)",($literals)\)/mg) {
            my ($name, $key, $rest) = ($1, $2, $3);
            $texts{"$name $key"} = joined($rest);
        }
    }
    keys %texts > 100 or die "@_: no sentences\n";
    return %texts;
}

if ($what eq 'sentences') {
    my ($english) = pop @files;
    my %es = sentences(@files);
    my %en = sentences($english);
    for my $key (sort keys %{ { %es, %en } }) {
        my ($one, $other) = ($es{$key}, $en{$key});
        # What is drawn in letters is Spanish.
        my $is_drawn = $key =~ / drawn\./;
        print "$key: ", !defined $one ? "not in Spanish" : $is_drawn ? "letters have no English"
            : !defined $other ? "not in English" : placeholders($one) ne placeholders($other) ? "other placeholders"
            : "in Spanish", "\n"
            if $is_drawn ? defined $other : !defined $one || !defined $other
                || placeholders($one) ne placeholders($other) || is_spanish($other)
                || ($one eq $other && $one =~ /[a-z]{2} [a-z]{2}/);
    }
}
else {
    my %mails = map { $_ => slurp($_) =~ s/^#.*\n//mgr } @files;
    for my $file (sort keys %mails) {
        my $english = $file =~ s/(?:\.en)?\.(\w+)$/.en.$1/r;
        my $spanish = $file =~ s/\.en\././r;
        my ($one, $other) = @mails{$spanish, $english};
        print "$file: not in both\n" if !defined $one || !defined $other;
        next if $file ne $english || !defined $one;
        print "$file: other placeholders\n" if placeholders($one) ne placeholders($other);
        print "$file: in Spanish\n" if is_spanish($other =~ s/<[^>]*>//gr);
        print "$file: other links\n"
            if join(' ', sort $one =~ /href="([^"]*)"/g) ne join(' ', sort $other =~ /href="([^"]*)"/g);
    }
}
