# SPDX-License-Identifier: Apache-2.0
# Download again: whoever comes back with the renewed certificate, on another
# machine, gets it and both signed letters; nobody else does.
use strict;
use warnings;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use Test::More;
use Npie::Letter ();
use Npie::Openssl qw(slurp);
use Npie::Test;

my @FILES = qw(certificado.cer certificado.json CartadeAceptaciondeRenovacion.pdf
    TerminosyCondiciones.pdf);

# What a browser gets: the bytes of each file, or '' and no 200.
sub files
{
    my ($client) = @_;
    return map {
        my $answer = $client->request("/npie/$_");
        $_ => $answer->{status} == 200 ? $answer->{body} : ''
    } @FILES;
}

sub nothing
{
    my ($client, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %got = files($client);
    is_deeply(\%got, { map { $_ => '' } @FILES }, "$name: nothing");
    return;
}

# As if the renewed certificate had been made days before.
sub days_later
{
    my ($employer, $days) = @_;
    world()->registry->sql("UPDATE certificate SET not_before = not_before - $days * 86400,
        not_after = not_after - $days * 86400
        WHERE employer = $employer->{id} AND generation = 2");
    return;
}

my $r = renewal('listo');
my $employer = $r->{employer};
my %first = files($r->{client});
my $der = slurp("$r->{new}{certificate}.der");
is($first{'certificado.cer'}, $der, 'the certificate');
is(decode_base64(JSON::PP::decode_json($first{'certificado.json'})->{certificate}), $der,
    'and as JSON');
like($first{$_}, qr/\A%PDF-/, "$_: a letter") for @FILES[2, 3];
ok(length Npie::Letter::signature($first{$_}), "$_: signed") for @FILES[2, 3];
isnt($first{$FILES[2]}, $first{$FILES[3]}, 'each another');

# On another machine, later.
my $again = browser();
redirected($again->login(as => $r->{new}, user => $employer->{user}), '/idse/',
    'logs in with the renewed certificate');
is_deeply({ files($again) }, \%first, 'and gets the very same files');
my $page = $again->get('/npie/listo.html');
is($page->{status}, 200, 'listo is there too');
like($page->{body}, qr/href="\Q$_\E"/, "with a link to $_") for @FILES[2, 3];
like($again->get('/npie/certificado.html')->{body}, qr/href="certificado\.cer"/,
    'certificado has one to the certificate');
my $answer = $again->request('/npie/certificado.cer');
like($answer->{headers}, qr/filename="?\Q$employer->{rp10}\E_2\.cer/, 'named after it');
like($answer->{headers}, qr/^Cache-Control:[^\r]*no-store/mi, 'kept nowhere on the way');

# Nobody else.
nothing(browser(), 'a stranger');
my $bystander = browser();
my $another = employer(kind => 'valid');
redirected($bystander->login(as => $another->{as}, user => $another->{user}), '/idse/',
    'another employer logs in');
my %own = files($bystander);
is(join(' ', grep { $own{$_} ne '' } @FILES), 'certificado.cer',
    'and gets his own certificate, which no renewal made');
isnt($own{'certificado.cer'}, $first{'certificado.cer'}, 'another one');
my $renewed = renewal('listo');
my %other = files($renewed->{client});
is(scalar(grep { $other{$_} ne '' && $other{$_} ne $first{$_} } @FILES), 4,
    'one who has renewed gets his own files');
my $superseded = browser();
redirected($superseded->login(as => $employer->{as}, user => $employer->{user}),
    'rechazo-sustituido', 'the old certificate');
nothing($superseded, 'the old certificate');
my $out = browser();
$out->login(as => $r->{new}, user => $employer->{user});
$out->logout('listo.html');
nothing($out, 'logged out');

# When the renewed certificate is about to end, and when it has ended.
days_later($employer, 170);
my $early = browser();
$early->login(as => $r->{new}, user => $employer->{user});
sub has_links
{
    my ($client, $name) = @_;
    my $body = $client->get('/npie/aviso.html')->{body};
    like($body, qr/href="\Q$_\E"/, "$name: aviso has a link to $_") for @FILES[0, 2, 3];
    return;
}
is($early->get('/npie/aviso.html')->{status}, 200, 'it may be renewed again');
has_links($early, 'about to end');
is_deeply({ files($early) }, \%first, 'and is there all the same');
days_later($employer, 30);
my $late = browser();
redirected($late->login(as => $r->{new}, user => $employer->{user}), 'aviso',
    'it has expired');
has_links($late, 'expired');
my $never = browser();
my $first_time = employer();
$never->login(as => $first_time->{as}, user => $first_time->{user});
unlike($never->get('/npie/aviso.html')->{body}, qr/certificado\.cer|\.pdf"/,
    'one that was never renewed has none');
is_deeply({ files($late) }, \%first, 'and is there all the same');
nothing($superseded, 'the old certificate still');
done_testing;
