#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl ca init with keys in a SoftHSM, and npie-signer with what it has
# made. openssl judges, and pkcs11-tool what the token holds.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
on sqlite
module=/usr/lib/softhsm/libsofthsm2.so
SOFTHSM2_CONF=$work/softhsm2.conf
export SOFTHSM2_CONF
mkdir "$work/tokens"
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" > "$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label NPIE --so-pin 31415926 --pin 271828 > "$work/out" 2>&1 ||
    { echo "Bail out! softhsm2-util: $(cat "$work/out")"; exit 99; }
echo 271828 > "$work/pin"
echo 161803 > "$work/wrong"
echo 'una frase de paso' > "$work/passphrase"
chmod 400 "$work/pin" "$work/wrong" "$work/passphrase"
uri="pkcs11:token=NPIE?module-path=$module"

holds() { # what the token holds, as its own tool says
    pkcs11-tool --module "$module" --token-label NPIE --login --pin 271828 --list-objects 2> "$work/tool"
}
# init NAME OPTION...: into $work/NAME
init() {
    local name=$1
    local -A given=([--key]=p256 [--pin-file]=$work/pin [--pkcs11]=$uri [--passphrase-file]=$work/passphrase)
    local -a flags=()
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        -j) flags+=("$1"); shift ;;
        --root-in-token) flags+=("$1"); unset 'given[--passphrase-file]'; shift ;;
        *) given[$1]=$2; shift 2 ;;
        esac
    done
    for option in "${!given[@]}"; do
        flags+=("$option=${given[$option]}")
    done
    ctl ca init "$work/$name" "${flags[@]}"
}
not() { ! "$@"; }
verifies() { # NAME
    openssl verify -x509_strict -CAfile "$work/$1/root.crt" -untrusted "$work/$1/issuing.crt" \
        "$work/$1/seal.crt" > "$work/out" 2>&1
}
same() { [ "$(holds)" = "$1" ] && [ ! -e "$work/no" ]; }
silent() { not grep -qE '271828|161803' "$work/err" "$work/out"; }
# refused WORD NAME OPTION...: nothing is made, no file and no key
refused() {
    local word=$1 before
    shift
    before=$(holds)
    ok "refused: $*" not init "$@"
    ok "says why: $*" complained "$word"
    ok "the PIN is not told: $*" silent
    ok "nothing was made: $*" same "$before"
}

refused 'refuses this PIN' no --pin-file "$work/wrong"
refused 'no such token' no --pkcs11 "pkcs11:token=other?module-path=$module"
refused 'nowhere.so' no --pkcs11 "pkcs11:token=NPIE?module-path=/nowhere.so"
refused 'module-path' no --pkcs11 pkcs11:token=NPIE
refused 'token alone' no --pkcs11 "pkcs11:token=NPIE;object=x?module-path=$module"
refused 'a PIN has no place' no --pkcs11 "pkcs11:token=NPIE?module-path=$module&pin-value=271828"
refused 'pin-file' no --pin-file "$work/nowhere"
refused '--label' no --label ''
refused 'kinds are' no --key dsa
refused 'more than the 2' no --root-years 2
ok 'token options want a token' ends 1 ca init "$work/no" --label x
ok 'and say so' complained 'give --pkcs11 too'

ok 'made' init ca -j --organization 'Instituto de Prueba'
ok 'tells files and keys' json '@$j == 11 && 3 == grep({ $_->{secret} } @$j) && 2 == grep({ $_->{file} =~ /^pkcs11:/ } @$j)'
ok 'no key files but the root'\''s' test "$(cd "$work/ca" && find . -name '*.key')" = ./offline/root.key
ok 'seal and issuing CA verify' verifies ca
holds > "$work/objects"
for part in issuing seal; do
    ok "npie-$part is in the token" grep -qx "  label: *npie-$part" "$work/objects"
done
ok 'sensitive, never extractable' test "$(grep -c 'sensitive, always sensitive, never extractable, local' "$work/objects")" = 2
refused 'npie-issuing is there already' no
refused 'File exists' ca --label otra
ok 'with RSA, the root too' init all --key rsa:2048 --label todo --root-in-token
ok 'no key files at all' test -z "$(find "$work/all" -name '*.key')"
ok 'and verifies' verifies all
mkdir "$work/half"
chmod 500 "$work/half"
before=$(holds)
if [ "$(id -u)" -ne 0 ]; then
    ok 'a folder that cannot be written to' not init half --label media
    ok 'takes its keys away again' same "$before"
fi

# The configuration as it was made, but for who and where.
signer_conf=$work/npie-signer.conf
signer_folders
[ "$(id -u)" -ne 0 ] || { chown -R nobody "$work/tokens"; chmod -R go+rX "$work/ca"; }
sed -e "s|/var/lib/npie-signer|$state|" -e "s|/var/lib/npie-ledger|$ledger|" \
    -e "s|^LedgerUser .*|LedgerUser $ledger_account|" \
    -e "s|^DrawUser .*|DrawUser $draw_account|" \
    -e "s|^LetterTerms .*|LetterTerms $top/conf/letter/terminos.txt|" -e "s|^User .*|User $account|" \
    -e "s|^PeerUser .*|PeerUser $(id -u)|" "$work/ca/npie-signer.conf" > "$signer_conf"
# Sanitizers make system calls of their own.
! nm "$npie_signer" | grep -q __asan_init || echo 'Sandbox off' >> "$signer_conf"
ok 'npie-signer -t takes it' "$npie_signer" -t -f "$signer_conf"
signer_start
list() {
    ctl --signer "$work/signer.sock" crl --out "$work/ca.crl" -y &&
        openssl crl -inform DER -in "$work/ca.crl" -noout -CAfile "$work/ca/authorities.pem" 2>&1 | grep -q 'verify OK'
}
ok 'a list of revoked certificates' list
kill "$signer_pid"
ok 'the signer ends well' wait "$signer_pid"
signer_pid=
tap_end
