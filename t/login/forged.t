# SPDX-License-Identifier: Apache-2.0
# Who writes Redis is nobody: values put there by hand, moved or changed.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Test::More;
use Npie::Test;

# Values are binary: they go through Lua as escapes.
sub redis_set
{
    my ($key, $value) = @_;
    my $escaped = join '', map { sprintf '\\%03d', ord } split //, $value;
    world()->redis('EVAL', "return redis.call('set', KEYS[1], '$escaped')", 1, $key);
    return;
}

sub redis_keys
{
    my ($kind) = @_;
    return split /\n/, world()->redis('KEYS', "npie:1:$kind:*");
}

# A session of the application as it was written down before it was sealed:
# numbers big-endian, strings with their length.
sub plain_session
{
    my ($key, $employer) = @_;
    my $text = sub { pack 'N/a*', $_[0] };
    my $now = 1_000_000 * time;
    return pack('n', 0x4E02) . $text->($key)
        . pack('n N Q> Q> n', ord 'a', 0, $employer->{id}, 1, 0)
        . join('', map { $text->($_) } $employer->{user}, 'Forjada, S.A.', $employer->{rp},
            $employer->{rfc}, 'Nadie', 'nadie@forja.example', '30' x 20, 'c' x 64, 'token')
        . pack('Q> Q> Q> Q> Q>', $now - 86_400e6, $now + 86_400e6, 0, $now, $now + 3_600e6);
}

my $victim = employer(kind => 'valid');
my $token = 'A' x 43;
my @cookie = ('-H', "Cookie: __Host-npie=$token");
my $key = sha256_hex('cookie:' . world()->url . "/npie/\n$token");
redis_set("npie:1:session:$key", plain_session($key, $victim));
redirected(browser()->request('/idse/', curl => \@cookie), 'acceso',
    'a session written into Redis by hand opens nothing');

# Two of one kind: one's value under the other's name, and every byte changed.
my %before = map { $_ => 1 } redis_keys('session');
my $own = employer(kind => 'valid');
my $thief = browser();
$thief->login(as => $own->{as}, user => $own->{user});
my ($mine) = grep { !$before{$_} } redis_keys('session');
$before{$mine} = 1;
my $honest = browser();
$honest->login(as => $victim->{as}, user => $victim->{user});
my ($theirs) = grep { !$before{$_} } redis_keys('session');
ok(defined $mine && defined $theirs && $mine ne $theirs, 'two sessions in Redis');
world()->redis('EVAL', "return redis.call('set', KEYS[1], redis.call('get', KEYS[2]))",
    2, $mine, $theirs);
redirected($thief->get('/idse/'), 'acceso', 'a value under another name opens nothing');
is($honest->get('/idse/index.html')->{status}, 200, 'the one it was taken from goes on');

my $value = world()->redis('--raw', 'GET', $theirs);
unlike($value, qr/\Q$victim->{rp}\E|\Q$victim->{user}\E/, 'nobody can read whose it is');
unlike(join("\n", redis_keys('rate')), qr/127\.0\.0\.1/, 'nor who was counted');
world()->redis('SETRANGE', $theirs, 20, 'x');
redirected($honest->get('/idse/'), 'acceso', 'a changed one opens nothing');

# A challenge of one's own making, which would hold at any later time.
my $challenge = browser()->challenge;
my $later = $challenge =~ s/^time: \d{4}/time: 2099/mr;
isnt($later, $challenge, 'a challenge with another date');
world()->redis('SET', 'npie:1:once:' . sha256_hex($later), 1);
my $cms = Npie::Openssl::cms_sign($later, %{ $victim->{as} });
my $answer = browser()->post('/npie/acceso.html', [usuario => $victim->{user},
    reto => $later, firma => MIME::Base64::encode_base64($cms, '')], json => 1);
is(error_of($answer), 26, 'is none that was given out');
done_testing;
