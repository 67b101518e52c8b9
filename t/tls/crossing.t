# SPDX-License-Identifier: Apache-2.0
# Connections and TLS sessions that outlive the certificate they began with.
use strict;
use warnings;
use Test::More;
use Npie::Test;
use Npie::Tls qw(curl port s_client short_lived told usable);

my $world = world();
my $port = port($world, 'tls');
my ($file, $renewal) = ('/manual/manual.css', '/npie/acceso.html');
my @ways = (['-tls1_2'], ['-tls1_2', '-no_ticket'], ['-tls1_3'],
    ['-tls1_3', '-no_ticket']);

# A valid one is resumed until its certificate ends.
my $life = 20;
my $begun = time;
my %short;
for my $way (@ways) {
    my $short = $short{"@$way"} = short_lived($world, 'corto' . join('', @$way),
        $life);
    is(asked($short, $file, @$way, '-sess_out', "$short.session"), 'New 200',
        "@$way: valid");
    is(asked($short, $file, @$way, '-sess_in', "$short.session"), 'Reused 200',
        "@$way: resumed");
}
sleep $begun + $life + 8 - time;
for my $way (@ways) {
    my $short = $short{"@$way"};
    my @in = (@$way, '-sess_in', "$short.session");
    is(asked($short, $file, @in), 'Reused 403',
        "@$way: resumed after its end, refused");
    is(asked($short, $renewal, @in), 'Reused 200', "@$way: but for the renewal");
}

# A forgiven one is never resumed, on no host.
my $old = "$world->{dir}/clients/vencido";
for my $way (@ways) {
    is(asked($old, $renewal, @$way, '-sess_out', "$old.session"), 'New 200',
        "@$way: forgiven");
    my @in = (@$way, '-sess_in', "$old.session");
    is(asked($old, $renewal, @in), 'New 200', "@$way: not resumed");
    unlike(asked($old, $_, @in, '-servername', 'estricto.example'),
        qr/Reused| 200/, "@$way: nor where nothing is forgiven, $_")
        for $file, $renewal;
}

# A connection goes on after the end.
for my $http ('--http1.1', '--http2') {
    my $short = short_lived($world, "corto$http", 7);
    is(curl($world, $http, '--rate', '8/m', usable($world, $short),
        map { "https://localhost:$port$_" } $file, $file, $renewal),
        '200/1 403/0 200/0', "$http: out when it has expired");
}
done_testing;

sub asked
{
    my ($certificate, $path, @arguments) = @_;
    return told(s_client($world, $port, [$path], '-cert', "$certificate.crt",
        '-key', "$certificate.key", @arguments));
}
