#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl registry backup: of a registry that others write to meanwhile.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

employer='name,rp,rfc,given_name,surname,curp,entity,postcode
Tornillos del Valle,A0648787107,AUA881212566,Ana,Ruiz,AAPR630321HDFLRC09,9,06600'
printf '%s\n' "$employer" > "$work/employers.csv"

on sqlite
live=$registry
ctl registry init
ctl employer import "$work/employers.csv"

# A writer that commits all the time, two rows or none, on one connection as httpd.
: > "$work/go"
while [ -e "$work/go" ]; do
    echo "BEGIN IMMEDIATE;
        INSERT INTO seen_key SELECT printf('%064x', count(*)), 1 FROM seen_key;
        INSERT INTO seen_key SELECT printf('%064x', count(*)), 1 FROM seen_key; COMMIT;"
    sleep 0.01
done | sqlite3 -cmd '.timeout 5000' "${live#*:}" &
writer=$!
for _ in $(seq 300); do [ "$(sql 'SELECT count(*) FROM seen_key')" -lt 20 ] || break; sleep 0.1; done
ok 'a backup of a registry in use' ends 0 registry backup "$work/a'b.db" -j
ok 'says how far the audit goes' json '$j->{audit_row} == 1 && $j->{audit_hash} =~ /^[0-9a-f]{64}$/
    && $j->{bytes} > 0'
rm "$work/go"
wait $writer
mv "$work/a'b.db" "$work/backup.db"
ok 'is of its owner alone' test "$(stat -c %a "$work/backup.db")" = 600
ok 'and one file' test "$(cd "$work" && ls backup.db*)" = backup.db
registry=sqlite3:$work/backup.db
count=$(sql 'SELECT count(*) FROM seen_key')
ok "is of one moment: $count rows" test $((count % 2)) = 0
ok 'with what was there' test "$count" -ge 20
ok 'is checked wherever it is' ends 0 registry check
ok 'its audit too' ends 0 audit verify
ok 'httpd takes it' test "$(sql 'PRAGMA journal_mode')" = wal
ok 'and writes to it' ends 0 employer edit A0648787107 city=Celaya

registry=$live
ok 'a file that is there' ends 1 registry backup "$work/backup.db"
ok 'is left alone' complained 'File exists'
ok 'a relative path' ends 1 registry backup backup.db
ok 'no such folder' ends 1 registry backup "$work/nowhere/backup.db"
ok 'no registry' eval "registry=sqlite3:$work/none.db ends 3 registry backup '$work/none-copy.db'"
ok 'leaves no file' test ! -e "$work/none-copy.db"
# The disk is full in the middle.
ok 'no room' eval "! (trap '' XFSZ; ulimit -f 16; ctl registry backup '$work/full.db' 2> '$work/err')"
ok 'leaves no part of one' test ! -e "$work/full.db"
sql "UPDATE audit SET detail = 'another' WHERE sequence = 1"
ok 'a damaged registry' ends 4 registry backup "$work/damaged.db"
ok 'is kept as it is, and told' test -s "$work/damaged.db"
on pgsql
ctl registry init
ok 'PostgreSQL' ends 1 registry backup "$work/pgsql.db"
ok 'has its own' complained pg_dump
tap_end
