#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl ledger: entries shown, the whole of it verified, moved to another
# database, and what an administrator of the database did to it named.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

on sqlite
ctl registry init
signer_make
echo "SignerConfig $work/npie-signer.conf" >> "$conf"
digest() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }

# record FILE FIELDS: a line of a log of version 0.1, which chain each other.
record() {
    local chain n
    n=$(wc -l < "$1")
    chain=$(tail -n 1 "$1")
    [ "$n" -gt 1 ] && chain=${chain##* } || chain=$(digest "$chain")
    echo "$n $2 $(digest "$chain$n $2")" >> "$1"
}

# A certificate of the authority, base64; its serial in $serial.
certificate() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/e.key"
    openssl req -new -key "$work/e.key" -subj "/CN=Empleador $1" 2> "$work/err" |
        openssl x509 -req -CA "$work/ca/issuing.crt" -CAkey "$work/ca/issuing.key" \
            -set_serial "0x55$1" -days 90 -out "$work/e.crt" 2> "$work/err"
    openssl x509 -in "$work/e.crt" -outform DER -out "$work/e.der"
    certificate=$(base64 -w0 "$work/e.der")
}
log=$work/old.log
echo 'npie-signer issuance log 1' > "$log"
echo 'npie-signer seal log 1' > "$log.seals"
echo 'npie-signer revocation log 1' > "$log.revocations"
for n in 11 12 13; do
    certificate $n
    record "$log" "2026-11-1${n#1}T10:00:00Z $n $(digest old$n) $(digest new$n) 55$n $(digest x) $certificate"
    record "$log.seals" "2026-11-1${n#1}T11:00:00Z seal $((n + 10)) 2 $(digest new$n) $(digest seal$n)"
done
record "$log.revocations" "2026-11-14T10:00:00Z revoke 5512 keyCompromise 2026-11-14T09:00:00Z - 2027-02-14T09:00:00Z"
record "$log.revocations" '2026-11-14T10:00:00Z crl 41 - - - -'
echo "IssuanceLog $log" >> "$work/npie-signer.conf"
"$npie_signer" -f "$work/npie-signer.conf" -i 2> "$work/err" || exit 99
sed -i '/^IssuanceLog/d' "$work/npie-signer.conf"
signer_start
ctl ca revoke "$work/ca/seal.crt" --yes --signer "$work/signer.sock"

# The administrator of the database, which is of the kind $kind.
kind=sqlite
db() {
    case $kind in
    sqlite) printf '.timeout 9000\n%s\n' "$1" | sqlite3 "$ledger/ledger.db" ;;
    *) printf '%s\n' "$1" | PGOPTIONS='-c search_path=npie_ledger' \
        psql -qAt -v ON_ERROR_STOP=1 -h "$work/pgsql" -U npie -d "$database" ;;
    esac
}

# npie-ledger too: it may be writing.
both_stop() {
    local child
    child=$(pgrep -P "$signer_pid" -x npie-ledger)
    signer_stop
    while [ -d "/proc/$child" ]; do sleep 0.1; done
}

admin() { psql -q -h "$work/pgsql" -U npie -d postgres -c "$1"; }

# Whom no trigger stops. Undone by restore.
force() {
    if [ $kind = pgsql ]; then
        admin "CREATE DATABASE kept TEMPLATE $database" || exit 99
        db 'ALTER TABLE entry DISABLE TRIGGER ALL; ALTER TABLE mark DISABLE TRIGGER ALL'
    else
        db 'PRAGMA wal_checkpoint(TRUNCATE)' > "$work/checkpoint"
        cp "$ledger/ledger.db" "$work/kept.db"
        for trigger in entry_stays_u entry_stays_d mark_stays_u mark_stays_d; do
            db "DROP TRIGGER $trigger"
        done
    fi
    db "$1"
}
restore() {
    if [ $kind = pgsql ]; then
        admin "DROP DATABASE $database WITH (FORCE)"
        admin "ALTER DATABASE kept RENAME TO $database" || exit 99
    else
        rm -f "$ledger"/ledger.db-*
        cat "$work/kept.db" > "$ledger/ledger.db"
    fi
}

