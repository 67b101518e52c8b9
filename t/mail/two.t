# SPDX-License-Identifier: Apache-2.0
# Two httpds on one registry and one Redis, both sending mail, and one of them
# killed: each mail arrives once. Each has a mail server of its own, which tells
# who sent what. One is threaded, the other is not.
use strict;
use warnings;
use Cwd ();
use File::Temp ();
use JSON::PP ();
use Test::More;
# A world apart: the server that other tests use has no part in this one.
my $SIGNER = ($ENV{NPIE_BUILD} // die "NPIE_BUILD is not set\n") . '/npie-signer';
my $dir;
BEGIN {
    $dir = Cwd::abs_path(File::Temp::tempdir(CLEANUP => 1));
    $ENV{NPIE_WORLD} = $dir;
}
use Npie::Mail;
use Npie::Openssl qw(slurp spit);
use Npie::Test;

my $TOP = $ENV{NPIE_TOP};
my $main = $$;
my $signer;
my %httpd = map { $_->[0] => { name => $_->[0], server => $_->[1], mpm => $_->[2] } }
    ['uno', 'plain', 'mpm_event'], ['dos', 'ascii', 'mpm_prefork'];

sub until_true
{
    my ($what, $code) = @_;
    for (1 .. 600) {
        my $is = $code->();
        return $is if $is;
        select undef, undef, undef, 0.1;
    }
    die "in a minute there was no $what\n";
}

sub configure
{
    my ($httpd, %smtp) = @_;
    my $own = "$dir/$httpd->{name}";
    mkdir $_ for $own, "$own/run", "$own/logs";
    symlink "$dir/tls", "$own/tls";
    $httpd->{world} = bless { dir => $own }, 'Npie::World';
    my %variables = (world()->variables(signer => $SIGNER), npie_user => '',
        npie_services => '', npie_http_port => Npie::World::port_free(),
        npie_modules => Npie::World::modules_conf() =~ s/mpm_event/$httpd->{mpm}/gr,
        npie_module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so");
    spit("$own/port", $variables{npie_port});
    my $conf = Npie::World::fill("$TOP/t/conf/npie.conf.in", %variables);
    $conf =~ s{^NPIESigner .*}{NPIESigner unix:$dir/run/signer.sock}m;
    $conf =~ s{^NPIESignerSocket .*\n}{}m;
    $conf =~ s{\Q$dir\E/run/ssl_sessions}{$own/run/ssl_sessions};
    # A mail server may take its time; nobody gives up before the kill.
    $conf =~ s{(?=^</virtualHost>)}{<<"MAIL"}me;
    NPIEMailServer @{[$httpd->{smtp} // "smtp+plain://127.0.0.1:$smtp{$httpd->{server}}"]} timeout=60s
    NPIEMailFrom "Servidor $httpd->{name} <avisos\@instituto.example>"
    NPIEMailTemplates $variables{npie_conf}/mail
MAIL
    spit("$own/npie.conf", $conf);
    spit("$own/httpd.conf", Npie::World::fill("$TOP/t/lib/httpd.conf.in",
        %variables, npie_world => $own));
    return;
}

sub start
{
    my ($httpd) = @_;
    unlink "$httpd->{world}{dir}/run/httpd.pid";
    $httpd->{world}->httpd('start');
    $httpd->{world}->httpd_wait;
    $httpd->{pid} = slurp("$httpd->{world}{dir}/run/httpd.pid") + 0;
    return;
}

# All of it at once, as when a machine loses its power.
sub kill_all
{
    my ($httpd) = @_;
    my $pid = delete $httpd->{pid};
    my @pids = ($pid, split ' ', `pgrep -P $pid`);
    kill 'KILL', @pids;
    until_true("end of $httpd->{name}", sub { !grep { alive($_) } @pids });
    return;
}

# Whoever has nobody to bury him is not alive.
sub alive
{
    my $stat = eval { slurp("/proc/$_[0]/stat") } // return 0;
    return $stat !~ /\) [ZX] [^)]*\z/;
}

sub signer_start
{
    $signer = fork // die "fork: $!";
    if (!$signer) {
        open STDERR, '>', "$dir/logs/signer";
        exec $SIGNER, '-f', "$dir/signer/npie-signer.conf",
            '-s', "$dir/run/signer.sock" or POSIX::_exit(127);
    }
    until_true('npie-signer', sub { -S "$dir/run/signer.sock" });
    return;
}

END {
    my $status = $?;
    if ($$ == $main) {
        for my $httpd (grep { $_->{pid} } values %httpd) {
            eval { kill_all($httpd) };
        }
        if ($signer) {
            kill 'TERM', $signer;
            waitpid $signer, 0;
        }
        eval { world()->redis_stop };
        eval { servers_stop() };
    }
    $? = $status;
}

# Renewals at their letter, half of them at each httpd; fate: of their mails.
sub at_letter
{
    my ($fate, @names) = @_;
    return map {
        my $httpd = $httpd{$_};
        my ($to, $old) = (address($fate), address());
        my $client = Npie::Client->new(url => $httpd->{world}->url,
            cacert => "$dir/tls/localhost.crt");
        my $r = renewal('carta', client => $client, mail => $to,
            employer => employer_at($old));
        $r->{before} = $old;
        $r;
    } @names;
}

sub sign
{
    my @r = @_;
    return at_once(scalar @r, sub {
        my $r = $r[$_[0] - 1];
        page_of($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}));
    });
}

