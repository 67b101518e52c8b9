#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl setup: an installation from a file of answers, which the parts accept.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
[ -f "$build/conf/original/site.conf" ] || make -s -C "$build" \
    conf/original/{site,npie,npie-signer,npiectl}.conf || exit 99
cp -R "$build/conf/original" "$work/original"
sed -i "s|^#SQL .*|SQL $work/sql|" "$work/original/npiectl.conf"
(umask 077 && echo 'una frase de paso' > "$work/passphrase")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=idse.example \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2> "$work/err" || exit 99
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Autoridad 2014' \
    -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$work/old.key" -out "$work/old.crt" 2> "$work/err" || exit 99

# answers LINE...: the file of answers of one installation, $home, with these
# lines more.
answers() {
    cat > "$work/answers" <<CONF
Site idse.example
Institution "Instituto de Prueba Ñ"
Registry $registry
State $home/state
Ledger $home/ledger/ledger.db
TLSCertificate $work/tls.crt
TLSKey $work/tls.key
CONF
    printf '%s\n' "$@" >> "$work/answers"
}
# setup STATUS OPTION...: from the answers into $home.
setup() {
    local want=$1 got=0
    shift
    "$npiectl" setup --answers "$work/answers" --passphrase-file "$work/passphrase" \
        --folder "$home/etc" --site-file "$home/site.conf" --references "$work/original" "$@" \
        > "$work/out" 2> "$work/err" < /dev/null || got=$?
    [ "$got" = "$want" ] || { echo "# status $got"; false; }
}
says() { grep -qxF -- "$2" "$home/$1"; } # FILE LINE

for place in sqlite pgsql; do
    on $place
    home=$work/home-$place
    mkdir "$home"
    [ $place = pgsql ] || registry=sqlite3:$home/registry/registry.db
    answers 'MailServer smtp+plain://localhost' 'MailFrom "Avisos <avisos@instituto.example>"' \
        "Trust $work/old.crt"
    ok "$place: made" setup 0 -j
    ok 'every part is told, and what comes next' json \
        '9 <= @{$j->{steps}} && !grep({ $_->{state} ne "made" } @{$j->{steps}}) && @{$j->{next}} >= 5'
    ok 'with the status' json '(grep { $_->{part} eq "registry" && $_->{state} eq "ok" } @{$j->{status}}) == 1'
    ok 'the authority is of the institution' eval \
        "openssl x509 -in '$home/etc/ca/issuing.crt' -noout -subject -nameopt RFC2253,-esc_msb | grep -q 'O=Instituto de Prueba Ñ'"
    ok 'root.key has the passphrase' openssl pkey -in "$home/etc/ca/offline/root.key" \
        -passin 'pass:una frase de paso' -noout
    ok 'certificates say where the CRL is' says etc/npie-signer.conf 'CRLURL http://idse.example/npie/ca.crl'
    ok 'older authorities are trusted by the signer' says etc/npie-signer.conf "Trust $work/old.crt"
    ok 'by httpd' says site.conf "NPIETrust \"$home/etc/ca/authorities.pem\" \"$work/old.crt\""
    ok 'and by npiectl' says etc/npiectl.conf "Trust $work/old.crt"
    ok 'the site has its address' says site.conf 'NPIEBaseURL https://idse.example/npie/'
    ok 'its institution' says site.conf 'NPIEInstitution "Instituto de Prueba Ñ"'
    ok 'its mail server' says site.conf 'NPIEMailServer smtp+plain://localhost'
    ok 'the templates of mails' grep -q '^NPIEMailTemplates /' "$home/site.conf"
    ok 'its registry' says site.conf "DBDParams \"${registry#*:}\""
    ok 'nothing is left to fill in' eval "! grep -nE '\{[a-z]+\}' '$home/site.conf'"
    ok 'what may hold a password is not for everyone' \
        test "$(stat -c %a "$home/site.conf" "$home/etc/npiectl.conf" | sort -u)" = 640
    conf=$home/etc/npiectl.conf
    ok 'the registry is good by the new npiectl.conf' eval \
        "'$npiectl' -c '$conf' registry check > '$work/out' 2> '$work/err'"
    sed -e '/^User /d' -e '/^LedgerUser /d' -e '/^DrawUser /d' \
        -e "s|^LetterTerms .*|LetterTerms $top/conf/letter/terminos.txt|" -e "s|^PeerUser .*|PeerUser $(id -un)|" \
        "$home/etc/npie-signer.conf" > "$work/signer.conf"
    ok 'npie-signer knows the institution' grep -q '^Institution "*Instituto de Prueba Ñ' \
        "$home/etc/npie-signer.conf"
    printf 'User %s\nLedgerUser %s\nDrawUser %s\n' "$(id -un)" "$(id -un)" "$(id -un)" >> "$work/signer.conf"
    [ "$(id -u)" = 0 ] || ok 'npie-signer accepts its file' eval \
        "'$npie_signer' -t -f '$work/signer.conf' > '$work/out' 2> '$work/err'"

    before=$(find "$home" -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort)
    ok 'again' setup 0 -j
    ok 'everything is there' json '!grep { $_->{state} ne "there" } @{$j->{steps}}'
    ok 'and unchanged' test "$before" = \
        "$(find "$home" -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort)"
done

# What somebody has written is left alone.
home=$work/edited
on sqlite
registry=sqlite3:$home/registry/registry.db
mkdir -p "$home/etc"
echo '# an admin was here' > "$home/etc/npie-signer.conf"
cp "$work/original/npiectl.conf" "$home/etc/"
answers
ok 'beside a file that is there' setup 0 -j
ok 'which is kept' json '1 == grep { $_->{step} eq "npie-signer.conf" && $_->{state} eq "kept" } @{$j->{steps}}'
ok 'as it was' test "$(cat "$home/etc/npie-signer.conf")" = '# an admin was here'
ok 'the reference gives way' says etc/npiectl.conf "Registry $registry"

# What was begun is gone on with.
rm "$home/site.conf"
rm -r "$home/registry"
ok 'what is missing is made' setup 0 -j
ok 'that alone' json '"folder registry site" eq join " ", sort map { $_->{step} } grep { $_->{state} eq "made" } @{$j->{steps}}'

# Wrong answers, before anything is made.
home=$work/wrong
mkdir "$home"
refused() { # LINE WORDS
    answers "$1"
    setup 1 && complained "$2" && [ -z "$(ls -A "$home")" ]
}
ok 'a site that is no host name' refused 'Site https://idse.example/' 'it stands here a second time'
ok 'a token that is none' refused 'Keys hsm' 'pkcs11:token='
ok 'a mail server without a sender' refused 'MailServer smtp://correo.example' 'MailFrom'
ok 'a trust file that is not there' refused "Trust $work/none" 'no such file'
ok 'one that is no certificate' refused "Trust $work/passphrase" passphrase
ok 'a key that nobody knows' refused 'Colour blue' 'there is no such key'
sed -i 's/^Site .*/Site IDSE.example:443/' "$work/answers"
sed -i '/^Colour/d' "$work/answers"
ok 'a host name in capitals' setup 1
ok 'which is told' complained 'small letters'
rm "$work/answers"
ok 'no answers' setup 1
got=0
"$npiectl" setup --folder "$home/etc" --site-file "$home/site.conf" --references "$work/original" \
    < /dev/null > "$work/out" 2> "$work/err" || got=$?
ok 'nobody to ask' test "$got" = 1
ok 'and how to answer is told' complained '--answers'
tap_end
