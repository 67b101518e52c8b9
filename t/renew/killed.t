# SPDX-License-Identifier: Apache-2.0
# npie-renew killed after each line that it says, and run again: always one
# certificate, and the files as if nothing had been.
use strict;
use warnings;
use Test::More;
use Npie::Many qw(many);
use Npie::Openssl qw(slurp);
use Npie::Renew;
use Npie::Test;

my $LINES = 14;
my @employers = many(world(), $LINES + 1, $OLD);
my $dir = folder();

sub command
{
    my ($employer) = @_;
    return ('--pfx', $employer->{pfx}, '--out', "$employer->{dir}/n.pfx",
        options($dir), at());
}

my $whole = renew(command($employers[0]));
is($whole->{code}, 0, 'not killed') or diag($whole->{out}, $whole->{err});
is(() = $whole->{out} =~ /\n/g, $LINES, 'all its lines are killed after');
for my $line (1 .. $LINES) {
    my $employer = $employers[$line];
    my $name = "killed after line $line";
    is(renew_until($line, command($employer)), $line, $name);
    my $r = renew(command($employer));
    is($r->{code}, 0, "$name, run again") or diag($r->{out}, $r->{err});
    is(certificates_of($employer), 2, "$name: one new certificate");
    is(renewed("$employer->{dir}/n.pfx"), world()->registry->value("SELECT spki
        FROM certificate WHERE employer = $employer->{id} AND generation = 2"),
        "$name: in the PFX");
    # Where a file system has no files without a name, an unfinished one stays.
    my @left = grep { !/\.\w{6}$/ } glob "$employer->{dir}/n*";
    is(join(' ', map { s{.*/}{}r } @left),
        'n-carta.pdf n-terminos.pdf n.pfx', "$name: and nothing else");
}

done_testing();
