# SPDX-License-Identifier: Apache-2.0
# The background jobs while Redis is away and a revocation waits for it: seals
# and mails go on, and the revocation is done once Redis is back.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Test;

my $registry = world()->registry;

sub eventually
{
    my ($sql) = @_;
    for (1 .. 600) {
        my $value = $registry->value($sql);
        return $value if $value;
        select undef, undef, undef, 0.1;
    }
    return 0;
}

# A letter that has its seal, an employer who is to be reminded, and one whose
# certificate is revoked.
my $done = renewal('listo');
my ($folio) = $registry->value("SELECT letter2 FROM renewal
    WHERE employer = $done->{employer}{id} AND state = 'completed'");
ok(eventually("SELECT sealed_at FROM letter WHERE folio = $folio"), 'a letter is sealed');
my $to = address();
my $reminded = employer_at($to, kind => 'valid');
my $revoked = employer(kind => 'valid');

world()->redis_stop;
$registry->sql("UPDATE certificate SET status = 'revoked', reason = 'keyCompromise',
    ended = CAST(strftime('%s', 'now') AS INTEGER) WHERE employer = $revoked->{id}");
my $told = "SELECT told FROM certificate WHERE employer = $revoked->{id}";
# The turn after next has met the revocation for certain.
sleep 3;
$registry->sql("UPDATE letter SET seal = NULL, sealed_at = NULL, seal_next = 0
    WHERE folio = $folio");
$registry->sql("INSERT INTO outbox (kind, employer, certificate, days, address, queued, attempts,
    next_try, lease_until, reason, server_said) SELECT 'vencimiento', employer, id, 1, '$to',
    CAST(strftime('%s', 'now') AS INTEGER), 0, 0, 0, '', '' FROM certificate
    WHERE employer = $reminded->{id}");
ok(eventually("SELECT sealed_at FROM letter WHERE folio = $folio"), 'without Redis: sealed again');
ok(eventually("SELECT sent FROM outbox WHERE address = '$to'"), 'and the mail is sent');
is(scalar(mails($to)), 1, 'once');
is($registry->value($told) // '', '', 'the revocation waits: its sessions could not be ended');
world()->redis_start;
ok(eventually($told), 'with Redis it is done');
done_testing;
