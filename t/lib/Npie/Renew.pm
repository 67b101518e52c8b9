# SPDX-License-Identifier: Apache-2.0
# npie-renew as a person or a script runs it: its files, its passwords, what it
# says, and the terminal it asks at.
package Npie::Renew;

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test qw(employer world);

our @EXPORT = qw($OLD $NEW folder pfx renew renew_until renew_signalled typed renewed files_of
    at options);

our ($OLD, $NEW) = ('Prueba 123', 'Llave nueva 27');
my $TOP = $ENV{NPIE_TOP} // die "NPIE_TOP is not set: run this by t/TEST\n";
my $PROGRAM = "$ENV{NPIE_BUILD}/npie-renew";
-x $PROGRAM or die "$PROGRAM is not built\n";

# A folder of the test's own with both passwords in it.
sub folder
{
    my $dir = File::Temp->newdir;
    spit("$dir/old", "$OLD\n", 0600);
    spit("$dir/new", "$NEW\n", 0600);
    return $dir;
}

# An employer (arguments as employer()) and its {pfx}; windows => 1.
sub pfx
{
    my (%arg) = @_;
    my $windows = delete $arg{windows};
    my $employer = employer($windows ? (ca => 'old', key => 'rsa:1024', md => 'sha1')
        : (key => 'P-256'), %arg);
    $employer->{pfx} = Npie::Openssl::pfx_make(windows => $windows,
        file => "$employer->{dir}/viejo.pfx", certificate => "$employer->{old}.crt",
        key => "$employer->{old}.key", password => $OLD, name => 'viejo');
    return $employer;
}

# The address of the server, or of one of its hosts.
sub at
{
    my ($vhost) = @_;
    return (defined $vhost
        ? 'https://127.0.0.1:' . slurp(world()->{dir} . "/port.$vhost")
        : world()->url) . '/npie/';
}

# What most calls have in common.
sub options
{
    my ($dir) = @_;
    return ('--password', "file:$dir/old", '--new-password', "file:$dir/new",
        '--cacert', world()->{dir} . '/tls/localhost.crt', '--accept-terms',
        '--key-type', 'p256', '--iterations', 1000);
}

# Runs it without a terminal: {code, out, err}.
sub renew
{
    my @options = @_;
    my ($out, $err) = (File::Temp->new, File::Temp->new);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $out;
        open STDERR, '>&', $err;
        exec { $PROGRAM } $PROGRAM, @options or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return { code => $? & 127 ? "signal $?" : $? >> 8,
        out => slurp($out->filename), err => slurp($err->filename) };
}

# Runs it and kills it (SIGKILL) once it has said so many lines; returns how
# many it said, less when it ended before.
sub renew_until
{
    my ($lines, @options) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec { $PROGRAM } $PROGRAM, @options or POSIX::_exit(127);
    }
    my $said = 0;
    while ($said < $lines && defined(my $line = <$out>)) {
        $said++;
    }
    kill 'KILL', $pid;
    close $out;
    return $said;
}

# Runs it without a terminal and sends it a signal once it has said so many
# lines: as renew().
sub renew_signalled
{
    my ($signal, $lines, @options) = @_;
    my $err = File::Temp->new;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDERR, '>&', $err;
        exec { $PROGRAM } $PROGRAM, @options or POSIX::_exit(127);
    }
    my $said = '';
    while ($lines-- > 0 && defined(my $line = <$out>)) {
        $said .= $line;
    }
    kill $signal, $pid;
    $said .= join '', <$out>;
    close $out;
    return { code => $? & 127 ? 'signal ' . ($? & 127) : $? >> 8, out => $said,
        err => slurp($err->filename) };
}

# Runs it at a terminal of its own, where it is answered: [what it asks (a
# text in it), what is typed]. {code, out}: all that the terminal showed.
sub typed
{
    my ($answers, @options) = @_;
    my $file = File::Temp->new;
    my @typist = ('python3', "$TOP/t/lib/typist", $file->filename,
        (map { @$_ } @$answers), '--', $PROGRAM, @options);
    my $code = system { $typist[0] } @typist;
    return { code => $code >> 8, out => slurp($file->filename) };
}

# The new certificate in a PFX as openssl opens it: SHA-256 of its key, hex.
sub renewed
{
    my ($pfx, $password) = @_;
    my $dir = File::Temp->newdir;
    my @in = ('openssl', 'pkcs12', '-in', $pfx, '-passin', 'pass:' . ($password // $NEW));
    spit("$dir/crt", run(@in, '-clcerts', '-nokeys'));
    spit("$dir/key", run(@in, '-nocerts', '-noenc'));
    run('openssl', 'pkey', '-in', "$dir/key", '-pubout') eq
        run('openssl', 'x509', '-in', "$dir/crt", '-noout', '-pubkey')
        or die "$pfx: key and certificate differ\n";
    return Npie::Openssl::spki_sha256("$dir/crt");
}

# The names of the files in a folder but for the passwords, sorted.
sub files_of
{
    my ($dir) = @_;
    return join ' ', sort grep { !/^(old|new)$/ } map { s{.*/}{}r } glob "$dir/*";
}

1;
