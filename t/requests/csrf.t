# SPDX-License-Identifier: Apache-2.0
# A form counts only with the token of its session, from a page of ours.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $mine = renewal('datos');
my $theirs = renewal('datos');
my %data = (correo => 'x@empresa.example', correo2 => 'x@empresa.example',
    telefono => '5555012299');
my (undef, $token) = $mine->{client}->csrf('datos.html');
my (undef, $foreign) = $theirs->{client}->csrf('datos.html');
isnt($token, $foreign, 'each session has its token');

sub data_sent
{
    my ($fields, @curl) = @_;
    return $mine->{client}->post('/npie/datos.html', [ @$fields, %data ],
        curl => \@curl, json => 1);
}

for my $case (['no token', []], ['an empty token', [csrf => '']],
    ['another session\'s token', [csrf => $foreign]],
    ['a token cut short', [csrf => substr $token, 0, -1]],
    ['a token twice', [csrf => 'x', csrf => $token]]) {
    my ($name, $fields) = @$case;
    my $answer = data_sent($fields);
    is($answer->{status} . ' ' . error_of($answer), '403 11', $name)
        if $name ne 'a token twice';
    isnt($answer->{status}, 303, $name) if $name eq 'a token twice';
}
my $answer = data_sent([csrf => $token], '-H', 'Origin: https://otro.example');
is($answer->{status} . ' ' . error_of($answer), '403 14', 'the token, from another origin');
$answer = data_sent([csrf => $token], '-H', 'Sec-Fetch-Site: cross-site');
is($answer->{status} . ' ' . error_of($answer), '403 14', 'and as browsers tell it');

for my $path (qw(salir cancelar rehacer llave.html carta.html certificado.html
    terminos.html)) {
    $answer = $mine->{client}->post("/npie/$path", [nada => 1], json => 1);
    is($answer->{status}, 403, "$path without a token");
}
for my $path (qw(salir cancelar rehacer datos.html)) {
    refused($mine->{client}, $mine->{client}->post("/npie/$path", [csrf => $foreign]),
        $path eq 'datos.html' ? 'datos' : 'aviso', 11,
        "$path with a stale token: the page again, with a new one");
}
is(world()->registry->value("SELECT state FROM renewal
    WHERE employer = $mine->{employer}{id}") // 'none', 'none', 'nothing was done');
for my $path (qw(salir cancelar rehacer)) {
    is($mine->{client}->get("/npie/$path")->{status}, 405, "GET $path does nothing");
}
redirected($mine->{client}->post('/npie/datos.html', [ csrf => $token, %data ],
    curl => ['-H', 'Origin: ' . world()->url]), 'llave', 'the token, from here: good');
done_testing;
