#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl certificate revoke: one certificate and what hangs on it; crl: the
# list that npie-signer signs of them.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

registry=sqlite3:$work/none.db
signer_make
signer_start
listed() { # SERIAL: does the list have it?
    ctl crl --signer "$work/signer.sock" --out "$work/now.pem" --pem --yes &&
        openssl crl -in "$work/now.pem" -noout -text | grep -A6 "Serial Number: 0*$1$" > "$work/entry"
}

# leaf NAME RP10 [CA]: a certificate of the signer's authority, or another's.
leaf() {
    local ca=${3:-issuing}
    local key=$work/ca/$ca.key
    [ -e "$key" ] || key=$work/ca/offline/$ca.key
    serial=$((${serial:-4096} + 1))
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key" &&
        openssl req -new -key "$work/$1.key" -subj "/OU=$2/CN=Maria" -out "$work/csr" &&
        openssl x509 -req -in "$work/csr" -CA "$work/ca/$ca.crt" -CAkey "$key" \
            -passin file:"$work/passphrase" \
            -set_serial $serial -days 100 -extfile "$work/leaf_ext" -out "$work/$1.pem" \
            2> "$work/err" || { sed 's/^/# /' "$work/err"; exit 99; }
}
printf '%s\n' 'basicConstraints = critical,CA:FALSE' \
    'keyUsage = critical,digitalSignature,nonRepudiation' > "$work/leaf_ext"
hex() { openssl x509 -in "$work/$1.pem" -noout -serial | cut -d= -f2; }
key_of() {
    openssl x509 -in "$work/$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
        sha256sum | cut -d' ' -f1
}
printf '%s\n' 'rp,name,rfc,given_name,surname,curp,entity,postcode' \
    'A0648787107,Uno,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' \
    'Y3926552104,Dos,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' > "$work/employers.csv"
now=$(date +%s)
state_of() { sql "SELECT status FROM certificate WHERE serial = '$(hex "$1")'"; }

