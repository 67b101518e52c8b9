#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl ca init: an authority that openssl agrees with.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
on sqlite
ca=$work/ca

shows() { openssl x509 -in "$ca/$1.crt" -noout -text > "$work/out" && grep -qE -- "$2" "$work/out"; }
verifies() { # NAME
    openssl verify -x509_strict -CAfile "$ca/root.crt" -untrusted "$ca/issuing.crt" "$ca/$1.crt" > "$work/out" 2>&1
}
lives() { # DAYS
    openssl x509 -in "$ca/issuing.crt" -noout -checkend $(($1 * 86400)) > "$work/out"
}
key_of() { # NAME [PASSWORD]: the key's public half is the certificate's
    openssl pkey -in "$ca/$1.key" -passin "pass:${2:-}" -pubout -out "$work/pub" 2> "$work/err" &&
        openssl x509 -in "$ca/$1.crt" -noout -pubkey | cmp -s - "$work/pub"
}
echo 'una frase de paso' > "$work/pass"
ok 'made' ends 0 ca init "$ca" -j --organization 'Instituto de Prueba Ñ' --name 'Autoridad de Prueba' \
    --key p256 --years 5 --passphrase-file "$work/pass"
ok 'tells its files' json '@$j == 7 && 3 == grep { $_->{secret} } @$j'
ok 'keys are 0600' test "$(stat -c %a "$ca"/*.key | sort -u)" = 600
ok 'httpd and npiectl can read the certificates' test "$(stat -c %a "$ca" "$ca"/*.crt | tr '\n' ' ')" = '755 644 644 644 '
ok 'root.key is encrypted' key_of root 'una frase de paso'
ok 'truly' grep -q ENCRYPTED "$ca/root.key"
for part in issuing seal; do
    ok "$part.key is its certificate's" key_of $part
    ok "$part verifies" verifies $part
done
ok 'root is a CA' shows root 'CA:TRUE$'
ok 'issuing signs no CA' shows issuing 'CA:TRUE, pathlen:0'
ok 'issuing signs CRLs' shows issuing 'Certificate Sign, CRL Sign'
ok 'names as given' shows issuing 'Subject: C = MX, O = Instituto de Prueba .*, CN = Autoridad de Prueba Emisora'
ok 'the seal is the institute' shows seal 'Subject: C = MX, O = Instituto de Prueba (.*), CN = Instituto de Prueba '
ok 'the seal is for documents' shows seal '1\.3\.6\.1\.5\.5\.7\.3\.36.*E-mail Protection|E-mail Protection.*1\.3\.6\.1\.5\.5\.7\.3\.36'
ok 'for five years' lives $((5 * 365 - 1))
ok 'no longer' eval "! lives $((5 * 365 + 3))"
ok 'both are in authorities.pem' test "$(grep -c BEGIN "$ca/authorities.pem")" = 2

ca=$work/later
ok 'for another day' ends 0 ca init "$ca" --key p256 --from 2031-01-01 --years 9
ok 'on which it begins' shows seal 'Not Before: Jan  1 00:00:00 2031 GMT'
ok 'for nine years' shows issuing 'Not After : Dec 30 00:00:00 2039 GMT'
ca=$work/ca

before=$(cat "$ca"/* | sha256sum)
ok 'again is refused' ends 1 ca init "$ca" --key p256
ok 'with the file' complained "$ca/root.key"
ok 'nothing was overwritten' test "$(cat "$ca"/* | sha256sum)" = "$before"
mkdir "$work/half"
echo precious > "$work/half/seal.crt"
ok 'a file in the way' ends 1 ca init "$work/half" --key p256
ok 'leaves nothing beside it' test "$(ls "$work/half")" = seal.crt
ok 'nor changes it' grep -q precious "$work/half/seal.crt"
# refused WORD OPTION...
refused() {
    local word=$1
    shift
    ok "refused: $*" ends 1 ca init "$work/no" "$@"
    ok "says why: $*" complained "$word"
}
refused 'kinds are' --key dsa
refused '50' --years 0
refused 'more than the 2' --root-years 2
refused 'characters' --name ''
refused 'as 2027-01-01' --from tomorrow
refused 'as 2027-01-01' --from 2027-02-30
refused 'later day' --from 1999-01-01 --root-years 40 --years 20
refused 'password file' --passphrase-file "$work/nowhere"
echo short > "$work/pass"
refused '8 characters' --passphrase-file "$work/pass"
ok 'no folder' test ! -e "$work/no"
tap_end
