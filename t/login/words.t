# SPDX-License-Identifier: Apache-2.0
# What the pages say fits what a certificate is: expired, valid, ended, an
# additional one; one day or many; and no sentence lacks its word.
use strict;
use warnings;
use Test::More;
use Npie::Test;

# Test: a page is shown and says what it should; nothing in it is empty.
sub says
{
    my ($client, $page, @expected) = @_;
    my $answer = $client->get("/npie/$page.html");
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($answer->{status}, 200, "$page is shown");
    my ($text) = $answer->{body} =~ m{<main.*?>(.*)</main>}s;
    $text =~ s/<(\w+)[^>]* hidden[^>]*>.*?<\/\1>//gs;
    like($text, $_, "$page: $_") for @expected;
    my @empty = $text =~ m{(<(?:dd|dt|strong|h1|h2)[^>]*>\s*</\w+>)}g;
    is("@empty", '', "$page: nothing is empty");
    $text =~ s/<[^>]*>//g;
    my @slips = $text =~ m{(\b(?:del?|el|al|hasta|desde|por|para|en) [.,;)](?!\w)|\(\s*\)|\b1 (?:días|bytes|veces))}g;
    is("@slips", '', "$page: nor a sentence cut short");
    return $text;
}

sub logged_in
{
    my ($employer, %arg) = @_;
    my $client = browser(%arg);
    $client->login(as => $employer->{as}, user => $employer->{user});
    return $client;
}

sub ended
{
    my ($employer, $what) = @_;
    # As if npie-signer knew: the job that tells it would end the sessions.
    world()->registry->sql("UPDATE certificate SET told = 1700000000, ended = 1700000000, $what
        WHERE employer = $employer->{id}");
    return $employer;
}

my $expired = qr/<dt>Venció el</;
my $valid = qr/<dt>Vigente hasta el</;
my $end = qr/<dt>Vencía el</;
my $colleague = "additional = 1, holder = 'Eva', holder_email = 'eva\@empresa.example'";

my $client = logged_in(employer());
says($client, 'aviso', $expired, qr/Su certificado venció el \d/);
my $text = says($client, 'revocar', $expired);
unlike($text, qr/que está abierta/, 'there is no renewal to be cancelled');
my $r = renewal('llave');
$client = $r->{client};
says($client, 'datos');
$client->post('/npie/cancelar', [ $client->csrf('llave.html') ]);
unlike(says($client, 'revocar', $expired), qr/que está abierta/, 'nor once it was cancelled');
Npie::Test::renewal_step($r, 'datos', 'llave');
like(says($client, 'revocar'), qr/que está abierta se cancela/, 'but while it is open');
says(logged_in(employer(kind => 'valid')), 'revocar', $valid);

# Near the end, to the day.
for my $case ([ 0.5, 'le queda menos de un día' ], [ 1.5, 'le queda un día' ],
    [ 9.5, 'le quedan 9 días' ]) {
    my $employer = employer(kind => 'early');
    world()->registry->sql('UPDATE certificate SET not_after = ' . int(time + $case->[0] * 86400)
        . " WHERE employer = $employer->{id}");
    says(logged_in($employer), 'aviso', qr/\($case->[1]\)/, $valid);
}

# Refused.
my %refused = (
    'rechazo-revocado' => [ sub { ended(employer(), "status = 'revoked'") }, $end,
        qr/en su subdelegación/ ],
    'rechazo-sustituido' => [ sub { ended(employer(kind => 'valid'), "status = 'superseded'") },
        $end ],
    'rechazo-futuro' => [ sub { employer(kind => 'future') }, $valid ],
    'rechazo-desconocido' => [ sub { employer(registered => 0) }, $expired ],
    'rechazo-llave' => [ sub { employer(key => 'rsa:768') }, $expired ],
);
for my $page (sort keys %refused) {
    my ($make, @expected) = @{ $refused{$page} };
    says(logged_in($make->()), $page, @expected);
}
says(logged_in(employer(kind => 'long'), vhost => 'short'), 'rechazo-vencido', $expired);
my $lapsed = employer();
world()->registry->sql("UPDATE certificate SET $colleague WHERE employer = $lapsed->{id}");
says(logged_in($lapsed), 'rechazo-adicional', $expired, qr/Venció el \d/);
says(logged_in(ended(employer(kind => 'valid'), "status = 'superseded', $colleague")),
    'rechazo-adicional', $end, qr/Terminó el 14 de noviembre de 2023/);
says(logged_in(ended(employer(), "status = 'revoked', $colleague")), 'rechazo-revocado', $end,
    qr/representante legal/);

# The whole way.
my @steps = qw(llave carta certificado terminos listo);
for my $i (0 .. $#steps) {
    says($r->{client}, $steps[$i], $steps[$i] eq 'listo' ? $valid : ());
    Npie::Test::renewal_step($r, @steps[$i, $i + 1]) if $i < $#steps;
}
my $boss = logged_in(employer(kind => 'valid'));
unlike(says($boss, 'adicionales'), qr/correo para que|recibirá la liga/, 'without mail, of no mail');
$boss = logged_in(employer(kind => 'valid'), vhost => 'mail');
like(says($boss, 'adicionales'), qr/recibirá la liga/, 'with it, of the link');
done_testing;
