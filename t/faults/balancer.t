# SPDX-License-Identifier: Apache-2.0
# conf/balancer as it is shipped: the real HAProxy, and mod_proxy_balancer, in
# front of httpd machines of which one is not there.
use strict;
use warnings;
use File::Path qw(remove_tree);
use File::Temp ();
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $temp = File::Temp::tempdir();
chmod 0755, $temp;
my $world = Npie::World->make(dir => "$temp/world");
my $dir = $world->{dir};
my ($haproxy, $proxy) = map { Npie::World::port_free() } 1 .. 2;
my ($by_haproxy, $by_proxy, $nobody) = map { Npie::World::port_free() } 1 .. 3;
my %certificate = (file => "$dir/tls/localhost.crt", key => "$dir/tls/localhost.key");
spit("$dir/tls/both.pem", join '', map { slurp($_) } values %certificate);
$world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer", port => $haproxy);
my $own = slurp("$dir/npie.conf");
$own =~ s/^SSLSessionCache .*?<\/virtualHost>\n//ms or die 'no virtual host with TLS';
$own =~ s/^NPIERate .*$/NPIERate 5 60s/m;

# The virtual host behind each of them.
sub behind
{
    my ($front, $port) = @_;
    my $text = slurp("$ENV{NPIE_TOP}/conf/balancer/behind.conf");
    $text =~ s/\b8080\b/127.0.0.1:$port/;
    $text =~ s/\*:8080/127.0.0.1:$port/;
    $text =~ s/idse\.example/localhost:$front/;
    $text =~ s{/run/npie\.drain}{$dir/run/drain};
    $text =~ s{</VirtualHost>}{NPIEBaseURL https://localhost:$front/npie/\nDocumentRoot $ENV{NPIE_TOP}/htdocs\n</VirtualHost>};
    return $text;
}
my $second = behind($proxy, $by_proxy);
$second =~ s/^\s*RemoteIPProxyProtocol .*\n//m;
$second =~ s/#(RemoteIPHeader .*)/$1/;
$second =~ s/#(RemoteIPInternalProxy) .*/$1 127.0.0.1/;
spit("$dir/npie.conf", $own . behind($haproxy, $by_haproxy) . $second);
chomp(my $libexec = run('apxs', '-q', 'LIBEXECDIR'));
my $httpd = slurp("$dir/httpd.conf") =~ s/%h /%a /r;
spit("$dir/httpd.conf", "LoadModule remoteip_module $libexec/mod_remoteip.so\n$httpd");

my $config = slurp("$ENV{NPIE_TOP}/conf/balancer/haproxy.cfg");
$config =~ s{:443 ssl crt \S+}{127.0.0.1:$haproxy ssl crt $dir/tls/both.pem} or die 'no bind';
$config =~ s/Host idse\.example/Host localhost/ or die 'no Host';
$config =~ s/192\.0\.2\.11:8080/127.0.0.1:$by_haproxy/ or die 'no server one';
$config =~ s/192\.0\.2\.12:8080/127.0.0.1:$nobody/ or die 'no server two';
spit("$dir/haproxy.cfg", $config);
like(run('sh', '-c', 'haproxy -c -f "$0" 2>&1', "$dir/haproxy.cfg"), qr/is valid/,
    'HAProxy takes haproxy.cfg');

my $example = slurp("$ENV{NPIE_TOP}/conf/balancer/proxy.conf");
$example =~ s/^Listen 443/Listen 127.0.0.1:$proxy/m;
$example =~ s/\*:443/127.0.0.1:$proxy/;
$example =~ s/ServerName \S+/ServerName localhost/;
$example =~ s{(SSLCertificateFile) \S+}{$1 $dir/tls/both.pem};
$example =~ s/192\.0\.2\.11:8080/127.0.0.1:$by_proxy/;
$example =~ s/192\.0\.2\.12:8080/127.0.0.1:$nobody/;
spit("$dir/proxy.conf", "ServerRoot $dir\nServerName localhost\nPidFile $dir/run/proxy.pid\n"
    . "ErrorLog $dir/logs/proxy_log\nTypesConfig /etc/mime.types\nDefaultRuntimeDir $dir/run\n"
    . Npie::World::modules_conf(qw(slotmem_shm proxy proxy_http proxy_balancer
        lbmethod_byrequests proxy_hcheck)) . $example);
chomp(my $program = run('sh', '-c', 'echo "$(apxs -q SBINDIR)/$(apxs -q PROGNAME)"'));

my ($parent, $pid) = ($$);
# Whatever happened, nothing goes on running.
sub stop_all
{
    kill TERM => $pid if $pid;
    waitpid $pid, 0 if $pid;
    for my $stop (sub { run($program, '-f', "$dir/proxy.conf", '-k', 'stop') },
        sub { $world->httpd_stop }, sub { $world->redis_stop }) {
        eval { $stop->(); 1 } or diag $@;
    }
    return;
}
END {
    if (defined $parent && $$ == $parent) {
        my $status = $?;
        stop_all();
        remove_tree($temp);
        $? = $status;
    }
}
$world->redis_start;
eval { $world->httpd('start'); run($program, '-f', "$dir/proxy.conf", '-k', 'start'); 1 }
    or die $@, map { eval { slurp($_) } // '' } "$dir/logs/error_log", "$dir/logs/proxy_log";
$pid = fork // die "fork: $!";
exec 'haproxy', '-db', '-q', '-f', "$dir/haproxy.cfg" if !$pid;

# A client from another address of this machine.
sub client
{
    my ($front, $address) = @_;
    return Npie::Client->new(url => "https://localhost:$front", cacert => $certificate{file},
        keep => "$dir/answers", options => ['--interface', $address, '-4']);
}

# What a page answers through a balancer at last.
sub comes_to
{
    my ($front, $page, $status, $what) = @_;
    my $answer;
    for (my $end = time + 15; time < $end; sleep 0.3) {
        $answer = eval { client($front, '127.0.0.1')->request($page) } // { status => 0 };
        last if $answer->{status} == $status;
    }
    return is($answer->{status}, $status, $what);
}

for my $case (['HAProxy', $haproxy, 2], ['mod_proxy_balancer', $proxy, 4]) {
    my ($name, $front, $net) = @$case;
    comes_to($front, '/npie/salud', 200, "$name finds the machine that is there");
    my $employer = $world->employer(kind => 'valid');
    my $visitor = client($front, "127.0.0.$net");
    my $answer = $visitor->login(user => $employer->{user},
        as => { certificate => "$employer->{old}.crt", key => "$employer->{old}.key" });
    is($answer->{location}, '/idse/', "$name: a login");
    is($visitor->get('/idse/index.html')->{status}, 200, "$name: and the application");
    like(slurp("$dir/logs/access_log"), qr/^127\.0\.0\.$net /m, "$name: the client's own address");
    my @statuses = map { client($front, "127.0.0.$net")->request('/npie/reto')->{status} } 1 .. 6;
    is($statuses[-1], 429, "$name: too many of one client");
    is(client($front, '127.0.0.' . ($net + 1))->request('/npie/reto')->{status}, 200,
        "$name: another client is not counted with it");
}
my $bare = Npie::Client->new(url => "http://localhost:$by_haproxy", cacert => $certificate{file},
    keep => "$dir/answers")->request('/npie/salud');
is($bare->{status}, 0, 'behind HAProxy nobody comes in without the PROXY protocol');

spit("$dir/run/drain", '');
comes_to($haproxy, '/npie/acceso.html', 503,
    'HAProxy takes a draining machine out: no visitor reaches it');
unlink "$dir/run/drain";
comes_to($haproxy, '/npie/acceso.html', 200, 'and in again');
done_testing;
