# SPDX-License-Identifier: Apache-2.0
# What the .t files share: the world around the server under test, employers
# of their own, and renewals brought to a step.
package Npie::Test;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Npie::Client;
use Npie::Openssl ();
use Npie::World;
use POSIX ();
use Test::More ();

our @EXPORT = qw(world browser program answers employer renewal error_of page_of refused
    redirected certificates_of at_once children own own_end);

my $world;

sub world
{
    return $world //= Npie::World->open($ENV{NPIE_WORLD}
        // die "NPIE_WORLD is not set: run this by t/TEST\n");
}

# vhost: "second" (another name for the same host), "short" or "hasty" (see
# t/conf/second.conf.in), or one of t/conf/tls.conf.in; the main one without.
# options: of curl.
sub browser
{
    my (%arg) = @_;
    my $url = world()->url;
    if (my $vhost = $arg{vhost}) {
        $url = "https://127.0.0.1:" . Npie::Openssl::slurp(world()->{dir} . "/port.$vhost");
    }
    return ($arg{class} // 'Npie::Client')->new(url => $url, options => $arg{options},
        cacert => world()->{dir} . '/tls/localhost.crt',
        keep => answers());
}

# Where the answers to this test's programs are kept.
sub answers
{
    return world()->{dir} . "/answers.$$.jsonl";
}

# The same with JSON; all their answers are kept together.
sub program
{
    require Npie::Program;
    return browser(@_, class => 'Npie::Program');
}

# Makes a world of the test's own, with a server that runs, and takes it as
# world(): it, the folder that it is in, and npiectl with -j, which gives back
# exit status and answer. The test's END calls own_end.
my $own;
sub own
{
    my (%arg) = @_;
    require File::Temp;
    my $temp = File::Temp::tempdir();
    chmod 0755, $temp;
    $world = Npie::World->configured("$temp/world");
    $own = { pid => $$, temp => $temp, mail => $arg{link} };
    if ($arg{link}) {
        $world->mail('start');
        $world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
            signer => "$ENV{NPIE_BUILD}/npie-signer", link => $arg{link},
            conf => "$ENV{NPIE_TOP}/conf");
    }
    my $conf = "$world->{dir}/npie.conf";
    my $text = Npie::Openssl::slurp($conf);
    Npie::Openssl::spit($conf, $arg{edit}->($text)) if $arg{edit};
    $world->httpd('start');
    $world->httpd_wait;
    my $ctl = sub {
        my $got = system 'sh', '-c', 'exec "$@" >"$0" 2>"$0.err" </dev/null', "$temp/out",
            "$ENV{NPIE_BUILD}/npiectl", @_, '-j';
        return ($got >> 8, eval { JSON::PP::decode_json(Npie::Openssl::slurp("$temp/out")) });
    };
    return ($world, $temp, $ctl);
}

sub own_end
{
    return if !$own || $own->{pid} != $$;
    my $status = $?;
    for my $stop (sub { $world->httpd_stop }, sub { $world->redis_stop },
        $own->{mail} ? sub { $world->mail('stop') } : ()) {
        eval { $stop->(); 1 } or Test::More::diag($@);
    }
    require File::Path;
    File::Path::remove_tree($own->{temp});
    $? = $status;
    return;
}

# An employer of the test's own; arguments of Npie::World->employer. {as} is
# what Npie::Client signs with.
sub employer
{
    my $employer = world()->employer(@_);
    $employer->{as} = { certificate => "$employer->{old}.crt",
        key => "$employer->{old}.key" };
    return $employer;
}

my @STEPS = qw(acceso aviso datos llave carta certificado terminos listo);
my $MAIL = 'nuevo@empresa.example';
my %DO = (
    acceso => sub {
        my ($r) = @_;
        $r->{client}->login(as => $r->{employer}{as}, user => $r->{employer}{user});
    },
    aviso => sub { { status => 303, location => '/npie/datos.html' } },
    datos => sub {
        my ($r) = @_;
        my $mail = $r->{mail} // $MAIL;
        $r->{client}->data(correo => $mail, correo2 => $mail,
            telefono => '5555012299');
    },
    llave => sub {
        my ($r) = @_;
        $r->{new} = key_new($r);
        $r->{client}->key_send($r->{new});
    },
    carta => sub {
        my ($r) = @_;
        $r->{client}->letter_sign('carta.html', as => $r->{employer}{as});
    },
    certificado => sub {
        my ($r) = @_;
        my $answer = $r->{client}->issue;
        issued_take($r, $answer);
        return { %$answer, location => '/npie/terminos.html',
            status => $answer->{status} == 200 ? 303 : $answer->{status} };
    },
    terminos => sub {
        my ($r) = @_;
        $r->{client}->letter_sign('terminos.html', as => $r->{new});
    },
);

