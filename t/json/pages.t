# SPDX-License-Identifier: Apache-2.0
# Every page and every action of the renewal, each problem among them, as the
# description in the manual has it.
use strict;
use warnings;
use File::Temp ();
use MIME::Base64 ();
use Test::More;
use Npie::Mail;
use Npie::Test;
use Npie::Tsa;

my %DATA = (telefono => '5555012299');

sub logged_in
{
    my ($employer, %arg) = @_;
    my $program = program(vhost => delete $arg{vhost});
    return ($program, $program->log_in(as => $employer->{as}, user => $employer->{user}, %arg));
}

# Test: what an answer is, in words.
sub says
{
    my ($answer, $expected, $name) = @_;
    my $json = $answer->{json} // {};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(join(' ', $answer->{status}, $json->{page} // $json->{number} // '-'), $expected,
        $name) || diag($answer->{body});
}

sub problem_at
{
    my ($answer) = @_;
    my %error = %{ $answer->{json}{error} // {} };
    return join ' ', map { $_ // '-' } "$answer->{json}{page}", "$error{number}", $error{at};
}

# Nobody.
my $nobody = program();
says($nobody->fetch('/npie/'), '401 15', 'nobody: the root');
says($nobody->fetch('/npie/acceso.html'), '200 acceso', 'the login page');
says($nobody->fetch('/npie/contador.html'), '200 acceso', 'the page for several employers');
says($nobody->fetch('/npie/inicio.html'), '200 acceso', 'the start page is that to programs');
says($nobody->fetch('/npie/enlace.html?t=' . 'a' x 32), '404 16', 'no mail, no links');
says($nobody->send_json('/npie/acceso.html', { reto => 'x', firma => 'AAAA' }), '422 26',
    'a challenge that is none');
says($nobody->send_json('/npie/datos.html', {}), '401 15', 'an action');
is($nobody->ask('POST', '/npie/reto', bytes => '{}')->{status}, 405, 'reto by POST');
is($nobody->fetch("/npie/$_")->{status}, 405, "$_ by GET") for qw(cancelar rehacer salir);

# Whoever has a key alone proves that, and gets its certificate; nobody else does.
sub proof
{
    my ($key, $challenge) = @_;
    my $dir = world()->{dir};
    my $text = Npie::Openssl::spit("$dir/reto.$$", $challenge);
    Npie::Openssl::run('openssl', 'pkey', '-in', $key, '-pubout', '-outform', 'DER', '-out',
        "$dir/spki.$$");
    Npie::Openssl::run('openssl', 'dgst', '-sha256', '-sign', $key, '-out', "$dir/firma.$$",
        $text);
    return (reto => $challenge, map { $_->[0] => MIME::Base64::encode_base64(
        Npie::Openssl::slurp("$dir/$_->[1].$$"), '') } [llave => 'spki'], [firma => 'firma']);
}
my ($mine, $none) = (employer(), employer(registered => 0));
my $fresh = sub { $nobody->fetch('/npie/reto')->{json}{challenge} };
my %proof = proof($mine->{as}{key}, $fresh->());
my $found = $nobody->send_json('/npie/certificado-de-llave', { %proof });
is($found->{status}, 200, 'a key is proved');
Npie::Openssl::run('openssl', 'x509', '-in', $mine->{as}{certificate}, '-outform', 'DER', '-out',
    world()->{dir} . "/mine.$$");
is(MIME::Base64::decode_base64($found->{json}{certificate}),
    Npie::Openssl::slurp(world()->{dir} . "/mine.$$"), 'and gets its certificate');
says($nobody->send_json('/npie/certificado-de-llave', { %proof }), '422 26', 'not twice');
says($nobody->send_json('/npie/certificado-de-llave', { %proof, reto => $fresh->() }),
    '422 27', 'not for another challenge');
says($nobody->send_json('/npie/certificado-de-llave', { proof($none->{as}{key}, $fresh->()) }),
    '403 88', 'a key that no certificate has');
says($nobody->send_json('/npie/certificado-de-llave', { %proof, reto => $fresh->(),
    llave => '=' }), '422 27', 'no key');

# Those who are refused, and since when.
my $fixed = '2023-11-14T22:13:20Z';
my %refused = (
    revocado => [ 31, $fixed, sub { change(employer(), "status = 'revoked',
        ended = 1700000000, reason = 'keyCompromise'") } ],
    sustituido => [ 32, $fixed, sub { change(employer(), "status = 'superseded',
        ended = 1700000000") } ],
    futuro => [ 33, '20..-.*Z', sub { employer(kind => 'future') } ],
    vencido => [ 34, '20..-.*Z', sub { employer(kind => 'long') }, vhost => 'short' ],
    desconocido => [ 29, '-', sub { employer(registered => 0) } ],
    ajeno => [ 30, '-', sub { other_rp(employer()) } ],
    llave => [ 35, '-', sub { employer(key => 'rsa:768') } ],
    adicional => [ 38, '20..-.*Z', sub { change(employer(), "additional = 1,
        holder = 'Eva', holder_email = 'eva\@empresa.example'") } ],
);
sub change
{
    my ($employer, $what) = @_;
    # As if npie-signer knew: the job that tells it would end the sessions.
    world()->registry->sql("UPDATE certificate SET told = 1700000000, $what
        WHERE employer = $employer->{id}");
    return $employer;
}
sub other_rp
{
    my ($employer) = @_;
    world()->registry->sql("UPDATE employer SET rp = 'B1212338102' WHERE id = $employer->{id}");
    return $employer;
}
for my $page (sort keys %refused) {
    my ($number, $at, $make, @vhost) = @{ $refused{$page} };
    my ($program, $answer) = logged_in($make->(), @vhost);
    like(problem_at($answer), qr/^rechazo-$page $number $at$/, "$page: which and when");
    my $shown = $program->fetch("/npie/rechazo-$page.html");
    is_deeply($shown->{json}, $answer->{json}, "$page: its page says the same");
    is($program->fetch('/npie/carta.html')->{location}, "/npie/rechazo-$page.html",
        "$page: the rest leads there");
}
world()->redis('-n', 1, 'FLUSHDB');
my ($program, $answer) = logged_in(employer(), user => employer()->{user});
is("$answer->{status} $answer->{json}{number}", '422 47', 'another employer\'s user name');
says($program->fetch('/npie/datos.html'), '401 15', 'nobody is logged in');
($program, $answer) = logged_in(employer());
says($program->send_json('/npie/salir', {}), '200 acceso', 'logged out');

# The way, with steps that are not now, back and again.
my $employer = employer();
($program, $answer) = logged_in($employer);
for my $page (qw(aviso datos revocar)) {
    says($program->fetch("/npie/$page.html"), "200 $page", $page);
}
is($program->fetch('/npie/')->{location}, '/npie/aviso.html', 'the root leads there');
says($program->send_json('/npie/certificado.html', {}), '409 60', 'not the time to issue');
says($program->fetch('/npie/certificado.cer'), '404 16', 'nor is there a file');
$answer = $program->go_on($answer->{json}, %DATA, correo => 'a@empresa.example');
my $place = $answer->{json};
says($answer, '200 llave', 'started');
says($program->fetch('/npie/llave.html'), '200 llave', 'the page');
says($program->send_json('/npie/cancelar', {}), '200 aviso', 'cancelled');
$place = $program->send_json('/npie/datos.html', { %DATA, correo => 'b@empresa.example' })->{json};
$answer = $program->go_on($place, $program->key_members($place, "$employer->{dir}/one.key"));
says($program->fetch('/npie/carta.html'), '200 carta', 'keyed');
says($program->send_json('/npie/rehacer', {}), '200 llave', 'the key is made again');
$answer = $program->go_on($place, $program->key_members($place, "$employer->{dir}/new.key"));
says($answer, '200 carta', 'keyed again');
$answer = $program->send_json('/npie/carta.html', { $program->signature($answer->{json}, 1,
    %{ $employer->{as} }), carta => 'JVBERi0xLjQK' });
says($answer, '422 71', 'another file than the letter');
like($answer->{json}{found} // '', qr/PDF/, 'and what it was');
$place = $program->fetch('/npie/carta.html')->{json};
$answer = $program->go_on($place, $program->signature($place, 1, %{ $employer->{as} }));
says($answer, '200 certificado', 'signed');
says($program->fetch('/npie/certificado.html'), '200 certificado', 'the page');
$place = $program->go_on($answer->{json})->{json};
is_deeply([ map { $_->{name} } @{ $place->{files} } ], [qw(certificate chain both calendar)],
    'the files are named');
is($program->fetch($_->{href})->{type} =~ s/;.*//r, $_->{type}, "$_->{name}: its type")
    for @{ $place->{files} };
$program->{new}{certificate} = Npie::Openssl::spit("$employer->{dir}/new.crt",
    $program->fetch('/npie/certificado.pem')->{body});
says($program->fetch('/npie/terminos.html'), '200 terminos', 'letter 2');
$answer = $program->go_on($place, $program->signature($place, 2, %{ $program->{new} }));
says($answer, '200 listo', 'done');
says($program->fetch('/npie/listo.html'), '200 listo', 'the page');
says($program->fetch('/npie/casa.html'), '200 casa', 'the holder\'s page');
# A download seals a letter that the job has not reached; then both are dated.
$program->fetch($_->{href}) for @{ $answer->{json}{letters} };
my $work = File::Temp->newdir;
my $tsa = Npie::Tsa->start(world()->{dir} . '/ca', "$work");
world()->npiectl(qw(letter renew-timestamps --url), $tsa->{url}, '--tsa',
    world()->{dir} . '/ca/tsa-root.crt');
$tsa->stop;
is($program->fetch($_->{timestamp} // '/')->{type}, 'application/vnd.etsi.timestamp-token',
    'the timestamp of letter ' . $_->{kind})
    for @{ $program->fetch('/npie/casa.html')->{json}{letters} };
says($program->fetch('/npie/'), '200 application', 'the root is the application\'s place');

# Valid already: the application, and a renewal before its time.
(undef, $answer) = logged_in(employer(kind => 'early'));
is("$answer->{json}{page} $answer->{json}{next}{name}", 'application start', 'early');
($program, $answer) = logged_in(employer(kind => 'valid'));
ok($answer->{json}{page} eq 'application' && !$answer->{json}{next}, 'valid: nothing to do');
my ($revoke) = grep { $_->{name} eq 'revoke' } @{ $answer->{json}{actions} };
$answer = $program->send_json($revoke->{href}, { cual => 'este', motivo => 'robada' });
says($answer, '422 84', 'revoked without the confirmation');
$answer = $program->send_json($revoke->{href}, { cual => 'este', motivo => 'robada',
    confirmo => 'si' });
like(problem_at($answer), qr/^rechazo-revocado 31 20/, 'revoked');

# With the mail.
my $to = address();
$employer = employer_at(address());
($program, $answer) = logged_in($employer, vhost => 'mail');
$place = $program->go_on($answer->{json}, %DATA, correo => $to)->{json};
$place = $program->go_on($place, $program->key_members($place, "$employer->{dir}/new.key"))->{json};
$answer = $program->go_on($place, $program->signature($place, 1, %{ $employer->{as} }));
$place = $answer->{json};
is("$place->{page} $place->{next}{name} $place->{mail}{to}", "correo await-link $to",
    'the mail is waited for');
says($program->send_json('/npie/correo.html', { accion => 'seguir' }), '409 60',
    'the link is required');
says($program->send_json('/npie/correo.html', { accion => 'nada' }), '422 10', 'no such action');
$answer = $program->send_json('/npie/correo.html', { accion => 'reenviar' });
says($answer, '429 17', 'again too soon');
like($answer->{headers}, qr/^Retry-After: \d+/m, 'when to come again');
$answer = $program->send_json('/npie/correo.html', { accion => 'cambiar', correo => 'nada' });
is($answer->{json}{fields}{correo}{number}, 41, 'an address that is none');
$to = address();
$answer = $program->send_json('/npie/correo.html', { accion => 'cambiar', correo => $to });
is("$answer->{status} $answer->{json}{mail}{to}", "200 $to", 'another address');
my ($mail) = mail_wait($to);
like($program->go_on($place)->{json}{mail}{state}, qr/^delivered$/, 'it is delivered');
my $other = program(vhost => 'mail');
$answer = $other->fetch(path_of($mail));
is("$answer->{json}{page} $answer->{json}{next}{name}", 'enlace confirm', 'the link');
says($other->go_on($answer->{json}), '200 acceso', 'used, elsewhere');
says($other->fetch(path_of($mail)), '403 63', 'used');
says($other->send_json('/npie/enlace.html', { t => 'x' }), '403 66', 'cut short');
says($program->fetch('/npie/enlace.html?hecho=continuar'), '200 acceso', 'after the button');
is($program->go_on($place)->{location}, '/npie/certificado.html', 'confirmed');

# For balancers.
is($program->fetch('/npie/salud')->{json}{status}, 'ok', 'salud: all parts work');
is($program->ask('POST', '/npie/salud', bytes => '{}')->{status}, 405, 'which takes no form');

# Too often, and parts out of reach.
my @asked = map { program(vhost => 'short')->fetch('/npie/reto') } 1 .. 6;
says($asked[5], '429 17', 'too many challenges');
my ($seconds) = $asked[5]{headers} =~ /^Retry-After: (\d+)/m;
ok(defined $seconds && $seconds >= 1 && $seconds <= 60, 'until the window ends');
world()->redis('-n', 1, 'FLUSHDB');
says($program->send_json('/npie/datos.html', {}, token => 'x'), '403 11', 'a wrong token');
says($program->ask('POST', '/npie/datos.html', bytes => '{'), '400 10', 'no JSON');
says($program->ask('POST', '/npie/datos.html', bytes => 'x', type => 'text/plain'), '415 18',
    'no form');
says($program->ask('POST', '/npie/datos.html', bytes => '{"a":"' . 'b' x 100_000 . '"}'),
    '413 12', 'too long');
world()->redis_stop;
$answer = $program->fetch('/npie/certificado.html');
world()->redis_start;
says($answer, '503 90', 'without Redis');
like($answer->{headers}, qr/^Retry-After: \d+/m, 'when to come again');
Npie::Program::described(answers(), every => 'renewal');
done_testing;
