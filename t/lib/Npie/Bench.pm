# SPDX-License-Identifier: Apache-2.0
# What the measurements share: requests a second by ab, processor time by
# program, medians, and what machine and versions they were made with.
package Npie::Bench;
use strict;
use warnings;

use Cwd ();
use Exporter qw(import);
use File::Basename qw(dirname);
use Npie::Client;
use Npie::Openssl qw(run slurp spit);
use Npie::World;
use POSIX ();

our @EXPORT_OK = qw(cpu head median rate session_open world_make);

my $TOP = dirname(dirname(dirname(dirname(Cwd::abs_path(__FILE__)))));

# A running world with the same 1 KiB file in /abierto/ and behind the gate in
# /idse/, by TLS and, on the port that is returned with it, without. more: a
# function that takes world, folder and port of the plain server, and returns
# more configuration.
sub world_make
{
    my ($build, $work, $more) = @_;
    my $user = $> == 0 ? 'www-data' : undef;
    chmod 0755, "$work";
    my $world = Npie::World->make(dir => "$work/world",
        npiectl => "$build/npiectl", httpd_user => $user,
        signer_user => $user);
    run('cp', '-r', "$TOP/htdocs", "$work/htdocs");
    for my $folder ('abierto', 'idse') {
        mkdir "$work/htdocs/$folder";
        spit("$work/htdocs/$folder/1k.txt", 'x' x 1024);
    }
    my $port = Npie::World::port_free();
    $world->httpd_configure(module => "$build/.libs/mod_npie.so",
        signer => "$build/npie-signer", htdocs => "$work/htdocs/npie",
        conf => "$TOP/conf", user => $user);
    my $text = slurp("$world->{dir}/npie.conf");
    my ($vhost) = $text =~ /(<VirtualHost .*?<\/VirtualHost>)/si;
    $vhost =~ s/<VirtualHost [^>]*>/<VirtualHost 127.0.0.1:$port>/i;
    $vhost =~ s/^\s*SSL.*\n//mg;
    spit("$world->{dir}/npie.conf", "$text\nMaxKeepAliveRequests 0\n"
        . "Listen 127.0.0.1:$port\n$vhost\n"
        . ($more ? $more->($world, $work) : ''));
    $world->redis_start($user);
    $world->httpd('start');
    $world->httpd_wait;
    return ($world, $port);
}

# Logs an employer with a valid certificate in; returns the cookie.
sub session_open
{
    my ($world) = @_;
    my $employer = $world->employer(kind => 'valid');
    my $client = Npie::Client->new(url => $world->url,
        cacert => "$world->{dir}/tls/localhost.crt");
    my $answer = $client->login(user => $employer->{user}, as => {
        certificate => "$employer->{old}.crt", key => "$employer->{old}.key" });
    my ($value) = $answer->{headers} =~ /^Set-Cookie: (__Host-npie=[^;]+)/mi
        or die "no session: $answer->{status} $answer->{location}\n";
    $client->get('/idse/1k.txt')->{status} == 200
        or die "the gate does not let the session through\n";
    return $value;
}

sub median
{
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[@sorted / 2];
}

# Requests a second; every answer must be 200, or is counted with count => 1.
# rate(url, requests => n, connections => n, cookie => NAME=VALUE, more => [options of ab]). In a list
# also milliseconds within which 99 of 100 were answered, and how many failed
# in another way.
sub rate
{
    my ($url, %with) = @_;
    my $said = run('ab', '-q', '-k', '-c', $with{connections} // 32,
        '-n', $with{requests}, $with{cookie} ? ('-C', $with{cookie}) : (),
        @{ $with{more} // [] }, $url);
    my ($other) = $said =~ /^Non-2xx responses:\s+(\d+)/m;
    $other && !$with{count} and die "not all answers of $url were 200:\n$said";
    $said =~ /^Requests per second:\s+([\d.]+)/m or die $said;
    my $rate = $1;
    my ($p99) = $said =~ /^\s+99%\s+(\d+)/m;
    my ($failed) = $said =~ /^Failed requests:\s+(\d+)/m;
    $failed = $other if $other;
    return wantarray ? ($rate, $p99, $failed) : $rate;
}

# Seconds of processor time by program: those whose process, or whose parent,
# has one of these ids. cpu(httpd => pid, redis => pid).
sub cpu
{
    my (%root) = @_;
    my %program = reverse %root;
    my $tick = POSIX::sysconf(POSIX::_SC_CLK_TCK());
    my %sum;
    for my $file (glob '/proc/[0-9]*/stat') {
        my $line = eval { slurp($file) } or next;
        my ($pid, $name, $rest) = $line =~ /^(\d+) \((.*)\) (.*)/s or next;
        my @field = split ' ', $rest;
        my $part = $program{$pid} // $program{$field[1]} // next;
        $part = 'npie-signer' if $name =~ /npie-signer/;
        $sum{$part} += ($field[11] + $field[12]) / $tick;
    }
    return %sum;
}

# The processor and the versions of what takes part, for the head of a table.
sub head
{
    my ($cpu) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)/m;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="(.*)"/m;
    my ($httpd) = run('apache2', '-v') =~ m{Apache/([\d.]+)};
    my ($redis) = run('redis-server', '--version') =~ /v=([\d.]+)/;
    my ($openssl) = run('openssl', 'version') =~ /OpenSSL ([\d.]+)/;
    my @now = gmtime;
    return { date => POSIX::strftime('%Y-%m-%d', @now),
        machine => ($cpu // 'unknown') . ', '
            . (() = slurp('/proc/cpuinfo') =~ /^processor\s*:/mg) . ' cores',
        load => (split ' ', slurp('/proc/loadavg'))[0],
        system => $system, httpd => $httpd, redis => $redis,
        openssl => $openssl };
}

1;
