#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl ca init: an authority that openssl agrees with.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
on sqlite
ca=$work/ca

# By RFC 2253, the last name first: how the rest is printed differs between
# releases of openssl.
shows() {
    openssl x509 -in "$ca/$1.crt" -noout -text -nameopt RFC2253 > "$work/out" &&
        grep -qE -- "$2" "$work/out"
}
verifies() { # NAME
    openssl verify -x509_strict -CAfile "$ca/root.crt" -untrusted "$ca/issuing.crt" "$ca/$1.crt" > "$work/out" 2>&1
}
lives() { # DAYS
    openssl x509 -in "$ca/issuing.crt" -noout -checkend $(($1 * 86400)) > "$work/out"
}
key_of() { # NAME [PASSWORD]: the key's public half is the certificate's
    openssl pkey -in "$ca/${3:-}$1.key" -passin "pass:${2:-}" -pubout -out "$work/pub" 2> "$work/err" &&
        openssl x509 -in "$ca/$1.crt" -noout -pubkey | cmp -s - "$work/pub"
}
points() { # NAME: the addresses in it, one a line
    openssl x509 -in "$ca/$1.crt" -noout -text | grep -oE '(OCSP - )?(CA Issuers - )?URI:.*'
}
(umask 077 && echo 'una frase de paso' > "$work/pass")
(umask 077 && echo 'otra frase de paso' > "$work/other")
ok 'made' ends 0 ca init "$ca" -j --organization 'Instituto de Prueba Ñ' --name 'Autoridad de Prueba' \
    --key p256 --years 5 --passphrase-file "$work/pass" --url http://pki.example/npie
ok 'tells its files' json '@$j == 10 && 3 == grep { $_->{secret} } @$j'
ok 'keys are 0600' test "$(stat -c %a "$ca"/*.key "$ca"/offline/*.key | sort -u)" = 600
ok 'httpd and npiectl can read the certificates' test "$(stat -c %a "$ca" "$ca"/*.c?? | sort -u | tr '\n' ' ')" = '644 755 '
ok 'root.key lies apart' test "$(stat -c %a "$ca/offline"):$(ls "$ca/offline")" = 700:root.key
ok 'root.key is encrypted' key_of root 'una frase de paso' offline/
ok 'truly' grep -q ENCRYPTED "$ca/offline/root.key"
ok 'issuing says where the root is' test "$(points issuing | tr '\n' ' ')" = 'URI:http://pki.example/npie/root.crl CA Issuers - URI:http://pki.example/npie/root.cer '
ok 'the seal says where the CA is' test "$(points seal | tr '\n' ' ')" = 'URI:http://pki.example/npie/ca.crl OCSP - URI:http://pki.example/npie/ocsp CA Issuers - URI:http://pki.example/npie/ca.cer '
ok 'the root says nothing' test -z "$(points root)"
ok 'root.cer is root.crt' eval "openssl x509 -in '$ca/root.cer' -inform DER | cmp -s - '$ca/root.crt'"

