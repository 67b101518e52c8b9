# SPDX-License-Identifier: Apache-2.0
# The CRL: what it says, to whom, and how soon.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $dir = world()->{dir};
my $plain = Npie::Client->new(url => world()->http, cacert => "$dir/tls/localhost.crt");
my $registry = world()->registry;

# The CRL as PEM in a file, and as openssl reads it.
sub crl
{
    my $answer = $plain->request('/npie/ca.crl');
    spit("$dir/crl.der", $answer->{body});
    run('openssl', 'crl', '-inform', 'DER', '-in', "$dir/crl.der", '-out', "$dir/crl.pem");
    return run('openssl', 'crl', '-in', "$dir/crl.pem", '-noout', '-text');
}

sub number
{
    my ($text) = @_;
    return $text =~ /CRL Number:\s*\n\s*(\d+)/ ? $1 : -1;
}

# What openssl verify says of a certificate, with this CRL.
sub judged
{
    my ($file) = @_;
    spit("$dir/ca/both.pem", slurp("$dir/ca/root.crt") . slurp("$dir/ca/issuing.crt"));
    my $said = `openssl verify -partial_chain -CAfile '$dir/ca/both.pem' -crl_check -CRLfile '$dir/crl.pem' '$file' 2>&1`;
    return $? == 0 ? 'good' : $said =~ /certificate revoked/ ? 'revoked' : $said;
}

# Until the CRL is another one than before.
sub crl_after
{
    my ($before) = @_;
    for (1 .. 100) {
        my $text = crl();
        return $text if number($text) > $before;
        select undef, undef, undef, 0.1;
    }
    return '';
}

# Until npie-signer knows of all that has ended.
sub told
{
    for (1 .. 100) {
        return 1 if !$registry->value("SELECT count(*) FROM certificate
            WHERE status <> 'active' AND told IS NULL");
        select undef, undef, undef, 0.1;
    }
    return 0;
}

my $r = renewal('listo');
ok(told(), 'npie-signer is told what the renewal has replaced');
my $text = crl();
my ($old) = run('openssl', 'x509', '-in', "$r->{employer}{old}.crt", '-noout', '-serial') =~ /=(\S+)/;
like($text, qr/Serial Number: $old\s+Revocation Date: .*?\n(?:\s+.*\n)*?\s+Superseded/,
    'it is listed as superseded, though it has expired');
my $answer = $plain->request('/npie/ca.crl');
is($answer->{status}, 200, 'it is there, in the clear');
is($answer->{type}, 'application/pkix-crl', 'as what it is');
like($answer->{headers}, qr/^Expires: \S+.* GMT\r$/m, 'Expires');
like($answer->{headers}, qr/^Last-Modified: /m, 'Last-Modified');
my ($etag) = $answer->{headers} =~ /^ETag: (\S+)\r$/m;
is($plain->request('/npie/ca.crl', curl => [ '-H', "If-None-Match: $etag" ])->{status}, 304,
    'not sent twice');
my $head = $plain->request('/npie/ca.crl', curl => ['-I']);
is($head->{status}, 200, 'HEAD');
like($head->{headers}, qr/^Content-Length: [1-9]/m, 'says how long it is');
is($plain->request('/npie/ca.crl', curl => [ '-X', 'POST' ])->{status}, 405, 'no POST');
is($plain->request('/npie/acceso.html')->{status}, 403, 'and nothing else is in the clear');
is(browser()->request('/npie/ca.crl')->{body}, $answer->{body}, 'the same by TLS');
like($text, qr/Version 2/, 'version 2');
like($text, qr/Authority Key Identifier/, 'whose it is');
is(run('openssl', 'crl', '-in', "$dir/crl.pem", '-noout', '-verify', '-CAfile',
    "$dir/ca/issuing.crt"), '', 'signed by the authority');
my $ca = $plain->request('/npie/ca.cer');
is($ca->{type}, 'application/pkix-cert', 'the authority\'s certificate');
is($ca->{body}, Npie::Openssl::certificate_der("$dir/ca/issuing.crt"), 'is that');
like(run('openssl', 'x509', '-in', $r->{new}{certificate}, '-noout', '-ext',
    'crlDistributionPoints,authorityInfoAccess'), qr{\Q@{[world()->http]}\E/npie/ca\.crl},
    'a new certificate says where');

# Good, revoked by its employer, still revoked.
is(judged($r->{new}{certificate}), 'good', 'a new certificate is good');
my $client = browser();
$client->login(as => $r->{new}, user => $r->{employer}{user});
$client->post('/npie/revocar.html', [ $client->csrf('revocar.html'), cual => 'este',
    motivo => 'robada', confirmo => 'si' ]);
$text = crl_after(number($text));
is(judged($r->{new}{certificate}), 'revoked', 'and revoked in the next one');
my ($serial) = run('openssl', 'x509', '-in', $r->{new}{certificate}, '-noout', '-serial') =~ /=(\S+)/;
like($text, qr/Serial Number: $serial\s+Revocation Date: .*?\n(?:\s+.*\n)*?\s+Key Compromise/,
    'for that reason');
unlike($text, qr/Serial Number: $old/, 'what has expired and was listed once is not any more');

# Whoever ends one in the registry: the job tells npie-signer.
my $other = employer(kind => 'valid');
my $there = browser();
$there->login(as => $other->{as}, user => $other->{user});
is($there->get('/idse/')->{status}, 200, 'a session');
$registry->sql("UPDATE certificate SET status = 'revoked', ended = strftime('%s'),
    reason = 'privilegeWithdrawn', invalid_since = strftime('%s') - 3600
    WHERE employer = $other->{id}");
$text = crl_after(number($text));
is(judged("$other->{old}.crt"), 'revoked', 'revoked in the registry');
like($text, qr/Privilege Withdrawn/, 'for that reason');
like($text, qr/Invalidity Date/, 'since then');
redirected($there->get('/idse/'), 'acceso', 'its session is over');

# Of an earlier authority: on the block list of every signer, not on this CRL.
my $older = employer(ca => 'old');
my $before = number($text);
$registry->sql("UPDATE certificate SET status = 'revoked', ended = strftime('%s'),
    reason = '' WHERE employer = $older->{id}");
told();
ok($registry->value("SELECT told FROM certificate WHERE employer = $older->{id}"),
    'one of another authority is told as well');
my ($of_older) = (run('openssl', 'x509', '-in', "$older->{old}.crt", '-noout', '-serial') =~ /=(\w+)/);
like(world()->ledger("SELECT line FROM entry WHERE line LIKE '% $of_older %'
    AND line LIKE '% revoke %'"), qr/ $of_older unspecified /, 'every signer of the ledger refuses it');
is(number(crl()), $before, 'and changes nothing here');
like(world()->ledger("SELECT line FROM entry WHERE line LIKE '% $serial %'
    AND line LIKE '% revoke %'"), qr/ $serial keyCompromise /,
    'the signer has it in its ledger');
done_testing;