sub row
{
    my ($what, $to) = @_;
    return world()->registry->value("SELECT $what FROM outbox WHERE address = '$to'");
}

# Which mail servers took the mails for an address, and so who sent them.
sub senders
{
    my ($to) = @_;
    my @found;
    for my $file (glob "$dir/mail/*.json") {
        my $about = JSON::PP::decode_json(slurp($file));
        push @found, $about->{server} if grep { $_ eq $to } @{ $about->{to} };
    }
    return sort @found;
}

# Whose mail to an address is not answered; and the other one.
sub holder
{
    my ($to) = @_;
    my $held = until_true("mail to $to", sub {
        my $held = eval { JSON::PP::decode_json(slurp("$dir/mail/held")) };
        $held && $held->{address} eq $to && $held;
    });
    my ($dead) = grep { $_->{server} eq $held->{server} } values %httpd;
    my ($other) = grep { $_ != $dead } values %httpd;
    return ($dead, $other);
}

Npie::World->make(dir => $dir);
world()->redis_start;
servers_start();
signer_start();
my %ports = map { split } split /\n/, slurp("$dir/mail/ports");
configure($_, %ports) for values %httpd;
start($_) for values %httpd;

# Both at work.
my @r = at_letter('despacio', ('uno', 'dos') x 6);
my @went = sign(@r);
is(scalar(grep { $_ eq 'correo' } @went), 12, 'twelve letters signed at once')
    or diag "@went";
my @to = map { $_->{mail} } @r;
my @all = (@to, map { $_->{before} } @r);
ok(settled($_), 'settled') for @all;
is(join(' ', map { scalar mails($_) } @all), join(' ', (1) x 24),
    'each address got its mail once');
is(join(' ', map { row('attempts', $_) } @all), join(' ', (1) x 24),
    'which was tried once');
is(world()->registry->value('SELECT count(*) FROM outbox'), 24, 'there are no others');
my %by = map { $_ => 1 } map { senders($_) } @to;
is(join(' ', sort keys %by), 'ascii plain', 'both have sent some');
like($_->{client}->get('/npie/correo.html')->{body}, qr/data-estado="entregado"/,
    'the page says so') for @r[0, 1];

