#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl certificate release and confirm: what httpd asked to revoke in bulk,
# decided by an admin, on both databases, with openssl as the judge.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

on sqlite
ctl registry init
signer_make
echo 'RevokeRate 1 1h' >> "$work/npie-signer.conf"
sed -i "s|^Trust .*|Trust $work/ca/root.crt|" "$work/npie-signer.conf"
printf 'SignerConfig %s\nTrust %s\nTrust %s\n' "$work/npie-signer.conf" "$work/ca/root.crt" \
    "$work/ca/issuing.crt" >> "$conf"
printf '%s\n' 'basicConstraints = critical,CA:FALSE' \
    'keyUsage = critical,digitalSignature,nonRepudiation' > "$work/leaf_ext"
printf '%s\n' 'rp,name,rfc,given_name,surname,curp,entity,postcode' \
    'A0648787107,Uno,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' \
    'Y3926552104,Dos,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' \
    'C4719305102,Tres,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' > "$work/employers.csv"

number=4096
# leaf NAME RP10: a certificate of the authority.
leaf() {
    number=$((number + 1))
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key" &&
        openssl req -new -key "$work/$1.key" -subj "/OU=$2/CN=Maria" -out "$work/csr" &&
        openssl x509 -req -in "$work/csr" -CA "$work/ca/issuing.crt" -CAkey "$work/ca/issuing.key" \
            -set_serial $number -days 100 -extfile "$work/leaf_ext" -out "$work/$1.pem" \
            2> "$work/err" || { sed 's/^/# /' "$work/err"; exit 99; }
}
hex() { openssl x509 -in "$work/$1.pem" -noout -serial | cut -d= -f2; }
state_of() { sql "SELECT status FROM certificate WHERE serial = '$(hex "$1")'"; }
# listed NAME REASON: on the CRL, with that reason; "" : not on it.
listed() {
    ctl crl --signer "$work/signer.sock" --out "$work/now.pem" --pem --yes || return 1
    openssl crl -in "$work/now.pem" -noout -text |
        grep -A6 "Serial Number: 0*$(hex "$1")$" > "$work/entry"
    if [ -z "$2" ]; then [ ! -s "$work/entry" ]; else grep -q "$2" "$work/entry"; fi
}
revoke() { ends 0 certificate revoke "$(hex "$1")" --reason "$2" --signer "$work/signer.sock" --yes -j; }
held() { ends "$1" certificate "$2" "$3" --yes -j; }

signer_start
leaf first A064878710
ctl ca revoke "$work/first.pem" --signer "$work/signer.sock" --yes
for kind in sqlite pgsql; do
    on $kind
    ctl registry init
    ctl employer import "$work/employers.csv"
    one=one$kind two=two$kind three=three$kind
    leaf $one A064878710
    leaf $two Y392655210
    leaf $three C471930510
    ctl certificate import "$work/$one.pem" "$work/$two.pem" "$work/$three.pem"
    ok "$kind: nothing is on hold" held 0 release all
    ok "$kind: one that is not" held 1 confirm "$(hex $one)"
    ok "$kind: is told" complained 'is not on hold'
    ok "$kind: no serial" held 1 release xyz
    ok "$kind: revoked beyond the rate" revoke $one keyCompromise
    ok "$kind: it is on hold" json '$j->{signer} eq "on hold"'
    ok "$kind: so are others" revoke $two cessationOfOperation
    ok "$kind: and others" revoke $three unspecified
    ok "$kind: the CRL says so" listed $one 'Certificate Hold'
    ok "$kind: the ledger" ends 0 ledger show --serial "$(hex $one)" -j
    ok "$kind: with what was asked" json '@$j == 1 && $j->[0]{kind} eq "hold"
        && $j->[0]{fields}{reason} eq "certificateHold" && $j->[0]{fields}{asked} eq "keyCompromise"'
    # Its ledger is of the first registry's audit, which status tells too.
    ctl status --signer "$work/signer.sock" -j
    ok "$kind: status warns of so many" json 'grep { $_->{part} eq "holds"
        && $_->{state} eq "warning" && $_->{detail} =~ /^3 / } @$j'
    ok "$kind: nobody to ask" ends 1 certificate release "$(hex $one)"
    ok "$kind: the admin lifts it" held 0 release "$(hex $one)"
    ok "$kind: and is told" json '@$j == 1 && $j->[0]{registry} eq "active"
        && $j->[0]{reason} eq "keyCompromise"'
    ok "$kind: the CRL has it no more" listed $one ''
    ok "$kind: it is active again" test "$(state_of $one)" = active
    ok "$kind: without a trace but the audit's" test "$(sql "SELECT count(*) FROM certificate
        WHERE serial = '$(hex $one)' AND reason = '' AND ended IS NULL AND told IS NULL
        AND invalid_since IS NULL")" = 1
    ok "$kind: audited" test "$(sql "SELECT count(*) FROM audit WHERE event = 'hold-released'
        AND actor = 'npiectl:$(id -un)'")" = 1
    ok "$kind: once more changes nothing" held 0 release "$(hex $one)"
    ok "$kind: it is active" test "$(state_of $one)" = active
    ok "$kind: what was lifted is not confirmed" held 1 confirm "$(hex $one)"
    ok "$kind: another one, for good" held 0 confirm "$(hex $two)"
    ok "$kind: the CRL says why" listed $two 'Cessation Of Operation'
    ok "$kind: it stays revoked" test "$(state_of $two)" = revoked
    ok "$kind: and is not lifted any more" held 1 release "$(hex $two)"
    ok "$kind: as is told" complained 'is confirmed already'
    ok "$kind: all of them, for people" ends 0 certificate release all --yes
    ok "$kind: by serial" said "$(hex $three)"
    ok "$kind: is active" test "$(state_of $three)" = active
    ok "$kind: none is left" held 0 release all
    ok "$kind: the audit is good" ends 0 audit verify
    ok "$kind: the ledger is good" ends 0 ledger verify -j
    ok "$kind: and tells all of it" ends 0 ledger show --serial "$(hex $one)" -j
    ok "$kind: in order" json 'join(" ", map { $_->{fields}{reason} } @$j)
        eq "certificateHold removeFromCRL"'
done

# A registry restored from before: the ledger's last word counts.
on sqlite
ctl registry init
ctl employer import "$work/employers.csv"
ctl certificate import "$work/twopgsql.pem" "$work/threepgsql.pem"
ok 'a restored registry' ends 0 registry reconcile --yes -j
ok 'has what was confirmed revoked' test "$(state_of twopgsql)" = revoked
ok 'and what was lifted active' test "$(state_of threepgsql)" = active
signer_stop
tap_end
