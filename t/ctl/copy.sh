#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl registry copy: a registry with rows in every state, from SQLite to
# PostgreSQL.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

# rows: of all tables of the registry but the schema's own.
rows() {
    for table in employer certificate renewal letter outbox link addition addition_link \
        seen_key audit; do
        sql "SELECT count(*) FROM $table"
    done | paste -sd ' '
}
nothing='0 0 0 0 0 0 0 0 0 0'

on sqlite
source=$registry
file=${registry#*:}
ctl registry init
sqlite3 -bail "$file" < "$top/t/ctl/every.sql" > "$work/out" 2> "$work/err" || exit 99
ctl employer edit A000000001 'city=Celaya' && ctl employer edit A000000002 'city=Celaya'
ok 'the source is no damaged registry' ends 0 registry check
ok 'its audit has rows' ends 0 audit verify -j
ok 'of a chain' json '$j->{rows} == 2 && $j->{good}'
before=$(rows)

on pgsql
target=$registry
ok 'a target without tables' ends 3 registry copy "$source" "$target"
ok 'is to be made first' complained 'registry init'
ctl registry init

# What is refused.
ok 'from PostgreSQL' ends 1 registry copy "$target" "$target"
ok 'to SQLite' ends 1 registry copy "$source" "$source"
ok 'to nowhere' ends 1 registry copy "$source" nowhere
ok 'from a relative path' ends 1 registry copy sqlite3:registry.db "$target"
ok 'no such file' ends 3 registry copy "sqlite3:$work/nowhere.db" "$target"
ok 'one operand' ends 2 registry copy "$source"
# As httpd: a connection that has read and stays open.
mkfifo "$work/live"
sqlite3 "$file" < "$work/live" > "$work/live.out" &
live=$!
exec 7> "$work/live"
echo 'SELECT max(version) FROM schema;' >&7
for _ in $(seq 300); do [ ! -s "$work/live.out" ] || break; sleep 0.1; done
ok 'a live source is refused' ends 1 registry copy "$source" "$target"
ok 'with a remedy' complained 'another program has it open: stop httpd'
exec 7>&-
wait $live
ok 'nothing was copied' test "$(rows)" = "$nothing"

sql "INSERT INTO seen_key (spki, noted) VALUES ('$(printf '%064d' 9)', 1)"
ok 'a target that is not empty' ends 1 registry copy "$source" "$target"
ok 'is told by a table' complained 'not empty: it has rows in seen_key'
sql 'DELETE FROM seen_key'
sql "UPDATE counter SET value = 1"
ok 'nor one that gave a folio' ends 1 registry copy "$source" "$target"
sql "UPDATE counter SET value = 0"
sql 'CREATE TABLE another (id BIGINT PRIMARY KEY)'
ok 'a table that is not of the schema' ends 1 registry copy "$source" "$target"
ok 'is told' complained "tables are not the source's"
sql 'DROP TABLE another'
sqlite3 "$file" 'DELETE FROM schema WHERE version = (SELECT max(version) FROM schema)'
ok 'another version' ends 1 registry copy "$source" "$target"
ok 'is told' complained 'registry upgrade'
newest=$(sql 'SELECT max(version) FROM schema')
sqlite3 "$file" "INSERT INTO schema VALUES ($newest)"

# Failures in the middle: a text that PostgreSQL does not take; a reference to
# nothing; a server that dies.
sqlite3 "$file" "UPDATE renewal SET key_name = CAST(x'ff41' AS TEXT) WHERE id = 8"
ok 'bytes that are no text' ends 3 registry copy "$source" "$target"
ok 'are told by table and row' complained 'row 8 of renewal'
ok 'and leave the target empty' test "$(rows)" = "$nothing"
sqlite3 "$file" "UPDATE renewal SET key_name = 'llave' WHERE id = 8;
    UPDATE renewal SET letter1 = 99 WHERE id = 7"
ok 'a reference to nothing' ends 3 registry copy "$source" "$target"
ok 'leaves it empty' test "$(rows)" = "$nothing"
sqlite3 "$file" 'UPDATE renewal SET letter1 = 7 WHERE id = 7'
# The copy waits for a lock that somebody holds, and its server process dies.
(echo 'BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE; SELECT 1;'; cat "$work/live") |
    psql -qAt -h "$work/pgsql" -U npie -d "$database" > "$work/live.out" &
live=$!
exec 7> "$work/live"
for _ in $(seq 300); do ! grep -q 1 "$work/live.out" || break; sleep 0.1; done
ctl registry copy "$source" "$target" &
copy=$!
for _ in $(seq 300); do
    [ "$(sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = '$database'")" = 0 ] || break
    sleep 0.01
done
wait $copy
ok 'a server that dies' test $? = 3
exec 7>&-
wait $live
ok 'leaves it empty, too' test "$(rows)" = "$nothing"
ok 'and the references as strict as before' test "$(sql "SELECT count(*) FROM pg_constraint
    WHERE contype = 'f' AND condeferrable")" = 0

# The copy, as a role whose time-outs are those of httpd.
registry="$target options='-c statement_timeout=1s'"
ok 'copied' ends 0 registry copy "$source" "$registry" -j
registry=$target
ok 'every table is told with its rows' json '@$j >= 13 && !grep { $_->{sha256} !~ /^[0-9a-f]{64}$/
    && $_->{rows} } @$j'
