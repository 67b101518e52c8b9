# SPDX-License-Identifier: Apache-2.0
# npie-renew at a server that closes a connection sooner than a key is made:
# each employer of a list finds the connection of the one before gone stale.
use strict;
use warnings;
use Test::More;
use Npie::Many qw(many);
use Npie::Openssl qw(spit);
use Npie::Renew;
use Npie::Test;

# More than libcurl forgives one handle in its life. By hand, a real list:
# NPIE_STALE=300 make check-httpd TEST_FILES=t/renew/stale.t
my $COUNT = $ENV{NPIE_STALE} // 8;
my $dir = folder();
mkdir "$dir/nuevos" or die "$dir/nuevos: $!";
my @employers = many(world(), 2 * $COUNT, $OLD);
for my $jobs (1, 4) {
    spit("$dir/$jobs.csv", join("\n", 'pfx',
        map { $_->{pfx} } splice @employers, 0, $COUNT) . "\n", 0600);
    my $r = renew('--list', "$dir/$jobs.csv", '--out-dir', "$dir/nuevos", options($dir),
        '--jobs', $jobs, '--key-type', 'rsa:3072', '--iterations', 300_000, at('hasty'));
    is($r->{code}, 0, "$jobs at a time: all are renewed") or diag($r->{out}, $r->{err});
    like($r->{out}, qr/Renovados: $COUNT\n/, 'says the summary');
    unlike($r->{out} . $r->{err}, qr/\[125\]/, 'and the server was always there');
}

done_testing();
