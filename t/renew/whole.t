# SPDX-License-Identifier: Apache-2.0
# Whole renewals by npie-renew: the files it makes, as other programs read
# them; done again; at a terminal; and where its passwords show.
use strict;
use warnings;
use Test::More;
use Npie::Letter ();
use Npie::Openssl qw(run slurp spit);
use Npie::Renew;
use Npie::Test;

sub mode
{
    return sprintf '%04o', (stat $_[0])[2] & 07777;
}

sub issued_spki
{
    my ($employer) = @_;
    return world()->registry->value("SELECT spki FROM certificate
        WHERE employer = $employer->{id} AND generation = 2");
}

# A file of Windows, and passwords from files.
my $dir = folder();
my $employer = pfx(windows => 1);
my @command = ('--pfx', $employer->{pfx}, '--out', "$dir/nuevo.pfx",
    grep({ $_ !~ /^(--key-type|p256)$/ } options($dir)), at());
umask 0;
my $r = renew(@command);
is($r->{code}, 0, 'an old PFX of Windows is renewed') or diag($r->{out}, $r->{err});
is(files_of($dir), 'nuevo-carta.pdf nuevo-terminos.pdf nuevo.pfx', 'into three files');
is(join(' ', map { mode($_) } glob "$dir/nuevo*"), '0600 0600 0600',
    'that are the owner\'s alone');
is(certificates_of($employer), 2, 'one new certificate');
is(renewed("$dir/nuevo.pfx"), issued_spki($employer), 'openssl opens it with its key');
like(run('certtool', '--p12-info', '--inder', '--infile', "$dir/nuevo.pfx",
    '--password', $NEW), qr/Encrypted|BEGIN ENCRYPTED|PKCS #8/i, 'certtool opens it');
like(run('keytool', '-list', '-keystore', "$dir/nuevo.pfx", '-storetype', 'PKCS12',
    '-storepass', $NEW), qr/a\w{9}_2.*PrivateKeyEntry|_2, .*PrivateKeyEntry/i,
    'keytool opens it');
like(run('openssl', 'pkcs12', '-in', "$dir/nuevo.pfx", '-passin', "pass:$NEW",
    '-noenc'), qr/BEGIN PRIVATE/, 'there is a key inside');
is(world()->registry->value("SELECT state FROM renewal WHERE employer = $employer->{id}"),
    'completed', 'the registry has it completed');
like($r->{out}, qr/folio \d+: \S+carta-por-firmar\.pdf\n- Cadena original: \|\|1\.0\|1\|/,
    'the letter was shown: where it is, its folio and its cadena');
isnt(Npie::Letter::signature(slurp("$dir/nuevo-$_.pdf")), '', "$_: signed")
    for qw(carta terminos);
my $before = slurp("$dir/nuevo.pfx");
$r = renew(@command);
is($r->{code}, 0, 'once more: done already');
like($r->{out}, qr/Ya estaba renovado/, 'which it says');
is(slurp("$dir/nuevo.pfx"), $before, 'and leaves the file as it is');

# Certificate and key apart; where passwords could be seen while it runs.
$dir = folder();
$employer = pfx();
my $key = "$employer->{dir}/cifrada.key";
run('openssl', 'pkcs8', '-topk8', '-in', "$employer->{old}.key", '-v2', 'aes-256-cbc',
    '-passout', "pass:$OLD", '-outform', 'DER', '-out', $key);
spit("$dir/look", <<"LOOK", 0700);
#!/bin/sh
tr '\\0' ' ' <"/proc/\$PPID/cmdline" >>"$dir/cmdline"
cat "/proc/\$PPID/environ" >>"$dir/environ" 2>/dev/null && echo readable >>"$dir/environ"
grep -i 'core file size' "/proc/\$PPID/limits" >>"$dir/limits" 2>/dev/null
grep -i 'core file size' /proc/self/limits >>"$dir/limits"
[ "\$NPIE_RENEW_PASSWORD" = old ] && echo '$OLD' || echo '$NEW'
LOOK
@command = ('--cer', "$employer->{old}.crt", '--key', $key, '--out', "$dir/otro.pfx",
    options($dir), '--password', "exec:$dir/look", '--new-password', "exec:$dir/look", at());
$r = renew(@command);
is($r->{code}, 0, '.cer and encrypted .key; passwords from a program')
    or diag($r->{out}, $r->{err});
like(slurp("$dir/cmdline"), qr/npie-renew --cer/, 'the process list was looked at');
unlike(join('', map { slurp("$dir/$_") } qw(cmdline environ)) . $r->{out} . $r->{err},
    qr/\Q$OLD\E|\Q$NEW\E|readable/, 'no password in it, nor in what was said');
like(slurp("$dir/limits"), qr/core file size\s+0\s+0/i, 'no core file is made');
is(renewed("$dir/otro.pfx"), issued_spki($employer), 'the new PFX holds');

# At a terminal: without echo, and the letters are asked for.
$dir = folder();
$employer = pfx();
@command = ('--pfx', $employer->{pfx}, '--out', "$dir/t.pfx", '--cacert',
    world()->{dir} . '/tls/localhost.crt', '--key-type', 'p256', '--iterations', 1000,
    '--email', 'otra@empresa.example', at());
my @passwords = (['de ' . $employer->{pfx}, $OLD], ['nueva, para', $NEW],
    ['para comprobarla', $NEW]);
$r = typed([['de ' . $employer->{pfx}, 'no es esta'], @passwords, ['Escriba', 'no']],
    @command);
like($r->{out}, qr/no abre este archivo\. Contraseña de /, 'a wrong password: asked again');
is($r->{code}, 7, 'a letter that is not wanted is not signed') or diag($r->{out});
unlike($r->{out}, qr/\Q$OLD\E|\Q$NEW\E/, 'passwords typed are not shown');
is(files_of($dir), 't-carta-por-firmar.pdf t.pfx.llave', 'it can be read, and gone on with');
is(mode("$dir/t.pfx.llave"), '0600', 'the key is the owner\'s alone');
like(slurp("$dir/t.pfx.llave"), qr/BEGIN ENCRYPTED PRIVATE KEY/, 'and encrypted');
$r = typed([@passwords[0, 1], ['Escriba', 'sí'], ['Escriba', 'sí']], @command);
is($r->{code}, 0, 'said yes to both') or diag($r->{out});
is(files_of($dir), 't-carta.pdf t-terminos.pdf t.pfx', 'all is there');
is(certificates_of($employer), 2, 'one new certificate');
is(world()->registry->value("SELECT email FROM employer WHERE id = $employer->{id}"),
    'otra@empresa.example', 'with the new address');
my $other = pfx();
$r = typed([["de $other->{pfx}", $OLD],
    map { (['nueva, para', $NEW], ['para comprobarla', 'otra cosa']) } 1 .. 3],
    '--pfx', $other->{pfx}, '--out', "$dir/u.pfx", @command[4 .. $#command]);
like("$r->{code} $r->{out}", qr/^4 .*\[55\]/s, 'the new password must be typed twice');

# What expires.
$r = renew('--check', '--cer', "$employer->{old}.crt");
is($r->{code}, 10, '--check: expired');
like($r->{out}, qr/$employer->{rp10}  .* venció hace \d+ días/, 'since when');
$r = renew('--check', '--pfx', "$dir/t.pfx", '--password', "file:$dir/new");
is($r->{code}, 0, '--check: half a year left');
$r = renew('--check', '--days', 200, '--pfx', "$dir/t.pfx", '--password', "file:$dir/new");
is($r->{code}, 10, '--check --days 200: not that long');

done_testing();
