# SPDX-License-Identifier: Apache-2.0
# Letters of a renewal by openssl and of one by npie-renew, dated, in the hands
# of strangers who have the roots alone: openssl, and PDFBox with BouncyCastle;
# today, and in 2046.
use strict;
use warnings;
use File::Temp ();
use JSON::PP ();
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Renew;
use Npie::Test;
use Npie::Tsa;

my $TOP = $ENV{NPIE_TOP};
my $world = world();
my $ca = "$world->{dir}/ca";
my $dir = File::Temp->newdir;
my $tsa = Npie::Tsa->start($ca, "$dir");
my @roots = map { "$ca/$_.crt" } qw(root old tsa-root);
my $jars = join ':', map { "/usr/share/java/$_.jar" }
    qw(pdfbox2 fontbox2 commons-logging bcpkix bcprov bcutil);
spit("$dir/roots.pem", join '', map { slurp($_) } @roots);

# Every signature of a file: kind, CMS and what it covers.
sub signatures
{
    my ($pdf) = @_;
    my @found;
    while ($pdf =~ m{/SubFilter /ETSI\.(\S+)\n/ByteRange \[(\d+) (\d+) (\d+) (\d+) *\]\n/Contents <([0-9a-f]+)>}g) {
        my ($kind, @range) = ($1, $2, $3, $4, $5);
        my $der = pack 'H*', $6;
        push @found, { kind => $kind, cms => substr($der, 0, 4 + unpack 'x2 n', $der),
            content => substr($pdf, $range[0], $range[1]) . substr($pdf, $range[2], $range[3]) };
    }
    return @found;
}

# openssl and a clock; what it says, '' when it is content.
sub openssl
{
    my ($clock, @words) = @_;
    my $said = join ' ', map { "'$_'" } @words;
    my $out = qx(faketime '$clock' openssl $said 2>&1 >/dev/null);
    return $? == 0 ? '' : $out;
}

my $r = renewal('listo');
my %letters = (
    'openssl, letter 1' => $r->{client}->letter('carta.html'),
    'openssl, letter 2' => $r->{client}->letter('terminos.html'),
);
my $folder = folder();
my $renewed = renew('--pfx', pfx(windows => 0)->{pfx}, '--out', "$folder/n.pfx", options($folder), at());
is($renewed->{code}, 0, 'npie-renew') or diag($renewed->{err});
$letters{'npie-renew, letter 1'} = slurp("$folder/n-carta.pdf");
$letters{'npie-renew, letter 2'} = slurp("$folder/n-terminos.pdf");
spit("$dir/npiectl.conf", slurp("$world->{dir}/npiectl.conf") . "TimestampTrust $ca/tsa-root.crt\n");

for my $name (sort keys %letters) {
    unlink "$dir/dated.pdf";
    spit("$dir/sealed.pdf", $letters{$name});
    run("$ENV{NPIE_BUILD}/npiectl", '-c', "$dir/npiectl.conf", 'letter', 'timestamp',
        '--url', $tsa->{url}, '--tsa', "$ca/tsa-root.crt", "$dir/sealed.pdf", "$dir/dated.pdf");
    my $pdf = slurp("$dir/dated.pdf");
    my @all = signatures($pdf);
    is(join(' ', map { $_->{kind} } @all), 'CAdES.detached CAdES.detached RFC3161', "$name: three");
    for my $clock ('now', '2046-06-01 12:00:00') {
        for my $i (0, 1) {
            spit("$dir/cms", $all[$i]{cms});
            spit("$dir/content", $all[$i]{content});
            # Letter 1 is signed with a certificate that has expired.
            my @when = $i == 0 && $name =~ /1$/ ? '-no_check_time' : ('-attime', time);
            is(openssl($clock, qw(cms -verify -cades -binary -inform DER -purpose any), @when,
                '-in', "$dir/cms", '-content', "$dir/content", '-CAfile', "$dir/roots.pem"), '',
                "$name, $clock: openssl accepts signature $i");
        }
        spit("$dir/token", $all[2]{cms});
        spit("$dir/content", $all[2]{content});
        is(openssl($clock, qw(ts -verify -token_in -attime), time, '-in', "$dir/token",
            '-data', "$dir/content", '-CAfile', "$ca/tsa-root.crt"), '',
            "$name, $clock: and the timestamp");
        my $said = qx(faketime '$clock' $ENV{NPIE_BUILD}/npiectl -c '$dir/npiectl.conf' -j letter verify $dir/dated.pdf 2>$dir/err);
        my $view = eval { JSON::PP::decode_json($said) } // {};
        is(($view->{outcome} // '') . ' ' . ($view->{proved}{by} // ''), 'sealed timestamp',
            "$name, $clock: our verdict, and since when") or diag($said, slurp("$dir/err"));
    }
    my $said = qx(java -cp $jars $TOP/t/lib/Judge.java @{[time]} $dir/dated.pdf @roots 2>&1);
    is(scalar(() = $said =~ /good /g), 3, "$name: so do PDFBox and BouncyCastle") or diag($said);
    # They see what is wrong.
    my $at = index($pdf, '/Title');
    substr($pdf, $at + 1, 1) = 't';
    spit("$dir/bad.pdf", $pdf);
    unlike(qx(java -cp $jars $TOP/t/lib/Judge.java @{[time]} $dir/bad.pdf @roots 2>&1),
        qr/good /, "$name: altered, none is good");
}
$tsa->stop;
done_testing;