# crl_of: the root's list as openssl shows it, verified; $work/out
crl_of() { openssl crl -in "$ca/root.crl" -inform DER -noout -text -CAfile "$ca/root.crt" > "$work/out" 2>&1 && grep -q 'verify OK' "$work/out"; }
lists() { crl_of && grep -A1 'CRL Number' "$work/out" | grep -qx " *$1" && [ "$(grep -c 'Serial Number' "$work/out")" = "$2" ]; }
checks() { openssl verify -crl_check_all -CAfile "$ca/root.crt" -CRLfile "$work/root.pem" "$ca/issuing.crt" > "$work/out" 2>&1; }
pem() { openssl crl -in "$ca/root.crl" -inform DER -out "$work/root.pem"; }
ok 'the root has a list' lists 1 0
ok 'for a year and more' eval "pem && openssl verify -crl_check -CAfile '$ca/root.crt' -CRLfile '$work/root.pem' -attime $(($(date +%s) + 390 * 86400)) '$ca/issuing.crt' > '$work/out' 2>&1"
ok 'the next one' ends 0 ca crl "$ca" -j --passphrase-file "$work/pass"
ok 'has the next number' json '$j->{number} == 2 && $j->{revoked} == 0'
ok 'truly so' lists 2 0
ok 'the issuing CA is good by it' eval 'pem && checks'
ok 'not without the passphrase' ends 1 ca crl "$ca" --passphrase-file "$work/other"
ok 'which is told' complained 'not its passphrase'
ok 'nor for what it did not sign' ends 1 ca crl "$ca" --passphrase-file "$work/pass" --revoke "$ca/seal.crt"
ok 'nor for a reason that is none' ends 1 ca crl "$ca" --passphrase-file "$work/pass" --revoke "$ca/issuing.crt" --reason so
ok 'the list stayed' lists 2 0
ok 'with the issuing CA' ends 0 ca crl "$ca" --passphrase-file "$work/pass" --revoke "$ca/issuing.crt" --reason keyCompromise --days 30
ok 'one entry' lists 3 1
ok 'which is not good any more' eval 'pem && ! checks'
ok 'for that reason' eval "crl_of && grep -q 'Key Compromise' '$work/out'"
ok 'it stays on the next' ends 0 ca crl "$ca" --passphrase-file "$work/pass"
ok 'with its reason' eval "lists 4 1 && grep -q 'Key Compromise' '$work/out'"
echo no list > "$ca/root.crl"
ok 'a list that is none is not gone on with' ends 1 ca crl "$ca" --passphrase-file "$work/pass"
for part in issuing seal; do
    ok "$part.key is its certificate's" key_of $part
    ok "$part verifies" verifies $part
done
ok 'root is a CA' shows root 'CA:TRUE$'
ok 'issuing signs no CA' shows issuing 'CA:TRUE, pathlen:0'
ok 'issuing signs CRLs' shows issuing 'Certificate Sign, CRL Sign'
ok 'names as given' shows issuing 'Subject: CN=Autoridad de Prueba Emisora,O=Instituto de Prueba .*,C=MX$'
ok 'the seal is the institute' shows seal 'Subject: CN=Instituto de Prueba [^,]*,O=Instituto de Prueba .*,C=MX$'
ok 'the seal is for documents' shows seal '1\.3\.6\.1\.5\.5\.7\.3\.36.*E-mail Protection|E-mail Protection.*1\.3\.6\.1\.5\.5\.7\.3\.36'
ok 'for five years of the calendar' test "$(openssl x509 -in "$ca/issuing.crt" -noout -enddate)" = "notAfter=$(date -u -d "$(openssl x509 -in "$ca/issuing.crt" -noout -startdate | cut -d= -f2) +5 years" '+%b %e %H:%M:%S %Y GMT')"
ok 'both are in authorities.pem' test "$(grep -c BEGIN "$ca/authorities.pem")" = 2

ca=$work/later
ok 'for another day' ca_init "$ca" --key p256 --from 2031-01-01 --years 9
ok 'on which it begins' shows seal 'Not Before: Jan  1 00:00:00 2031 GMT'
ok 'for nine years' shows issuing 'Not After : Jan  1 00:00:00 2040 GMT'
ca=$work/ca

# The root on a machine of its own: its key is never where the signer is.
off=$work/off
line=$work/line
ok 'the root alone' ends 0 ca init "$off" -j --root-only --organization 'Instituto de Prueba' --key p256 --passphrase-file "$work/pass"
ok 'and nothing else' test "$(cd "$off" && find . -type f | sort | tr '\n' ' ')" = './offline/root.key ./root.cer ./root.crl ./root.crt '
ok 'a key and its request, where it is used' ends 0 ca request "$line" --organization 'Instituto de Prueba' --key p256
ok 'which openssl verifies' eval "openssl req -in '$line/issuing.csr' -noout -verify > '$work/out' 2>&1"
ok 'not made twice' ends 1 ca request "$line"
ok 'the key is its owner'"'"'s' test "$(stat -c %a "$line/issuing.key")" = 600
ok 'signed' ends 0 ca sign "$off" "$line/issuing.csr" "$work/issuing-1.crt" -j --url http://pki.example/npie --passphrase-file "$work/pass"
ok 'not over a file' ends 1 ca sign "$off" "$line/issuing.csr" "$work/issuing-1.crt" --passphrase-file "$work/pass"
ok 'nor what is no request' ends 1 ca sign "$off" "$off/root.crt" "$work/no.crt" --passphrase-file "$work/pass"
cp "$off"/root.c?? "$line/"
ok 'nor is there an authority without it' ends 1 ca renew "$line"
ok 'somebody else'"'"'s is refused' ends 1 ca renew "$line" --certificate "$work/ca/issuing.crt"
ok 'brought back' ends 0 ca renew "$line" -j --certificate "$work/issuing-1.crt"
ok 'makes the authority' json '2 == grep { $_->{state} eq "renewed" } @{$j->{certificates}}'
ca=$line
for part in issuing seal; do
    ok "$part.key is its certificate's too" key_of $part
    ok "$part verifies too" verifies $part
