# SPDX-License-Identifier: Apache-2.0
# Mail servers that are away, slow or refuse; httpd restarted and killed with
# mail queued: each mail arrives once, or the page says why not.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Openssl qw(slurp);
use Npie::Test;

sub signed
{
    my ($to) = @_;
    my $r = renewal('carta', client => browser(vhost => 'mailopt'), mail => $to,
        employer => employer_at($to));
    $r->{client}->letter_sign('carta.html', as => $r->{employer}{as});
    return $r;
}

sub eventually
{
    my ($holds) = @_;
    for (1 .. 300) {
        return 1 if $holds->();
        select undef, undef, undef, 0.1;
    }
    return 0;
}

sub page_says
{
    my ($r, $state, $name) = @_;
    my $body = $r->{client}->get('/npie/correo.html')->{body};
    return like($body, qr/data-estado="$state"/, $name);
}

# Refused for good, and for now.
for my $case ([ 'nadie', 'rechazado', 'refused' ], [ 'spam', 'rechazado', 'refused' ],
    [ 'gris', 'reintento', 'deferred' ], [ 'llena', 'reintento', 'deferred' ],
    [ 'cuelga', 'reintento', 'closed' ], [ 'lento', 'reintento', 'timeout' ]) {
    my ($fate, $state, $reason) = @$case;
    my $to = address($fate);
    my $r = signed($to);
    ok(settled($to), "$fate: tried");
    page_says($r, $state, "$fate: the page says $state");
    is(world()->registry->value("SELECT reason FROM outbox WHERE address = '$to'"),
        $reason, "$fate: because $reason");
    is(scalar(mails($to)), 0, "$fate: no mail") if $fate !~ /cuelga|lento/;
    redirected($r->{client}->post('/npie/correo.html',
        [ $r->{client}->csrf('correo.html'), accion => 'seguir' ]),
        'certificado', "$fate: the renewal goes on all the same");
}

# Away for a while.
servers_stop();
my $to = address();
my $r = signed($to);
ok(settled($to), 'no server: tried');
page_says($r, 'reintento', 'no server: it will be tried again');
my $due = world()->registry->value("SELECT next_try - strftime('%s', 'now')
    FROM outbox WHERE address = '$to'");
ok($due > 20 && $due <= 60, "in about a minute ($due s)");
servers_start();
hurry($to);
is(scalar(mail_wait($to)), 1, 'the server is back: it arrives');
page_says($r, 'entregado', 'and the page says so');

# httpd restarted, and a child killed, with mails queued.
servers_stop();
my @to = map { address() } 1 .. 6;
signed($_) for @to;
my $parent = slurp($ENV{NPIE_HTTPD_PID} // die "NPIE_HTTPD_PID is not set\n") + 0;
kill 'USR1', $parent;
servers_start();
my ($children) = map { [ split ' ' ] } scalar `ps -o pid= --ppid $parent`;
for my $child (split ' ', `pgrep -P $parent`) {
    my $name = `ps -o comm= -p $child`;
    kill 'KILL', $child if $name =~ /httpd|apache2/;
}
hurry($_) for @to;
is(scalar(mail_wait($_)), 1, 'queued before a restart: it arrives') for @to;
sleep 3;
is(scalar(mails($_)), 1, 'once') for @to;
ok(eventually(sub { world()->registry->value("SELECT count(*) FROM outbox WHERE address IN ('"
    . join("','", @to) . "') AND (sent IS NULL OR lease_until > 0)") == 0 }),
    'each is noted as sent: nobody will send it again');

# Restarted gracefully while a mail is on its way: the child hands it over
# before it ends, and does not fall over its own connections (t/server reads
# what the log says of that).
my $slow = address('lento');
signed($slow);
my $leased = "SELECT count(*) FROM outbox WHERE address = '$slow' AND lease_until > 0";
ok(eventually(sub { world()->registry->value($leased) }), 'a mail is on its way');
kill 'USR1', $parent;
ok(settled($slow), 'the restarted child ends that attempt');
is(world()->registry->value("SELECT reason FROM outbox WHERE address = '$slow'"),
    'timeout', 'as it would have ended without');
done_testing;