ok 'a ledger in use is good' ends 0 ledger verify -j
last=$(db 'SELECT max(number) FROM entry')
ok 'all of it was looked at' json "\$j->{good} && \$j->{entries} == $last
    && \$j->{last} == $last && \$j->{seen} == $last && \$j->{signers} == 1"
ok 'for people' ends 0 ledger verify
ok 'in words' said 'Seen by npie-signer'
both_stop

ok 'shown' ends 0 ledger show -j
ok 'from the first to the last' json "@\$j == $last && \$j->[0]{number} == 1
    && \$j->[0]{kind} eq 'signer' && !grep { !\$_->{good} } @\$j"
ok 'for people' ends 0 ledger show
ok 'without what is too long' eval '! said MII'
ok 'by folio' ends 0 ledger show --folio=12 -j
ok 'the certificate' json '@$j == 1 && $j->[0]{kind} eq "issue"
    && $j->[0]{fields}{folio} == 12 && $j->[0]{fields}{serial} eq "5512"'
ok 'by the folio of terms' ends 0 ledger show --folio 22 -j
ok 'the seal' json '@$j == 1 && $j->[0]{kind} eq "seal" && $j->[0]{fields}{letter} == 2'
ok 'a folio that nobody has' ends 0 ledger show --folio 99
ok 'is none' said 'No entries.'
ok 'by serial' ends 0 ledger show --serial 5512 -j
ok 'certificate and revocation' json 'join(" ", map { $_->{kind} } @$j) eq "issue revoke"
    && $j->[1]{fields}{reason} eq "keyCompromise"'
ok 'by kind' ends 0 ledger show --kind issue --last 2 -j
ok 'the newest' json 'join(" ", map { $_->{fields}{folio} } @$j) eq "12 13"'
ok 'since a day' ends 0 ledger show --since 2026-11-13 --kind seal -j
ok 'the one of that day' json '@$j == 1 && $j->[0]{fields}{folio} == 23'
for wrong in --folio=x --serial=xyz --kind=what --since=yesterday --last=0 \
    '--folio=1 --serial=55'; do
    # shellcheck disable=SC2086
    ok "wrong: $wrong" ends 1 ledger show $wrong
done

ok 'written to a file' ends 0 ledger export "$work/copy" -j
ok 'all of it' json "\$j->{entries} == $last"
ok 'which its owner alone reads' test "$(stat -c %a "$work/copy")" = 600
ok 'never over another' ends 1 ledger export "$work/copy"
ok 'with as many lines' test "$(wc -l < "$work/copy")" = $((last + 1))
ok 'each with the digest of the one before' perl -MDigest::SHA=sha256_hex -ne '
    chomp; my @f = split / /; exit 1 if defined $before && $f[-2] ne $before;
    $before = sha256_hex($_)' "$work/copy"
cp "$work/copy" "$work/open" && chmod 644 "$work/open" "$work/ca/issuing.crt"
chmod 755 "$work/ca"
ok 'the file is good' ends 0 ledger verify "$work/copy"
printf 'SQL %s/sql\n' "$work" > "$work/bare.conf"
ok 'elsewhere too, with the certificate of the authority alone' \
    eval "'$npiectl' -c '$work/bare.conf' ledger verify --ca '$work/ca/issuing.crt' '$work/open' \
        > '$work/out'"
ok 'another authority vouches for nobody' ends 4 ledger verify --ca "$work/ca/seal.crt" "$work/copy" -j
ok 'which is told' json '$j->{findings}[0]{fault} eq "unvouched" && $j->{findings}[0]{first} == 1
    && @{$j->{findings}} == 1'
anchor=$state/ledger.anchor
ok 'as far as was seen' ends 0 ledger verify --anchor "$anchor" "$work/copy"
head -n -2 "$work/copy" > "$work/cut"
ok 'a copy that is cut' ends 4 ledger verify --anchor "$anchor" "$work/cut"
ok 'is told' said "entries $((last - 1)) to $last: cut off the end"
ok 'no anchor there' ends 1 ledger verify --anchor "$work/nothing" "$work/copy"
sed 4d "$work/copy" > "$work/short"
ok 'a copy without an entry' ends 4 ledger verify "$work/short"
ok 'is told' said 'Found: entry 3: missing'
printf 'x' > "$work/none"
ok 'no copy at all' ends 1 ledger verify "$work/none"
ok 'is told' complained 'this is no copy of a ledger'

