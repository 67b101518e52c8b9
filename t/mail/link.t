# SPDX-License-Identifier: Apache-2.0
# The link in the mail: required and optional, in the same browser and in
# another, opened by programs, used twice, guessed, swapped.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Openssl qw(slurp);
use Npie::Test;

# Letter 1 signed at a host that sends mail.
sub signed
{
    my ($vhost, $to) = @_;
    my $r = renewal('carta', client => browser(vhost => $vhost), mail => $to,
        employer => employer_at(address()));
    redirected($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}),
        'correo', "$vhost: after letter 1 comes the mail");
    return $r;
}

sub state_of
{
    my ($r) = @_;
    return world()->registry->value("SELECT state FROM renewal
        WHERE employer = $r->{employer}{id} ORDER BY id DESC LIMIT 1");
}

sub press
{
    my ($client, $path) = @_;
    my ($token) = $path =~ /t=(.*)/;
    return $client->post('/npie/enlace.html', [ t => $token ]);
}

# Required: nothing goes on without the link.
my $to = address();
my $r = signed('mail', $to);
my $client = $r->{client};
redirected($client->get('/npie/certificado.html'), 'correo', 'certificado waits');
redirected($client->post('/npie/correo.html', [ $client->csrf('correo.html'),
    accion => 'seguir' ]), 'correo', 'going on without the link is refused');
is($client->issue->{status}, 409, 'nor is anything issued');
my ($mail, @more) = mail_wait($to);
is(scalar @more, 0, 'one mail');
is($mail->{to}, $to, 'to the address of the renewal');
like($mail->{subject}, qr/^Obtenga su certificado nuevo/, 'which says what it is for');
like($mail->{text}, qr/\Q$r->{new}{name}\E\.key/, 'and names the key file');
like(link_of($mail), qr{^\Q$client->{url}\E/npie/enlace\.html\?t=[A-Za-z0-9_-]{32}$},
    'its link is of this host');
like($mail->{html}, qr/\Q@{[link_of($mail)]}\E/, 'in the HTML too');
like($client->get('/npie/correo.html')->{body}, qr/data-estado="entregado"/,
    'the page says that the mail server has it');
is(world()->registry->value("SELECT count(*) FROM link WHERE hash LIKE '%"
    . substr(link_of($mail), -32) . "%'"), 0, 'the registry does not know the token');

# Programs that look into mails do no harm.
my $other = browser(vhost => 'mail');
for my $how ([], ['-I'], ['-A', 'scanner']) {
    is($other->request(path_of($mail), curl => $how)->{status}, 200, "opened: @$how");
}
is(state_of($r), 'signed', 'nothing happened');
my $page = $other->get(path_of($mail));
like($page->{body}, qr/\Q$r->{new}{name}\E\.key/, 'the page says what must be at hand');
unlike($page->{body}, qr/\Q$r->{employer}{name}\E|\Q$to\E/, 'and not whose it is');
like($page->{headers}, qr/^Cache-Control: no-store/mi, 'it is not kept');

# A mail gateway writes addresses anew (RFC 3986 section 6.2.2.2).
for my $how ([last => sub { $_[0] =~ s/(.)$/sprintf '%%%02X', ord $1/er }],
    [all => sub { $_[0] =~ s/(.)/sprintf '%%%02x', ord $1/egr }]) {
    my ($name, $write) = @$how;
    my ($head, $token) = path_of($mail) =~ /(.*t=)(.*)/;
    is($other->get($head . $write->($token))->{body}, $page->{body},
        "$name of the token encoded: the same page");
}
for my $bad ('%', '%4', '%zz', '%00') {
    is(error_of($other->get(path_of($mail) . $bad)), error_of($other->get(path_of($mail) . 'x')),
        "$bad after the token is another token");
}

# In another browser, without a session.
redirected(press($other, path_of($mail)), 'enlace', 'the button, in another browser');
is(state_of($r), 'confirmed', 'confirms');
like($other->get('/npie/enlace.html?hecho=continuar')->{body},
    qr/correo está confirmado/, 'and says so');
is(error_of($other->get(path_of($mail))), 63, 'a used link says so');
redirected(press($other, path_of($mail)), 'enlace', 'used twice leads to that page');
redirected($client->get('/npie/correo.html'), 'certificado', 'the first browser goes on');
Npie::Test::renewal_step($r, $_->[0], $_->[1])
    for ['certificado', 'terminos'], ['terminos', 'listo'];
my (undef, $second, $third) = mail_wait($to, 3);
like($second->{subject}, qr/certificado nuevo está listo/, 'issued: a mail says it');
like($third->{subject}, qr/^Sus acuses de la renovaci/, 'sealed: the letters come by mail');
is(scalar(mails($to)), 3, 'three mails in all');
my $done = $client->get('/npie/listo.html')->{body};
like($done, qr/id="aviso-correo" data-estado="(?:entregado|encolado)"[^\n]*\Q$to\E/,
    'the last page tells of it');
like($done, qr/id="aviso-correo"[^\n]*le escribiremos otra vez/, 'and of reminders');
$page = $other->get(path_of($mail));
is(error_of($page), 63, 'the link is used');
unlike($page->{body}, qr/sigue donde/, 'and promises no renewal that goes on');

# Optional: both ways, and the link in the browser that has the session.
$to = address();
$r = signed('mailopt', $to);
redirected($r->{client}->post('/npie/correo.html', [ $r->{client}->csrf('correo.html'),
    accion => 'seguir' ]), 'certificado', 'optional: going on at once');
$to = address();
$r = signed('mailopt', $to);
is($r->{client}->get('/npie/certificado.html')->{status}, 200,
    'certificado is open too');
($mail) = mail_wait($to);
redirected(press($r->{client}, path_of($mail)), 'certificado',
    'the link where the session is goes on');
is(state_of($r), 'confirmed', 'confirmed');

# What is no good link.
my %bad = (
    'cut short' => [ '?t=' . substr($mail->{text}, 0, 0) . 'abc', 66 ],
    'no token' => [ '', 66 ],
    'another alphabet' => [ '?t=' . 'a' x 31 . '%3D', 66 ],
    'guessed' => [ '?t=' . 'a' x 32, 67 ],
);
for my $name (sort keys %bad) {
    my ($args, $number) = @{ $bad{$name} };
    is(error_of($other->get("/npie/enlace.html$args")), $number, "$name: $number");
    $args =~ s/^\?t=//;
    my $answer = $other->post('/npie/enlace.html', [ t => $args ]);
    is($answer->{status}, 303, "$name, posted: led back");
}
is(browser()->get(path_of($mail))->{status}, 404, 'a host without mail has no links');

# No log knows a token, wherever it comes in.
($mail) = mail_wait($to);
my ($token) = path_of($mail) =~ /t=(.*)/;
like($other->get(path_of($mail))->{headers}, qr/^Referrer-Policy: strict-origin\r?$/mi,
    "the page's address does not leave it");
$other->request($_) for "/npie/enl%61ce.html?t=$token", "//npie/x/../enlace.html?t=$token";
my @from = (curl => [ '-H', "Referer: " . link_of($mail) ]);
$other->request('/npie/npie.css', @from);
$other->post('/npie/enlace.html', [ t => 'abc' ], @from);
my $logged = sub {
    # trace shows what passes on the wire.
    return join "\n", grep { !/:trace\d\]/ } split /\n/, slurp("$ENV{NPIE_LOGS}/$_[0]");
};
like($logged->('access_log'), qr{"GET /npie/enlace\.html HTTP/}, 'the log of requests has the page');
like($logged->('error_log'), qr{NPIE0066.*enlace\.html$}m, 'the log of errors too');
unlike($logged->($_), qr/\Q$token\E/, "$_: and not the token") for qw(access_log error_log);

# From another site's page.
is($other->post('/npie/enlace.html', [ t => 'a' x 32 ],
    curl => [ '-H', 'Origin: https://otro.example' ])->{status}, 403,
    'not from another site');
done_testing;
