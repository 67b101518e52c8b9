# SPDX-License-Identifier: Apache-2.0
# A certificate that no authority could have made, wherever one is read: it is
# refused in words, and every process that was there before is there after.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use Npie::Letter ();
use Npie::Openssl qw(cms_sign run slurp spit);
use Npie::Renew;
use Npie::Test;
use Npie::Tls qw(port s_client);

# By openssl: no name for subject or issuer (RFC 5280, 4.1.2.4), and signed.
sub nameless
{
    my ($file) = @_;
    Npie::Openssl::key_make("$file.key", 'P-256');
    run('openssl', 'req', '-new', '-x509', '-subj', '/', '-days', 30, '-key',
        "$file.key", '-out', "$file.crt");
    return { certificate => "$file.crt", key => "$file.key" };
}

# openssl makes no certificate with one extension twice.
sub doubled
{
    my ($file) = @_;
    Npie::Openssl::key_make("$file.key", 'P-256');
    run('openssl', 'req', '-new', '-x509', '-subj', '/OU=A064878710/CN=Ana', '-days', 30,
        '-addext', '1.2.3.4=DER:05:00', '-addext', '1.2.3.5=DER:05:00',
        '-key', "$file.key", '-out', "$file.pem");
    my $der = Npie::Openssl::certificate_der("$file.pem");
    $der =~ s/\x06\x03\x2a\x03\x05/\x06\x03\x2a\x03\x04/ or die "no extension\n";
    spit("$file.der", $der);
    run('openssl', 'x509', '-inform', 'DER', '-in', "$file.der", '-out', "$file.crt");
    return { certificate => "$file.crt", key => "$file.key" };
}

my $dir = folder();
my %bad = (nameless => nameless("$dir/nameless"), doubled => doubled("$dir/doubled"));
my $employer = employer();
my $letters = renewal('carta');
my $sealed = renewal('listo')->{client}->letter('carta.html');
my @before = (children(), world()->signer_pids);

# The letter with another CMS in its first field.
sub signed_by
{
    my ($who) = @_;
    my $cms = unpack 'H*', cms_sign(Npie::Letter::signed_part($sealed), %$who);
    my ($letter) = $sealed =~ /^(.*?%%EOF\n)/s;
    $letter =~ s{/Contents <\K([0-9a-f]+)}{$cms . '0' x (length($1) - length $cms)}ei
        or die "no field\n";
    return $letter;
}

for my $name (sort keys %bad) {
    my $who = $bad{$name};
    my $client = browser();
    refused($client, $client->login(as => $who, user => $employer->{user}), 'acceso', 36,
        "$name: logging in");
    my $answer = browser()->login(as => $who, user => '', json => 1);
    is($answer->{status} . ' ' . error_of($answer), '422 36', "$name: in JSON");

    $answer = $letters->{client}->letter_sign('carta.html', as => $who);
    is($answer->{status} . ' ' . page_of($answer), '303 carta', "$name: signing a letter");
    is(error_of($letters->{client}->get('/npie/carta.html')), 36, "$name: the number");

    my $letter = signed_by($who);
    $answer = browser()->post_multipart('/npie/verificar.html',
        [carta => \ ['carta.pdf', $letter]], json => 1);
    is($answer->{status}, 200, "$name: a letter so signed is looked at");
    is(JSON::PP::decode_json($answer->{body})->{outcome}, 'altered', "$name: and is not good");

    spit("$dir/letter.pdf", $letter);
    spit("$dir/npiectl.conf", "Trust " . world()->{dir} . "/ca/authorities.pem\n");
    # 256: it ends with 1, and by itself.
    ok(!eval { run("$ENV{NPIE_BUILD}/npiectl", '-c', "$dir/npiectl.conf", 'letter', 'verify',
        "$dir/letter.pdf") }, "$name: npiectl letter verify");
    like($@, qr/failed \(256\).*altered/s, "$name: says the same");

    # mod_ssl asks any client; a certificate of nobody ends the handshake.
    my $said = s_client(world(), port(world(), 'tls'), ['/idse/index.html'],
        '-cert', $who->{certificate}, '-key', $who->{key});
    unlike($said, qr{HTTP/1\.1 200}, "$name: TLS lets nobody in");
    is(browser(vhost => 'tls')->get('/npie/')->{status}, 303, "$name: and goes on");

    Npie::Openssl::pfx_make(file => "$dir/$name.pfx", name => 'x', password => $OLD, %$who);
    my $r = renew('--pfx', "$dir/$name.pfx", '--out', "$dir/n.pfx", options($dir), at());
    is($r->{code}, 4, "$name: npie-renew") or diag($r->{out}, $r->{err});
    like($r->{err}, qr/\[36\]/, "$name: says which problem");
}

# Bytes that are hardly a certificate, found by a fuzzer.
for my $file (glob "$ENV{NPIE_TOP}/t/fuzz/pki-corpus/empty-issuer-*.der") {
    my $answer = browser()->login(cms => slurp($file), user => '', json => 1);
    is($answer->{status}, 422, "$file: no CMS");
}
is_deeply([sort { $a <=> $b } children(), world()->signer_pids],
    [sort { $a <=> $b } @before], 'no child and no signer has died');
done_testing;
