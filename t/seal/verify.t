# SPDX-License-Identifier: Apache-2.0
# verificar.html for programs: what it says of letters, and its bounds.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use File::Temp ();
use Npie::Openssl qw(certificate_make cms_sign spit);
use Npie::Test;

my $r = renewal('listo');
my $letter = $r->{client}->letter('carta.html');
my $anybody = browser();

sub verify
{
    my ($bytes, %arg) = @_;
    return $anybody->post_multipart('/npie/verificar.html',
        [carta => \ ['carta.pdf', $bytes]], json => 1, %arg);
}

sub found
{
    my ($bytes, $what) = @_;
    my $answer = verify($bytes);
    is($answer->{status}, 200, "$what: answered");
    return JSON::PP::decode_json($answer->{body});
}

my $good = found($letter, 'a sealed letter');
is($good->{outcome}, 'sealed', 'it is');
is($good->{after}, 0, 'nothing after it');
is($good->{employer}{signature}, 'good', 'signed');
ok($good->{employer}{expiredThen}, 'with an expired certificate');
is($good->{employer}{certificate}{rp}, substr($good->{letter}{rp}, 0, 10), 'of this employer');
like($good->{seal}{certificate}{name}, qr/^Instituto de Demo/, 'sealed');
is($good->{institute}{record}, 'same', 'the institute has it');
is($good->{institute}{folio}, $good->{letter}{folio}, 'under its folio');
is($good->{institute}{signer}{status}, 'superseded', 'its signer, by the letter itself');
is($good->{institute}{certificate}{status}, 'active', 'what was made upon it');
is_deeply($good->{proved}, {by => 'record', time => $good->{institute}{signed}}, 'since when');
like($good->{letter}{cadena}, qr/^\|\|1\.0\|1\|/, 'and says what it says');

my ($signed) = $letter =~ /^(.*?%%EOF\n)/s;
is(found($signed, 'without its seal')->{outcome}, 'signed', 'it is signed');
substr(my $altered = $letter, 4000, 1) ^= "\x01";
my $bad = found($altered, 'an altered one');
is_deeply([$bad->{outcome}, $bad->{employer}{signature}, $bad->{letter}],
    ['altered', 'altered', undef], 'says so, and nothing else');
my $more = found("$letter ", 'with a byte more');
is_deeply([@$more{qw(outcome where after)}], ['altered', 'after', 1], 'counts it');
my $less = found(" $letter", 'with a byte before it');
is_deeply([@$less{qw(outcome where before)}], ['altered', 'before', 1], 'counts it');
# npiectl asks the same registry, or says that it did not.
{
    my $file = File::Temp->new(SUFFIX => '.pdf');
    my $conf = world()->{dir} . '/npiectl.conf';
    my $ctl = sub {
        my ($bytes, @option) = @_;
        spit($file->filename, $bytes);
        # The exit status is 1 for all but the good ones.
        my $said = qx($ENV{NPIE_BUILD}/npiectl -c '$conf' -j letter verify @option '$file');
        is($? >> 8, $said =~ /"outcome": ?"(?:sealed|signed)"/ ? 0 : 1, 'and so it ends');
        return JSON::PP::decode_json($said);
    };
    for ([$letter, 'sealed'], [$signed, 'signed'], [$altered, 'altered']) {
        my ($bytes, $outcome) = @$_;
        my $said = $ctl->($bytes);
        is($said->{outcome}, $outcome, "npiectl: $outcome");
        is_deeply($said, found($bytes, 'as the page'), 'word for word');
    }
    my $alone = $ctl->($signed, '--offline');
    is_deeply([$alone->{outcome}, $alone->{institute}{record}], ['unknown', 'unasked'],
        'a letter without a seal is nothing without the registry');
}
is(found('hola', 'no PDF')->{outcome}, 'foreign', 'is none of ours');

# The same letter with another seal in its place: of a certificate for seals by
# an older authority that is trusted, by the issuing one, and by that of the
# seal's predecessor.
sub resealed
{
    my ($file) = @_;
    my $hex = index($letter, '/Contents <', length $signed) + 11;
    my $end = index($letter, '>', $hex);
    my $content = substr($letter, 0, $hex - 1) . substr($letter, $end + 1);
    my $cms = unpack 'H*', cms_sign($content, certificate => "$file.crt",
        key => "$file.key");
    return substr($letter, 0, $hex) . $cms . '0' x ($end - $hex - length $cms)
        . substr($letter, $end);
}

my $ca = world()->{dir} . '/ca';
my $dir = File::Temp->newdir;
for my $by (qw(old issuing)) {
    certificate_make(file => "$dir/$by", key => 'rsa:2048', extensions => 'seal',
        subject => [[CN => 'Sello ajeno']], from => time - 86400, until => time + 86400,
        ca => "$ca/$by");
    my $forged = resealed("$dir/$by");
    my $found = found($forged, "with a seal that the $by authority certified");
    is_deeply([$found->{outcome}, $found->{employer}{signature}, $found->{seal}{signature}],
        [qw(doubtful good unknown)], 'is told from the institute\'s');
    is($found->{seal}{certificate}{name}, 'Sello ajeno', 'whose it is');
    like(verify($forged, json => 0)->{body}, qr/un sello que este sitio no conoce/, 'for people too');
}
is(found(resealed("$ca/seal-before"), 'with the seal of before')->{outcome}, 'sealed',
    'it is still sealed');

is(verify('%PDF-1.4' . 'x' x 1_000_000)->{status}, 413, 'longer than any letter');
is(verify('x' x 1_100_000)->{status}, 413, 'longer than any body');
is($anybody->post('/npie/verificar.html', [])->{status}, 303, 'no file: the form again');
is(verify($letter, curl => ['-H', 'Origin: https://other.example'])->{status}, 403,
    'not from another site\'s page');
is(JSON::PP::decode_json($anybody->get('/npie/verificar.html', json => 1)->{body})->{field},
    'carta', 'a program is told what to send');
my $page = $anybody->get('/npie/verificar.html');
is($page->{status}, 200, 'the form needs no session');
like($page->{headers}, qr/^Cache-Control: no-store/mi, 'and is not cached');
done_testing;
