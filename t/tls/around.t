# SPDX-License-Identifier: Apache-2.0
# Ways round: an expired certificate never gets content outside the renewal.
use strict;
use warnings;
use Test::More;
use Npie::Test;
use Npie::Tls qw(curl port usable);

my $world = world();
my $port = port($world, 'tls');
my @old = usable($world, 'vencido');
my @good = usable($world, 'valido');
my $file = '/manual/manual.css';

# Methods, and paths that httpd answers early or late.
for my $method (qw(GET POST PUT DELETE OPTIONS TRACE PROPFIND)) {
    for my $path ($file, '/idse/', '/', '/no-such-file', '/manual/', '//manual/manual.css',
        '/npie/../manual/manual.css', '/npie/%2e%2e/manual/manual.css') {
        like(curl($world, @old, '-X', $method, at($path)), qr{^(?:400|403)/1$},
            "$method $path");
    }
}
is(curl($world, @old, '-X', 'OPTIONS', '--request-target', '*', at('/')), '403/1',
    'OPTIONS *');
is(curl($world, @good, '-X', 'TRACE', at($file)), '200/1',
    'TRACE is answered to others');
is(curl($world, @old, at('/npie/npie.css')), '200/1', 'the renewal has its files');

# mod_cache answers before httpd looks for the file.
my $picture = '/manual/images/letter.png';
my $asker = browser(vhost => 'tls', options => [@good]);
$asker->exchange($picture);
like($asker->exchange($picture)->{headers}, qr/^X-Cache: HIT/mi,
    'the cache has it');
is(curl($world, @old, at($_, '127.0.0.1')), '403/1',
    "but not for an expired one: $_") for $picture, '/npie/%2e%2e' . $picture;

# Satisfy Any, with and without a session that would be let in.
is(curl($world, @good, at('/manual/errors.awk')), '200/1', 'Satisfy Any lets in');
is(curl($world, @old, at('/manual/errors.awk')), '403/1', 'not an expired one');
my $valid = employer(kind => 'valid');
my $both = browser(vhost => 'tls', options => [@old]);
$both->login(as => $valid->{as}, user => $valid->{user});
is($both->get('/idse/index.html', json => 1)->{status}, 403,
    'nor with the session of a valid one');
is(curl($world, at($file)), '200/1', 'without a certificate it is open');

# SNI of a host that forgives, Host of one that does not, or not as much.
for my $host (qw(estricto.example reciente.example)) {
    my @ask = ('--http1.1', '-H', "Host: $host:$port", at($file), at('/npie/acceso.html'));
    is(curl($world, @good, @ask), '200/1 200/0', "another host, valid: $host");
    like(curl($world, @old, @ask), qr{^421/1 421/[01]$}, "expired: 421 $host");
}
is(curl($world, usable($world, 'vencido-hace-5-dias'), '--http1.1', '-H',
    "Host: reciente.example:$port", at('/npie/acceso.html')), '200/1',
    'a host that forgives this one too');

done_testing;

sub at
{
    my ($path, $host) = @_;
    return 'https://' . ($host // 'localhost') . ":$port$path";
}
