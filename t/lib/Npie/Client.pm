# SPDX-License-Identifier: Apache-2.0
# An employer at the pages from outside: HTTP by curl, keys and signatures by
# openssl. Every step returns the answer; none judges it.
package Npie::Client;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Npie::Letter ();
use Npie::Openssl qw(run slurp spit);

# url: https://host:port; cacert: the server's certificate; options: of curl,
# for every request. A client is one
# browser: it keeps its cookies.
sub new
{
    my ($class, %arg) = @_;
    return bless { %arg, dir => File::Temp->newdir }, $class;
}

# One exchange. Returns {status, type, location, headers (text), body}; status
# 0 when there was no answer. arg: curl => [further options], json => 1. A
# redirection to the pages' own root says "where you are now": it is asked, and
# location is its answer.
sub request
{
    my ($self, $path, %arg) = @_;
    my $answer = $self->exchange($path, %arg);
    if ($answer->{status} == 303 && $answer->{location} eq '/npie/'
        && $path ne '/npie/') {
        $answer->{location} = $self->exchange('/npie/')->{location};
    }
    return $answer;
}

sub exchange
{
    my ($self, $path, %arg) = @_;
    my $dir = $self->{dir};
    my ($head, $body) = ("$dir/head", "$dir/body");
    spit($_, '') for $head, $body;
    my @command = ('curl', '--silent', '--max-time', 60, '--globoff',
        '--path-as-is', '--cacert', $self->{cacert}, '--cookie', "$dir/jar",
        '--cookie-jar', "$dir/jar", '--dump-header', $head, '--output', $body);
    push @command, '-H', 'Accept: application/json' if $arg{json};
    system @command, @{ $self->{options} // [] }, @{ $arg{curl} // [] }, $self->{url} . $path;
    my $headers = slurp($head);
    $headers =~ s/\AHTTP\S+ 100 .*?\r\n\r\n//s;
    my ($status) = $headers =~ m{\AHTTP/\S+ (\d+)};
    my $answer = { status => $status // 0, headers => $headers,
        body => slurp($body) };
    $answer->{type} = header($headers, 'Content-Type');
    $answer->{location} = header($headers, 'Location');
    $answer->{location} =~ s/^\Q$self->{url}\E//;
    return $answer;
}

sub header
{
    my ($headers, $name) = @_;
    return $headers =~ /^\Q$name\E:\s*(.*?)\r?$/mi ? $1 : '';
}

sub get
{
    my ($self, $path, %arg) = @_;
    my $answer = $self->request($path, %arg);
    if ($answer->{body} =~ /<input[^>]*\bname="csrf"[^>]*>/) {
        my $input = $&;
        $self->{csrf} = $1 if $input =~ /\bvalue="([^"]*)"/;
    }
    return $answer;
}

# An urlencoded form: [name => value, ...].
sub post
{
    my ($self, $path, $fields, %arg) = @_;
    my $form = join '&', map {
        my ($name, $value) = @$fields[2 * $_, 2 * $_ + 1];
        "$name=" . escape($value)
    } 0 .. @$fields / 2 - 1;
    return $self->post_bytes($path, 'application/x-www-form-urlencoded', $form,
        %arg);
}

sub escape
{
    my ($bytes) = @_;
    $bytes =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $bytes;
}

sub post_bytes
{
    my ($self, $path, $type, $bytes, %arg) = @_;
    my $file = spit("$self->{dir}/form", $bytes);
    return $self->request($path, %arg, curl => [
        '-H', "Content-Type: $type", '-H', 'Expect:',
        '--data-binary', "\@$file", @{ $arg{curl} // [] } ]);
}

# A form with files: [name => value or \ [filename, bytes], ...].
sub post_multipart
{
    my ($self, $path, $fields, %arg) = @_;
    my $boundary = 'frontera' . int rand 1e9;
    my $form = '';
    for my $i (0 .. @$fields / 2 - 1) {
        my ($name, $value) = @$fields[2 * $i, 2 * $i + 1];
        my ($file, $bytes) = ref $value ? @$$value : (undef, $value);
        $form .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"";
        $form .= "; filename=\"$file\"\r\nContent-Type: application/octet-stream"
            if defined $file;
        $form .= "\r\n\r\n$bytes\r\n";
    }
    return $self->post_bytes($path, "multipart/form-data; boundary=$boundary",
        "$form--$boundary--\r\n", %arg);
}

# The token of the page named, as a form field.
sub csrf
{
    my ($self, $page) = @_;
    $self->get("/npie/$page");
    return (csrf => $self->{csrf} // '');
}

sub challenge
{
    my ($self) = @_;
    return $self->request('/npie/reto')->{body};
}

# as: {certificate, key, password}; user: as typed; challenge: one got before.
sub login
{
    my ($self, %arg) = @_;
    my $challenge = $arg{challenge} // $self->challenge;
    my $cms = $arg{cms} // Npie::Openssl::cms_sign($challenge, %{ $arg{as} });
    return $self->post('/npie/acceso.html', [
        usuario => $arg{user}, reto => $challenge,
        firma => encode_base64($cms, '') ], json => $arg{json});
}

sub data
{
    my ($self, %field) = @_;
    return $self->post('/npie/datos.html', [ $self->csrf('datos.html'),
        map { $_ => $field{$_} // '' } qw(correo correo2 telefono fax) ]);
}

# Makes a key file and its request; returns {key, password, csr, name}.
sub key_make
{
    my ($self, %arg) = @_;
    my %new = (key => $arg{key}, password => $arg{password}, name => $arg{name});
    Npie::Openssl::key_make($new{key}, $arg{kind} // 'rsa:3072', $new{password});
    $new{csr} = Npie::Openssl::request_make(key => $new{key},
        password => $new{password}, subject => [[CN => $arg{name}]]);
    return \%new;
}

sub key_send
{
    my ($self, $new) = @_;
    return $self->post('/npie/llave.html', [ $self->csrf('llave.html'),
        solicitud => $new->{csr}, nombre => $new->{name},
        huella => sha256_hex(slurp($new->{key})) ]);
}

my %LETTERS = (
    'carta.html' => 'CartadeAceptaciondeRenovacion.pdf',
    'terminos.html' => 'TerminosyCondiciones.pdf',
);

# The letter's bytes for the page carta.html or terminos.html.
sub letter
{
    my ($self, $page) = @_;
    return $self->request("/npie/$LETTERS{$page}")->{body};
}

# Signs the letter of a page as {certificate, key, password} and sends it;
# cms and file override what is sent.
sub letter_sign
{
    my ($self, $page, %arg) = @_;
    my $cms = $arg{cms} // Npie::Openssl::cms_sign(
        Npie::Letter::signed_part($arg{letter} // $self->letter($page)),
        %{ $arg{as} });
    my @file = defined $arg{file}
        ? (carta => \[ $LETTERS{$page}, $arg{file} ]) : ();
    return $self->post_multipart("/npie/$page", [ $self->csrf($page),
        firma => encode_base64($cms, ''), @file ], json => $arg{json});
}

# Has the certificate issued; returns the answer, with the certificate's JSON
# as {issued}.
sub issue
{
    my ($self) = @_;
    my $answer = $self->post('/npie/certificado.html',
        [ $self->csrf('certificado.html') ], json => 1);
    return $answer if $answer->{status} != 200;
    $answer->{issued} = eval { JSON::PP::decode_json(
        $self->request('/npie/certificado.json')->{body}) };
    return $answer;
}

sub logout
{
    my ($self, $page) = @_;
    return $self->post('/npie/salir', [ $self->csrf($page) ]);
}

1;
