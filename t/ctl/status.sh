#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl status: every part working, and each one not; the command line.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

# is PART STATE: what the last answer says of it.
json_again() { ctl status -j; json "$@"; }
is() { json "grep { \$_->{part} eq '$1' && \$_->{state} eq '$2' } @\$j"; }
is_with() { json "grep { \$_->{part} eq '$1' && \$_->{state} eq 'down' && \$_->{detail} =~ /$2/ } @\$j"; }
redis=no
site_pid=
finish_here() {
    [ -z "$site_pid" ] || kill "$site_pid"
    [ $redis = no ] || sh "$top/t/lib/backend.sh" redis-stop "$work"
    finish
}
trap finish_here EXIT

on pgsql
ctl registry init
ok 'nothing is set up but the registry' ends 0 status -j
ok 'the registry is ok' is registry ok
ok 'Redis is not set up' is redis 'not set up'
ok 'the signer is not' is signer 'not set up'
on sqlite
ctl registry init
cat >> "$work/npiectl.conf" <<CONF
Redis unix:$work/redis.sock timeout=1s
Signer unix:$work/signer.sock
SignerConfig $work/npie-signer.conf
CONF
ok 'all is down' ends 3 status -j
for name in redis signer authority; do ok "$name is down" is $name down; done
ok 'the registry is not' is registry ok

signer_make
cat >> "$work/npie-signer.conf" <<CONF
SealKey $work/ca/seal.key
SealCertificate $work/ca/seal.crt
CONF
ok 'npie-signer takes what ca init made' "$npie_signer" -f "$work/npie-signer.conf" -t 2> "$work/err"
"$npie_signer" -f "$work/npie-signer.conf" -s "$work/signer.sock" 2> "$work/signer.log" &
signer_pid=$!
sh "$top/t/lib/backend.sh" redis-start "$work" || exit 99
redis=yes
for _ in $(seq 300); do [ ! -S "$work/signer.sock" ] || break; sleep 0.1; done
ok 'all works' ends 0 status -j
for name in redis registry signer clocks ledger ocsp authority seal mail children; do ok "$name is ok" is $name ok; done
ok 'who answers OCSP is told' json 'grep { $_->{part} eq "ocsp" && $_->{detail} =~ /^answers signed by .*, made anew by 2/ } @$j'
ok 'the clock is told' json 'grep { $_->{part} eq "clock" && $_->{state} ne "down" } @$j'
ok 'for people too' ends 0 status
ok 'as a table' said 'Part'
ok 'the disks are told' json_again '@{[grep { $_->{part} eq "disk" && $_->{detail} =~ /registry.*% of the space/ } @$j]} == 1'
ok 'what is down has a remedy, what is ok has none' json '!grep { exists $_->{remedy} } grep { $_->{state} eq "ok" } @$j'

# As a monitoring plugin.
ok 'a disk with less than all of it free' ends 0 status --disk-warning 100 -j
ok 'is a warning when all is wanted' is disk warning
ok 'and critical' ends 3 status --disk-warning 100 --disk-critical 100 -j
ok 'when that is' is disk down
ok 'with a remedy' json 'grep { $_->{part} eq "disk" && $_->{remedy} =~ /make room/ } @$j'
ok 'no percentage' ends 1 status --disk-warning 101
ok 'is told so' complained -- --disk-warning
ok 'a plugin of a full disk' ends 2 status --plugin --disk-critical 100
ok 'says so in one line' test "$(wc -l < "$work/out")" = 1
ok 'with what is wrong first' grep -qE '^NPIE CRITICAL - disk: /[^|]* \| [^|]+$' "$work/out"
ok 'figures as plugins write them' grep -qE ' \|( [a-z_]+=-?[0-9.]+(%|s|c)?(;[0-9:;]*)?)+$' "$work/out"
ok 'a plugin with a warning' ends 1 status --plugin --disk-warning 100 --disk-critical 0
ok 'is one' said 'NPIE WARNING - '
printf 'Color red\n' > "$work/bad.conf"
ok 'a plugin that cannot look' eval "'$npiectl' -c '$work/bad.conf' status --plugin > '$work/out' 2> '$work/err'; [ \$? = 3 ]"
ok 'says unknown' grep -qF 'NPIE UNKNOWN - ' "$work/out"
printf '\n' > "$work/bad.conf"
ok 'one with nothing to look at' eval "'$npiectl' -c '$work/bad.conf' status --plugin > '$work/out' 2> '$work/err'; [ \$? = 3 ]"
ok 'says unknown, too' grep -qF 'NPIE UNKNOWN - ' "$work/out"

