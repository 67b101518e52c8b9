# SPDX-License-Identifier: Apache-2.0
# For tests of npiectl: bash, from the build tree. Makes a folder of its own,
# $work, and runs every test on SQLite and PostgreSQL alike.
set -u
tap_n=0
tap_bad=0
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${NPIE_BUILD:-$PWD}
npiectl=$build/npiectl
npie_signer=$build/npie-signer
work=$(mktemp -d /tmp/npie-ctl-XXXXXX)
chmod 755 "$work"
pgsql=no
conf=$work/npiectl.conf
printf 'SQL %s/sql\n' "$work" > "$conf"
mkdir "$work/sql"
cp -R "$top/conf/sql/sqlite" "$top/conf/sql/pgsql" "$work/sql/"
chmod -R u+w "$work/sql"

signer_pid=
finish() {
    [ -z "$signer_pid" ] || kill "$signer_pid"
    [ "$pgsql" = no ] || sh "$top/t/lib/backend.sh" pgsql-stop "$work"
    rm -rf "$work"
}
trap finish EXIT

# ok DESCRIPTION COMMAND...: passes when the command succeeds.
ok() {
    local what=$1
    shift
    tap_n=$((tap_n + 1))
    if "$@"; then
        echo "ok $tap_n - $what"
    else
        tap_bad=1
        echo "not ok $tap_n - $what"
        sed 's/^/# out: /' "$work/out" | head -n 30
        sed 's/^/# err: /' "$work/err" | head -n 30
    fi
}

# ctl ARGUMENT...: npiectl on $registry, with $conf; leaves $work/out and $work/err.
ctl() {
    $CTL_UNDER "$npiectl" -c "$conf" --registry "$registry" "$@" \
        > "$work/out" 2> "$work/err" < /dev/null
}
CTL_UNDER=${CTL_UNDER:-}

# ends STATUS ARGUMENT...: npiectl ends with this status.
ends() {
    local want=$1 got=0
    shift
    ctl "$@" || got=$?
    [ "$got" = "$want" ] || { echo "# status $got"; false; }
}

said() { grep -qF -- "$1" "$work/out"; }
complained() { grep -qF -- "$1" "$work/err"; }

# json PERL: true of the answer, as $j.
json() {
    perl -MJSON::PP -0777 -ne 'my $j = decode_json($_); exit !('"$1"')' "$work/out"
}

# sql TEXT: the answer of the registry's own program.
sql() {
    case $registry in
    sqlite3:*) printf '%s\n' "$1" | sqlite3 "${registry#*:}" ;;
    *) printf '%s\n' "$1" | psql -qAt -h "$work/pgsql" -U npie -d "$database" ;;
    esac
}

# on sqlite|pgsql: a place for a registry that is not there yet.
on() {
    place=$1
    places=$((${places:-0} + 1))
    if [ "$1" = sqlite ]; then
        registry=sqlite3:$work/registry$places.db
        return
    fi
    if [ "$pgsql" = no ]; then
        sh "$top/t/lib/backend.sh" pgsql-start "$work" || exit 99
        pgsql=yes
    fi
    database=ctl$places
    psql -q -h "$work/pgsql" -U npie -d postgres -c "CREATE DATABASE $database" || exit 99
    registry="pgsql:host=$work/pgsql user=npie dbname=$database"
}

# row SEQUENCE DETAIL [AT [EVENT [ACTOR]]]: appended to the audit, by a chain worked
# out here; leaves its $hash.
row() {
    local at=${3:-1795000000} event=${4:-data} actor=${5:-3030}
    previous=$(sql 'SELECT hash FROM audit_head')
    hash=$(printf 'npie-audit-1 %s %s %s:%s %s:%s %s:%s %s' "$1" "$at" ${#actor} "$actor" ${#event} "$event" \
        ${#2} "$2" "$previous" | sha256sum | cut -d' ' -f1)
    sql "INSERT INTO audit (sequence, at, actor, event, detail, previous, hash) VALUES
        ($1, $at, '$actor', '$event', '$2', '$previous', '$hash')"
    sql "UPDATE audit_head SET sequence = $1, hash = '$hash'"
}

# ca_init FOLDER OPTION...: with a passphrase of root.key, as nobody is there to
# be asked.
ca_init() {
    (umask 077 && echo 'una frase de paso' > "$work/passphrase")
    ctl ca init --passphrase-file "$work/passphrase" "$@"
}

# Folders of npie-signer's and of its ledger's, each of its user when root makes
# them: $state and $ledger; the users in $account, $ledger_account and
# $draw_account, that of npie-draw.
signer_folders() {
    account=$(id -un)
    ledger_account=$account draw_account=$account
    state=$work/state
    ledger=$work/ledger
    mkdir "$state" "$ledger"
    [ "$(id -u)" = 0 ] || return 0
    account=nobody
    ledger_account=daemon draw_account=games
    chown $account "$state"
    chown $ledger_account "$ledger"
}

# An authority in $work/ca and npie-signer.conf. $registry is set.
signer_make() {
    ca_init "$work/ca" --key p256
    signer_folders
    cat > "$work/npie-signer.conf" <<CONF
Key $work/ca/issuing.key
Certificate $work/ca/issuing.crt
Trust $work/ca/root.crt
State $state
Ledger $ledger/ledger.db
LedgerUser $ledger_account
LetterTerms $top/conf/letter/terminos.txt
DrawUser $draw_account
User $account
PeerUser $(id -un)
CONF
}

# Until it listens at $work/signer.sock.
signer_start() {
    "$npie_signer" -f "$work/npie-signer.conf" -s "$work/signer.sock" 2>> "$work/signer.log" &
    signer_pid=$!
    for _ in $(seq 300); do [ ! -S "$work/signer.sock" ] || break; sleep 0.1; done
}

signer_stop() {
    kill "$signer_pid"
    wait "$signer_pid"
    signer_pid=
    rm -f "$work/signer.sock"
}

tap_end() {
    echo "1..$tap_n"
    exit "$tap_bad"
}
