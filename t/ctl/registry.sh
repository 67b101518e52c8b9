#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl registry: made, upgraded, looked over.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

files() { (cd "$work" && ls registry* 2> "$work/ls"); }

for database_kind in sqlite pgsql; do
    database_kind_pgsql=$([ $database_kind = sqlite ]; echo $?)
    on $database_kind
    step="$place:"
    : > "$work/out"; : > "$work/err"
    ok "$step no registry, no check" ends 3 registry check
    ok "$step no registry, no upgrade" ends $((database_kind_pgsql ? 1 : 3)) registry upgrade
    ok "$step init" ends 0 registry init
    newest=$(ls "$work/sql/$place" | tail -n 1 | cut -c1-4)
    ok "$step of the newest version" test "$(sql 'SELECT max(version) FROM schema')" = "$((10#$newest))"
    ok "$step check" ends 0 registry check --json
    ok "$step is good" json '$j->{good} && !@{$j->{findings}}'
    ok "$step init again is refused" ends 1 registry init
    ok "$step and says what to do" complained 'registry upgrade'
    ok "$step upgrade of the newest changes nothing" ends 0 registry upgrade -j
    ok "$step before is now" json '$j->{before} == $j->{version}'

    sql "INSERT INTO employer (name, rp, rfc, username, given_name, surname, surname2,
        curp, subdelegation, entity, city, municipality, colony, street, outer_number,
        inner_number, postcode, email, phone, fax) VALUES ('X', 'A0648787107',
        'AUA881212566', 'A064878710', 'A', 'B', '', 'AAPR630321HDFLRC09', '', 9, '', '',
        '', '', '', '', '06600', '', '', '')"
    for generation in 1 2; do
        sql "INSERT INTO certificate (employer, generation, additional, holder, holder_email,
            serial, spki, der, not_before, not_after, status, reason) VALUES (1, $generation,
            0, '', '', '30', '$(printf '%064d' $generation)', 'AA==', 1, 2, 'active', '')"
    done
    ok "$step contradictions are found" ends 4 registry check
    ok "$step and told" said 'Found: 1 employers with two active certificates'

    # From every older version; a step that fails is undone.
    for version in $(seq 1 $((10#$newest - 1))); do
        on $database_kind
        for file in "$work/sql/$place"/*; do
            number=${file##*/}
            [ $((10#${number%%-*})) -le "$version" ] || continue
            sql "$(cat "$file")" > "$work/sql.out"
        done
        ok "$step version $version is too old" ends 3 registry check
        ok "$step which is said" complained 'registry upgrade'
        next=$(ls "$work/sql/$place/$(printf '%04d' $((version + 1)))"-*)
        cp "$next" "$work/kept"
        sed -i 's/^COMMIT;/INSERT INTO nowhere VALUES (1);\nCOMMIT;/' "$next"
        ok "$step a step that fails" ends 3 registry upgrade
        ok "$step is told by its file" complained "${next##*/}"
        ok "$step and undone" test "$(sql 'SELECT max(version) FROM schema')" = "$version"
        cp "$work/kept" "$next"
        ok "$step upgrade" ends 0 registry upgrade -j
        ok "$step from $version" json "\$j->{before} == $version"
        ok "$step and audited" test "$(sql "SELECT detail FROM audit
            WHERE event = 'registry-upgrade'")" = "version $version to $((10#$newest))"
        ok "$step is good" ends 0 registry check
    done
    mv "$work/sql/$place/0001"* "$work/first"
    on $database_kind
    ok "$step a schema file is missing" ends 1 registry init
    ok "$step which one is said" complained 'no file 0001-*.sql'
    mv "$work/first" "$work/sql/$place/0001-registry.sql"
done

on sqlite
echo 'no sql' >> "$work/sql/sqlite/0001-registry.sql"
before=$(files)
ok 'an init that fails' ends 3 registry init
ok 'leaves no file' test "$(files)" = "$before"
cp "$top/conf/sql/sqlite/0001-registry.sql" "$work/sql/sqlite/"
file=${registry#*:}
: > "$file"
chmod 644 "$file"
echo 'no sql' >> "$work/sql/sqlite/0001-registry.sql"
ok 'an init of an empty file that fails' ends 3 registry init
ok 'leaves it empty' test "$(stat -c %s "$file")" = 0
cp "$top/conf/sql/sqlite/0001-registry.sql" "$work/sql/sqlite/"
ok 'a file of 0 bytes, as httpd leaves one' ends 0 registry init
ok 'has the tables' ends 0 registry check
ok 'is not for everyone' test "$(stat -c %a "$file")" = 640
echo 'no registry' > "$work/full"
registry=sqlite3:$work/full
ok 'a file of anything else' ends 1 registry init
ok 'is left alone' grep -q 'no registry' "$work/full"
registry=sqlite3:$file
dd if=/dev/zero of="$file" bs=1 seek=30000 count=9000 conv=notrunc 2> "$work/dd"
ok 'a damaged file is found' ends 3 registry check
secret=$work/secret.conf
printf 'SQL %s/sql\nRegistry pgsql:host=/nowhere password=Prueba123\n' "$work" > "$secret"
# with MODE STATUS: npiectl by a file of that mode, which may hold a password.
with() {
    local got=0
    chmod "$1" "$secret"
    "$npiectl" -c "$secret" registry check > "$work/out" 2> "$work/err" || got=$?
    [ "$got" = "$2" ] || { echo "# status $got"; false; }
}
ok 'a password that everyone may read' with 644 1
ok 'is refused with a remedy' complained 'secret.conf: it holds a password and everyone may read it: chmod 640'
ok 'and not shown' test -z "$(grep -h Prueba123 "$work/out" "$work/err")"
ok 'a password for a group' with 640 3
printf 'Registry pgsql:postgresql://npie:Prueba123@localhost/npie\n' > "$secret"
ok 'a password in an address' with 604 1
printf 'Registry sqlite3:/nowhere/registry.db\n' > "$secret"
ok 'without one everyone may read it' with 644 3

# libpq's own reasons, and no password.
on pgsql
ctl registry init
sql "CREATE ROLE cautious LOGIN PASSWORD 'Acierto-1'"
sed -i '1i local all cautious scram-sha-256' "$work/pgsql/data/pg_hba.conf"
sql 'SELECT pg_reload_conf()' > "$work/reload"
whole=$registry
registry="pgsql:host=$work/pgsql user=cautious password=Error-22 dbname=$database"
ok 'a wrong password' ends 3 registry check
ok 'is told by libpq' complained 'password authentication failed for user "cautious"'
ok 'which keeps it for itself' test -z "$(grep -h Error-22 "$work/out" "$work/err")"
registry="pgsql:host=$work/pgsql user=npie dbname=nowhere"
ok 'a wrong database' ends 3 registry check
ok 'is told apart' complained 'database "nowhere" does not exist'
registry="pgsql:host=$work/none user=npie dbname=nowhere"
ok 'a server that is not there' ends 3 registry check
ok 'is told apart, too' complained 'No such file or directory'
registry=$whole
ok 'a second init' ends 1 registry init
ok 'says what to do' complained 'npiectl registry upgrade'
registry=sqlite3:/nowhere/registry.db
ok 'a file that cannot be made' ends 1 registry init
ok 'no registry is named' test "$("$npiectl" registry check 2>&1 | grep -c -- --registry)" = 1
tap_end
