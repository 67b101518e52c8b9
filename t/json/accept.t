# SPDX-License-Identifier: Apache-2.0
# A page or JSON: by Accept and nothing else.
use strict;
use warnings;
use Test::More;
use Npie::Test;

my ($HTML, $JSON) = qw(text/html application/json);
my $r = renewal('datos');
my $client = $r->{client};

sub type_of
{
    my ($path, @accept) = @_;
    my $answer = $client->exchange($path, curl => [ map { ('-H', "Accept: $_") } @accept ]);
    return ($answer, $answer->{type} =~ s/;.*//r);
}

for my $case (
    ['*/*', $HTML],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', $HTML],
    ['application/json', $JSON],
    ['APPLICATION/JSON', $JSON],
    ['application/json;charset=utf-8', $JSON],
    ['application/json, text/plain, */*', $JSON],
    ['application/json, */*;q=0.5', $JSON],
    ['application/problem+json', $JSON],
    ['application/*', $JSON],
    ['application/json, text/html', $HTML],
    ['application/json;q=0.9, text/html', $HTML],
    ['application/json, text/html;q=0.9', $JSON],
    ['application/json;q=0.001, text/html;q=0', $JSON],
    ['application/json;q=0', $HTML],
    ['application/json;q=0, */*', $HTML],
    ['*/*;q=0.1, application/json;q=0.2', $JSON],
    ['application/json;q=0.1, */*;q=0.2', $HTML],
    ['text/*;q=0.3, application/json;q=0.3', $JSON],
    ['application/json;q=2', $HTML],
    ['application/json;q=0.1234', $HTML],
    ['application/jsonp', $HTML],
    ['image/png', $HTML],
    [',,;q=,/', $HTML],
    ['x' x 7000, $HTML],
) {
    my ($accept, $expected) = @$case;
    my ($answer, $type) = type_of('/npie/datos.html', $accept);
    is("$answer->{status} $type", "200 $expected", substr $accept, 0, 60);
    like($answer->{headers}, qr/^Vary:.*\bAccept\b/mi, 'Vary') if $accept eq '*/*'
        || $accept eq 'application/json';
}
is((type_of('/npie/datos.html', 'text/html;q=0.5', 'application/json'))[1], $JSON,
    'in two lines');
is((type_of('/npie/datos.html', ''))[1], $HTML, 'none at all');

# The challenge is text, or JSON; a letter is a letter.
is((type_of('/npie/reto', '*/*'))[1], 'text/plain', 'the challenge for anybody');
is((type_of('/npie/reto', 'text/plain, application/json;q=0.5'))[1], 'text/plain',
    'the challenge for the pages');
is((type_of('/npie/reto', 'application/json'))[1], $JSON, 'the challenge for programs');

# Errors of httpd's own.
my ($answer, $type) = type_of('/npie/no-such.html', 'application/json');
is("$answer->{status} $type " . error_of($answer), '404 application/problem+json 16',
    'a page that is not there');
($answer, $type) = type_of('/npie/salir', 'application/json');
is("$answer->{status} $type", '405 application/problem+json', 'another method');
like($answer->{headers}, qr/^Allow: POST\r?$/m, 'which one is said');
unlike((type_of('/npie/npie.css', 'application/json'))[0]{headers}, qr/^Vary:.*\bAccept\b(?!-)/mi,
    'a style does not vary by it');

# What is in the JSON is not read by mod_include, which reads the page.
world()->registry->sql(q{UPDATE employer SET name = 'A <!--#echo var="npie_csrf" --> B'
    WHERE id = } . $r->{employer}{id});
($answer) = type_of('/npie/datos.html', 'application/json');
like($answer->{body}, qr/"name":"A <!--#echo var=\\"npie_csrf\\" --> B"/,
    'a name that looks like a directive stays one');
is(Npie::Client::header($answer->{headers}, 'Content-Length'), length $answer->{body},
    'with its length');
is($client->exchange('/npie/datos.html', json => 1, curl => ['-I'])->{status}, 200, 'HEAD');

# The header with the token is for us alone.
like($client->request('/idse/index.html', json => 1,
    curl => ['-H', 'NPIE-Token: x', '-H', 'NPIE_Token: y'])->{status}, qr/^40[13]$/,
    'and opens nothing');
done_testing;
