# SPDX-License-Identifier: Apache-2.0
# What npie-renew does not do, with the exit code and the number that it says;
# and a key that was lost.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Openssl qw(slurp spit);
use Npie::Renew;
use Npie::Test;

my $dir = folder();
spit("$dir/wrong", "otra\n", 0600);
spit("$dir/open", "$OLD\n", 0644);
spit("$dir/short", "corta\n", 0600);

# Test: exit code and number; nothing was written.
sub fails
{
    my ($employer, $is, $name, @more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = files_of($dir);
    my $r = renew('--pfx', $employer->{pfx}, '--out', "$dir/n.pfx", options($dir),
        @more, grep({ /^https/ } @more) ? () : at());
    my ($number) = $r->{err} =~ /\[(\d+)\]\n  \S/;
    is("$r->{code} " . ($number // ''), $is, $name) or diag($r->{out}, $r->{err});
    is(files_of($dir), $before, "$name: no file");
    return $r;
}

sub marked
{
    my ($employer, $set) = @_;
    world()->registry->sql("UPDATE certificate SET $set WHERE employer = $employer->{id}");
    return $employer;
}

my $employer = pfx();
fails($employer, '4 22', 'a wrong password', '--password', "file:$dir/wrong");
fails($employer, '4 123', 'a password that others can read', '--password', "file:$dir/open");
fails($employer, '4 54', 'a new password that is too short',
    '--new-password', "file:$dir/short");
fails($employer, '4 123', 'no terminal to ask at', '--password', 'exec:false');
fails({ pfx => "$dir/none.pfx" }, '4 121', 'no such file');
fails({ pfx => $INC{'Npie/Renew.pm'} }, '4 20', 'no PFX');
fails({ pfx => $0 }, '2 ', 'a password on the command line', '--password', $OLD);
fails($employer, '6 124', 'a server that is not known', '--cacert',
    world()->{dir} . '/ca/root.crt');
fails($employer, '6 125', 'nobody there', 'https://127.0.0.1:1/npie/');
fails($employer, '2 ', 'no TLS', 'http://localhost/npie/');
fails(marked(pfx(), "status = 'revoked', ended = 1700000000, reason = 'keyCompromise'"),
    '5 31', 'a revoked certificate');
fails(marked(pfx(), "status = 'superseded', ended = 1700000000"), '5 32',
    'a replaced one, whose successor is not here');
fails(pfx(registered => 0), '5 29', 'one that the registry does not know');
fails(pfx(kind => 'valid'), '0 132', 'one that is valid for long');
fails($employer, '5 47', 'the user of another', '--user', pfx()->{user});
my $r = renew('--pfx', $employer->{pfx}, '--password', "file:$dir/old",
    '--new-password', "file:$dir/new", at());
is("$r->{code} " . ($r->{err} =~ /\[127\]/ ? 127 : ''), '7 127',
    'nobody to ask whether to sign');

# Passwords as Windows writes them: with a mark, of two bytes each, of Windows-1252.
my %files = (
    utf8 => "\xef\xbb\xbf$OLD\r\n",
    utf16 => "\xff\xfe" . join('', map { "$_\0" } split //, "$OLD\r\nmás"),
    big => "\xfe\xff" . join('', map { "\0$_" } split //, $OLD),
    bare => join('', map { "$_\0" } split //, "$OLD\r\n"),
);
for my $name (sort keys %files) {
    spit("$dir/as-$name", $files{$name}, 0600);
    fails($employer, '6 125', "a password in $name opens the file", '--password', "file:$dir/as-$name",
        'https://127.0.0.1:1/npie/');
}
spit("$dir/noise", "a\x01b\n", 0600);
fails($employer, '4 123', 'what is no text is no password', '--password', "file:$dir/noise");
spit("$dir/long", 'a' x 2000, 0600);
fails($employer, '4 123', 'nor what is too long', '--password', "file:$dir/long");

# A file in the way.
my $early = pfx(kind => 'early');
spit("$dir/n.pfx", 'algo', 0600);
fails($early, '8 120', 'a file of that name');
is(slurp("$dir/n.pfx"), 'algo', 'is left alone');
unlink "$dir/n.pfx";
is(renew('--pfx', $early->{pfx}, '--out', "$dir/e.pfx", options($dir), at())->{code}, 0,
    'in the early window it is renewed');
is(certificates_of($early), 2, 'with one certificate');

# A renewal begun elsewhere, whose key is not here.
my $begun = renewal('certificado', employer => pfx());
my $lost = $begun->{employer};
fails($lost, '1 129', 'another key');
is(renew('--pfx', $lost->{pfx}, '--out', "$dir/k.pfx", options($dir), '--new-key',
    at())->{code}, 0, '--new-key goes on with a key of its own');
is(certificates_of($lost), 2, 'one certificate');
isnt(renewed("$dir/k.pfx"), Npie::Openssl::spki_sha256("$lost->{old}.crt"),
    'of the new key');

# The link in the mail.
my $to = address();
my $mailed = pfx();
my @command = ('--pfx', $mailed->{pfx}, '--out', "$dir/m.pfx", options($dir),
    '--email', $to, at('mail'));
$r = renew(@command);
is($r->{code}, 3, 'the link in the mail must be opened') or diag($r->{out}, $r->{err});
like($r->{err}, qr/liga.*\[128\].*\Q$to\E/s, 'which it says, and where it went');
is(renew(@command)->{code}, 3, 'so it is the next time');
my ($mail) = mail_wait($to);
my $path = path_of($mail);
my ($token) = $path =~ /t=(.*)/;
browser(vhost => 'mail')->post('/npie/enlace.html', [ t => $token ]);
$r = renew(@command);
is($r->{code}, 0, 'and once it is open it goes on') or diag($r->{out}, $r->{err});
is(certificates_of($mailed), 2, 'one certificate');
# One that is refused for good is told, and corrected without losing the key.
my $wrong = address('nadie');
$mailed = pfx();
@command = ('--pfx', $mailed->{pfx}, '--out', "$dir/r.pfx", options($dir), at('mail'));
$r = renew(@command, '--email', $wrong);
is($r->{code}, 3, 'a mail to an address that is refused');
ok(settled($wrong), 'is tried');
$r = renew(@command, '--email', $wrong);
is($r->{code}, 3, 'still');
like($r->{err}, qr/no se pudo entregar.*\[136\].*\Q$wrong\E: 5\d\d /s,
    'and told, with what the mail server answered') or diag($r->{out}, $r->{err});
my $key = slurp("$dir/r.pfx.llave");
$to = address();
$r = renew(@command, '--email', $to);
is($r->{code}, 3, 'corrected');
like($r->{out}, qr/Datos corregidos: correo \Q$to\E,.*La llave se conserva/, 'which it says')
    or diag($r->{out}, $r->{err});
is(slurp("$dir/r.pfx.llave"), $key, 'with the same key');
($mail) = mail_wait($to);
browser(vhost => 'mail')->post('/npie/enlace.html', [ t => path_of($mail) =~ /t=(.*)/ ]);
$r = renew(@command, '--email', $to);
is($r->{code}, 0, 'to the end') or diag($r->{out}, $r->{err});
unlike($r->{out}, qr/corregidos/, 'corrected once');
is(Npie::Openssl::spki_sha256("$mailed->{old}.crt") eq renewed("$dir/r.pfx"), '', 'renewed');
is(world()->registry->value("SELECT count(*) FROM letter l JOIN renewal r ON r.id = l.renewal"
    . " WHERE r.employer = $mailed->{id} AND l.kind = 1"), 2, 'by a second letter');

my $optional = pfx();
is(renew('--pfx', $optional->{pfx}, '--out', "$dir/o.pfx", options($dir), '--email',
    address(), at('mailopt'))->{code}, 0, 'where it need not be opened it is not waited for');

done_testing();
