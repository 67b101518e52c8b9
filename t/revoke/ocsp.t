# SPDX-License-Identifier: Apache-2.0
# OCSP: what openssl and GnuTLS make of the answers, and how soon they change.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(time);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $dir = world()->{dir};
my $http = world()->http;
my $ca = "$dir/ca/issuing";
my $plain = Npie::Client->new(url => $http, cacert => "$dir/tls/localhost.crt");
spit("$dir/ca/both.pem", slurp("$dir/ca/root.crt") . slurp("$ca.crt"));

# What openssl says of a certificate: good, revoked, unknown, or all it said.
sub asked
{
    my ($file, %arg) = @_;
    my $issuer = $arg{issuer} // "$ca.crt";
    my $options = join ' ', @{ $arg{options} // ['-no_nonce'] };
    my $said = `openssl ocsp -issuer '$issuer' $options -cert '$file' -url '$http/npie/ocsp' -CAfile '$dir/ca/both.pem' 2>&1`;
    return $said if $said !~ /^Response verify OK$/m;
    return $said =~ /^\Q$file\E: (\w+)$/m ? $1 : $said;
}

# The same by GnuTLS, which puts a nonce in.
sub gnutls
{
    my ($file) = @_;
    my $said = `ocsptool --ask='$http/npie/ocsp' --load-issuer '$ca.crt' --load-cert '$file' --load-trust '$ca.crt' 2>&1`;
    return $said =~ /OCSP server flags certificate|Certificate Status: (good|revoked|unknown)/i
        ? lc($1 // ($said =~ /revoked/ ? 'revoked' : $said)) : $said;
}

# Answers in Redis, whose names say nothing.
sub kept
{
    return scalar split /\n/, world()->redis('KEYS', 'npie:1:status:*');
}

# A request as openssl makes it, DER.
sub request
{
    my (@options) = @_;
    run('openssl', 'ocsp', @options, '-reqout', "$dir/request.der");
    return slurp("$dir/request.der");
}

sub get
{
    my ($der, %arg) = @_;
    my $text = encode_base64($der, '');
    $text =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge if !$arg{raw};
    return $plain->request("/npie/ocsp/$text", curl => $arg{curl});
}

sub post
{
    my ($bytes, $type) = @_;
    return $plain->post_bytes('/npie/ocsp', $type // 'application/ocsp-request', $bytes);
}

# An answer's status by its first bytes: OCSPResponse ::= { responseStatus }.
sub error_in
{
    my ($answer) = @_;
    return unpack 'H*', $answer->{body};
}

world()->redis('FLUSHALL');
my $r = renewal('listo');
my $new = $r->{new}{certificate};
my $old = "$r->{employer}{old}.crt";
is(asked($new), 'good', 'a new certificate, without a nonce');
is(asked($new), 'good', 'and again');
is(asked($new, options => ['-nonce']), 'good', 'with a nonce');
is(asked($new, options => [ '-sha256', '-no_nonce' ]), 'good', 'by SHA-256');
is(gnutls($new), 'good', 'GnuTLS agrees');
my $valid = employer(kind => 'valid');
is(asked("$valid->{old}.crt"), 'good', 'one that the registry knows');
# The old one's are made when its revocation is published, within a second.
for (1 .. 100) {
    last if kept() >= 5;
    select undef, undef, undef, 0.1;
}
my $kept = kept();
is($kept, 5, 'kept of the old and the new by SHA-1 and SHA-256, of the valid by SHA-1');
my $stranger = employer(registered => 0);
is(asked("$stranger->{old}.crt"), 'unknown', 'one that it does not know');
is(kept(), $kept, 'of which nothing is kept: anybody can invent a serial');
like(asked("$dir/ca/issuing.crt", issuer => "$dir/ca/root.crt"), qr/unauthorized/,
    'another issuer\'s');

# GET, and what a cache needs.
my $der = request('-issuer', "$ca.crt", '-no_nonce', '-cert', $new);
for my $raw (0, 1) {
    my $answer = get($der, raw => $raw);
    is($answer->{status}, 200, "GET, raw $raw");
    is($answer->{type}, 'application/ocsp-response', 'its type');
    spit("$dir/answer.der", $answer->{body});
    like(run('openssl', 'ocsp', '-issuer', "$ca.crt", '-cert', $new, '-respin', "$dir/answer.der",
        '-CAfile', "$dir/ca/both.pem", '-no_nonce'), qr/: good$/m, 'holds');
}
# As clients send it that think of URLs, or leave the padding out.
my $long = request('-issuer', "$ca.crt", '-no_nonce', '-serial', '0x7BFFBFFBFFBF');
for my $bytes ($der, $long) {
    (my $text = encode_base64($bytes, '')) =~ tr{+/}{-_};
    (my $bare = $text) =~ s/=+$//;
    for my $form ($text, $bare) {
        my $got = $plain->request("/npie/ocsp/$form");
        is($got->{status}, 200, 'GET by base64url');
        unlike(error_in($got), qr/^30030a01/, 'is answered');
    }
}
# Slashes in a row, of which httpd makes one where it looks for the handler.
my $slashes = request('-issuer', "$ca.crt", '-no_nonce', '-serial', '0x7F' . 'FF' x 12);
like(encode_base64($slashes, ''), qr{//}, 'a request with slashes in a row');
for my $raw (0, 1) {
    my $got = get($slashes, raw => $raw);
    is($got->{status}, 200, "by GET, raw $raw");
    unlike(error_in($got), qr/^30030a01/, 'is answered');
}
my $answer = get($der);
like($answer->{headers}, qr/^Cache-Control: max-age=\d+, public, no-transform, must-revalidate\r$/m,
    'Cache-Control');
like($answer->{headers}, qr/^$_: /m, $_) for qw(Expires Last-Modified ETag);
my ($etag) = $answer->{headers} =~ /^ETag: (\S+)\r$/m;
is(get($der, curl => [ '-H', "If-None-Match: $etag" ])->{status}, 304, 'not sent twice');
is(get($der)->{body}, $answer->{body}, 'the kept answer');

# Several at once, and what is no request.
my $several = `openssl ocsp -no_nonce -issuer '$ca.crt' -cert '$new' -cert '$old' -cert '$stranger->{old}.crt' -url '$http/npie/ocsp' -CAfile '$dir/ca/both.pem' 2>&1`;
like($several, qr/\Q$new\E: good.*\Q$old\E: revoked.*superseded.*\Q$stranger->{old}.crt\E: unknown/s,
    'three at once');
is(error_in(post('no request')), '30030a0101', 'malformedRequest');
is(error_in(post("$der\0")), '30030a0101', 'so is one with more behind it');
is(error_in(post('')), '30030a0101', 'nothing');
is(error_in(post("\x30" x 5000)), '30030a0101', 'too long a one');
is(error_in(get('M no request')), '30030a0101', 'by GET');
is(error_in($plain->request('/npie/ocsp' . '/M' x 2000)), '30030a0101', 'by many parts of a path');
is(post($der, 'text/plain')->{status}, 415, 'another type');
is($plain->request('/npie/ocsp', curl => [ '-X', 'PUT' ])->{status}, 405, 'another method');
my @many = map { ('-serial', $_) } 1 .. 17;
is(error_in(post(request('-issuer', "$ca.crt", '-no_nonce', @many))), '30030a0101', 'too many');
# A nonce that is not what its length says.
my $nonced = request('-issuer', "$ca.crt", '-nonce', '-cert', $new);
my $at = index $nonced, "\x04\x12\x04\x10";
ok($at > 0, 'the nonce is found');
substr $nonced, $at + 3, 1, "\x0f";
is(error_in(post($nonced)), '30030a0101', 'and refused when it is cut');

# Revoked: the next answer says so, whoever asks and however.
my $client = browser();
$client->login(as => $r->{new}, user => $r->{employer}{user});
my @form = ($client->csrf('revocar.html'), cual => 'este', motivo => 'robada', confirmo => 'si');
$client->post('/npie/revocar.html', [@form]);
is(asked($new), 'revoked', 'revoked in the very next answer');
is(asked($new, options => [ '-sha256', '-no_nonce' ]), 'revoked', 'by SHA-256');
is(asked($new, options => ['-nonce']), 'revoked', 'with a nonce');
is(gnutls($new), 'revoked', 'GnuTLS agrees');
isnt(get($der)->{body}, $answer->{body}, 'by GET too');

# In the registry, by whoever it is: within a second, kept answers or not.
is(asked("$valid->{old}.crt"), 'good', 'kept as good');
world()->registry->sql("UPDATE certificate SET status = 'revoked', ended = strftime('%s'),
    reason = 'privilegeWithdrawn' WHERE employer = $valid->{id}");
my ($since, $said) = (time, '');
for (1 .. 100) {
    $said = asked("$valid->{old}.crt");
    last if $said eq 'revoked';
    select undef, undef, undef, 0.05;
}
is($said, 'revoked', 'revoked in the registry');
diag(sprintf 'seen after %.2f s', time - $since) if $ENV{NPIE_TIMES};
is(run('openssl', 'x509', '-in', $new, '-noout', '-ocsp_uri'), "$http/npie/ocsp\n",
    'a new certificate says where');
done_testing;
