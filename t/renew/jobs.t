# SPDX-License-Identifier: Apache-2.0
# A list done by several threads, its report, and what Ctrl-C does to it.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use Npie::Many qw(many);
use Npie::Openssl qw(slurp spit);
use Npie::Renew;
use Npie::Test;

my $COUNT = 12;
my $dir = folder();
my @employers = many(world(), $COUNT, $OLD);
my ($revoked, $wrong, $missing) = @employers[2, 5, 8];
my $registry = world()->registry;
$registry->sql("UPDATE certificate SET status = 'revoked', ended = 1700000000
    WHERE employer = $revoked->{id}");
unlink $missing->{pfx};
my $rows = join '', map { "$_->{pfx};"
    . ($_ == $wrong ? 'pass:Otra-clave-9' : "file:$dir/old") . ";file:new;\r\n" } @employers;
spit("$dir/lista.csv", "sep=;\r\nArchivo;Contraseña;Contraseña nueva;\r\n$rows;;;\r\n", 0600);
my @common = (options($dir), at());
my @command = ('--list', "$dir/lista.csv", '--out-dir', $dir);

# What --jobs wants.
spit("$dir/solos.csv", join('', map { "$_->{pfx}\n" } @employers), 0600);
is(renew('--list', "$dir/solos.csv", '--jobs', 4, '--accept-terms', at())->{code}, 2,
    '--jobs asks for no password');
is(renew(@command, '--jobs', 4, at())->{code}, 2, 'nor whether to sign');
is(renew(@command, '--jobs', $_, @common)->{code}, 2, "--jobs $_") for 0, 17, 'x';
is(renew(@command, '--report', "$dir/informe.txt", @common)->{code}, 2, 'a report of no kind');
spit("$dir/hay.csv", 'algo', 0600);
is(renew(@command, '--report', "$dir/hay.csv", @common)->{code}, 8,
    'a report that is there already');
is(slurp("$dir/hay.csv"), 'algo', 'is left alone');
is(scalar(glob "$dir/*-renovado.pfx"), undef, 'nothing is done so far');

# Ctrl-C: what is under way is finished, the rest is not begun.
my $r = renew_signalled('INT', 1, @command, '--report', "$dir/cortado.json", @common);
is($r->{code}, 9, 'interrupted after the first') or diag($r->{out}, $r->{err});
like($r->{err}, qr/se termina con lo que está en curso/, 'says what it does');
my ($untried) = $r->{out} =~ /^  Sin intentar: (\d+)$/m;
ok($untried && $untried <= $COUNT - 1, "the summary counts the rest: " . ($untried // '-'));
my $report = JSON::PP::decode_json(slurp("$dir/cortado.json"));
is(scalar(grep { $_->{result} eq 'not-tried' } @$report), $untried, 'so does the report');
is(scalar(grep { $_->{result} eq 'renewed' } @$report),
    () = glob("$dir/*-renovado.pfx"), 'and what is done is done');

# The rest, four at a time.
$r = renew(@command, '--jobs', 4, '--report', "$dir/informe.json", @common);
is($r->{code}, 9, 'some failed') or diag($r->{out}, $r->{err});
like($r->{out}, qr/^Resumen de $COUNT patrones$/m, 'all of them');
like($r->{out}, qr/^  Con falla: 3$/m, 'three failed');
like($r->{out}, qr/^  \[121\] \Q$missing->{pfx}\E: El archivo no se puede leer\. \(.*No such file.*\)$/m,
    'with the cause in parentheses');
unlike($r->{out} . $r->{err}, qr/\Q$OLD\E|\Q$NEW\E|Otra-clave/, 'no password');
$report = JSON::PP::decode_json(slurp("$dir/informe.json"));
is(join(' ', map { $_->{file} } @$report), join(' ', map { $_->{pfx} } @employers),
    'the report has them in the list\'s order');
is_deeply([ map { $_->{number} // 0 } @$report[2, 5, 8] ], [31, 22, 121], 'with their numbers');
is(scalar(grep { $_->{result} =~ /^(?:already-)?renewed$/ && $_->{days} > 170
    && -s $_->{out} } @$report), $COUNT - 3, 'the others with their new files and ends');
is($report->[0]{rp}, $employers[0]{rp10}, 'and the employer');
is($registry->value('SELECT count(*) FROM certificate WHERE generation = 2 AND employer IN ('
    . join(',', map { $_->{id} } @employers) . ')'), $COUNT - 3, 'one certificate each');
is((stat "$dir/informe.json")[2] & 07777, 0600, 'the report is its owner\'s');

# --check with a report.
$r = renew('--check', '--list', "$dir/lista.csv", '--report', "$dir/vence.csv");
is($r->{code}, 9, '--check: some cannot be opened');
my $table = slurp("$dir/vence.csv");
is(() = $table =~ /"vencido"/g, $COUNT - 2, 'its report says what has expired');
like($table, qr/^"\Q$missing->{pfx}\E",,,,,"falla","121",/m, 'and what failed');

# One employer, interrupted: it ends at once.
my $one = pfx();
$r = renew_signalled('TERM', 1, '--pfx', $one->{pfx}, '--out', "$dir/uno.pfx", @common);
is($r->{code}, 'signal 15', 'one employer: at once');
like($r->{err}, qr/Repita la misma orden para seguir/, 'and says how to go on');
is(renew('--pfx', $one->{pfx}, '--out', "$dir/uno.pfx", @common)->{code}, 0, 'which it does');

# A field that the server refuses is said once.
$r = renew('--pfx', pfx()->{pfx}, '--out', "$dir/mal.pfx", '--email', 'nadie', @common);
is(() = $r->{err} =~ /no tiene forma de dirección/g, 1, '[41] says its sentence once');
like($r->{err}, qr/\[41\]/, 'with its number');
done_testing();
