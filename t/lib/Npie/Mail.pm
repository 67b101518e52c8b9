# SPDX-License-Identifier: Apache-2.0
# Mails that the tests' servers took, read by Python's parser (t/lib/mailjudge),
# and what the registry says of those that wait.
package Npie::Mail;

use strict;
use warnings;

use Exporter 'import';
use Npie::Openssl qw(run slurp);
use Npie::Test qw(employer world);

our @EXPORT = qw(mails mail_wait link_of path_of settled hurry servers_start
    servers_stop address employer_at);

my $TOP = $ENV{NPIE_TOP} // die "NPIE_TOP is not set: run this by t/TEST\n";
my $n = 0;

# An address that no other test uses; fate: what mailserver.mjs does with it.
sub address
{
    my ($fate) = @_;
    return sprintf '%s@m%d-%d.empresa.example', $fate // 'avisos', $$, ++$n;
}

# An employer registered with an address; further arguments as employer().
sub employer_at
{
    my ($to, @arg) = @_;
    my $employer = employer(@arg);
    world()->registry->sql("UPDATE employer SET email = '$to' WHERE id = $employer->{id}");
    return $employer;
}

# Every mail taken for an address, oldest first: {subject, text, html, id, to}.
sub mails
{
    my ($to) = @_;
    my @found;
    for my $file (sort { number($a) <=> number($b) }
        glob world()->{dir} . '/mail/*.eml') {
        (my $json = $file) =~ s/eml$/json/;
        next if index(slurp($json), "\"$to\"") < 0;
        run('python3', "$TOP/t/lib/mailjudge", $file);
        push @found, { map { $_ => slurp("$file.$_") }
            qw(subject text html id to) };
    }
    return @found;
}

sub number
{
    my ($file) = @_;
    return $file =~ /(\d+)\.eml$/ ? $1 : 0;
}

# Waits until that many mails were taken for an address, and returns them all.
sub mail_wait
{
    my ($to, $count) = @_;
    for (1 .. 300) {
        my @mails = mails($to);
        return @mails if @mails >= ($count // 1);
        select undef, undef, undef, 0.1;
    }
    return mails($to);
}

# The link in a mail, and its path for Npie::Client.
sub link_of
{
    my ($mail) = @_;
    return $mail->{text} =~ m{^\s*(https://\S+/(?:enlace|adicional)\.html\?t=\S+)$}m ? $1 : '';
}

sub path_of
{
    my ($mail) = @_;
    return link_of($mail) =~ m{^https://[^/]+(/.*)} ? $1 : '';
}

# Waits until no mail to an address waits for its first attempt.
sub settled
{
    my ($to) = @_;
    for (1 .. 300) {
        return 1 if !world()->registry->value("SELECT count(*) FROM outbox
            WHERE address = '$to' AND attempts = 0 AND gave_up IS NULL")
            && !world()->registry->value("SELECT count(*) FROM outbox
            WHERE address = '$to' AND lease_until > 0");
        select undef, undef, undef, 0.1;
    }
    return 0;
}

# Makes the mails to an address due now, whatever delay they wait for.
sub hurry
{
    my ($to) = @_;
    world()->registry->sql("UPDATE outbox SET next_try = 0, lease_until = 0
        WHERE address = '$to'");
    return;
}

sub servers_start
{
    world()->mail('start');
    return;
}

sub servers_stop
{
    world()->mail('stop');
    return;
}

1;
