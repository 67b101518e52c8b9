# SPDX-License-Identifier: Apache-2.0
# Prints the commands of a section of the manual as they are to be typed, one
# block after the other, or block N of them: runbooks.pl PAGE ID [N].
use strict;
use warnings;

my ($page, $id, $number) = @ARGV;
open my $in, '<', $page or die "$page: $!\n";
my $text = do { local $/; <$in> };
my ($section) = $text =~ m{<h2 id="\Q$id\E">(.*?)(?=<h2 |</main>)}s or die "$page: no section $id\n";
my @blocks = $section =~ m{<pre[^>]*><code>(.*?)</code></pre>}gs;
@blocks = $blocks[$number - 1] // die "$page: $id has no block $number\n" if defined $number;
for (@blocks) {
    s/<[^>]*>//g;
    s/&lt;/</g;
    s/&gt;/>/g;
    s/&quot;/"/g;
    s/&amp;/&/g;
    print;
}
