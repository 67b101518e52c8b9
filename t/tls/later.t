# SPDX-License-Identifier: Apache-2.0
# A directory asks for the certificate when the connection is there already:
# by renegotiation in TLS 1.2, by post-handshake authentication in TLS 1.3.
use strict;
use warnings;
use Test::More;
use Npie::Test;
use Npie::Tls qw(port s_client told usable);

my $world = world();
my $port = port($world, 'tlslater');
my ($renewal, $guarded, $open) = ('/npie/acceso.html', '/manual/index.html',
    '/manual/manual.css');

for my $version ('-tls1_2', '-tls1_3') {
    is(asked($version, 'valido', $renewal, $guarded, $open), 'New 200 200 200',
        "$version, valid");
    is(asked($version, 'vencido', $renewal, $guarded, $open), 'New 200 403 403',
        "$version, expired: the renewal alone");
    is(asked($version, 'vencido', $open, $renewal, $open), 'New 200 200 403',
        "$version, nothing is forgotten on the connection");
    is(asked($version, 'vencido', $guarded, $renewal), 'New 403 200',
        "$version, refused, and then renewing");
    unlike(asked($version, $_, $renewal, $guarded, $open), qr/ 200/,
        "$version, no way in: $_") for qw(vencido-ajeno vencido-mal-firmado
        futuro vencido-revocado);
}
done_testing;

sub asked
{
    my ($version, $name, @paths) = @_;
    my $file = "$world->{dir}/clients/$name";
    return told(s_client($world, $port, \@paths, $version, '-enable_pha',
        '-cert', "$file.pem", '-key', "$file.key"));
}
