# SPDX-License-Identifier: Apache-2.0
# A letter as a file in the hands of an employer who has openssl: what of it
# is signed, and the signature in it.
package Npie::Letter;

use strict;
use warnings;

use File::Temp ();
use Npie::Openssl qw(run spit);

# The bytes that the first signature field covers.
sub signed_part
{
    my ($pdf) = @_;
    my ($from, $len, $from2, $len2) = byte_range($pdf);
    return substr($pdf, $from, $len) . substr($pdf, $from2, $len2);
}

sub byte_range
{
    my ($pdf) = @_;
    my @range = $pdf =~ m{/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]}
        or die "the letter has no ByteRange\n";
    # All of the file but the institute's seal.
    my $rest = substr $pdf, $range[2] + $range[3];
    $range[0] == 0 && $rest =~ /^(?:\d+ 0 obj\n.*\/T \(Instituto\).*%%EOF\n)?\z/s
        or die "the ByteRange is not the whole file\n";
    return @range;
}

# The CMS in the field, DER, or '' when there is none.
sub signature
{
    my ($pdf) = @_;
    my (undef, $len, $from2) = byte_range($pdf);
    my $hex = substr $pdf, $len + 1, $from2 - $len - 2;
    my $bytes = pack 'H*', $hex;
    return '' if $bytes !~ /[^\0]/;
    my ($head, $more) = unpack 'x C', $bytes;
    return $bytes if $head < 0x80;
    my $digits = $head & 0x7f;
    my $content = hex unpack 'H*', substr $bytes, 2, $digits;
    return substr $bytes, 0, 2 + $digits + $content;
}

# What poppler says of the two signatures; qpdf must find nothing wrong. world:
# whose root certificates are known, and nothing below them: the letter carries
# the rest.
sub judged
{
    my ($pdf, $world) = @_;
    my $dir = File::Temp->newdir;
    run('certutil', '-N', '-d', "sql:$dir", '--empty-password');
    run('certutil', '-A', '-n', $_, '-t', 'CT,CT,CT', '-d', "sql:$dir",
        '-i', "$world->{dir}/ca/$_.crt") for qw(root old);
    my $file = spit("$dir/letter.pdf", $pdf);
    run('qpdf', '--check', $file);
    return split /Signature #2/, run('pdfsig', '-nssdir', "sql:$dir", $file);
}

1;
