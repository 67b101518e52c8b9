# SPDX-License-Identifier: Apache-2.0
# Timestamps of an outside authority on letters: made, judged by us and by
# others, and an authority that answers as it should not.
use strict;
use warnings;
use File::Temp ();
use JSON::PP ();
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::Tsa;

my $world = world();
my $dir = File::Temp->newdir;
my $tsa = Npie::Tsa->start("$world->{dir}/ca", "$dir");
my $r = renewal('listo');
my $letter = $r->{client}->letter('carta.html');
my $anybody = browser();
spit("$dir/carta.pdf", $letter);

# npiectl letter WORDS; the exit status and what it said.
sub ctl
{
    my @words = @_;
    my $said = join ' ', map { "'$_'" } @words;
    my $out = qx($ENV{NPIE_BUILD}/npiectl -c '$world->{dir}/npiectl.conf' -j letter $said 2>$dir/err);
    return ($? >> 8, length $out ? JSON::PP::decode_json($out) : undef);
}

sub dated
{
    my ($from, $to) = @_;
    return ctl('timestamp', '--url', $tsa->{url}, '--tsa', "$world->{dir}/ca/tsa-root.crt",
        "$dir/$from", "$dir/$to");
}

sub found
{
    my ($bytes) = @_;
    return JSON::PP::decode_json($anybody->post_multipart('/npie/verificar.html',
        [carta => \ ['carta.pdf', $bytes]], json => 1)->{body});
}

my ($status, $made) = dated('carta.pdf', 'fechada.pdf');
is($status, 0, 'a letter is dated') or diag(slurp("$dir/err"));
like($made->{authority}, qr/^Reloj de demostr/, 'by whom');
my $file = slurp("$dir/fechada.pdf");
is(substr($file, 0, length $letter), $letter, 'what was there stays');
my $found = found($file);
is_deeply([@$found{qw(outcome after)}, @{ $found->{timestamps} }{qw(signature count)}],
    ['sealed', 0, 'good', 1], 'the page knows it');
is_deeply($found->{proved}, {by => 'timestamp', time => $made->{time}}, 'and what it proves');
like($anybody->post_multipart('/npie/verificar.html', [carta => \ ['c.pdf', $file]])->{body},
    qr/Sello de tiempo.*Reloj de demostración/s, 'for people too');

# Others, with the roots alone.
my ($range, $hex) = $file =~ m{/SubFilter /ETSI.RFC3161\n/ByteRange \[([\d ]+)\]\n/Contents <([0-9a-f]+)>};
my @at = split ' ', $range;
spit("$dir/content", substr($file, 0, $at[1]) . substr($file, $at[2], $at[3]));
my $token = pack 'H*', $hex;
my $size = 4 + unpack 'x2 n', $token;
spit("$dir/token", substr $token, 0, $size);
like(run('openssl', 'ts', '-verify', '-token_in', '-in', "$dir/token", '-data', "$dir/content",
    '-CAfile', "$world->{dir}/ca/tsa-root.crt"), qr/OK/, 'openssl ts accepts the token');
like(run('qpdf', '--check', "$dir/fechada.pdf"), qr/No syntax or stream encoding errors/,
    'qpdf the file');
my $pdfsig = run('pdfsig', '-nocert', "$dir/fechada.pdf");
# This poppler does not verify document timestamps, but sees what they cover.
is(() = $pdfsig =~ /Signature is Valid/g, 2, 'pdfsig accepts both signatures') or diag($pdfsig);
like($pdfsig, qr/Signature #3.*Total document signed/s, 'and that the third covers the file');
like($file, qr{/Type /DSS\n/Certs \[ [\d R]+\]\n/OCSPs \[ [\d R]+\]\n/CRLs \[ [\d R]+\]\n},
    'the file carries certificates, OCSP responses and a CRL');

# A further one, before the authority's certificate ends.
($status) = dated('fechada.pdf', 'otra.pdf');
is($status, 0, 'dated once more') or diag(slurp("$dir/err"));
my $again = found(slurp("$dir/otra.pdf"));
is_deeply([$again->{outcome}, @{ $again->{timestamps} }{qw(signature count)},
    $again->{proved}{time}], ['sealed', 'good', 2, $made->{time}], 'the first proves the time');

# Without that authority in npiectl.conf the letter is what it was, undated.
($status, my $alone) = ctl('verify', "$dir/fechada.pdf");
is_deeply([$status, $alone->{outcome}, $alone->{timestamps}{signature}, $alone->{proved}{by}],
    [0, 'sealed', 'untrusted', 'record'], 'an authority that is not trusted proves nothing');

# Tampered with.
sub altered
{
    my ($at) = @_;
    substr(my $copy = $file, $at, 1) ^= "\x01";
    my $found = found($copy);
    return "$found->{outcome} " . ($found->{where} // '-');
}
is(altered(4000), 'altered letter', 'a byte of the letter');
is(altered(length($letter) - 40), 'altered seal', 'of the seal');
is(altered(length($letter) + 200), 'altered timestamp', 'of what the timestamp covers');
is(altered(length($file) - 20), 'altered timestamp', 'of its end');
my $other = renewal('listo')->{client}->letter('carta.html');
my $moved = found($other . substr $file, length $letter);
is_deeply([@$moved{qw(outcome where)}, $moved->{timestamps}{signature}],
    ['altered', 'timestamp', 'damaged'], 'the timestamp of another letter');

# Nothing wrong is taken, and nothing is lost.
my %says = (garbage => qr/no timestamp response/, html => qr/timestamp-reply/,
    old => qr/another request/, refuse => qr/sin saldo/, ended => qr/not of a trusted/);
for my $faults (sort keys %says) {
    $tsa->faults($faults);
    ($status) = dated('carta.pdf', "$faults.pdf");
    isnt($status, 0, "an authority with $faults: refused");
    like(slurp("$dir/err"), $says{$faults}, 'and says so');
    ok(!-e "$dir/$faults.pdf", 'no file');
}
$tsa->stop;
($status) = dated('carta.pdf', 'away.pdf');
is($status, 3, 'an authority that is away');
like(slurp("$dir/err"), qr/127\.0\.0\.1/, 'is named');
spit("$dir/sin-sello.pdf", $letter =~ s/%%EOF\n.*/%%EOF\n/sr);
($status) = dated('sin-sello.pdf', 'no.pdf');
is($status, 1, 'a letter without a seal');
like(slurp("$dir/err"), qr/not sealed/, 'takes no timestamp');
done_testing;
