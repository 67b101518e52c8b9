# SPDX-License-Identifier: Apache-2.0
# The terms change while a renewal waits with its letter drawn: httpd and
# npie-signer that differ are told by httpd -t, in the log and by npie-status,
# nothing is certified meanwhile; and then the letter is drawn anew (error 77).
use strict;
use warnings;
use File::Temp ();
use File::Path qw(remove_tree);
use Test::More;
use Time::HiRes qw(time sleep);
use Npie::Letter ();
use Npie::Many qw(many);
use Npie::Openssl qw(run slurp spit);
use Npie::Test;
use Npie::World;

my $temp = File::Temp::tempdir();
chmod 0755, $temp;
my $world = Npie::World->make(dir => "$temp/world");
my $dir = $world->{dir};
my ($parent) = ($$);
END {
    if (defined $parent && $$ == $parent) {
        my $status = $?;
        for my $stop (sub { $world->httpd_stop }, sub { $world->redis_stop }) {
            eval { $stop->(); 1 } or diag $@;
        }
        remove_tree($temp);
        $? = $status;
    }
}
my @employers = many($world, 2, 'Clave-vieja-1');
$world->httpd_configure(module => "$ENV{NPIE_BUILD}/.libs/mod_npie.so",
    signer => "$ENV{NPIE_BUILD}/npie-signer", port => Npie::World::port_free());
$world->redis_start;

my $old = "$ENV{NPIE_TOP}/conf/letter/terminos.txt";
my $new = "$dir/terminos.txt";
my $text = slurp($old);
$text =~ s/Instituto/Organismo/ or die 'the terms do not name the institute';
spit($new, $text);
# line FILE DIRECTIVE VALUE: set in it, once.
sub line
{
    my ($file, $directive, $value) = @_;
    my $conf = slurp($file);
    $conf =~ s/^(\s*)$directive .*/$1$directive $value/m or $conf .= "$directive $value\n";
    spit($file, $conf);
    return;
}
sub remarks
{
    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';
    return run('sh', '-c', 'program=$(apxs -q SBINDIR)/$(apxs -q PROGNAME);'
        . ' LD_PRELOAD=$NPIE_PRELOAD "$program" -t -f "$0" 2>&1; true', "$dir/httpd.conf");
}
sub again
{
    $world->httpd_stop;
    $world->httpd('start');
    $world->httpd_wait;
    return;
}
my @steps = qw(acceso aviso datos llave carta certificado terminos listo);
# A renewal from one page to another.
sub go
{
    my ($r, $from, $to) = @_;
    my ($on) = 0;
    for my $i (0 .. $#steps - 1) {
        $on = 1 if $steps[$i] eq $from;
        last if $steps[$i] eq $to;
        Npie::Test::renewal_step($r, @steps[$i, $i + 1]) if $on;
    }
    return $r;
}
sub begin
{
    my ($employer) = @_;
    $employer->{as} = { certificate => "$employer->{old}.crt", key => "$employer->{old}.key" };
    return { employer => $employer, client => Npie::Client->new(url => $world->url,
        cacert => "$dir/tls/localhost.crt", keep => "$dir/answers") };
}
my $differ = qr/httpd draws other letters than npie-signer/;

unlike(remarks(), $differ, 'one set of terms: httpd -t is content');
$world->httpd('start');
$world->httpd_wait;
my $r = go(begin($employers[0]), 'acceso', 'carta');
my $before = $r->{client}->letter('carta.html');

line("$dir/signer/npie-signer.conf", 'LetterTerms', $new);
like(remarks(), $differ, 'terms of npie-signer alone: httpd -t says so, and does not start');
# It runs already, and npie-signer begins anew with them.
kill KILL => $world->signer_pids;
my $log = '';
for (1 .. 900) {
    $log = slurp("$dir/logs/error_log");
    last if $log =~ /NPIE0151/;
    sleep 0.1;
}
like($log, qr/NPIE0151/, 'and the log does');
my $other = go(begin($employers[1]), 'acceso', 'certificado');
my $answer = $other->{client}->issue;
isnt($answer->{status}, 200, 'nothing is certified upon letters that differ');
like(error_of($answer), qr/^7[56]$/, 'by its number');

line("$dir/npie.conf", 'NPIELetterTerms', $new);
for my $what (['LetterFonts', 'fonts'], ['Institution', 'institution']) {
    my $conf = slurp("$dir/signer/npie-signer.conf");
    line("$dir/signer/npie-signer.conf", 'Institution', 'Otra institución') if $what->[1] eq 'institution';
    line("$dir/signer/npie-signer.conf", 'LetterFonts', "/usr/share/fonts/truetype/dejavu") if $what->[1] eq 'fonts';
    like(remarks(), qr/$differ|LetterFonts/, "other $what->[1]: httpd -t says so");
    spit("$dir/signer/npie-signer.conf", $conf);
}
unlike(remarks(), $differ, 'the new terms in both: content');
again();
$r->{client}->login(user => $r->{employer}{user}, as => $r->{employer}{as});
$answer = $r->{client}->letter_sign('carta.html', as => $r->{employer}{as}, letter => $before, json => 1);
is(error_of($answer), 77, 'the letter drawn before is not taken any more') or diag $answer->{body};
my $after = $r->{client}->letter('carta.html');
isnt($after, $before, 'another one is drawn');
like(error_of($r->{client}->letter_sign('carta.html', as => $r->{employer}{as}, letter => $before, json => 1)),
    qr/^\d+$/, 'a signature of the one before is refused');
go($r, 'carta', 'listo');
is($world->registry->value("SELECT count(*) FROM renewal WHERE state = 'completed'"), 1,
    'and the renewal is completed with it');
done_testing;
