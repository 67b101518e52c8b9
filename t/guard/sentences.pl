# SPDX-License-Identifier: Apache-2.0
# Lists the Spanish sentences in sources of C and JavaScript: strings with a
# letter or mark that English lacks, or with one of the commonest words of
# Spanish among others. Adjacent strings of C are one.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

my $only = qr/[áéíóúüñÁÉÍÓÚÑ¿¡«»…]/;
my $common = qr/(?<![\w{-])(?:al|con|de|del|el|en|hay|la|las|los|para|por|que|se|sin|su|una|ya)(?![\w}-])/i;
my $c_string = qr/"(?:[^"\\\n]|\\.)*"/;

for my $path (@ARGV) {
    open my $in, '<', $path or die "$path: $!\n";
    my $text = do { local $/; <$in> };
    my $js = $path =~ /\.m?js$/;
    my $string = $js ? qr/$c_string|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/s : $c_string;
    my $comment = $js ? qr{//[^\n]*|/\*.*?\*/}s : qr{/\*.*?\*/}s;
    while ($text =~ m{\G(?:($comment)|($string(?:\s*\+?\s*$string)*)|('(?:[^'\\\n]|\\.)+')|(.))}gcs) {
        my $literal = $2 // next;
        my $line = 1 + (substr($text, 0, $-[2]) =~ tr/\n//);
        $literal =~ s/^["'`]|["'`]$//g;
        $literal =~ s/["'`]\s*\+?\s*["'`]//g;
        $literal =~ tr{\n}{ };
        print "$path:$line: $literal\n"
            if $literal =~ $only || ($literal =~ /\S \S/ && $literal =~ $common);
    }
}
