# SPDX-License-Identifier: Apache-2.0
# A complete renewal by curl and openssl: each place says what comes next.
use strict;
use warnings;
use Test::More;
use MIME::Base64 qw(decode_base64);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $employer = employer();
my $program = program();
my %mail = (correo => 'nuevo@empresa.example', telefono => '5555012299');

# Test: an answer is the place of a page. Returns the place.
sub at
{
    my ($answer, $page, $state, $next) = @_;
    my $place = $answer->{json} // {};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join(' ', $answer->{status}, map { $_ // '-' } @$place{qw(page state)},
        $place->{next} ? $place->{next}{name} : '-'), "200 $page $state $next",
        "at $page: $state, next $next") or diag($answer->{body});
    return $place;
}

is($program->fetch('/npie/llave.html')->{json}{number}, 15, 'without a session: problem 15');
at($program->fetch('/npie/acceso.html'), 'acceso', 'none', 'login');
my $place = at($program->log_in(as => $employer->{as}, user => $employer->{user}),
    qw(aviso none start));
is($place->{employer}{rp}, $employer->{rp}, 'the employer is told');
is($place->{certificates}{proved}{status}, 'expired', 'and what the certificate is');
like($place->{certificates}{proved}{notAfter}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    'with dates of RFC 3339');
is($program->fetch('/npie/')->{location}, '/npie/aviso.html', 'the root leads there');
is($program->fetch('/npie/carta.html')->{location}, '/npie/aviso.html',
    'so does a page that is not yet');

$place = at($program->go_on($place, %mail), qw(llave started make-key));
is($place->{employer}{email}, 'nuevo@empresa.example', 'the address is taken over');
is($place->{renewal}{keyName}, "$employer->{rp10}_2", 'the name of the key is proposed');
my $answer = $program->go_on($place, $program->key_members($place, "$employer->{dir}/new.key"));
$place = at($answer, qw(carta keyed sign-letter-1));
my $again = $program->fetch('/npie/carta.html');
is_deeply($again->{json}, $place, 'the page says what the action said');
ok(!defined $place->{letters}[0]{signedAt}, 'the letter is not signed');
$answer = $program->go_on($place, $program->signature($place, 1, %{ $employer->{as} }));
$place = at($answer, qw(certificado confirmed issue));
ok(defined $place->{letters}[0]{signedAt}, 'now it is');
$place = at($program->go_on($place), qw(certificado issued sign-letter-2));

my $file = $program->fetch('/npie/certificado.json')->{json};
my $crt = "$employer->{dir}/new.crt";
spit("$crt.der", decode_base64($file->{certificate}));
is($program->fetch('/npie/certificado.cer')->{body}, slurp("$crt.der"),
    'the certificate is the same as DER');
spit($crt, run('openssl', 'x509', '-inform', 'DER', '-in', "$crt.der"));
spit("$employer->{dir}/chain.pem", $file->{pem});
is($file->{pem} =~ s/.*?-----END CERTIFICATE-----\n//sr =~ tr/-// > 0 ? 'chain' : '',
    'chain', 'the PEM has the chain behind the certificate');
like($file->{pem}, qr/^\Q@{[slurp($crt)]}\E/, 'and the certificate first');
like(run('openssl', 'verify', '-untrusted', "$employer->{dir}/chain.pem", '-CAfile',
    world()->{dir} . '/ca/root.crt', $crt), qr/OK$/, 'openssl builds the path with it');
$program->{new}{certificate} = $crt;
$answer = $program->go_on($place, $program->signature($place, 2, %{ $program->{new} }));
$place = at($answer, qw(listo completed), '-');
is($place->{certificates}{old}{status}, 'superseded', 'the old one is superseded');
is($place->{certificates}{new}{status}, 'valid', 'the new one valid');
is_deeply($program->fetch('/npie/listo.html')->{json}, $place, 'the session goes on');

at($program->send_json('/npie/salir', {}), 'acceso', 'none', 'login');
$place = at(program()->log_in(as => $program->{new}, user => $employer->{user}),
    qw(application completed -));
is($place->{application}, '/idse/', 'the application is open');
$place = program()->log_in(as => $employer->{as}, user => $employer->{user})->{json};
is("$place->{page} $place->{error}{number}", 'rechazo-sustituido 32',
    'the old certificate opens nothing');
like($place->{error}{at}, qr/^20\d\d-/, 'since when is told');
Npie::Program::described(answers());
done_testing;
