#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl, given what it cannot use: every command says which file and why, and
# changes nothing.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
on sqlite
file=${registry#*:}
ctl registry init

# What a folder of an admin may hold.
bad=$work/bad
mkdir "$bad" "$bad/folder"
: > "$bad/empty"
perl -e 'srand 1; print map { chr int rand 256 } 1 .. 5000' > "$bad/junk"
printf 'rp;name\nA;B\n' | iconv -t UTF-16 > "$bad/utf16"
printf 'Registry\0 x\nrp;name\n' > "$bad/nul"
{ printf 'rp;'; head -c 1100000 /dev/zero | tr '\0' x; echo; } > "$bad/long"
openssl ecparam -name prime256v1 -genkey -noout -out "$bad/key"
chmod 644 "$bad"/*
chmod 755 "$bad/folder"

sums() {
    find "$work" -type f ! -name out ! -name err -exec sha256sum {} + | sort
    find "$work" | sort
}
plain() { ! iconv -f utf-8 -t utf-8 < "$1" | grep -qP '[\x00-\x08\x0b-\x1f\x7f]'; }

# refuses STATUS TEXT ARGUMENT...: with that in what it says, which is text that
# leaves a terminal alone, and everything as it was.
refuses() {
    local status=$1 text=$2
    shift 2
    ok "refused: ${*//$work\//}" ends "$status" "$@"
    ok "$text" grep -qF -- "$text" "$work/out" "$work/err"
    ok "in plain text" plain "$work/err"
    ok "as it was" test "$(sums)" = "$before"
}
: > "$work/out"
: > "$work/err"
(umask 077 && echo 'una frase de paso' > "$work/passphrase")

touch "$work/trust.conf"
for name in nowhere folder junk utf16 nul long empty key; do
    registry=sqlite3:$file
    before=$(sums)
    refuses 1 "bad/$name" employer import "$bad/$name"
    # The first line of any text is a passphrase.
    [ $name = key ] ||
        refuses 1 "bad/$name" ca init "$work/no" --key p256 --passphrase-file "$bad/$name"
    if [ $name != folder ]; then
        refuses 1 "bad/$name" certificate import "$bad/$name"
        [ $name = nowhere ] || refuses 1 "bad/$name" ca init "$bad/$name" --key p256 --passphrase-file "$work/passphrase"
    fi
    echo "Trust $bad/$name" > "$work/trust.conf"
    before=$(sums)
    conf=$work/trust.conf
    refuses 1 "bad/$name" letter verify "$bad/key"
    refuses 1 "bad/$name" certificate import "$bad/key"
    conf=$bad/$name
    [ $name = empty ] || refuses 1 "bad/$name" status
    conf=$work/npiectl.conf

    # In place of the registry.
    registry=sqlite3:$bad/$name
    if [ $name != nowhere ] && [ $name != empty ]; then
        refuses 1 "bad/$name: File exists: name another file" registry init
    fi
    for command in 'employer list' 'registry check' 'registry upgrade' 'audit verify'; do
        text=bad/$name
        [ $name != empty ] || text='npiectl registry init makes one'
        # shellcheck disable=SC2086
        refuses "$([ "$name $command" = 'empty registry upgrade' ] && echo 1 || echo 3)" "$text" $command
    done
done

# Certificates that no authority could have made.
openssl req -new -x509 -subj / -key "$bad/key" -out "$bad/nameless.pem"
registry=sqlite3:$file
before=$(sums)
for name in "$bad/nameless.pem" "$top"/t/fuzz/pki-corpus/empty-issuer-*.der; do
    ok "refused: ${name##*/}" ends 1 certificate import --dry-run "$name"
    ok "${name##*/}: why" grep -qE 'issuer or subject is empty|not DER' "$work/out"
    ok "${name##*/}: as it was" test "$(sums)" = "$before"
done

# Settings of commands that are not what they must be.
registry=sqlite3:$file
while IFS='|' read -r text line; do
    # shellcheck disable=SC2086
    refuses 1 "$text" $line
done <<'LINES'
no employer has|employer show A0648787100
no employer has|employer edit A0648787107 name=x
no certificate has|certificate show 99999999999999999999999999999999999999999
active, superseded or revoked|certificate list --status dead
is no duration|certificate expiring --within -1
not a number of days|certificate expiring --within 99999999999999999999d
no employer has|renewal show 99999999999999999999
no employer has|renewal cancel 9223372036854775808 --yes
give a row's number|audit show --after 99999999999999999999
give a row's number|audit show --after -1
give one of|certificate revoke 1 --reason none --yes
no signer is named|crl
LINES

# A database that another program writes to, and one of another version.
printf '%s\n' 'rp,name,rfc,given_name,surname,curp,entity,postcode' \
    'A0648787107,Uno,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' > "$work/employers.csv"
mkfifo "$work/hold"
(
    exec 3> "$work/hold"
    printf 'BEGIN EXCLUSIVE;\n.shell touch %s/held\n' "$work" >&3
    until [ -e "$work/released" ]; do sleep 0.1; done
) &
sqlite3 "$file" < "$work/hold" &
holder=$!
until [ -e "$work/held" ]; do sleep 0.1; done
ok 'while another program writes' ends 3 employer import "$work/employers.csv"
ok 'it may be tried again' complained "$file: registry: BEGIN IMMEDIATE: database is locked: another program"
touch "$work/released"
wait $holder
ok 'then it goes' ends 0 employer import "$work/employers.csv"
sql 'INSERT INTO schema (version) VALUES (99)'
before=$(sums)
for command in 'employer list' 'registry check' 'audit verify'; do
    # shellcheck disable=SC2086
    refuses 3 'has version 99, and this npiectl needs' $command
done
refuses 1 'version 99, newer than this npiectl' registry upgrade
sql 'DELETE FROM schema WHERE version > 5'
before=$(sums)
for command in 'employer list' "employer import $work/employers.csv" 'audit verify'; do
    # shellcheck disable=SC2086
    refuses 3 'has version 5, and this npiectl needs' $command
done
tap_end
