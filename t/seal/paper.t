# SPDX-License-Identifier: Apache-2.0
# A printed letter: its QR code, read from a picture, leads to the institute's
# own record of it, and nothing else does.
use strict;
use warnings;
use File::Temp ();
use JSON::PP ();
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $r = renewal('listo');
my $folder = File::Temp->newdir;
my $anybody = browser();

# What a scanner reads from a letter's pages, and from the words on them.
sub scanned
{
    my ($pdf, $dpi) = @_;
    spit("$folder/l.pdf", $pdf);
    run('sh', '-c', "cd $folder && rm -f l-*.png && pdftoppm -gray -png -r $dpi l.pdf l"
        . ' && { zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable l-*.png || [ $? = 4 ]; }');
}

sub record
{
    my ($folio, $code) = @_;
    my $answer = $anybody->get("/npie/verificar.html?folio=$folio&codigo=$code", json => 1);
    return ($answer->{status}, eval { JSON::PP::decode_json($answer->{body}) });
}

my %seen;
for my $name (qw(CartadeAceptaciondeRenovacion TerminosyCondiciones)) {
    my $pdf = $r->{client}->get("/npie/$name.pdf")->{body};
    chomp(my $address = scanned($pdf, 100));
    like($address, qr{^\Q@{[world()->url]}\E/npie/verificar\.html\?folio=\d+&codigo=[0-9a-f]{32}$},
        "$name: the code leads to this server");
    my ($folio, $code) = $address =~ /folio=(\d+)&codigo=(\w+)/;
    $seen{$name} = [$folio, $code];
    my $text = run('pdftotext', '-layout', "$folder/l.pdf", '-');
    like($text, qr/Código: $code/, "$name: which stands beside it");
    my ($status, $found) = record($folio, $code);
    is($status, 200, "$name: who holds it sees its record");
    is($found->{outcome}, 'sealed', "$name: sealed");
    is($found->{institute}{folio}, $folio, "$name: of its folio");
    is($found->{institute}{record}, 'same', "$name: as the institute has it");
    like($text, qr/Sello: $found->{seal}{certificate}{serial}\b/, "$name: the seal's serial");
    like($text, qr/Patrón: $found->{employer}{certificate}{serial}\b/, "$name: the signer's");
    is((record($folio, uc $code))[0], 200, "$name: in capital letters, as people may type it");
}

# One answer for whoever does not hold the letter.
my ($one, $two) = @seen{qw(CartadeAceptaciondeRenovacion TerminosyCondiciones)};
my $unsigned = renewal('carta');
my ($open) = $unsigned->{client}->letter('carta.html') =~ /\|\|1\.0\|1\|(\d+)\|/;
my $guess = '0' x 32;
my $said;
for my $wrong ([$one->[0], $guess], [$one->[0], $two->[1]], [$two->[0], $one->[1]],
    [999999999, $guess], [$one->[0], substr $one->[1], 1], [$one->[0], "$one->[1]0"],
    ['', $one->[1]], [-1, $one->[1]], [$open, $guess],
    # SHA-256 of the fixed text alone: what an unsigned letter would have.
    [$open, substr run('sh', '-c', 'printf "mod_npie:carta-impresa:1\n" | sha256sum'), 0, 32])
{
    my ($status, $body) = record(@$wrong);
    is($status, 404, "@$wrong: nothing");
    delete $body->{reference};
    $said //= $body;
    is_deeply($body, $said, "@$wrong: and nothing told");
}
is($said->{number}, 134, 'a problem of its own');

# Tries are counted: of a thousand the sixth gets no answer, nor does the right
# code after them.
my $hasty = browser(vhost => 'short');
is(join(' ', map { $hasty->get(sprintf('/npie/verificar.html?folio=%d&codigo=%032x', $one->[0],
    $_), json => 1, curl => ['-H', 'X-Client: 192.0.2.77'])->{status} } 1 .. 7),
    '404 404 404 404 404 429 429', 'tries are counted');
is($hasty->get("/npie/verificar.html?folio=$one->[0]&codigo=$one->[1]", json => 1,
    curl => ['-H', 'X-Client: 192.0.2.77'])->{status}, 429, 'the right one too');

# The code is in no log.
my $access = slurp("$ENV{NPIE_LOGS}/access_log");
unlike($access, qr/$one->[1]/, 'no code in the access log');

# A page for people, in both languages.
my $page = $anybody->get("/npie/verificar.html?folio=$one->[0]&codigo=$one->[1]")->{body};
like($page, qr/El Instituto tiene esta carta, firmada y sellada/, 'said in Spanish');
like($page, qr/Compare con el papel/, 'and what it does not prove');
is($anybody->get("/npie/verificar.html?folio=$one->[0]&codigo=$guess")->{status}, 404,
    'a page for who guesses');

done_testing;