sub key_new
{
    my ($r) = @_;
    my $n = ++$r->{keys};
    return $r->{client}->key_make(kind => 'P-256', password => 'Clave-nueva-1',
        name => "$r->{employer}{rp10}_2", key => "$r->{employer}{dir}/new$n.key");
}

# Keeps an issued certificate beside its key.
sub issued_take
{
    my ($r, $answer) = @_;
    my $issued = $answer->{issued};
    return if $answer->{status} != 200 || !$issued;
    my $file = "$r->{employer}{dir}/new.crt";
    require MIME::Base64;
    Npie::Openssl::spit("$file.der", MIME::Base64::decode_base64($issued->{certificate}));
    Npie::Openssl::run('openssl', 'x509', '-inform', 'DER', '-in', "$file.der",
        '-out', $file);
    $r->{new}{certificate} = $file;
    return;
}

# A renewal whose next page is the one named: {employer, client, new}. Dies
# when a step on the way does not go on.
sub renewal
{
    my ($page, %arg) = @_;
    my $r = { client => $arg{client} // browser(),
        employer => $arg{employer} // employer(), mail => $arg{mail} };
    for my $i (0 .. $#STEPS) {
        last if $STEPS[$i] eq $page;
        renewal_step($r, $STEPS[$i], $STEPS[$i + 1]);
    }
    return $r;
}

# One step; dies unless it leads to the page given.
sub renewal_step
{
    my ($r, $step, $next) = @_;
    my $answer = $DO{$step}->($r);
    $answer->{status} == 303 && page_of($answer) eq $next
        or die "$step led to $answer->{status} $answer->{location}, not $next: "
            . substr($answer->{body} // '', 0, 800) . "\n";
    return $answer;
}

# The page that an answer redirects to, without .html: "aviso", "/idse/".
sub page_of
{
    my ($answer) = @_;
    my ($page) = $answer->{location} =~ m{^/npie/([^/.?]*)(?:\.html)?(?:\?.*)?$};
    return $page // $answer->{location};
}

# The problem's number in an answer, HTML or JSON; '' when there is none.
sub error_of
{
    my ($answer) = @_;
    if ($answer->{type} =~ m{json}) {
        my $json = eval { JSON::PP::decode_json($answer->{body}) } or return '';
        return $json->{number} // '';
    }
    return $answer->{body} =~ /id="error-numero"[^>]*>\s*(\d+)/ ? $1 : '';
}

# Test: the answer sends back to a page, which then shows the problem.
sub refused
{
    my ($client, $answer, $page, $number, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $is = "$answer->{status} " . page_of($answer);
    if ($answer->{status} == 303) {
        $is .= ' ' . error_of($client->get($answer->{location}));
    } else {
        $is .= error_of($answer);
    }
    return Test::More::is($is, "303 $page $number", $name);
}

# Test: the answer leads to a page.
sub redirected
{
    my ($answer, $page, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is("$answer->{status} " . page_of($answer),
        "303 $page", $name);
}

# Runs the code in N processes at once; returns what each gave back.
sub at_once
{
    my ($n, $code) = @_;
    my $file = world()->{dir} . "/at-once.$$";
    my @pids = map {
        my $i = $_;
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            Npie::Openssl::spit("$file.$i", eval { $code->($i) } // "died: $@");
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $n;
    waitpid $_, 0 for @pids;
    return map { Npie::Openssl::slurp("$file.$_") } 1 .. $n;
}

# The children of the httpd under test, but for its signer.
sub children
{
    my $file = $ENV{NPIE_HTTPD_PID} // die "NPIE_HTTPD_PID is not set\n";
    chomp(my $parent = Npie::Openssl::slurp($file));
    my @children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my $line = eval { Npie::Openssl::slurp($stat) } // next;
        my ($pid, $name, $ppid) = $line =~ /^(\d+) \((.*)\) \S (\d+)/s or next;
        push @children, $pid if $ppid == $parent && $name !~ /npie-signer/;
    }
    return @children;
}

# How many certificates the registry holds of an employer.
sub certificates_of
{
    my ($employer) = @_;
    return world()->registry->value(
        "SELECT count(*) FROM certificate WHERE employer = $employer->{id}");
}

1;
