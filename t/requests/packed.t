# SPDX-License-Identifier: Apache-2.0
# Scripts and styles compressed as they were built; pages never, as their size
# would tell of the token in them.
use strict;
use warnings;
use Test::More;
use Compress::Zlib ();
use Npie::Test;

my $client = browser();

# A file as a client that accepts such codings gets it.
sub fetched
{
    my ($path, $accept) = @_;
    return $client->get($path, curl => ['-H', "Accept-Encoding: $accept"]);
}

sub header
{
    my ($answer, $name) = @_;
    return $answer->{headers} =~ /^$name: ([^\r\n]*)/mi ? $1 : '';
}

for my $name ('js/npie.js', 'js/npie-worker.js', 'js/npie-legacy.js', 'npie.css') {
    my $plain = fetched("/npie/$name", 'identity');
    is(header($plain, 'Content-Encoding'), '', "$name: as it is");
    is(header($plain, 'Vary'), 'Accept-Encoding', 'which depends on what is asked for');
    my %size = (identity => length $plain->{body});
    for my $case (['br', 'gzip, deflate, br'], ['gzip', 'gzip'], ['gzip', 'br;q=0, gzip'],
        ['gzip', 'br;q=0.1, gzip;q=0.9'], ['', 'br;q=0, gzip;q=0'], ['', '']) {
        my ($coding, $accept) = @$case;
        my $answer = fetched("/npie/$name", $accept);
        is($answer->{status}, 200, "$name, $accept");
        is(header($answer, 'Content-Encoding'), $coding, "as $coding");
        is(header($answer, 'Content-Type'), header($plain, 'Content-Type'), 'of its own type');
        like(header($answer, 'Content-Security-Policy'), qr/default-src 'none'/, 'protected');
        $size{$coding} = length $answer->{body} if $coding ne '';
        is(Compress::Zlib::memGunzip($answer->{body}), $plain->{body}, 'and what it was')
            if $coding eq 'gzip';
    }
    cmp_ok($size{br}, '<', $size{gzip}, 'brotli is smaller');
    cmp_ok($size{gzip}, '<', 0.4 * $size{identity}, 'and gzip much smaller than the file');
}
for my $page ('/npie/acceso.html', '/npie/inicio.html', '/npie/nada.html', '/npie/reto') {
    is(header(fetched($page, 'gzip, br'), 'Content-Encoding'), '', "$page is not compressed");
}
my $employer = renewal('datos');
for my $page ('datos.html', 'revocar.html', 'certificado.cer') {
    is(header($employer->{client}->get("/npie/$page", curl => ['-H', 'Accept-Encoding: gzip']),
        'Content-Encoding'), '', "nor $page with its token");
}
is(header($employer->{client}->get('/npie/datos.html', json => 1,
    curl => ['-H', 'Accept-Encoding: gzip']), 'Content-Encoding'), '', 'nor its JSON');
done_testing();
