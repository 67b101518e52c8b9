# SPDX-License-Identifier: Apache-2.0
# A server without mod_ssl, or with it loaded after mod_npie.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use Npie::Openssl qw(run slurp spit);
use Npie::World;

my $dir = File::Temp->newdir;
my $world = Npie::World->make(dir => "$dir/world");
$world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer");
my ($httpd, $npie) = map { "$world->{dir}/$_.conf" } qw(httpd npie);
my ($modules, $directives) = (slurp($httpd), slurp($npie));
(my $on = $directives) =~ s/^(\s*ServerName .*\n)/$1NPIETLSExpired on\n$1SSLVerifyClient optional\n/m;
my ($ssl) = $modules =~ /^(LoadModule ssl_module .*\n)/m;

is(judged($modules, $on), '', 'with mod_ssl it can be on');
(my $later = $modules) =~ s/^LoadModule ssl_module .*\n//m;
(my $without = $later) =~ s/^LoadModule socache_shmcb_module .*\n//m;
$later =~ s/^(LoadModule npie_module .*\n)/$1$ssl/m;
like($later, qr/npie_module .*\n.*ssl_module/, 'mod_ssl comes after mod_npie');
is(judged($later, $on), '', 'in that order too');
s/^\s*SSL.*\n//mg for $directives, $on;
is(judged($without, $directives), '', 'without mod_ssl all is as before');
like(judged($without, $on), qr/\Q$npie\E:\d+: NPIETLSExpired needs mod_ssl/,
    'but it cannot be on');

# The server answers as it did; the pages are for TLS, so a proxy is in front.
spit($npie, $directives);
spit($httpd, $without);
$world->redis_start;
$world->httpd('start');
my $url = 'http://localhost:' . slurp("$world->{dir}/port");
is(asked($_->[0]), $_->[1], "$_->[0] without mod_ssl") for
    ['/npie/acceso.html', 200], ['/idse/index.html', 401],
    ['/manual/manual.css', 200];
$world->httpd_stop;
$world->redis_stop;
done_testing;

# What httpd -t has against a configuration.
sub judged
{
    my ($http, $own) = @_;
    spit($httpd, $http);
    spit($npie, $own);
    return eval { $world->httpd('-t'); 1 } ? '' : $@;
}

sub asked
{
    my ($path) = @_;
    return run('curl', '-s', '--retry', 20, '--retry-connrefused',
        '--retry-delay', 1, '-o', '/dev/null', '-w', '%{http_code}',
        '-H', 'Accept: application/json', "$url$path");
}