# What the world sees: a site with a certificate for five days, and its addresses.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$work/site.key" -out "$work/site.crt" 2> "$work/err"
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
tls_port=$(port)
openssl s_server -quiet -accept "127.0.0.1:$tls_port" -cert "$work/site.crt" -key "$work/site.key" -www \
    > "$work/site.log" 2>&1 &
site_pid=$!
printf 'Site https://localhost:%s/npie/ ca-file=%s/site.crt\n' "$tls_port" "$work" >> "$conf"
for _ in $(seq 100); do
    ! openssl s_client -connect "127.0.0.1:$tls_port" < /dev/null > "$work/client.log" 2>&1 || break
    sleep 0.1
done
ok 'a site whose certificate ends soon' ends 0 status -j
ok 'is a warning with its days' json 'grep { $_->{part} eq "site" && $_->{state} eq "warning" && $_->{detail} =~ /4 days$/ } @$j'
sed -i "s/^\(Site .*\) ca-file=.*/\1/" "$conf"
ok 'one whose authority nobody knows' ends 0 status -j
ok 'is told' json 'grep { $_->{part} eq "site" && $_->{state} eq "warning" && $_->{detail} =~ /does not hold: / } @$j'
kill "$site_pid"
wait "$site_pid"
site_pid=
ok 'a site that does not answer' ends 3 status -j
ok 'is down' is site down
sed -i '/^Site /d' "$conf"
web_port=$(port)
mkdir -p "$work/web"
python3 "$top/t/ctl/web.py" "$web_port" "$work/web" > "$work/site.log" 2>&1 &
site_pid=$!
for _ in $(seq 300); do ! curl -s -o "$work/web.out" "http://127.0.0.1:$web_port/none" || break; sleep 0.1; done
ctl crl --out "$work/web/ca.crl"
signer_stop
printf 'CRLURL http://127.0.0.1:%s/ca.crl\nOCSPURL http://127.0.0.1:%s/ocsp\n' "$web_port" "$web_port" >> "$work/npie-signer.conf"
signer_start
openssl ocsp -issuer "$work/ca/issuing.crt" -serial 1 -no_nonce -reqout "$work/ask.der" 2> "$work/err"
ok 'an address of the CRL that serves it' ends 3 status -j
ok 'is ok' is crl-address ok
ok 'one of OCSP that serves nothing' is ocsp-address down
cp "$work/web/ca.crl" "$work/web/ocsp"
ok 'what is no answer' ends 3 status -j
ok 'is down' is ocsp-address down
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5 -subj '/CN=Another CA' \
    -keyout "$work/another.key" -out "$work/another.crt" 2> "$work/err"
: > "$work/index.txt"
printf '[ca]\ndefault_ca = d\n[d]\ndatabase = %s/index.txt\ndefault_md = sha256\n' "$work" > "$work/another.cnf"
# another CRL OPTION...: of one or the other authority.
another() { openssl ca -config "$work/another.cnf" -gencrl "$@" 2>> "$work/err" | openssl crl -outform DER -out "$work/web/ca.crl"; }
another -crldays 1 -cert "$work/another.crt" -keyfile "$work/another.key"
ok 'a CRL of another authority' ends 3 status -j
ok 'is down' json 'grep { $_->{part} eq "crl-address" && $_->{state} eq "down" && $_->{detail} =~ /not signed by this/ } @$j'
another -crlsec 1 -cert "$work/ca/issuing.crt" -keyfile "$work/ca/issuing.key"
sleep 2
ok 'one whose time is over' ends 3 status -j
ok 'is down, too' json 'grep { $_->{part} eq "crl-address" && $_->{state} eq "down" && $_->{detail} =~ /was good until/ } @$j'
sed -i '/^CRLURL\|^OCSPURL/d' "$work/npie-signer.conf"