# tampered NAME FAULT FIRST SQL: found, with the entry.
tampered() {
    force "$4"
    ok "$kind: $1" ends 4 ledger verify -j
    ok "$kind: $1: named" json "grep { \$_->{fault} eq '$2' && \$_->{first} == $3 } @{\$j->{findings}}"
    restore
}
tamper() {
    tampered 'a changed entry' changed 2 \
        "UPDATE entry SET line = replace(line, ' 11 ', ' 17 ') WHERE number = 2;"
    tampered 'one that cannot be read' changed 5 "UPDATE entry SET line = 'x' WHERE number = 5"
    tampered 'a missing entry' missing 3 'DELETE FROM mark WHERE number = 3;
        DELETE FROM entry WHERE number = 3;'
    tampered 'the end gone' cut "$last" "DELETE FROM mark WHERE number = $last;
        DELETE FROM entry WHERE number = $last;"
    tampered 'two changed places' moved 3 'UPDATE entry SET number = 999 WHERE number = 3;
        UPDATE entry SET number = 3 WHERE number = 4; UPDATE entry SET number = 4 WHERE number = 999;'
    tampered 'the signer gone' unvouched 2 'DELETE FROM mark WHERE number = 1;
        DELETE FROM entry WHERE number = 1;'
    tampered 'a mark gone' unmarked 3 "DELETE FROM mark WHERE number = 3 AND name LIKE 'next:%'"
    tampered 'a mark that is of another' unmarked 2 \
        "UPDATE mark SET number = 2 WHERE number = 3 AND name LIKE 'key:%'"
    revoked=$(db "SELECT number FROM entry WHERE line LIKE '% 5512 keyCompromise %'")
    tampered 'a revocation that ends sooner' unmarked "$revoked" \
        "UPDATE mark SET expires = 5 WHERE name LIKE 'revoked:%:5512'"
    force "UPDATE entry SET line = 'x' WHERE number = 3"
    ok 'show says so too' ends 4 ledger show -j
    ok 'of that entry' json '$j->[2]{number} == 3 && !$j->[2]{good} && $j->[2]{line} eq "x"
        && $j->[1]{good}'
    ok 'in words' ends 4 ledger show
    ok 'with what to do' complained 'compare it with the backups'
    restore
    ok 'good as before' ends 0 ledger verify
}
tamper

ok 'no import into itself is one' ends 0 ledger import "$work/copy" -j
ok 'nothing is added' json "\$j->{entries} == $last && \$j->{added} == 0"
sed -i "s|^Ledger .*|Ledger $ledger/second.db|" "$work/npie-signer.conf"
ok 'a damaged copy does not go in' ends 4 ledger import "$work/short"
head -n 5 "$work/copy" > "$work/begun"
ok 'the beginning' ends 0 ledger import "$work/begun" -j
ok 'goes in' json '$j->{added} == 4'
ok 'and the rest' ends 0 ledger import "$work/copy" -j
ok 'behind it' json "\$j->{added} == $last - 4"
ok 'good there' ends 0 ledger verify -j
ok 'as far as the signer saw' json "\$j->{seen} == $last && \$j->{last} == $last"
ok 'less than there is' ends 1 ledger import "$work/begun"
signer_start
ok 'the signer goes on there' ends 0 crl -j --signer "$work/signer.sock"
ok 'with the next number' json '$j->{number} >= 42 && $j->{revoked} == 2'
both_stop
ok 'and it is good' ends 0 ledger verify

# PostgreSQL: a role that may insert and read.
both=$last
ok 'written to a file once more' ends 0 ledger export "$work/copy3" -j
last=$(wc -l < "$work/copy3")
last=$((last - 1))
ok 'with what the signer added' test "$last" -gt "$both"
on pgsql
kind=pgsql
role="host=$work/pgsql dbname=$database user=npie_ledger"
as_role() { psql -qAt "$role" -c "$1" > "$work/out" 2> "$work/err"; }
place_is() { sed -i "s|^Ledger .*|Ledger $1|" "$work/npie-signer.conf"; }
check() { "$npie_signer" -t -f "$work/npie-signer.conf" 2> "$work/err"; }

