# SPDX-License-Identifier: Apache-2.0
# A timestamp authority on loopback: openssl ts behind HTTP. `faults` makes it
# answer as it should not.
package Npie::Tsa;

use strict;
use warnings;

use IO::Socket::INET;
use Npie::Openssl qw(certificate_make run spit);

my $YEAR = 365 * 86400;

# Makes DIR/tsa-root and DIR/tsa, each .crt and .key; DIR/tsa-ended, whose
# certificate has expired; and DIR/tsa-later, whose certificate ends later.
sub make
{
    my ($dir) = @_;
    my @names = ([C => 'MX'], [O => 'Sellos de Tiempo de Demostración']);
    my %arg = (key => 'rsa:2048', from => time - 3 * $YEAR, until => time + 8 * $YEAR);
    certificate_make(%arg, file => "$dir/tsa-root", extensions => 'ca',
        subject => [@names, [CN => 'Raíz de tiempo (demostración)']]);
    for (['tsa', 'Reloj de demostración', 4], ['tsa-ended', 'Reloj parado', -1],
        ['tsa-later', 'Reloj nuevo', 6]) {
        my ($file, $name, $years) = @$_;
        certificate_make(%arg, file => "$dir/$file", ca => "$dir/tsa-root",
            extensions => "basicConstraints = critical,CA:FALSE\n"
                . "keyUsage = critical,digitalSignature\n"
                . "extendedKeyUsage = critical,timeStamping\n",
            subject => [@names, [CN => $name]], until => time + $years * $YEAR);
    }
    return;
}

# Starts one with the keys of make() in CA; files go into DIR, which exists;
# port: any unless given.
sub start
{
    my ($class, $ca, $dir, $port) = @_;
    my $self = bless { ca => $ca, dir => $dir }, $class;
    $self->faults('none');
    spit("$dir/serial", "01\n");
    $self->configure($_) for qw(tsa tsa-ended tsa-later);
    my $socket = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1',
        ReuseAddr => 1, defined $port ? (LocalPort => $port) : ())
        or die "a timestamp authority: $!\n";
    $self->{url} = 'http://127.0.0.1:' . $socket->sockport . '/';
    $self->{pid} = fork // die "fork: $!\n";
    if (!$self->{pid}) {
        local $SIG{TERM} = 'DEFAULT';
        while (my $client = $socket->accept) {
            eval { $self->answer($client); 1 } or warn $@;
            close $client;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    close $socket;
    return $self;
}

sub configure
{
    my ($self, $name) = @_;
    spit("$self->{dir}/$name.cnf", <<"CONF");
[tsa]
default_tsa = this
[this]
serial = $self->{dir}/serial
crypto_device = builtin
signer_cert = $self->{ca}/$name.crt
signer_key = $self->{ca}/$name.key
certs = $self->{ca}/tsa-root.crt
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
CONF
    return;
}

# What it does wrong from now on: none, garbage, html, old (the answer to an
# earlier request), refuse, ended (its certificate has expired), past (and its
# clock was put back to when it had not), slow (it never answers). later: its
# certificate ends later, which is no fault.
sub faults
{
    my ($self, $faults) = @_;
    spit("$self->{dir}/faults", $faults);
    return;
}

sub answer
{
    my ($self, $client) = @_;
    my ($head, $length) = ('', 0);
    while (defined(my $line = <$client>)) {
        $length = $1 if $line =~ /^Content-Length: *(\d+)/i;
        last if $line =~ /^\r?\n/;
    }
    read($client, my $request, $length);
    my $faults = Npie::Openssl::slurp("$self->{dir}/faults");
    my ($type, $reply) = ('application/timestamp-reply');
    if ($faults eq 'garbage') {
        $reply = 'no es ASN.1';
    } elsif ($faults eq 'html') {
        ($type, $reply) = ('text/html', '<p>Pague primero');
    } elsif ($faults eq 'refuse') {
        # PKIStatusInfo { rejection, "sin saldo" }
        $reply = pack 'H*', '3012' . '3010' . '020102' . '300b0c09' . unpack 'H*', 'sin saldo';
    } else {
        my %name = (ended => 'tsa-ended', past => 'tsa-ended', later => 'tsa-later');
        sleep 30 if $faults eq 'slow';
        $reply = $self->reply($name{$faults} // 'tsa', $request,
            $faults eq 'past' ? ('faketime', '2 years ago') : ());
        if ($faults eq 'old') {
            $reply = Npie::Openssl::slurp("$self->{dir}/last");
        } elsif (length $request) {
            # npiectl status asks with an empty body.
            spit("$self->{dir}/last", $reply);
        }
    }
    print $client "HTTP/1.1 200 OK\r\nContent-Type: $type\r\nConnection: close\r\n"
        . 'Content-Length: ' . length($reply) . "\r\n\r\n$reply";
    return;
}

sub reply
{
    my ($self, $name, $request, @with) = @_;
    spit("$self->{dir}/query", $request);
    return run(@with, 'openssl', 'ts', '-reply', '-config', "$self->{dir}/$name.cnf",
        '-queryfile', "$self->{dir}/query");
}

sub stop
{
    my ($self) = @_;
    kill 'TERM', $self->{pid} if $self->{pid};
    waitpid delete $self->{pid}, 0 if $self->{pid};
    return;
}

# Lets it run on when this process ends; its process identifier.
sub leave
{
    my ($self) = @_;
    return delete $self->{pid};
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    $self->stop;
    return;
}

1;
