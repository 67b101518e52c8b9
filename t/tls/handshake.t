# SPDX-License-Identifier: Apache-2.0
# Which client certificates pass the handshake, and what they then see: each of
# the table by TLS 1.2 and 1.3, `optional` and `require`, on a host that
# forgives their end and on one of mod_ssl alone.
use strict;
use warnings;
use Test::More;
use Npie::Test;
use Npie::Tls qw(curl port usable);

# What is asked for: something outside the renewal, then its first page.
my @PATHS = ('/manual/manual.css', '/npie/acceso.html');
my ($IN, $RENEWAL, $OUT) = ('200/1 200/0', '403/1 200/0', '000 000');

# [certificate, forgiving host, mod_ssl alone]
my @TABLE = (
    ['valido', $IN, $IN],
    ['vencido', $RENEWAL, $OUT],
    ['vencido-intermedia', $RENEWAL, $OUT],
    ['vencido-hace-5-dias', $RENEWAL, $OUT],
    map { [$_, $OUT, $OUT] } qw(futuro bajo-intermedia-vencida
        vencido-bajo-intermedia-vencida bajo-raiz-vencida
        vencido-bajo-raiz-vencida ajeno vencido-ajeno vencido-impostor
        vencido-otro-uso vencido-mal-firmado revocado vencido-revocado
        vencido-autofirmado vencido-sin-cadena vencido-fuera-de-nombres
        vencido-llave-corta),
);
my @HOSTS = (['tls', 'tlsrequire'], ['stock', 'stockrequire']);

for my $row (@TABLE) {
    my ($name, @expected) = @$row;
    for my $version ('1.2', '1.3') {
        for my $stock (0, 1) {
            is(asked($name, $version, $_), $expected[$stock],
                "$name, TLS $version, $_") for @{ $HOSTS[$stock] };
        }
    }
}
for my $version ('1.2', '1.3') {
    is(asked('', $version, $_), $IN, "no certificate, TLS $version, $_")
        for qw(tls stock);
    is(asked('', $version, $_), $OUT, "no certificate, TLS $version, $_")
        for qw(tlsrequire stockrequire);
}

# How long ago it may have ended.
my $port = port(world(), 'tls');
for my $case (['vencido', $OUT], ['vencido-hace-5-dias', $RENEWAL]) {
    my ($name, $expected) = @$case;
    is(seen(curl(world(), usable(world(), $name), '--resolve',
        "reciente.example:$port:127.0.0.1",
        map { "https://reciente.example:$port$_" } @PATHS)), $expected,
        "10 days are forgiven: $name");
}
done_testing;

sub asked
{
    my ($name, $version, $vhost) = @_;
    my $at = port(world(), $vhost);
    return seen(curl(world(), "--tlsv$version", '--tls-max', $version,
        usable(world(), $name), map { "https://localhost:$at$_" } @PATHS));
}

# Without an answer it does not matter how often curl tried.
sub seen
{
    my ($statuses) = @_;
    return $statuses =~ s{\b000/\d+}{000}gr;
}
