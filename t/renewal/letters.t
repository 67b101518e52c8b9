# SPDX-License-Identifier: Apache-2.0
# What is no signature of this letter is refused with 71, 72 or 73, says what
# it was, and the renewal goes on.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(cms_sign slurp spit run);
use Npie::Test;

my $r = renewal('carta');
my ($client, $employer) = @$r{qw(client employer)};
my $letter = $client->letter('carta.html');
my $other = renewal('carta');
my $others_letter = $other->{client}->letter('carta.html');
my $done = renewal('listo');
my $printed = "$employer->{dir}/printed.pdf";
spit("$employer->{dir}/letter.pdf", $letter);
run('qpdf', '--linearize', "$employer->{dir}/letter.pdf", $printed);

# file => what is sent as the file chosen; signed as the letter it is where it
# is one, as plain bytes otherwise.
my %files = (
    'another employer\'s letter' => $others_letter,
    'a letter 2' => $done->{client}->letter('terminos.html'),
    'this letter saved by another program' => slurp($printed),
    'this letter with a byte changed' => changed($letter),
    'this letter with a byte appended' => "$letter\n",
    'this letter cut short' => substr($letter, 0, -100),
    'a certificate' => slurp("$employer->{old}.crt"),
    'a picture' => "\x89PNG\r\n\x1a\n" . "\0" x 100,
    'another PDF' => "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
    'an empty file' => '',
    'half a megabyte of nothing' => 'x' x 500_000,
);
my %says = (
    'another employer\'s letter' => qr/de otro patr/,
    'a letter 2' => qr/de otro patr|la otra carta/,
    'this letter saved by another program' => qr/otro programa/,
    'this letter with a byte changed' => qr/cambi/,
    'this letter with a byte appended' => qr/cambi|otro programa/,
    'this letter cut short' => qr/cambi|otro programa|PDF/,
    'a certificate' => qr/es un certificado/i,
    'a picture' => qr/es una imagen/i,
    'another PDF' => qr/Es un PDF/,
    'an empty file' => qr/vac/,
    'half a megabyte of nothing' => qr/No es un archivo PDF/,
);
for my $what (sort keys %files) {
    my $cms = cms_sign($files{$what}, %{ $employer->{as} });
    my $answer = $client->letter_sign('carta.html', cms => $cms, file => $files{$what});
    refused($client, $answer, 'carta', 71, $what);
    my ($said) = $client->get('/npie/carta.html')->{body}
        =~ m{id="error-detalle"[^>]*>([^<]*)<};
    like($said, $says{$what}, "$what: the page says what it was");
}
is($client->get('/npie/carta.html')->{status}, 200, 'the page is still there');

refused($client, $client->letter_sign('carta.html', as => $other->{employer}{as}),
    'carta', 72, 'signed with another employer\'s certificate');
my $impostor = $employer->certify(file => "$employer->{dir}/impostor",
    ca => world()->{dir} . '/ca/impostor', kind => 'expired', key => 'rsa:2048');
refused($client, $client->letter_sign('carta.html', as => {
    certificate => "$impostor.crt", key => "$impostor.key" }), 'carta', 72,
    'signed with a certificate of an authority of the same name');
refused($client, $client->letter_sign('carta.html', as => $done->{new}),
    'carta', 72, 'signed with a new certificate');
refused($client, $client->letter_sign('carta.html',
    cms => cms_sign('something else', %{ $employer->{as} })), 'carta', 73,
    'a signature of something else');
refused($client, $client->letter_sign('carta.html', cms => 'garbage'),
    'carta', 27, 'no signature');
redirected($client->letter_sign('carta.html', as => $employer->{as}, file => $letter),
    'certificado', 'the right letter, chosen as a file, and the renewal goes on');

$r = renewal('terminos');
refused($r->{client}, $r->{client}->letter_sign('terminos.html',
    as => $r->{employer}{as}), 'terminos', 72, 'letter 2 with the old certificate');
my $letter1 = $r->{client}->letter('carta.html');
refused($r->{client}, $r->{client}->letter_sign('terminos.html',
    as => $r->{new}, letter => $letter1, file => $letter1), 'terminos', 71,
    'letter 1 for letter 2');
redirected($r->{client}->letter_sign('terminos.html', as => $r->{new}), 'listo',
    'letter 2 with the new one');
done_testing;

# One digit of the folio in the drawn text's stream would be lost in deflate:
# a byte in the middle of the file, kept printable.
sub changed
{
    my ($pdf) = @_;
    substr($pdf, length($pdf) / 2, 1) ^= "\x01";
    return $pdf;
}