# One dies with mails queued that no server took.
@r = at_letter('avisos', ('uno', 'dos') x 3);
ok(settled($_->{before}), 'the addresses before are told') for @r;
servers_stop();
sign(@r);
ok(settled($_->{mail}), 'no mail server: tried') for @r;
kill_all($httpd{dos});
is(world()->registry->value('SELECT count(*) FROM outbox WHERE sent IS NULL
    AND gave_up IS NULL'), 6, 'six mails wait when it dies');
servers_start();
hurry($_->{mail}) for @r;
for my $r (@r) {
    mail_wait($r->{mail});
    ok(settled($r->{mail}), 'settled');
    is(join(' ', senders($r->{mail})), 'plain', 'the other one sends it, once');
}
start($httpd{dos});

# One dies in the middle of sending, before the mail server has the mail. While
# its lease lasts nobody else tries; then, which is made sooner here, somebody.
my ($r) = at_letter('retenido', 'uno');
my $to = $r->{mail};
sign($r);
my ($dead, $other) = holder($to);
my ($more) = at_letter('avisos', $other->{name});
kill_all($dead);
sign($more);
is(scalar(mail_wait($more->{mail})), 1, 'the other one goes on meanwhile');
is(scalar(mails($to)), 0, 'the mail has not arrived');
my $lease = row("lease_until - strftime('%s', 'now')", $to);
ok($lease > 60 && $lease <= 180, "it is nobody else's yet ($lease s)");
is(row('attempts', $to), 1, 'and nobody has tried');
hurry($to);
mail_wait($to);
ok(settled($to), 'settled');
is(join(' ', senders($to)), $other->{server}, 'the other one sends it, once');
is(row('attempts', $to), 2, 'at the second attempt');
start($dead);

# What SMTP makes unavoidable: one dies when the mail server has the mail and
# has not said so. Nobody can know, so it is sent again, and can be told by its
# identifier to be the same.
($r) = at_letter('tomado', 'dos');
$to = $r->{mail};
sign($r);
($dead, $other) = holder($to);
kill_all($dead);
hurry($to);
my @twice = mail_wait($to, 2);
ok(settled($to), 'settled');
is(join(' ', senders($to)), 'ascii plain', 'taken and not noted: each has sent it');
is($twice[0]{id}, $twice[1]{id}, 'as the same message');
is(row('sent IS NOT NULL', $to), 1, 'now it is noted');
is(scalar(mails($to)), 2, 'and not sent any more');
start($dead);

# A mail server with another's certificate is given nothing, and the page says
# why; once it shows its own, the mail arrives.
sub alone
{
    my ($httpd, $server) = @_;
    $httpd->{smtp} = "smtp://127.0.0.1:$ports{$server} ca-file=$dir/mail/ca.pem";
    configure($httpd, %ports);
    start($httpd);
    return;
}
kill_all($_) for values %httpd;
alone($httpd{uno}, 'other');
($r) = at_letter('avisos', 'uno');
$to = $r->{mail};
sign($r);
ok(settled($to), 'another certificate: tried');
is(row('reason', $to), 'certificate', 'another certificate: noted');
my $page = $r->{client}->get('/npie/correo.html')->{body};
like($page, qr/data-estado="reintento"[^<]*no se pudo comprobar/, 'the page says why');
unlike($page, qr/127\.0\.0\.1|SSL|respondió/, 'and not with what servers');
is(scalar(mails($to)), 0, 'another certificate: no mail');
kill_all($httpd{uno});
alone($httpd{uno}, 'starttls');
hurry($to);
is(scalar(mail_wait($to)), 1, 'the right certificate: it arrives');
start($httpd{dos});
like(slurp("$_->{world}{dir}/logs/error_log"), qr/NPIE0101/, "$_->{name} has logged")
    for values %httpd;
unlike(slurp("$_->{world}{dir}/logs/error_log"), qr/Sanitizer|runtime error|NPIE0103/,
    "$_->{name} had no fault") for values %httpd;
done_testing;