done
ok 'the seal has the addresses' test "$(points seal | tr '\n' ' ')" = 'URI:http://pki.example/npie/ca.crl OCSP - URI:http://pki.example/npie/ocsp CA Issuers - URI:http://pki.example/npie/ca.cer '
ok 'no key of the root' eval "! grep -rlE ENCRYPTED '$line' > '$work/out'"
all() { find "$ca" -type f | sort | xargs sha256sum | sha256sum; }
was=$(all)
ok 'brought again' ends 0 ca renew "$line" -j --certificate "$work/issuing-1.crt"
ok 'all is kept' json '2 == grep { $_->{state} eq "kept" } @{$j->{certificates}} and !@{$j->{next}}'
ok 'truly' test "$(all)" = "$was"

# Rollover: what an authority of nine years ago issued, and what it issues then.
ca=$work/aging
ok 'an authority nine years old' ends 0 ca init "$ca" --key p256 --from "$(date -u -d '-9 years -6 months' +%F)" --years 10 \
    --seal-years 10 --url http://pki.example/npie --passphrase-file "$work/pass"
leaf() { # NAME: signed by issuing.key
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr" 2> "$work/err" &&
        openssl x509 -req -in "$work/$1.csr" -CA "$ca/issuing.crt" -CAkey "$ca/issuing.key" -days 180 -out "$work/$1.crt" \
            -extfile <(printf 'authorityKeyIdentifier=keyid:always\nsubjectKeyIdentifier=hash\nkeyUsage=critical,digitalSignature\n') 2> "$work/err"
}
holds() { # NAME ISSUING [OPTION...]: by the root alone, with what came along
    openssl verify -x509_strict -CAfile "$ca/root.crt" -untrusted "$2" "${@:3}" "$work/$1.crt" > "$work/out" 2>&1
}
ok 'a certificate before' leaf earlier
cp "$ca/issuing.crt" "$work/issuing-before.crt"
cp "$ca/seal.crt" "$work/sealed.crt"
sum=$(sha256sum < "$ca/issuing.key")
mv "$ca/offline" "$work/away"
ok 'without the key of the root' ends 0 ca renew "$ca" -j
ok 'the issuing CA is due and the seal renewed' json 'join(" ", map { $_->{state} } @{$j->{certificates}}) eq "due renewed"'
ok 'which is told' json '$j->{next}[0] =~ /ca sign/'
ok 'the next seal' verifies seal
ok 'has a key of its own' eval "key_of seal && ! cmp -s '$ca/seal.crt' '$work/sealed.crt'"
ok 'and the addresses of the last' test "$(points seal | wc -l)" = 3
ok 'the last one stays known' test "$(grep -c BEGIN "$ca/seals.pem")" = 2
ok 'first the one in use' eval "openssl x509 -in '$ca/seals.pem' | cmp -s - '$ca/seal.crt'"
mv "$work/away" "$ca/offline"
ok 'not with another passphrase' ends 1 ca renew "$ca" --passphrase-file "$work/other"
ok 'with the key' ends 0 ca renew "$ca" -j --passphrase-file "$work/pass"
ok 'it is renewed' json 'join(" ", map { $_->{state} } @{$j->{certificates}}) eq "renewed kept"'
ok 'for ten years' lives 3640
ok 'the key is the same' test "$(sha256sum < "$ca/issuing.key")" = "$sum"
ok 'its own' key_of issuing
ok 'with the addresses' test "$(points issuing | tr '\n' ' ')" = 'URI:http://pki.example/npie/root.crl CA Issuers - URI:http://pki.example/npie/root.cer '
ok 'a certificate after' leaf later
ok 'the one before holds as it came' holds earlier "$work/issuing-before.crt"
ok 'and by what is served now' holds earlier "$ca/issuing.crt"
ok 'the one after holds' holds later "$ca/issuing.crt"
ok 'after the end of the first too' holds later "$ca/issuing.crt" -attime "$(($(date +%s) + 179 * 86400))"
ok 'all three are trusted' test "$(grep -c BEGIN "$ca/authorities.pem")" = 3
was=$(all)
ok 'once more' ends 0 ca renew "$ca" -j --passphrase-file "$work/pass"
ok 'nothing is due' json '2 == grep { $_->{state} eq "kept" } @{$j->{certificates}}'
ok 'nothing changed' test "$(all)" = "$was"
cp "$ca/seal.crt" "$work/sealed.crt"
ok 'a seal whose key leaked' ends 0 ca renew "$ca" -j --seal
ok 'is another one at once' eval "key_of seal && ! cmp -s '$ca/seal.crt' '$work/sealed.crt'"
# Ended between the two names: key in place, certificate not yet.
cp "$ca/seal.crt" "$ca/seal.crt.new"
cp "$work/sealed.crt" "$ca/seal.crt"
ok 'one that was interrupted' ends 0 ca renew "$ca"
ok 'is brought to its end' key_of seal
openssl x509 -in "$ca/issuing.crt" -out "$work/new-key.crt"
ok 'another key is no renewal' ends 1 ca renew "$ca" --certificate "$work/issuing-1.crt"
ca=$work/ca

