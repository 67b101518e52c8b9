# SPDX-License-Identifier: Apache-2.0
# The whole way, each step once, and everything people do besides.
use strict;
use warnings;
use Test::More;
use Npie::Letter ();
use Npie::Openssl qw(run spit);
use Npie::Test;

my @pages = qw(aviso datos llave carta certificado terminos listo);
my $r = renewal('aviso');
my ($client, $employer) = @$r{qw(client employer)};

for my $i (0 .. $#pages - 1) {
    my ($page, $next) = @pages[$i, $i + 1];
    my $shown = $client->get("/npie/$page.html");
    is($shown->{status}, 200, "$page is shown");
    is(error_of($shown), '', "$page shows no error");
    is($client->get("/npie/$page.html")->{status}, 200, "$page again: reload");
    for my $later (@pages[$i + 2 .. $#pages]) {
        my $there = $client->get("/npie/$later.html");
        is($there->{status}, 303, "at $page, $later leads away");
    }
    my $other = browser();
    my $came = $other->login(as => $employer->{as}, user => $employer->{user});
    # Data not yet confirmed leave no trace; a certificate not yet put into a
    # file is not to be passed over.
    my $lands = { datos => 'aviso', terminos => 'certificado' }->{$page} // $page;
    redirected($came, $lands, "another browser is led to $lands");
    eval { Npie::Test::renewal_step($r, $page, $next) };
    is($@, '', "$page leads to $next");
}

is($client->get('/npie/listo.html')->{status}, 200, 'listo is shown');
is(certificates_of($employer), 2, 'one new certificate');
redirected(browser()->login(as => $r->{new}, user => $employer->{user}), '/idse/',
    'the new certificate opens the application');
redirected(browser()->login(as => $employer->{as}, user => $employer->{user}),
    'rechazo-sustituido', 'the old one does not');

my $registry = world()->registry;
is($registry->value("SELECT state FROM renewal WHERE employer = $employer->{id}"),
    'completed', 'the renewal is complete');
is($registry->value("SELECT email FROM employer WHERE id = $employer->{id}"),
    'nuevo@empresa.example', 'the employer\'s new address is kept');
is($registry->value("SELECT count(*) FROM letter l JOIN renewal r ON r.id = l.renewal
    WHERE r.employer = $employer->{id} AND l.signed_at IS NOT NULL"), 2,
    'two signed letters');

my $text = run('openssl', 'x509', '-in', $r->{new}{certificate}, '-noout', '-text',
    '-nameopt', 'utf8,sep_comma_plus_space');
like($text, qr/OU=$employer->{rp10}/, 'OU holds the registration number');
like($text, qr/Digital Signature, Non Repudiation/, 'for signatures');
like($text, qr/CA:FALSE/, 'no authority');
my ($letter1, $letter2) = map { $client->letter($_) } qw(carta.html terminos.html);
ok(length Npie::Letter::signature($_), 'a letter carries its signature')
    for $letter1, $letter2;
my $file = spit("$employer->{dir}/carta.pdf", $letter1);
my $words = run('pdftotext', '-layout', $file, '-');
like($words, qr/\Q$employer->{name}\E/, 'letter 1 names the employer');
like($words, qr/03 82|03 81|03 42|0382|0381|0342/i, 'and prints public keys');
like($client->get('/npie/vencimiento.ics')->{body}, qr/BEGIN:VCALENDAR.*END:VCALENDAR/s,
    'a calendar file for the next expiry');
is($client->get('/npie/certificado.cer')->{body},
    run('openssl', 'x509', '-in', $r->{new}{certificate}, '-outform', 'DER'),
    'the certificate again at any time');
done_testing;