ok 'employers as well' json 'grep { $_->{table} eq "employer" && $_->{rows} == 250 } @$j'
ok 'leases of mails are read from it' ends 0 status -j
ok 'as before: its mails are long overdue' json 'grep { $_->{part} eq "jobs" && $_->{state} eq "warning" } @$j'
read -ra counts <<< "$before"
counts[9]=$((counts[9] + 1))
ok 'nothing is lost, and one row of the audit tells of it' test "$(rows)" = "${counts[*]}"
ok 'by whom' test "$(sql "SELECT count(*) FROM audit WHERE event = 'registry-copy'
    AND actor LIKE 'npiectl:%'")" = 1
ok 'it is no damaged registry' ends 0 registry check
ok 'its chain is whole' ends 0 audit verify -j
ok 'with the rows from before' json '$j->{rows} == 3 && $j->{good}'
# The same values, told by each database's own program.
for table in employer certificate renewal letter outbox link addition addition_link seen_key; do
    columns=$(sqlite3 "$file" "SELECT group_concat(name, ', ') FROM pragma_table_info('$table')
        WHERE name NOT IN ('pdf', 'seal')")
    from=$(sqlite3 "$file" "SELECT $columns FROM $table" | LC_ALL=C sort | sha256sum)
    to=$(sql "SELECT $columns FROM $table" | LC_ALL=C sort | sha256sum)
    ok "$table is the same" test "$from" = "$to"
done
# Files: base64 from before schema 9 has become what PostgreSQL's own step makes.
for of in letter:pdf letter:seal addition:pdf addition:seal; do
    table=${of%:*} column=${of#*:}
    from=$(sqlite3 "$file" "SELECT folio, typeof($column), CASE typeof($column) WHEN 'blob'
        THEN lower(hex($column)) ELSE $column END FROM $table ORDER BY folio" |
        perl -MMIME::Base64 -F'\|' -lane 'print "$F[0]|", $F[1] ne "text" ? $F[2] // ""
            : ($F[2] // "") eq "" ? "" : "00" . unpack "H*", decode_base64($F[2])')
    to=$(sql "SELECT folio, encode($column, 'hex') FROM $table ORDER BY folio NULLS FIRST")
    ok "$table's $column is the same" test "$(printf '%s' "$from" | sort)" = "$(printf '%s' "$to" | sort)"
done
ok 'a second time it is not empty' ends 1 registry copy "$source" "$target"
sql "INSERT INTO link VALUES ('$(printf '%064d' 8)', 'stop', 999, 1, 1, 2)" 2> "$work/err"
ok 'references hold' complained 'violates foreign key'
ok 'numbers go on' test "$(sql "INSERT INTO outbox (kind, employer, address, queued, attempts, next_try, lease_until, reason,
    server_said) VALUES ('emitido', 1, 'a@b.example', 1, 0, 0, 0, '', '') RETURNING id")" = 8
ok 'an employer is changed' ends 0 employer edit A000000003 'city=Silao'
ok 'and the chain goes on' ends 0 audit verify -j
ok 'one row longer' json '$j->{rows} == 4 && $j->{good}'
ok 'the source is as it was' test "$(registry=$source; rows)" = "$before"
ok 'and still of kind WAL' test "$(sqlite3 "$file" 'PRAGMA journal_mode')" = wal

# A chain that was broken before is so afterwards, which is told.
sqlite3 "$file" "UPDATE audit SET detail = 'another' WHERE sequence = 1"
on pgsql
ctl registry init
ok 'a broken chain' ends 4 registry copy "$source" "$registry"
ok 'is copied and told' complained 'its audit has faults'
ok 'as the verification says' ends 4 audit verify
tap_end
