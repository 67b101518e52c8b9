# SPDX-License-Identifier: Apache-2.0
# npie-status: for people, as JSON, and as metrics that Prometheus' own programs
# accept; nobody's data are in it, and what all machines share is the registry's.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use Npie::Openssl qw(run slurp spit);
use Npie::Test;

my $r = renewal('listo');
$r->{client}->get('/idse/');
my $dir = world()->{dir};

sub shown
{
    my ($query, @headers) = @_;
    return browser()->get("/npie-status$query", curl => [map { ('-H', $_) } @headers]);
}

# The samples of a text: {'npie_up{part="redis"}' => 1}.
sub samples
{
    my ($text) = @_;
    return map { /^(npie\S+?(?:\{.*\})?) (\S+)$/ ? ($1 => $2) : () } split /\n/, $text;
}

my $plain = shown('?metrics', 'Accept: text/plain');
is($plain->{status}, 200, 'metrics');
like($plain->{type}, qr{^text/plain; ?version=0\.0\.4}, 'in the text format');
my $file = spit("$dir/metrics.$$", $plain->{body});
is(run('sh', '-c', 'promtool check metrics < "$0" 2>&1; echo $?', $file), "0\n", 'promtool finds nothing wrong with it')
    or diag $plain->{body};
my $open = shown('?metrics', 'Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5');
like($open->{type}, qr{^application/openmetrics-text; ?version=1\.0\.0}, 'as OpenMetrics');
spit($file, $open->{body});
my $families = run('python3', '-c', <<'PYTHON', $file);
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(*sorted(f.name + ':' + f.type for f in text_string_to_metric_families(open(sys.argv[1]).read())))
PYTHON
like($families, qr/\bnpie_$_\b/, "OpenMetrics has npie_$_") for 'up:gauge', 'events:counter',
    'duration_seconds:histogram', 'step_duration_seconds:histogram', 'certificate_remaining_seconds:gauge';

is(shown('?metrics=')->{type}, $plain->{type}, 'asked as Prometheus asks');
my %now = samples($plain->{body});
is($now{"npie_up{part=\"$_\"}"}, 1, "$_ is up") for qw(registry redis signer);
cmp_ok($now{"npie_duration_seconds_count{what=\"$_\"}"}, '>', 0, "$_ is timed") for qw(gate redis sql signer);
cmp_ok($now{"npie_step_duration_seconds_count{step=\"$_\"}"} // 0, '>', 0, "forms of $_ are timed")
    for qw(acceso datos llave carta certificado terminos);
cmp_ok($now{"npie_step_duration_seconds_sum{step=\"llave\"}"}, '>', 0, 'and took some time');
for my $which (qw(ca seal ocsp tls timestamp)) {
    cmp_ok($now{"npie_certificate_remaining_seconds{certificate=\"$which\"}"} // -1, '>', 0, "the end of $which is known");
}
is($now{npie_signer_holds}, 0, 'nothing is on hold');
is($now{npie_signer_letters_agree}, 1, 'httpd draws as npie-signer does');
is($now{"npie_signer_$_"}, 0, "none: $_") for qw(letters_refused drawing_lost);
cmp_ok($now{npie_crl_remaining_seconds}, '>', 0, 'the CRL has not ended');
is($now{npie_schema_version}, world()->registry->value('SELECT max(version) FROM schema'), 'the version of the registry');

# By the registry, whatever this machine has counted.
for my $event (qw(key issue login)) {
    my $today = world()->registry->value("SELECT count(*) FROM audit WHERE event = '$event'
        AND at >= (SELECT strftime('%s', date('now')))");
    is($now{"npie_today_events{event=\"$event\"}"} // 0, $today, "$event, today");
}
my $before = $now{'npie_today_refusals{error="cert-not-yet"}'} // 0;
my $future = employer(kind => 'future');
browser()->login(as => $future->{as}, user => $future->{user});
%now = samples(shown('?metrics')->{body});
is((grep { $_ > $before } map { $now{$_} } grep { /^npie_today_refusals/ } keys %now) ? 1 : 0, 1, 'a refusal by its name');

my $json = shown('?json');
my $told = JSON::PP::decode_json($json->{body});
is($told->{up}{signer} ? 1 : 0, 1, 'JSON: npie-signer is up');
is($told->{machine}{counters}{completed}, $now{'npie_events_total{event="completed"}'}, 'JSON: the same counters');
cmp_ok($told->{certificates}{ca}{days}, '>', 100, 'JSON: days');
my $page = shown('');
like($page->{type}, qr{^text/html}, 'a page for people');
like($page->{body}, qr{<h1>mod_npie: status</h1>}, 'with a heading');

# Nobody's data.
(my $rp = $r->{employer}{rp}) =~ s/\W//g;
my ($rfc, $user, $name, $email) = @{ (world()->registry->sql("SELECT rfc, username, name, email FROM employer
    WHERE rp = '$rp'"))[0] };
for my $secret ($rp, $rfc, $user, $name, $email) {
    for my $what ([page => $page], [JSON => $json], [metrics => $plain], [OpenMetrics => $open]) {
        ok(index($what->[1]{body}, $secret) < 0, "$what->[0] does not have $secret");
    }
}
unlike($plain->{body}, qr/\@|\d{20}|[0-9A-F]{40}/, 'no address and no serial number');
is(browser()->request('/npie-status', curl => ['-X', 'POST', '-d', 'a=b'])->{status}, 405, 'it is read alone');

# What reads them.
my $top = $ENV{NPIE_TOP} // '..';
my $conf = (grep { -e "$_/conf/prometheus/alerts.yml" } $top, "$ENV{NPIE_BUILD}/..")[0];
like(run('sh', '-c', 'promtool check rules "$0" 2>&1', "$conf/conf/prometheus/alerts.yml"), qr/SUCCESS: \d+ rules/, 'the alert rules');
my $used = slurp("$conf/conf/prometheus/alerts.yml") . slurp("$conf/conf/prometheus/grafana.json");
my %known = map { (s/\{.*//r => 1, s/(?:_bucket)?\{.*//r => 1) } keys %now;
is_deeply([grep { !$known{$_} && !/^npie_\w+\.html/ } $used =~ /\b(npie_[a-z_]+)\b/g], [], 'rules and dashboard name metrics that there are');
ok(JSON::PP::decode_json(slurp("$conf/conf/prometheus/grafana.json"))->{panels}[5], 'the dashboard has panels');
done_testing;
