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

# More than libcurl forgives one handle in its life.
my $COUNT = 8;
my $dir = folder();
mkdir "$dir/nuevos" or die "$dir/nuevos: $!";
my @employers = many(world(), $COUNT, $OLD);
spit("$dir/lista.csv", join("\n", 'pfx', map { $_->{pfx} } @employers) . "\n", 0600);
my $r = renew('--list', "$dir/lista.csv", '--out-dir', "$dir/nuevos", options($dir),
    '--key-type', 'rsa:3072', '--iterations', 300_000, at('hasty'));
is($r->{code}, 0, 'all are renewed') or diag($r->{out}, $r->{err});
like($r->{out}, qr/Renovados: $COUNT\n/, 'says the summary');
unlike($r->{out} . $r->{err}, qr/\[125\]/, 'and the server was always there');

done_testing();
