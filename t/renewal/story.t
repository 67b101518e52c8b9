# SPDX-License-Identifier: Apache-2.0
# npiectl employer story: a whole renewal as the admin reads it afterwards.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use Npie::Test;

my $r = renewal('listo');
(my $rp = $r->{employer}{rp}) =~ s/\W//g;
my $story = JSON::PP::decode_json(world()->npiectl('employer', 'story', $rp, '-j'));
# All of it may be of one second: each source is in order by itself.
my $what = join ' ', map { $_->{what} } grep { $_->{source} eq 'audit' } @$story;
like($what, qr/^login data key sign-letter (?:seal )?confirm issue/, 'from the login to the certificate');
is("$story->[0]{what} $story->[1]{what}", 'valid-from expired', 'after the certificate that had expired');
for my $event (qw(key sign-letter confirm issue supersede sign-terms)) {
    is(scalar(grep { $_->{source} eq 'audit' && $_->{what} eq $event } @$story), 1, "$event, once") or diag $what;
}
is(scalar(grep { $_->{source} eq 'letter' && $_->{what} eq 'signed' } @$story), 2, 'two letters signed');
my @times = map { $_->{at} } @$story;
is_deeply(\@times, [sort @times], 'in order');
my %who = map { $_->{who} => 1 } grep { $_->{source} eq 'audit' } @$story;
ok((grep { /^\d{20}$/ } keys %who), 'serials in digits') or diag join ' ', keys %who;
my $other = employer();
($rp = $other->{rp}) =~ s/\W//g;
$story = JSON::PP::decode_json(world()->npiectl('employer', 'story', $rp, '-j'));
is_deeply([grep { $_->{source} ne 'certificate' } @$story], [], 'and nothing of it is another employer\'s');
done_testing;
