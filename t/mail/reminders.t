# SPDX-License-Identifier: Apache-2.0
# Reminders: one to whoever's certificate is about to end, none to those who
# have renewed or have time, and none twice.
use strict;
use warnings;
use Test::More;
use Npie::Mail;
use Npie::Openssl qw(slurp);
use Npie::Test;

# The job looks for what is due when it begins.
sub restart
{
    my $log = "$ENV{NPIE_LOGS}/error_log";
    my $before = () = slurp($log) =~ /resuming normal operations/g;
    kill 'USR1', slurp($ENV{NPIE_HTTPD_PID}) + 0;
    for (1 .. 100) {
        my $now = () = slurp($log) =~ /resuming normal operations/g;
        return if $now > $before;
        select undef, undef, undef, 0.1;
    }
    die "httpd does not restart\n";
}

my ($soon, $late, $expired, $renewed) = map { address() } 1 .. 4;
employer_at($soon, kind => 'early');
employer_at($late, kind => 'valid');
employer_at($expired);
renewal('listo', mail => $renewed, employer => employer_at($renewed));
restart();
my ($mail) = mail_wait($soon);
like($mail->{subject}, qr/^Su certificado vence en 10 días/, 'ten days before: a reminder');
is(world()->registry->value("SELECT days FROM outbox WHERE address = '$soon'"), 15,
    'that of fifteen days');
restart();
my $after = address();
employer_at($after, kind => 'early');
restart();
mail_wait($after);
is(scalar(mails($soon)), 1, 'once');
is(scalar(mails($_)), 0, 'none for others') for $late, $expired;
is(scalar(grep { $_->{subject} !~ /^Sus acuses/ } mails($renewed)), 0,
    'nor for whoever has renewed');
done_testing;