# Redis' own reason, and no password.
redis-cli -s "$work/redis.sock" CONFIG SET requirepass Acierto-1 > "$work/redis.out"
ok 'Redis wants a password' ends 3 status -j
ok 'and says so' is_with redis NOAUTH
(umask 077 && echo Error-22 > "$work/redis.password")
sed -i "s|^Redis .*|& password-file=$work/redis.password|" "$conf"
ok 'it gets a wrong one' ends 3 status -j
ok 'which is another reason' is_with redis WRONGPASS
ok 'and not shown' eval "! grep -qh 'Error-22\|Acierto-1' '$work/out' '$work/err'"
redis-cli -s "$work/redis.sock" --no-auth-warning -a Acierto-1 CONFIG SET requirepass '' > "$work/redis.out"
sed -i 's| password-file=.*||' "$conf"

# doctor: httpd's test and all of that, each finding once.
printf '#!/bin/sh\necho "[x] [npie:error] [pid 1:tid 2] NPIE0100: /etc/x.conf:3: NPIERedis: refused"\nexit 1\n' > "$work/configtest"
chmod 755 "$work/configtest"
printf 'ConfigTest %s/configtest\n' "$work" >> "$conf"
ok 'httpd -t finds something' ends 3 doctor -j
ok 'is told with file, line and remedy' json '(grep { $_->{part} eq "httpd" && $_->{detail} =~ m{^NPIE0100: /etc/x.conf:3: }
    && length $_->{remedy} } @$j) == 1'
ok 'nothing that is ok is told' json '!grep { $_->{state} eq "ok" || $_->{state} eq "not set up" } @$j'
sh "$top/t/lib/backend.sh" redis-stop "$work"
ok 'what both find' ends 3 doctor -j
ok 'is told once' json '(grep { $_->{part} eq "redis" } @$j) == 0 && (grep { $_->{detail} =~ /Redis/ } @$j) == 1'
ok 'for people' ends 3 doctor
ok 'with what to do' said '    -> '
sh "$top/t/lib/backend.sh" redis-start "$work" || exit 99
sed -i '/^ConfigTest/d' "$conf"
printf 'ConfigTest /bin/true\n' >> "$conf"
ok 'nothing of httpd' ends 0 doctor -j
ok 'is no finding' json '!grep { $_->{part} eq "httpd" } @$j'
printf 'ConfigTest %s/nowhere\n' "$work" > "$work/bad.conf"
ok 'a test that is not there' eval "'$npiectl' -c '$work/bad.conf' doctor > '$work/out' 2> '$work/err'; [ \$? = 3 ]"
ok 'is told' said 'nowhere: not found'

sql "INSERT INTO employer (name, rp, rfc, username, given_name, surname, surname2, curp,
    subdelegation, entity, city, municipality, colony, street, outer_number, inner_number,
    postcode, email, phone, fax) VALUES ('X', 'A0648787107', 'AUA881212566', 'A064878710', 'A',
    'B', '', 'AAPR630321HDFLRC09', '', 9, '', '', '', '', '', '', '06600', '', '', '');
    INSERT INTO outbox (kind, employer, address, queued, attempts, next_try, lease_until,
    reason, server_said) VALUES ('emitido', 1, 'a@b.example', 1700000000, 1, 0, 0, '', '')"
ok 'a mail that waits for long' ends 0 status -j
ok 'is a warning' is mail warning
ok 'of the jobs, too' is jobs warning
sql "UPDATE outbox SET gave_up = $(date +%s) - 100"
ok 'a mail that was given up' ends 0 status -j
ok 'is a warning' json 'grep { $_->{part} eq "mail" && $_->{state} eq "warning" && $_->{detail} =~ /^0 waiting, 1 given up, the last at 2/ } @$j'
sql "UPDATE outbox SET gave_up = $(date +%s) - 8 * 86400"
ok 'long ago' ends 0 status -j
ok 'is none' is mail ok
sql "UPDATE outbox SET gave_up = NULL"

