# SPDX-License-Identifier: Apache-2.0
# npiectl backup: everything is lost but the folder, and a renewal goes on from
# it.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my ($world, $temp, $run) = own();
END { own_end() }
my $dir = $world->{dir};
sub ctl { return $run->(@_) }
my @conf = ('-c', "$dir/npiectl.conf");
my $backup = "$temp/backup";
my $done = renewal('listo');
my $open = renewal('carta');

my ($status, $answer) = ctl('backup', @conf, '--keys', 'relative');
is($status, 1, 'a relative path');
($status, $answer) = ctl('backup', @conf, "$temp/plain", "$dir/tls", "$dir/signer", "$dir/session.secret");
is($status, 0, 'without keys') or diag slurp("$temp/out.err");
is(run('grep', '-rlE', 'PRIVATE KEY-----', "$dir/ca") ne '', 1, 'there are some');
is(run('sh', '-c', 'grep -rl "PRIVATE KEY-----" "$0" || true', "$temp/plain"), '', 'no key is in it');
my $left = join ' ', @{ $answer->{left_out} };
like($left, qr{ca/issuing\.key.*}, 'which is told');
like($left, qr{/ledger\.key}, "npie-signer's");
like($left, qr{/session\.secret}, 'and the secret of sessions');
ok(!-e "$temp/plain/files$dir/session.secret", 'which is not there');
($status, $answer) = ctl('backup', @conf, "$temp/plain");
is($status, 1, 'never over another');
($status, $answer) = ctl('backup', @conf, '--keys', $backup, (map { "$dir/$_" } qw(tls session.secret
    npie.conf httpd.conf port port.http ca signer)));
is($status, 0, 'with keys') or diag slurp("$temp/out.err");
is(run('find', $backup, '-type', 'f', '-perm', '/o+w'), '', 'nobody else can write to it');
is(sprintf('%o', (stat $backup)[2] & 07777), '700', 'or look into it');
my @keys = split /\n/, run('grep', '-rl', 'PRIVATE KEY-----', "$backup/files");
ok(scalar @keys, 'keys are there');
is_deeply([grep { (stat $_)[2] & 077 } @keys], [], 'for their owner alone');

# Checked anywhere: without settings.
($status, $answer) = ctl('backup', '--verify', $backup);
is($status, 0, 'verified') or diag explain $answer;
ok($answer->{entries} > 3 && $answer->{audit_row} > 3, 'as far as it goes');
# wrong NAME CODE: what is done to a copy is found.
sub wrong
{
    my ($name, $code, $finding) = @_;
    run('cp', '-a', $backup, "$temp/copy");
    $code->("$temp/copy");
    my ($is, $said) = ctl('backup', '--verify', "$temp/copy");
    is($is, 4, $name);
    like(join("\n", @{ $said->{findings} // [] }), $finding, 'is named') if $finding;
    remove_tree("$temp/copy");
    return;
}
wrong('another byte', sub { run('sh', '-c', 'printf x >>"$0"', "$_[0]/files$dir/npie.conf") }, qr/npie\.conf: it is not what/);
wrong('a missing file', sub { unlink "$_[0]/files$dir/npie.conf" }, qr/npie\.conf: No such/);
wrong('one more', sub { spit("$_[0]/files/more", 'x') }, qr{files/more: nobody wrote it});
wrong('an entry of the ledger', sub { run('sed', '-i', '3d', "$_[0]/data/ledger.txt") }, qr/ledger\.txt/);
wrong('a row of the audit', sub {
    run('sqlite3', "$_[0]/data/registry.db", "UPDATE audit SET detail = 'x' WHERE sequence = 2") }, qr/registry\.db/);
# By somebody who writes the digests anew as well.
wrong('the ledger and its digest', sub {
    my ($in) = @_;
    run('sed', '-i', '3d', "$in/data/ledger.txt");
    my $hash = (split / /, run('sha256sum', "$in/data/ledger.txt"))[0];
    my $manifest = slurp("$in/manifest.json");
    $manifest =~ s/("data\/ledger\.txt".*?"sha256": ")[0-9a-f]{64}/$1$hash/s;
    spit("$in/manifest.json", $manifest);
}, qr/ledger\.txt: it is not what was written/);
wrong('one that was not finished', sub { truncate "$_[0]/manifest.json", 0 });

# An empty root: nothing of the world is left.
my $employers = "$temp/employers";
$world->httpd_stop;
$world->redis_stop;
rename "$dir/employers", $employers or die $!;
remove_tree($dir);
# As root: cp -a files/. /
make_path($dir);
run('cp', '-a', "$backup/files$dir/.", "$dir/");
make_path(map { "$dir/$_" } qw(run registry ledger logs employers));
rename $employers, "$dir/employers" or die $!;
run('cp', "$backup/data/registry.db", "$dir/registry/registry.db");
unlink "$dir/signer/ledger.anchor";
is((ctl('ledger', 'import', @conf, "$backup/data/ledger.txt"))[0], 0, 'the ledger goes in')
    or diag slurp("$temp/out.err");
is((ctl('registry', 'check', @conf))[0], 0, 'the registry is sound');
$world->redis_start;
$world->httpd('start');
$world->httpd_wait;
($status, $answer) = ctl('status', @conf);
is(join(' ', map { "$_->{part}: $_->{detail}" } grep { $_->{state} eq 'down' } @$answer), '', 'nothing is down');
is((ctl('registry', 'reconcile', @conf))[0], 0, 'nothing was forgotten');
is((ctl('audit', 'verify', @conf))[0], 0, 'the audit goes on');
$open->{client} = browser();
$open->{client}->login(user => $open->{employer}{user}, as => $open->{employer}{as});
Npie::Test::renewal_step($open, 'carta', 'certificado');
Npie::Test::renewal_step($open, 'certificado', 'terminos');
Npie::Test::renewal_step($open, 'terminos', 'listo');
for my $r ($done, $open) {
    is(browser()->login(user => $r->{employer}{user}, as => $r->{new})->{location}, '/idse/',
        'a certificate of this authority opens the application');
}
is((ctl('ledger', 'verify', @conf))[0], 0, 'the ledger is good');
done_testing;
