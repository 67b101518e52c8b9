# SPDX-License-Identifier: Apache-2.0
# The commands of the manual's page for programs, run as they stand there; what
# a person would type, passwords and addresses, is put in.
use strict;
use warnings;
use Test::More;
use JSON::PP ();
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $manual = "$ENV{NPIE_TOP}/htdocs/manual";
my $page = slurp("$manual/programs.html");
my %entity = (lt => '<', gt => '>', amp => '&', quot => '"');
my ($script) = map { s/&(\w+);/$entity{$1} \/\/ die "&$1;"/ger }
    grep { /openssl/ } $page =~ m{<pre[^>]*><code>(.*?)</code></pre>}gs;
my $password = 'Clave-nueva-1';

# Puts one text in place of another; dies where the page has it no more.
sub put
{
    my ($text, $old, $new) = @_;
    index($$text, $old) >= 0 or die "programs.html does not say: $old\n";
    $$text =~ s/\Q$old\E/$new/g;
    return;
}

# Runs the page's commands for an employer; returns what they printed, line by
# line, and the folder of their files. change: called with the text before.
sub by_manual
{
    my ($employer, $url, $change) = @_;
    my $dir = "$employer->{dir}/manual";
    my $text = $script;
    put(\$text, 'https://renovacion.example', $url);
    put(\$text, 'A064878710', $employer->{user});
    put(\$text, 'openssl genpkey', "openssl genpkey -pass pass:$password");
    put(\$text, 'openssl req', "openssl req -passin pass:$password");
    put(\$text, 'openssl cms', "openssl cms -passin pass:$password");
    put(\$text, 'openssl pkcs12',
        "openssl pkcs12 -passin pass:$password -passout pass:$password");
    $change->(\$text) if $change;
    mkdir $dir or die "$dir: $!\n";
    spit("$dir/actual.pem", join '', map { slurp("$employer->{old}.$_") } qw(crt key));
    spit("$dir/commands.sh", $text);
    local $ENV{CURL_CA_BUNDLE} = world()->{dir} . '/tls/localhost.crt';
    run('sh', '-c', 'cd "$1" && sh -e commands.sh >said 2>errors || { cat said errors >&2; exit 1; }', 'sh', $dir);
    is(slurp("$dir/errors") =~ s/^[.+*\-\n]*$//mgr, '', 'nothing was complained about');
    return ($dir, map { JSON::PP::decode_json($_) } split /\n/, slurp("$dir/said"));
}

my $employer = employer();
my ($dir, @said) = by_manual($employer, world()->url);
is_deeply([ map { join ' ', map { $_ // '-' } @$_[0 .. 3] } @said ], [
    'aviso none start -', 'llave started make-key -', 'carta keyed sign-letter-1 -',
    'certificado confirmed issue -', 'certificado issued sign-letter-2 -',
    'listo completed - -' ], 'each command leads to the next');
like(run('openssl', 'pkcs12', '-in', "$dir/nuevo.pfx", '-passin', "pass:$password", '-nodes'),
    qr/BEGIN CERTIFICATE.*BEGIN PRIVATE KEY/s, 'the PFX has certificate and key');

# Without the login, by a TLS client certificate; up to the new certificate.
$employer = employer();
(undef, @said) = by_manual($employer, browser(vhost => 'tls')->{url}, sub {
    my ($text) = @_;
    my ($first) = map { s/&gt;/>/r } $page =~ m{the first token by <code>(.*?)</code>};
    $$text =~ s{^ask /npie/reto .*?acceso\.html\n}{$first\n}ms or die "no login\n";
    put($text, 'curl --silent', 'curl --cert actual.pem --silent');
    $$text =~ s/^openssl pkcs12.*//ms;
});
is($said[-1][0], 'certificado', 'by TLS as far as the certificate');

# The names of what is next are those of the description.
my @named = $page =~ m{<tr><td><code>([a-z0-9-]+)</code></td>}g;
my $moves = JSON::PP::decode_json(slurp("$manual/openapi.json"))
    ->{components}{schemas}{Move}{properties}{name}{enum};
ok(@named >= 8, 'the page names them');
is_deeply([ grep { my $name = $_; !grep { $_ eq $name } @$moves } @named ], [],
    'as openapi.json does');
done_testing;
