# SPDX-License-Identifier: Apache-2.0
# Which new keys are taken, and which are not.
use strict;
use warnings;
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;
use Npie::Openssl qw(key_make request_make);
use Npie::Test;

my $r = renewal('llave');
my ($client, $employer) = @$r{qw(client employer)};

sub send_request
{
    my ($csr, %field) = @_;
    my %form = (solicitud => $csr, nombre => "$employer->{rp10}_2",
        huella => 'a' x 64, %field);
    return $client->post('/npie/llave.html',
        [ $client->csrf('llave.html'), map { $_ => $form{$_} } sort keys %form ]);
}

sub request_of
{
    my ($kind, %arg) = @_;
    my $key = key_make("$employer->{dir}/try", $kind);
    return request_make(key => $key, subject => [[CN => 'x']], %arg);
}

my $good = request_of('P-256');
(my $bent = $good) =~ s/-----.*?-----\n?//g;
$bent = decode_base64($bent);
substr($bent, -3, 1) ^= "\x01";
$bent = "-----BEGIN CERTIFICATE REQUEST-----\n" . encode_base64($bent)
    . "-----END CERTIFICATE REQUEST-----\n";
refused($client, send_request($bent), 'llave', 51, 'a bad signature');
refused($client, send_request('not a request'), 'llave', 50, 'no request');
refused($client, send_request(''), 'llave', 50, 'nothing');
refused($client, send_request($good x 20), 'llave', 50, 'too many requests');
refused($client, send_request(request_of('rsa:1024')), 'llave', 52, 'RSA-1024');
refused($client, send_request(request_of('rsa:2048', md => 'sha1')), 'llave', 51,
    'a request signed with SHA-1');
refused($client, send_request(request_of('secp256k1')), 'llave', 52, 'another curve');
refused($client, send_request(request_make(key => "$employer->{old}.key",
    subject => [[CN => 'x']])), 'llave', 53, 'the old key');
my $another = employer();
refused($client, send_request(request_make(key => "$another->{old}.key",
    subject => [[CN => 'x']])), 'llave', 53, 'the key of another employer');
my $used = renewal('carta');
refused($client, send_request($used->{new}{csr}), 'llave', 53,
    'the key of another renewal');
refused($client, send_request($good, nombre => '../etc/x'), 'llave', 56,
    'a name that is none');
refused($client, send_request($good, nombre => ''), 'llave', 56, 'no name');

for my $kind ('rsa:2048', 'rsa:3072', 'P-256', 'P-384') {
    my $own = renewal('llave');
    my $key = key_make("$own->{employer}{dir}/kind", $kind);
    my %new = (key => $key, name => 'llave_2', csr => request_make(key => $key,
        subject => [[CN => 'x']]));
    redirected($own->{client}->key_send(\%new), 'carta', "$kind is taken");
}
redirected(send_request($good), 'carta', 'after all the refusals: a good one');
done_testing;
