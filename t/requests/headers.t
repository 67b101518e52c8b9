# SPDX-License-Identifier: Apache-2.0
# What every answer says about itself.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my %always = (
    'Content-Security-Policy' => qr/default-src 'none'/,
    'X-Content-Type-Options' => qr/^nosniff$/,
    'X-Frame-Options' => qr/^DENY$/,
    'Referrer-Policy' => qr/^(?:no-referrer|same-origin)$/,
    'Strict-Transport-Security' => qr/max-age=\d{7,}/,
    'Cache-Control' => qr/no-store/,
);
my $r = renewal('datos');
my %answers = (
    'the login page' => browser()->get('/npie/acceso.html'),
    'a challenge' => browser()->get('/npie/reto'),
    'a page' => $r->{client}->get('/npie/datos.html'),
    'a redirection' => browser()->get('/npie/datos.html'),
    'a page that is not there' => browser()->get('/npie/no-such.html'),
    'a refused method' => browser()->request('/npie/aviso.html',
        curl => ['-X', 'DELETE']),
    'a refused form' => $r->{client}->post('/npie/datos.html', [nada => 1]),
);
for my $what (sort keys %answers) {
    for my $name (sort keys %always) {
        my $value = Npie::Client::header($answers{$what}{headers}, $name);
        like($value, $always{$name}, "$what: $name");
    }
    unlike($answers{$what}{body}, qr/npie_\w+|\(none\)|\[an error occurred/,
        "$what: no loose ends of mod_include");
}
my $csp = Npie::Client::header($answers{'a page'}{headers}, 'Content-Security-Policy');
like($csp, qr/$_/, "CSP: $_") for 'script-src .self.', 'frame-ancestors .none.',
    'form-action .self.', 'base-uri .none.', 'require-trusted-types-for';
unlike($csp, qr/unsafe/, 'CSP: nothing unsafe');
is($answers{'a page that is not there'}{status}, 404, 'a page that is not there: 404');
is(error_of($answers{'a page that is not there'}), 16, 'rendered by error.html');
is($answers{'a refused method'}{status}, 405, 'DELETE: 405');
is(error_of($answers{'a refused form'}), 11, 'a refused form says its number');
done_testing;
