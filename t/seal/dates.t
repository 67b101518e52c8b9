# SPDX-License-Identifier: Apache-2.0
# NPIETimestamp: sealed letters are dated by a job, sooner or later; nothing
# waits for it, and nothing wrong is kept.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp ();
use JSON::PP ();
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::Tsa;
use Npie::World;

# A server of its own, with an authority that is not there yet.
my $dir = File::Temp->newdir;
my $own = Npie::World->configured("$dir/world");
my $w = $own->{dir};
$ENV{NPIE_WORLD} = $w;
my $port = Npie::World::port_free();
my $root = "$w/ca/tsa-root.crt";
my $without = slurp("$w/npie.conf");
my $asks = "NPIETimestamp http://127.0.0.1:$port/ timeout=2s policy=1.2.3.4.1\n";
spit("$w/npie.conf", $asks . $without);
my $ctl_conf = slurp("$w/npiectl.conf");
spit("$w/npiectl.conf", "$ctl_conf\nTimestamp http://127.0.0.1:$port/ timeout=2s\nTimestampTrust $root\n");
END { eval { $own->httpd_stop }; eval { $own->redis_stop } }
$own->httpd('start');
$own->httpd_wait;

# npiectl letter renew-timestamps or status; exit status and answer.
sub ctl
{
    my $said = join ' ', map { "'$_'" } @_;
    my $out = qx($ENV{NPIE_BUILD}/npiectl -c '$w/npiectl.conf' -j $said 2>'$dir/err');
    return ($? >> 8, length $out ? JSON::PP::decode_json($out) : undef);
}

sub state_of
{
    my (undef, $parts) = ctl('status');
    my ($one) = grep { $_->{part} eq 'timestamps' } @$parts;
    return $one;
}

# Asks the registry until it is so, for a minute and a half.
sub until_is
{
    my ($sql, $wanted) = @_;
    my $is;
    for (1 .. 900) {
        $is = $own->registry->value($sql) // '';
        last if $is eq $wanted;
        select undef, undef, undef, 0.1;
    }
    return is($is, $wanted, $sql);
}

sub logged
{
    my ($what) = @_;
    for (1 .. 600) {
        return ok(1, "logged: $what") if slurp("$w/logs/error_log") =~ $what;
        select undef, undef, undef, 0.1;
    }
    return ok(0, "logged: $what");
}

sub stamps { return $own->registry->value('SELECT sum(stamp_count) FROM letter') }
my $all = q{SELECT group_concat(stamp_count || ' ' || COALESCE(hex(stamps), ''), ',') FROM letter};

# The authority is away.
my $r = renewal('listo');
my $client = $r->{client};
my @names = qw(CartadeAceptaciondeRenovacion TerminosyCondiciones);
my %sealed = map { $_ => $client->get("/npie/$_.pdf")->{body} } @names;
until_is('SELECT count(*) FROM letter WHERE sealed_at IS NOT NULL', 2);
logged(qr/NPIE0148: .*asked again after \d+ s: timestamp authority/);
my $state = state_of();
is($state->{state}, 'warning', 'status warns');
like($state->{detail}, qr/2 letters waiting since .*the last attempt failed: timestamp authority/,
    'and says why');
is($client->get('/npie/listo.html')->{status}, 200, 'the employer has the acuse');
unlike($client->get('/npie/listo.html')->{body}, qr/sello de tiempo/, 'without a timestamp');
is($client->get("/npie/$names[0].tst")->{status}, 404, 'and no file of it');

# It hangs, and others are neither held nor sealed later.
my $tsa = Npie::Tsa->start("$w/ca", "$dir", $port);
$tsa->faults('slow');
my $other = renewal('listo');
until_is('SELECT count(*) FROM letter WHERE sealed_at IS NOT NULL', 4);
is(stamps(), 0, 'nothing is dated yet');

