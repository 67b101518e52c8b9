# SPDX-License-Identifier: Apache-2.0
# Two hundred employers by one call of npie-renew, some of whom cannot be
# renewed: the others are, and the summary says so.
use strict;
use warnings;
use Test::More;
use Npie::Many qw(many);
use Npie::Openssl qw(slurp spit);
use Npie::Renew;
use Npie::Test;

# Under a sanitizer the server takes three times as long.
my $COUNT = $ENV{NPIE_PRELOAD} ? 40 : 200;
my $RENEWED = $COUNT - 4;
my $dir = folder();
mkdir "$dir/nuevos" or die "$dir/nuevos: $!";
my @employers = many(world(), $COUNT, $OLD);
my ($revoked, $superseded, $wrong, $missing) = @employers[3, 11, 17, $COUNT - 1];
my $registry = world()->registry;
$registry->sql("UPDATE certificate SET status = '$_->[1]', ended = 1700000000
    WHERE employer = $_->[0]{id}") for [$revoked, 'revoked'], [$superseded, 'superseded'];
unlink $missing->{pfx};
spit("$dir/lista.csv", join('', "pfx,password,new-password\n",
    map { "$_->{pfx}," . ($_ == $wrong ? 'pass:otra' : "file:$dir/old")
        . ",file:new\n" } @employers), 0600);
my @command = ('--list', "$dir/lista.csv", '--out-dir', "$dir/nuevos",
    options($dir), at());
my $r = renew(@command);
is($r->{code}, 9, 'some failed') or diag($r->{out}, $r->{err});
my ($summary) = $r->{out} =~ /(Resumen de .*)/s;
# In parentheses is what the server or the library says of it.
$summary =~ s/ \([^()]+\)$//mg;
is($summary, <<"SUMMARY", 'the summary');
Resumen de $COUNT patrones
  Renovados: $RENEWED
  Ya renovados antes: 1
  Vigentes todavía: 0
  Esperan la liga del correo: 0
  Con falla: 3
  [31] $revoked->{pfx}: El certificado fue revocado y no se puede renovar.
  [22] $wrong->{pfx}: La contraseña no abre este archivo.
  [121] $missing->{pfx}: El archivo no se puede leer.
SUMMARY
is($registry->value('SELECT count(*) FROM certificate WHERE generation = 2 AND employer IN ('
    . join(',', map { $_->{id} } @employers) . ')'), $RENEWED, 'as many new certificates');
my @made = glob "$dir/nuevos/*.pfx";
is(scalar @made, $RENEWED, 'as many files');
is(scalar(grep { ((stat)[2] & 07777) != 0600 } glob "$dir/nuevos/*"), 0,
    'each the owner\'s alone');
is(scalar(glob("$dir/nuevos/*.llave") // ()), undef, 'no key is left over');
is(renewed($made[-1]), $registry->value("SELECT spki FROM certificate WHERE
    generation = 2 AND employer = (SELECT id FROM employer WHERE username = '"
    . ($made[-1] =~ m{/([^/]+)-renovado})[0] . "')"), 'with the employer\'s own key');
unlike($r->{out} . $r->{err}, qr/\Q$OLD\E|\Q$NEW\E|\[#/, 'no password, and no bar in a pipe');
like($r->{out}, qr/^1\/$COUNT \S+: renovado\n2\/$COUNT /, 'a line each instead');

# What is left, at a terminal.
spit("$dir/resto.json", '[' . join(',', map { qq({"pfx":"$_->{pfx}"}) }
    @employers[0, 1, 17]) . ']', 0600);
$r = typed([], '--list', "$dir/resto.json", '--out-dir', "$dir/nuevos", options($dir), at());
is($r->{code}, 0, 'again, with the right password');
like($r->{out}, qr/\[#+\.+\] 2\/3 faltan \d+ (?:s|min) /, 'a bar shows how far it is');
like($r->{out}, qr/Renovados: 1\r\n  Ya renovados antes: 2\r\n/, 'only what was left is done');
$r = renew('--check', '--list', "$dir/lista.csv");
is($r->{code}, 9, '--check of a list');
is(() = $r->{out} =~ /venció hace 20 días/g, $COUNT - 2, 'tells what it can open');

done_testing();
