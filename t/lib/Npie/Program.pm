# SPDX-License-Identifier: Apache-2.0
# An employer's program at the pages: JSON by curl, keys and signatures by
# openssl. Every answer is also kept, to be held against the description.
package Npie::Program;

use strict;
use warnings;

use parent 'Npie::Client';

use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Npie::Letter ();
use Npie::Openssl qw(slurp);

my $JSON = JSON::PP->new->canonical->utf8;

# A program with the rest of the arguments of Npie::Test::browser(); keep: the
# file that its answers are added to.
sub new
{
    my ($class, %arg) = @_;
    my $self = $class->SUPER::new(%arg);
    $self->{keep} = $arg{keep};
    return $self;
}

# Test: all answers kept in a file are as htdocs/manual/openapi.json has it.
# every => 'tag': and nothing in it that has this tag is left out.
sub described
{
    my ($keep, %arg) = @_;
    my @every = $arg{every} ? ("--every=$arg{every}") : ();
    my $top = $ENV{NPIE_TOP};
    open my $judge, '-|', 'python3', "$top/t/lib/apijudge", @every,
        "$top/htdocs/manual/openapi.json", $keep or die "apijudge: $!\n";
    my $said = do { local $/; <$judge> };
    close $judge;
    require Test::More;
    Test::More::is($?, 0, 'every answer is as described') or Test::More::diag($said);
    return;
}

# One exchange; {json} is what was said, when it was JSON. token: for the
# NPIE-Token header instead of the session's.
sub ask
{
    my ($self, $method, $path, %arg) = @_;
    my @curl = ('-X', $method, @{ $arg{curl} // [] });
    my $token = exists $arg{token} ? $arg{token} : $self->{token};
    push @curl, '-H', "NPIE-Token: $token" if $method eq 'POST' && defined $token;
    my %how = (curl => \@curl, json => $arg{json} // 1);
    my $answer = defined $arg{bytes}
        ? $self->post_bytes($path, $arg{type} // 'application/json', $arg{bytes}, %how)
        : $self->exchange($path, %how);
    $answer->{json} = eval { JSON::PP::decode_json($answer->{body}) }
        if $answer->{type} =~ m{^application/(?:problem\+)?json$};
    $self->{token} = $answer->{json}{csrf}
        if $answer->{json} && $answer->{json}{csrf};
    $self->note($method, $path, $answer);
    return $answer;
}

sub note
{
    my ($self, $method, $path, $answer) = @_;
    open my $out, '>>', $self->{keep} or die "$self->{keep}: $!\n";
    print $out $JSON->encode({ method => $method, path => $path =~ s/\?.*//r,
        status => $answer->{status} + 0, type => $answer->{type},
        headers => { map { lc, Npie::Client::header($answer->{headers}, $_) }
            qw(Retry-After Location Vary Allow WWW-Authenticate Content-Language) },
        $answer->{json} ? (json => $answer->{json}) : () }), "\n";
    close $out or die "$self->{keep}: $!\n";
    return;
}

sub fetch
{
    my ($self, $path, %arg) = @_;
    return $self->ask('GET', $path, %arg);
}

# Sends members as a JSON object.
sub send_json
{
    my ($self, $path, $members, %arg) = @_;
    return $self->ask('POST', $path, bytes => $JSON->encode($members), %arg);
}

# as: {certificate, key, password}.
sub log_in
{
    my ($self, %arg) = @_;
    my $challenge = $self->fetch('/npie/reto')->{json}{challenge};
    return $self->send_json('/npie/acceso.html', { reto => $challenge,
        firma => encode_base64(Npie::Openssl::cms_sign($challenge, %{ $arg{as} }), ''),
        defined $arg{user} ? (usuario => $arg{user}) : () });
}

# Follows the next request that a place names, with the members given; those
# that the place itself gives a value are filled in.
sub go_on
{
    my ($self, $place, %member) = @_;
    my $next = $place->{next};
    for my $field (@{ $next->{fields} }) {
        $member{ $field->{name} } //= $field->{value} if defined $field->{value};
        die "$next->{name} wants $field->{name}\n"
            if $field->{required} && !defined $member{ $field->{name} };
    }
    return $next->{method} eq 'GET' ? $self->fetch($next->{href})
        : $self->send_json($next->{href}, \%member);
}

# The members that sign the letter of a kind at a place.
sub signature
{
    my ($self, $place, $kind, %as) = @_;
    my ($letter) = grep { $_->{kind} == $kind } @{ $place->{letters} };
    my $pdf = $self->fetch($letter->{href})->{body};
    sha256_hex($pdf) eq $letter->{sha256} or die "not the letter announced\n";
    return (firma => encode_base64(Npie::Openssl::cms_sign(
        Npie::Letter::signed_part($pdf), %as), ''));
}

# Makes the key that a place asks for: the members, and {new} for signing.
sub key_members
{
    my ($self, $place, $key) = @_;
    my $name = $place->{renewal}{keyName};
    $self->{new} = $self->key_make(kind => 'P-256', password => 'Clave-nueva-1',
        name => $name, key => $key);
    return (solicitud => $self->{new}{csr}, nombre => $name,
        huella => sha256_hex(slurp($key)));
}

1;