# It is back.
$tsa->stop;
$tsa = Npie::Tsa->start("$w/ca", "$dir", $port);
until_is('SELECT count(*) FROM letter WHERE stamp_count = 1', 4);
logged(qr/NPIE0147: .*timestamp 1 by Reloj/);
for my $name (@names) {
    my $file = $client->get("/npie/$name.pdf")->{body};
    is(substr($file, 0, length $sealed{$name}), $sealed{$name}, "$name: what was there stays");
    my $found = JSON::PP::decode_json(browser()->post_multipart('/npie/verificar.html',
        [carta => \ ['c.pdf', $file]], json => 1)->{body});
    is_deeply([@$found{qw(outcome after)}, @{ $found->{timestamps} }{qw(signature count)},
        $found->{proved}{by}], ['sealed', 0, 'good', 1, 'timestamp'], "$name: the page knows it");
    my $token = $client->get("/npie/$name.tst");
    is("$token->{status} $token->{type}", '200 application/vnd.etsi.timestamp-token',
        "$name: the token as a file");
    my ($range) = $file =~ m{/ETSI.RFC3161\n/ByteRange \[([\d ]+)\]};
    my @at = split ' ', $range;
    spit("$dir/content", substr($file, 0, $at[1]) . substr $file, $at[2], $at[3]);
    spit("$dir/token", $token->{body});
    like(run('openssl', 'ts', '-verify', '-token_in', '-in', "$dir/token", '-data',
        "$dir/content", '-CAfile', $root), qr/OK/, "$name: openssl ts accepts it");
}
for my $page (qw(listo casa)) {
    like($client->get("/npie/$page.html")->{body},
        qr/sello de tiempo de un tercero, .*href="$names[0]\.tst"/, "$page says so");
}
my $place = $client->get('/npie/casa.html', json => 1)->{body};
my ($first) = @{ JSON::PP::decode_json($place)->{letters} };
like($first->{datedAt}, qr/^\d{4}-.*Z$/, 'programs get the time');
is($first->{timestamp}, "/npie/$names[0].tst", 'and the address of the token');
is(state_of()->{state}, 'ok', 'status is content');
is($own->registry->value(q{SELECT count(*) FROM audit WHERE event = 'timestamp'}), 4,
    'the audit has each');

# By hand, with the job switched off: answers that lie, one after the other.
spit("$w/npie.conf", $without);
$own->httpd('graceful');
renewal('listo');
until_is('SELECT count(*) FROM letter WHERE sealed_at IS NOT NULL', 6);
my $before = $own->registry->value($all);
my %says = (garbage => qr/no timestamp response/, html => qr/timestamp-reply/,
    old => qr/another request/, refuse => qr/sin saldo/, ended => qr/not of a trusted/,
    past => qr/which is not now/);
for my $faults (sort keys %says) {
    $tsa->faults($faults);
    my ($status, $said) = ctl('letter', 'renew-timestamps');
    isnt($status, 0, "an authority with $faults: refused");
    is_deeply([@$said{qw(first again failures)}], [0, 0, 1], 'one is asked, and no more');
    like($said->{failed}[0]{reason}, $says{$faults}, 'it says why');
    is($own->registry->value($all), $before, 'nothing is taken, nothing is lost');
    like(state_of()->{detail}, qr/2 letters waiting.*the last attempt failed: \w/,
        'status tells');
}
$tsa->faults('none');
my ($status, $said) = ctl('letter', 'renew-timestamps', '--url',
    "http://127.0.0.1:$port/ policy=1.2.3.4.9");
like($said->{failed}[0]{reason}, qr/refused/, 'a policy that it has not: refused');
is($own->registry->value($all), $before, 'and nothing taken');

# Two at once: each letter gets one.
at_once(2, sub { ctl('letter', 'renew-timestamps'); return 1 });
is($own->registry->value('SELECT count(*) FROM letter WHERE stamp_count = 1'), 6,
    'two at once date each letter once');

# Before the authority's certificate ends.
$own->registry->sql('UPDATE letter SET stamp_next = 0');
$before = $own->registry->value($all);
($status, $said) = ctl('letter', 'renew-timestamps');
is($status, 0, 'due again, and the authority has the same certificate');
like($said->{failed}[0]{reason}, qr/gains nothing/, 'is said');
is($own->registry->value($all), $before, 'and keeps nothing');
$tsa->faults('later');
$own->registry->sql('UPDATE letter SET stamp_next ='
    . ' CASE folio WHEN 1 THEN 0 ELSE stamp_until - 90 * 86400 END');
spit("$w/npie.conf", $asks . $without);
$own->httpd('graceful');
until_is('SELECT stamp_count FROM letter WHERE folio = 1', 2);
($status, $said) = ctl('letter', 'renew-timestamps', '--within', 1600);
is_deeply([$status, $said->{again}], [0, 5], '--within dates the others') or diag(slurp("$dir/err"));
my $found = JSON::PP::decode_json(browser()->post_multipart('/npie/verificar.html',
    [carta => \ ['c.pdf', $client->get("/npie/$names[0].pdf")->{body}]], json => 1)->{body});
is_deeply([$found->{outcome}, @{ $found->{timestamps} }{qw(signature count)}, $found->{proved}{time}],
    ['sealed', 'good', 2, $first->{datedAt}], 'the first still proves the time');
done_testing;