before=$(find "$ca" -type f -exec cat {} + | sha256sum)
ok 'again is refused' ends 1 ca init "$ca" --key p256 --passphrase-file "$work/pass"
ok 'with the file' complained "$ca/offline/root.key"
ok 'nothing was overwritten' test "$(find "$ca" -type f -exec cat {} + | sha256sum)" = "$before"
mkdir "$work/half"
echo precious > "$work/half/seal.crt"
ok 'a file in the way' ends 1 ca init "$work/half" --key p256 --passphrase-file "$work/pass" --root-dir "$work/usb"
ok 'leaves nothing beside it' test "$(ls "$work/half" "$work/usb" | grep -vE '^$|:$')" = seal.crt
ok 'nor changes it' grep -q precious "$work/half/seal.crt"
# refused WORD OPTION...
refused() {
    local word=$1
    shift
    case $* in
    *--passphrase-file*) ok "refused: $*" ends 1 ca init "$work/no" "$@" ;;
    *) ok "refused: $*" ends 1 ca init "$work/no" --passphrase-file "$work/pass" "$@" ;;
    esac
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
ok 'nobody there to be asked' eval "! setsid -w '$npiectl' ca init '$work/no' --key p256 > '$work/out' 2> '$work/err' < /dev/null"
ok 'which is told' complained 'no terminal to ask at: give --passphrase-file'
refused 'http://' --url https://pki.example/
refused 'http://' --url 'http://pki.example/a b'
echo short > "$work/pass"
refused '8 characters' --passphrase-file "$work/pass"
ok 'no folder' test ! -e "$work/no"
# Typed at a terminal, twice; then once.
ca=$work/typed
typed() { # LINE... -- COMMAND...
    local lines=''
    while [ "$1" != -- ]; do lines+="$1\n"; shift; done
    shift
    # shellcheck disable=SC2059
    { sleep 1; printf "${lines%%\\n*}\n"; sleep 1; printf "${lines#*\\n}"; sleep 1; } |
        script -qec "$*" /dev/null > "$work/out" 2>&1
}
ok 'typed' typed 'una frase larga' 'una frase larga' -- "$npiectl" ca init "$ca" --key p256
ok 'and taken' key_of root 'una frase larga' offline/
ok 'not shown' eval "! grep -q 'frase larga' '$work/out'"
ok 'not the same twice' eval "! typed 'una frase larga' 'una frase lerga' -- '$npiectl' ca init '$work/no' --key p256"
ok 'makes nothing' test ! -e "$work/no"
tap_end
