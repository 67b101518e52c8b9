# SPDX-License-Identifier: Apache-2.0
# The letters of a complete renewal come with the institute's seal as second
# signature; poppler, qpdf and openssl say so.
use strict;
use warnings;
use Test::More;
use Npie::Letter ();
use Npie::Test;

my $r = renewal('listo');
my $client = $r->{client};

for my $name (qw(CartadeAceptaciondeRenovacion TerminosyCondiciones)) {
    my $answer = $client->get("/npie/$name.pdf");
    is($answer->{status}, 200, "$name: downloaded");
    my ($first, $second) = eval { Npie::Letter::judged($answer->{body}, world()) };
    is($@, '', "$name: qpdf finds nothing");
    like($first, qr/Field Name: Patron.*Signature is Valid/s,
        "$name: the employer's signature is valid");
    like($first, qr/Certificate is Trusted/, "$name: with its chain")
        if $name eq 'TerminosyCondiciones';
    like($second, qr/Field Name: Instituto.*Common Name: Instituto de Demos/s,
        "$name: there is a seal");
    like($second, qr/Total document signed.*Signature is Valid.*Certificate is Trusted/s,
        "$name: it is valid, over the whole document");
    is($client->get("/npie/$name.pdf")->{body}, $answer->{body}, "$name: again the same file");
}
like($client->get('/npie/listo.html')->{body}, qr/con el sello del Instituto/,
    'listo says so');
done_testing;
