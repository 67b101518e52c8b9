# SPDX-License-Identifier: Apache-2.0
# The audit of all the tests before: whole, by a chain worked out here once more,
# and npie-signer has its head.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Test::More;
use Npie::Openssl qw(slurp);
use Npie::Test;

my $registry = world()->registry;
my $r = renewal('listo');
my ($previous, $sequence, @wrong) = ('0' x 64, 0);
for my $row ($registry->sql('SELECT sequence, at, previous, hash, actor, event, detail
    FROM audit ORDER BY sequence')) {
    my ($number, $at, $before, $hash, @texts) = @$row;
    my $text = join ' ', 'npie-audit-1', ++$sequence, $at,
        (map { length($_) . ":$_" } @texts), $previous;
    push @wrong, $number
        if $number != $sequence || $before ne $previous || $hash ne sha256_hex($text);
    $previous = $hash;
}
cmp_ok($sequence, '>', 5, "$sequence rows");
is_deeply(\@wrong, [], 'none is out of place');
is($registry->value('SELECT h.hash = a.hash FROM audit_head h JOIN audit a
    ON a.sequence = h.sequence'), 1, 'its end is known');
my $events = $registry->value("SELECT group_concat(event, ' ') FROM (SELECT event FROM audit
    WHERE actor = (SELECT serial FROM certificate WHERE generation = 1
    AND employer = $r->{employer}{id}) ORDER BY sequence)");
like($events, qr/^login data key sign-letter confirm issue/, 'a renewal, from its login');

# In a few seconds, by the job; which also seals letters, and that is audited.
my ($kept, $head) = ('', 'none');
for (1 .. 300) {
    $kept = world()->ledger("SELECT line FROM entry WHERE line LIKE '% head %'
        ORDER BY number DESC LIMIT 1") // '';
    $head = $registry->value("SELECT sequence || ' ' || hash FROM audit_head");
    last if index($kept, " $head ") > 0;
    select undef, undef, undef, 0.1;
}
like($kept, qr/^\d+ 20\d\d-\S+Z [0-9a-f]{16} head 0 \Q$head\E /, 'npie-signer keeps its head');
unlike(slurp("$ENV{NPIE_LOGS}/error_log"), qr/NPIE0109/, 'which was never another');
done_testing;
