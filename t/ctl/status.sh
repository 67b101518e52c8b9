#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl status: every part working, and each one not; the command line.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

# is PART STATE: what the last answer says of it.
is() { json "grep { \$_->{part} eq '$1' && \$_->{state} eq '$2' } @\$j"; }
redis=no
finish_here() {
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

ca_init "$work/ca" --key p256
cat > "$work/npie-signer.conf" <<CONF
Key $work/ca/issuing.key
Certificate $work/ca/issuing.crt
Trust $work/ca/root.crt
SealKey $work/ca/seal.key
SealCertificate $work/ca/seal.crt
IssuanceLog $work/issuance.log
User nobody
PeerUser $(id -un)
CONF
if [ "$(id -u)" = 0 ]; then
    mkdir "$work/log"
    chown nobody "$work/log"
    sed -i "s|^IssuanceLog.*|IssuanceLog $work/log/issuance.log|" "$work/npie-signer.conf"
else
    sed -i "s|^User .*|User $(id -un)|" "$work/npie-signer.conf"
fi
ok 'npie-signer takes what ca init made' "$npie_signer" -f "$work/npie-signer.conf" -t 2> "$work/err"
"$npie_signer" -f "$work/npie-signer.conf" -s "$work/signer.sock" 2> "$work/signer.log" &
signer_pid=$!
sh "$top/t/lib/backend.sh" redis-start "$work" || exit 99
redis=yes
for _ in $(seq 300); do [ ! -S "$work/signer.sock" ] || break; sleep 0.1; done
ok 'all works' ends 0 status -j
for name in redis registry signer clocks ocsp authority seal mail; do ok "$name is ok" is $name ok; done
ok 'who answers OCSP is told' json 'grep { $_->{part} eq "ocsp" && $_->{detail} =~ /^answers signed by .*, made anew by 2/ } @$j'
ok 'the clock is told' json 'grep { $_->{part} eq "clock" && $_->{state} ne "down" } @$j'
ok 'for people too' ends 0 status
ok 'as a table' said 'Part'

sql "INSERT INTO employer (name, rp, rfc, username, given_name, surname, surname2, curp,
    subdelegation, entity, city, municipality, colony, street, outer_number, inner_number,
    postcode, email, phone, fax) VALUES ('X', 'A0648787107', 'AUA881212566', 'A064878710', 'A',
    'B', '', 'AAPR630321HDFLRC09', '', 9, '', '', '', '', '', '', '06600', '', '', '');
    INSERT INTO outbox (kind, employer, address, queued, attempts, next_try, lease_until,
    reason, server_said) VALUES ('emitido', 1, 'a@b.example', 1700000000, 1, 0, 0, '', '')"
ok 'a mail that waits for long' ends 0 status -j
ok 'is a warning' is mail warning
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
ok 'alone' test "$(grep -c '^  [a-z]' "$work/out")" = 3
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
configured 'Redis here' 'neither unix:/path nor host:port'
configured 'Signer signer.sock' 'absolute'
configured 'User nobody-of-that-name' 'no such user'
configured 'RenewalTimeout soon' 'no duration'
configured 'Color red' 'no such key'
ok 'no configuration' eval "! '$npiectl' -c '$work/nowhere.conf' status > '$work/out' 2> '$work/err'"
ok 'is told' complained 'nowhere.conf'
ok 'an answer that cannot be written' eval "! '$npiectl' help > /dev/full 2> '$work/err'"
ok 'is told so' complained 'standard output'
tap_end