ok 'nobody sends it' json 'grep { $_->{part} eq "jobs" && $_->{detail} =~ /^no mails being sent/ } @$j'
sql "UPDATE outbox SET lease_until = 4000000000"
ok 'a machine has leased it' ends 0 status -j
ok 'is told, and until when' json 'grep { $_->{part} eq "jobs"
    && $_->{detail} =~ /^1 mails being sent \(leases end by 2096-10-02T07:06:40Z\), no letters/ } @$j'
sql "UPDATE outbox SET lease_until = 1"
ok 'a lease that has ended' ends 0 status -j
ok 'is none' json 'grep { $_->{part} eq "jobs" && $_->{detail} =~ /^no mails being sent/ } @$j'

# What httpd's job writes when a child has died.
sql "INSERT INTO audit (at, actor, event, detail)
    VALUES ($(($(date +%s) - 40 * 86400)), 'httpd', 'child-died', '')"
ok 'a child died long ago' ends 0 status -j
ok 'which is told' json 'grep { $_->{part} eq "children" && $_->{state} eq "ok"
    && $_->{detail} =~ /^1 of httpd/ } @$j'
sql "INSERT INTO audit (at, actor, event, detail)
    VALUES ($(date +%s), 'httpd', 'child-died', '')"
ok 'another just now' ends 0 status -j
ok 'is a warning' json 'grep { $_->{part} eq "children" && $_->{state} eq "warning"
    && $_->{detail} =~ /^2 of httpd.*error log/ } @$j'
kill "$signer_pid"
wait "$signer_pid"
signer_pid=
ok 'without the signer' ends 3 status -j
ok 'that one is down' is signer down
ok 'Redis is not' is redis ok

# The command line and the configuration.
ok 'help' ends 0 help
ok 'of some' ends 0 help registry
ok 'names them' said 'registry check'
ok 'alone' test "$(grep -c '^  [a-z]' "$work/out")" = 6
ok 'help of nothing' ends 1 help nothing
ok 'help of a command' ends 0 employer import --help
ok 'shows its options' said -- '--dry-run'
ok 'a version' ends 0 --version
for line in nothing employer 'employer show' 'status now' 'status --nothing' 'status --yes=1' \
    'status -x' 'employer list --match' 'employer list --match a --match b' '--registry x'; do
    # shellcheck disable=SC2086
    ok "wrong: $line" ends 2 $line
done
ok 'wrong, in JSON' ends 2 -j status now
ok 'has a detail' json '$j->{error}{detail} =~ /too many/'
# configured TEXT REASON: a line of npiectl.conf that is refused.
configured() {
    printf '\n%s\n' "$1" > "$work/bad.conf"
    ok "refused: $1" eval "! '$npiectl' -c '$work/bad.conf' status > '$work/out' 2> '$work/err'"
    ok "with file and line: $1" complained "bad.conf:2: "
    ok "and why: $1" complained "$2"
}
configured 'Registry mysql:x' 'a registry is'
configured 'Registry sqlite3:registry.db' 'absolute path'
configured 'Redis rediss://redis.example' 'without TLS'
configured 'SessionSecret here' 'absolute'
configured 'Redis here' 'neither unix:/path nor host:port'
configured 'Signer signer.sock' 'absolute'
configured 'User nobody-of-that-name' 'no such user'
configured 'RenewalTimeout soon' 'no duration'
configured 'Site http://npie.example/' 'begins with https://'
configured 'Site https://npie.example/ ca=x' 'ca-file=/path alone'
configured 'Logs logs' 'absolute'
configured 'ConfigTest apachectl -t' 'absolute'
configured 'Color red' 'no such key'
ok 'no configuration' eval "! '$npiectl' -c '$work/nowhere.conf' status > '$work/out' 2> '$work/err'"
ok 'is told' complained 'nowhere.conf'
ok 'an answer that cannot be written' eval "! '$npiectl' help > /dev/full 2> '$work/err'"
ok 'is told so' complained 'standard output'
tap_end
