# SPDX-License-Identifier: Apache-2.0
# A server whose configuration is changed under it, and one whose gate stands in
# front of everything.
use strict;
use warnings;

use Apache::Test qw(-withtestmore);
use File::Temp ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

plan tests => 17;

my $dir = File::Temp->newdir;
my $world = Npie::World->configured("$dir/world");
my $w = $world->{dir};
my $good = slurp("$w/npie.conf");

# Status, and what is said, of an address.
sub got
{
    my ($address, @more) = @_;
    my $said = run('curl', '-s', '--cacert', "$w/tls/localhost.crt", '-w', "\n%{http_code} %{redirect_url}",
        @more, $address);
    $said =~ s/\n(\d+) (\S*)$// or die "no status: $said\n";
    return ($1, $said, $2);
}

sub restart
{
    my ($conf) = @_;
    spit("$w/npie.conf", $conf);
    my $log = "$w/logs/error_log";
    my $before = () = slurp($log) =~ /resuming normal operations/g;
    $world->httpd('graceful');
    for (1 .. 100) {
        return if (() = slurp($log) =~ /resuming normal operations/g) > $before;
        select undef, undef, undef, 0.1;
    }
    die "httpd did not restart\n";
}

# The gate in front of all.
(my $everywhere = $good) =~ s{<Location /idse/>}{<Location />};
spit("$w/npie.conf", $everywhere);
# Without mod_unique_id a request has a reference of ours.
(my $modules = slurp("$w/httpd.conf")) =~ s/^LoadModule unique_id_module.*\n//m or die;
spit("$w/httpd.conf", $modules);
spit("$w/more.conf", "LogLevel core:notice mpm_event:notice\n"
    . "<Location /estado>\n    SetHandler server-status\n</Location>\n");
$world->httpd('start');
$world->httpd_wait;
my ($status, $said, $to) = got($world->url . '/npie/acceso.html');
is($status, 200, 'AuthType NPIE for all of a site: the login page is open');
like($said, qr/<form/, 'and is the page');
($status, undef, $to) = got($world->url . '/idse/');
is($status, 303, 'the rest is not');
like($to, qr{/npie/acceso\.html\?volver=%2[fF]idse}, 'and leads to it');
($status) = got($world->url . '/npie/npie.css');
is($status, 200, 'styles are open');
(undef, $said) = got($world->url . '/npie/nada.html');
my ($reference) = $said =~ /Referencia <code>([\w-]{20})</;
$reference //= 'none';
like(slurp("$w/logs/error_log"), qr/request \Q$reference\E\]/, 'a request has a reference without mod_unique_id');
($status) = got($world->http . '/npie/ca.crl');
is($status, 200, 'CRLs are open');
(my $local = $everywhere) =~ s{(<Location />\n\s*AuthType NPIE\n\s*)Require valid-user}
    {$1<RequireAll>\n Require valid-user\n Require all denied\n</RequireAll>} or die;
restart($local);
($status) = got($world->url . '/npie/acceso.html');
is($status, 403, 'a rule that keeps everybody out keeps them out of the pages');

# Pages that nothing reads.
for my $missing ('AddOutputFilter INCLUDES .html', 'Options +IncludesNoExec') {
    (my $raw = $good) =~ s/^\s*\Q$missing\E\n//m or die;
    restart($raw);
    ($status, $said) = got($world->url . '/npie/acceso.html');
    is($status, 500, "without $missing: 500");
    like($said, qr/\AError 93\. /, 'with the number, and no text of the file');
}
like(slurp("$w/logs/error_log"), qr/NPIE0093: .*mod_include does not read .*httpd -t/, 'and the log tells the admin');
restart($good);
($status) = got($world->url . '/npie/acceso.html');
is($status, 200, 'put back it is read again');
(undef, $said) = got($world->url . '/estado?auto');
like($said, qr/^NPIETurned: [1-9]/m, 'what was counted before four restarts is still there');

# A server stops whatever has happened to what it works with.
rename "$w/registry/registry.db", "$w/registry/away.db" or die;
ok(eval { $world->httpd_stop; 1 }, 'without its registry it can be stopped') or diag $@;
ok(!eval { $world->httpd('start'); 1 }, 'and does not start') or $world->httpd_stop;
$world->redis_stop;

# Also when it dies before.
END {
    local $?;
    if (defined $world) {
        eval { $world->httpd_stop } if -e "$w/run/httpd.pid";
        $world->redis_stop;
    }
}
