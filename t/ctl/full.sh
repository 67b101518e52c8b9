#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl status while the registry or the ledger cannot be written, with another
# registry than the ledger's, and with a clock that was wrong.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

# is PART STATE [WORDS]: what the last answer says of it.
is() {
    STATE_WORDS=${3:-} json "grep { \$_->{part} eq '$1' && \$_->{state} eq '$2'
        && index(\$_->{detail}, \$ENV{STATE_WORDS}) >= 0 } @\$j"
}
# A file can grow no further: what a program that writes on a full disk is told.
full() {
    local got
    (trap '' XFSZ; ulimit -f "$1"; exec "$npiectl" -c "$conf" --registry "$registry" status -j \
        2> "$work/err") | cat > "$work/out"
    got=${PIPESTATUS[0]}
    [ "$got" = "$2" ] || { echo "# status $got"; false; }
}

employer='name,rp,rfc,given_name,surname,curp,entity,postcode
Tornillos del Valle,A0648787107,AUA881212566,Ana,Ruiz,AAPR630321HDFLRC09,9,06600'
printf '%s\n' "$employer" > "$work/employers.csv"

on pgsql
ctl registry init
ok 'a registry that can be written' ends 0 status -j
sql "ALTER DATABASE $database SET default_transaction_read_only = on"
ok 'one that cannot' ends 3 status -j
ok 'is down' is registry down read-only
sql "BEGIN READ WRITE; ALTER DATABASE $database SET default_transaction_read_only = off; COMMIT"
ok 'and up again' ends 0 status -j

# A clock that was ahead, and was set right: the next row tells.
on pgsql
ctl registry init
sql "INSERT INTO audit (sequence, at, actor, event, detail) VALUES
    (1, $(($(date +%s) + 3600)), 'httpd', 'login', '')"
ok 'a row of tomorrow' ends 3 status -j
ok 'is a wrong clock' is clock down 'set the clock'
sql "INSERT INTO audit (sequence, at, actor, event, detail) VALUES
    (2, $(date +%s), 'httpd', 'login', '')"
ok 'after the next row' ends 0 status -j
ok 'it is not down any more' json '!grep { $_->{part} eq "clock" && $_->{state} eq "down" } @$j'

on sqlite
ctl registry init
ctl employer import "$work/employers.csv"
# httpd's connection keeps the journal.
mkfifo "$work/live"
sqlite3 "${registry#*:}" < "$work/live" > "$work/live.out" &
live=$!
exec 7> "$work/live"
echo 'SELECT max(version) FROM schema;' >&7
for _ in $(seq 300); do [ ! -s "$work/live.out" ] || break; sleep 0.1; done
ctl employer edit A0648787107 city=Celaya
ok 'a file that can grow' ends 0 status -j
size=$(stat -c %s "${registry#*:}-wal")
ok 'one that cannot' full $((size / 1024)) 3
ok 'is down' is registry down disk
ok 'and is up again when there is room' ends 0 status -j
ok 'with nothing changed' test "$(sql "SELECT value FROM counter WHERE name = 'folio'")" = 0
exec 7>&-
wait $live

# The ledger: npie-signer is handed the audit's head.
signer_make
cat >> "$conf" <<CONF
Signer unix:$work/signer.sock
CONF
signer_start
ok 'a ledger that can be written' ends 0 status -j
ok 'has the audit' is ledger ok 'to row 2'
signer_stop
# Its journal has room for a few heads.
trap '' XFSZ
(ulimit -f 120; exec "$npie_signer" -f "$work/npie-signer.conf" -s "$work/signer.sock" \
    2>> "$work/signer.log") &
signer_pid=$!
for _ in $(seq 300); do [ ! -S "$work/signer.sock" ] || break; sleep 0.1; done
for n in $(seq 60); do
    ctl employer edit A0648787107 "city=Celaya $n"
    ctl status -j || break
done
ok 'one that cannot is told' is ledger down
ok 'by the exit status too' ends 3 status -j
signer_stop
signer_start
ok 'up again when there is room' ends 0 status -j
ok 'and it has the whole audit' is ledger ok "to row $(sql 'SELECT max(sequence) FROM audit')"

# A registry of yesterday.
cp "${registry#*:}" "$work/yesterday.db"
ctl employer edit A0648787107 city=Silao
ok 'today' ends 0 status -j
registry=sqlite3:$work/yesterday.db
ok 'a backup that was restored' ends 4 status -j
ok 'is told' is ledger damaged 'a backup was restored'
ctl employer edit A0648787107 street=Hidalgo
ok 'another audit' ends 4 status -j
ok 'is told' is ledger damaged 'audit verify'
signer_stop

tap_end