for kind in sqlite pgsql; do
    on $kind
    ctl registry init
    ctl employer import "$work/employers.csv"
    leaf "one$kind" A064878710
    leaf "two$kind" Y392655210
    leaf "extra$kind" A064878710
    ctl certificate import "$work/one$kind.pem" "$work/two$kind.pem"
    # What a colleague has, and a renewal begun.
    mv "$work/extra$kind.pem" "$work/extra.pem"
    der=$(openssl x509 -in "$work/extra.pem" -outform DER | base64 -w0)
    sql "INSERT INTO certificate (employer, generation, additional, holder, holder_email, serial,
        spki, der, not_before, not_after, status, reason) VALUES (1, 1, 1, 'Rosa', 'r@b.example',
        '$(hex extra)', '$(key_of extra)', '$der', $((now - 60)), $((now + 86400)), 'active', '')"
    sql "INSERT INTO renewal (employer, old_certificate, state, email, phone, fax, csr, new_spki,
        key_name, key_sha256, created, changed) SELECT employer, id, 'started', 'a@b.example', '',
        '', '', '', '', '', $now, $now FROM certificate WHERE employer = 1 AND additional = 0"
    one=$(hex "one$kind")

    ok "$kind: no reason" ends 1 certificate revoke "$one" --yes
    ok "$kind: they are listed" complained 'keyCompromise, affiliationChanged'
    ok "$kind: an unknown reason" ends 1 certificate revoke "$one" --reason keycompromise --yes
    ok "$kind: nothing named" ends 1 certificate revoke --reason keyCompromise --yes
    ok "$kind: two ways at once" ends 1 certificate revoke "$one" --rp A0648787107 --reason keyCompromise --yes
    ok "$kind: is told" complained 'name one certificate'
    for date in tomorrow 2099-01-01 2026-11-20T09:30 1969-12-31; do
        ok "$kind: since $date" ends 1 certificate revoke "$one" --reason keyCompromise --invalid-since $date --yes
        ok "$kind: $date is told" complained 'a date that is over'
    done
    ok "$kind: an unknown serial" ends 1 certificate revoke ABCDEF --reason keyCompromise --yes
    ok "$kind: what to do" complained 'see npiectl certificate list'
    ok "$kind: an unknown key" ends 1 certificate revoke "$(printf '%064d' 7)" --reason keyCompromise --yes
    ok "$kind: an unknown employer" ends 1 certificate revoke --rp B1212338109 --reason keyCompromise --yes
    ok "$kind: nobody to ask" ends 1 certificate revoke "$one" --reason keyCompromise
    ok "$kind: wants --yes" complained 'give --yes'
    ok "$kind: nothing was changed" test "$(sql "SELECT count(*) FROM certificate WHERE status = 'active'")" = 3

    ok "$kind: revoked" ends 0 certificate revoke "$one" --reason keyCompromise \
        --invalid-since 2026-11-01 --signer "$work/signer.sock" --yes -j
    ok "$kind: what ended with it" json '$j->{reason} eq "keyCompromise" && $j->{signer} eq "told"
        && $j->{rp} eq "A0648787107" && $j->{invalid_since} eq "2026-11-01T00:00:00Z"
        && @{$j->{ended}} == 2 && $j->{ended}[0]{status} eq "revoked"
        && $j->{ended}[1]{holder} eq "Rosa" && $j->{ended}[1]{reason} eq "cessationOfOperation"
        && $j->{renewal}{state} eq "cancelled"'
    ok "$kind: in the registry" test "$(state_of "one$kind") $(state_of extra)" = 'revoked revoked'
    ok "$kind: httpd's job is to come to it" test "$(sql "SELECT count(*) FROM certificate
        WHERE status = 'revoked' AND told IS NULL")" = 2
    ok "$kind: the renewal too" test "$(sql 'SELECT state FROM renewal')" = cancelled
    ok "$kind: audited with a name" test "$(sql "SELECT count(*) FROM audit
        WHERE event = 'revoke' AND actor = 'npiectl:$(id -un)'")" = 2
    ok "$kind: in the list" listed "$one"
    ok "$kind: with its reason" grep -q 'Key Compromise' "$work/entry"
    ok "$kind: and since when" grep -q 'Invalidity Date' "$work/entry"
    ok "$kind: the colleague's too" listed "$(hex extra)"

    sums=$(sql 'SELECT count(*) FROM audit')
    ok "$kind: once more" ends 1 certificate revoke --rp A0648787107 --reason superseded --yes
    ok "$kind: has ended" complained 'is revoked since'
    ok "$kind: changes nothing" test "$(sql 'SELECT count(*) FROM audit')" = "$sums"
    sql "UPDATE certificate SET status = 'superseded', ended = $now WHERE serial = '$(hex "two$kind")'"
    ok "$kind: a superseded one" ends 1 certificate revoke "$(key_of "two$kind")" --reason keyCompromise --yes
    ok "$kind: is told so" complained 'is superseded since'
    sql "UPDATE certificate SET status = 'active', ended = NULL WHERE serial = '$(hex "two$kind")'"
    # Waiting for one that is away takes long: once is enough.
    away=()
    [ $kind = pgsql ] || away=(--signer "$work/nowhere.sock")
    ok "$kind: for people, by its key, without the signer" ends 0 certificate revoke \
        "$(key_of "two$kind" | tr a-f A-F)" --reason unspecified "${away[@]}" --yes
    ok "$kind: httpd tells the signer" said 'httpd tells it'
    [ $kind = pgsql ] || ok "$kind: a warning" complained 'httpd will tell it'
    ok "$kind: revoked all the same" test "$(state_of "two$kind")" = revoked
    leaf "three$kind" Y392655210 root
    ctl certificate import "$work/three$kind.pem"
    ok "$kind: by its employer, of another authority" ends 0 certificate revoke --rp Y3926552104 \
        --reason keyCompromise --signer "$work/signer.sock" --yes
    ok "$kind: every signer of the ledger refuses it then" grep -q "revoke [0-9a-f]* $(hex "three$kind") keyCompromise" \
        <(printf 'SELECT line FROM entry;' | sqlite3 "$ledger/ledger.db")
    ok "$kind: good" ends 0 registry check
    ok "$kind: the audit too" ends 0 audit verify
done

# The list itself.
ok 'no signer is named' ends 1 crl
ok 'is told' complained 'give --signer'
echo "Signer $work/signer.sock" >> "$work/npiectl.conf"
ok 'the list' ends 0 crl -j
ok 'says of itself' json '$j->{number} > 0 && $j->{revoked} == 4 && !defined $j->{file}
    && $j->{this_update} lt $j->{next_update}'
number=$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{number}' "$work/out")
ok 'to a file' ends 0 crl --out "$work/list.crl"
ok 'and shown' said 'nextUpdate'
ok 'DER, signed by the authority' eval "openssl crl -inform DER -in '$work/list.crl' -noout \
    -CAfile '$work/ca/issuing.crt' 2>&1 | grep -q 'verify OK'"
ok 'of that number' test "$(($(openssl crl -inform DER -in "$work/list.crl" -noout -crlnumber |
    cut -d= -f2)))" = "$number"
echo mine > "$work/mine"
ok 'over another file' ends 1 crl --out "$work/mine"
ok 'asks' complained "Replace $work/mine? No terminal to ask"
ok 'it is as it was' test "$(cat "$work/mine")" = mine
ok 'with --yes' ends 0 crl --out "$work/mine" --yes
ok 'it is replaced' cmp "$work/mine" "$work/list.crl"
ok 'nothing else is left' test "$(find "$work" -name 'mine*' | wc -l)" = 1
ok 'to no folder' ends 1 crl --out "$work/nowhere/list.crl"
ok 'to standard output' ends 0 crl --out -
ok 'the same' cmp "$work/out" "$work/list.crl"
ok 'as PEM' ends 0 crl --out=- --pem
ok 'is PEM' test "$(head -n 1 "$work/out")" = '-----BEGIN X509 CRL-----'
ok 'PEM without a file' ends 1 crl --pem
ok 'two answers at once' ends 1 crl --out - -j
tap_end
