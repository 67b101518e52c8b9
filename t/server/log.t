# SPDX-License-Identifier: Apache-2.0
# Comes last: what the server's log says of all the tests before.
use strict;
use warnings;
use Test::More;
use Npie::Openssl qw(slurp);

my $logs = $ENV{NPIE_LOGS} // die "NPIE_LOGS is not set: run this by t/TEST\n";
my @lines = split /\n/, slurp("$logs/error_log");
ok(scalar @lines, 'there is a log');
# t/faults kills children and the signer with KILL, and with nothing else.
is_deeply([grep { /exit signal/ && !/Killed \(9\)/ } @lines], [], 'nothing crashed');
is_deeply([grep { /AddressSanitizer|LeakSanitizer|runtime error:|Assertion/ } @lines],
    [], 'no sanitizer and no assertion spoke up');
is_deeply([map { slurp($_) } glob "$logs/sanitizer.*"], [], 'nor into a file of its own');
is_deeply([grep { /NPIE0093/ } @lines], [], 'nothing that cannot happen has happened');
# A key, a password or a whole signature has no place in a log.
is_deeply([grep { /PRIVATE KEY|Prueba123|Clave-nueva|[A-Za-z0-9+\/]{400}/ } @lines],
    [], 'and no secret is in it');
# Nor has the token of a link in a mail.
is_deeply([grep { /(?:enlace|adicional)\.html\?t=/ && !/:trace\d\]/ } map { split /\n/, slurp("$logs/$_") }
    qw(access_log error_log)], [], 'and no link');
done_testing;