place_is "pgsql:$role password=x"
ok 'no password in the file' eval '! check'
ok 'which is said' complained 'passfile'
place_is "pgsql:$role"
psql -q -h "$work/pgsql" -U npie -d postgres -c 'CREATE ROLE npie_ledger LOGIN'
ok 'no schema' eval '! check'
ok 'is told by npie-signer -t' complained 'make the schema with ledger/0001-ledger.sql'
ok 'the schema' eval "psql -q -v ON_ERROR_STOP=1 -h '$work/pgsql' -U npie -d $database \
    < '$top/conf/sql/ledger/0001-ledger.sql' > '$work/out' 2> '$work/err'"
ok 'an empty ledger is not what was seen' ends 4 ledger verify
place_is "pgsql:host=$work/pgsql dbname=$database user=npie"
ok 'one who may change entries' eval '! check'
ok 'is refused' complained 'may change or remove entries'
place_is "pgsql:host=$work/pgsql dbname=$database user=nobody_else"
ok 'no such role' eval '! check'
ok 'is told' complained 'role "nobody_else" does not exist'
place_is "pgsql:host=$work/none dbname=$database user=npie_ledger"
ok 'no server' eval '! check'
ok 'is told with where' complained "$work/none"
place_is "pgsql:host=$work/none,$work/pgsql dbname=$database user=npie_ledger"
ok 'import' ends 0 ledger import "$work/copy3" -j
ok 'all of it' json "\$j->{added} == $last"
ok 'npie-signer -t is content' check
ok 'good' ends 0 ledger verify -j
ok 'as in the file' json "\$j->{last} == $last && \$j->{signers} == 1"
ok 'the same again' ends 0 ledger export "$work/copy2"
ok 'byte for byte' cmp "$work/copy3" "$work/copy2"
ok 'shown by serial' ends 0 ledger show --serial 5512 -j
ok 'both' json 'join(" ", map { $_->{kind} } @$j) eq "issue revoke"'
for wrong in "UPDATE npie_ledger.entry SET line = 'x'" 'DELETE FROM npie_ledger.entry' \
    'TRUNCATE npie_ledger.mark' 'DELETE FROM npie_ledger.mark' 'SELECT * FROM npie_ledger.turn' \
    'UPDATE npie_ledger.mark SET expires = 0' 'DROP TABLE npie_ledger.mark' \
    'ALTER TABLE npie_ledger.entry DISABLE TRIGGER ALL' 'CREATE TABLE npie_ledger.more ()'; do
    ok "refused to the role: $wrong" eval '! as_role "$wrong"'
    ok 'for its rights' eval "grep -qE 'permission denied|must be owner' '$work/err'"
done
ok 'a gap' eval '! as_role "INSERT INTO npie_ledger.entry VALUES (999, '"'x'"')"'
ok 'is refused' complained 'is not the next number'
for wrong in 'UPDATE entry SET line = line' 'DELETE FROM mark' 'TRUNCATE entry CASCADE'; do
    ok "by accident: $wrong" eval '! db "$wrong" 2> "$work/err"'
    ok 'stays' complained 'stay as they are'
done
admin 'CREATE ROLE httpd LOGIN'
role="host=$work/pgsql dbname=$database user=httpd"
for table in entry mark schema; do
    ok "httpd's role may not read $table" eval "! as_role 'SELECT * FROM npie_ledger.$table'"
    ok 'nor see the schema' complained 'permission denied for schema'
done
tamper
ok 'good as before' ends 0 ledger verify
signer_start
ok 'the signer goes on there' ends 0 crl -j --signer "$work/signer.sock"
ok 'and appends' ends 0 ca revoke "$work/e.crt" --yes --signer "$work/signer.sock"
ok 'good while it runs' ends 0 ledger verify -j
ok 'with what it added' json "\$j->{last} > $last && \$j->{seen} == \$j->{last}"
both_stop

sed -i '/^SignerConfig/d' "$conf"
ok 'without npie-signer.conf' ends 1 ledger verify
ok 'what to do is told' complained 'SignerConfig'
tap_end
