# SPDX-License-Identifier: Apache-2.0
# The registry locked or missing: 503, Retry-After, and nothing half done.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my $file = world()->{dir} . '/registry/registry.db';
my %next = (datos => 'llave', llave => 'carta', carta => 'certificado',
    certificado => 'terminos', terminos => 'listo');

sub locked
{
    my ($code) = @_;
    open my $sqlite, '|-', 'sqlite3', '-batch', $file or die "sqlite3: $!";
    $sqlite->autoflush;
    print $sqlite "BEGIN EXCLUSIVE;\n";
    print $sqlite "UPDATE counter SET value = value;\n";
    select undef, undef, undef, 0.5;
    my $result = $code->();
    print $sqlite "ROLLBACK;\n";
    close $sqlite;
    return $result;
}

for my $page (qw(datos llave carta certificado terminos)) {
    my $r = renewal($page);
    my $before = certificates_of($r->{employer});
    my $error = locked(sub {
        eval { Npie::Test::renewal_step($r, $page, $next{$page}) };
        $@
    });
    like($error, qr/led to 503/, "$page while the registry is locked: 503");
    is(certificates_of($r->{employer}), $before, "$page: nothing half done");
    eval { Npie::Test::renewal_step($r, $page, $next{$page}) };
    is($@, '', "$page: the same step works when the lock is gone");
}

my $r = renewal('datos');
rename $file, "$file.away" or die "rename: $!";
rename "$file-$_", "$file-$_.away" for qw(wal shm);
for my $answer ($r->{client}->get('/npie/datos.html'), browser()->login(
    as => $r->{employer}{as}, user => $r->{employer}{user})) {
    is($answer->{status}, 503, 'missing: 503');
    like($answer->{headers}, qr/^Retry-After:\s*\d+/mi, 'with Retry-After');
    is(error_of($answer), 91, 'and the number');
}
unlink $file, "$file-wal", "$file-shm";
rename "$file.away", $file or die "rename: $!";
rename "$file-$_.away", "$file-$_" for qw(wal shm);
my $r2 = eval { renewal('llave') };
is($@, '', 'back again: a renewal begins');
done_testing;
