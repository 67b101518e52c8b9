#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The manual's runbooks, run from their text: paths are moved below a folder of
# the test, httpd is a program that notes how it is called; npiectl, npie-signer,
# openssl and the files are real.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

page=$top/htdocs/manual/runbooks.html
world=$work/world
media=$world/media
mkdir -p "$world/etc" "$media/root" "$media/copy" "$media/travel" "$world/lib/npie" "$world/lib/npie-signer" \
    "$world/lib/npie-ledger" "$world/sites" "$world/bin" "$world/backup" "$world/logs"

# What a machine has and a test may not touch.
cat > "$world/bin/apachectl" <<EOF
#!/bin/sh
echo "apachectl \$*" >> $world/called
EOF
for name in umount apt systemctl curl; do
    printf '#!/bin/sh\necho "%s $*" >> %s\n' $name "$world/called" > "$world/bin/$name"
done
# The test's own conf, and nobody at a terminal who types a passphrase, or yes.
printf '#!/bin/sh\ncase " $* " in *" ca init "* | *" ca sign "*) set -- "$@" --passphrase-file %s ;; *" ca revoke "*) set -- "$@" --yes ;; esac\nexec %s -c %s "$@"\n' \
    "$work/passphrase" "$npiectl" "$world/etc/npiectl.conf" > "$world/bin/npiectl"
printf '#!/bin/sh\ncase "$*" in *%s/root/root.key*) set -- "$@" -passin file:%s ;; esac\nexec %s "$@"\n' \
    "$media" "$work/passphrase" "$(command -v openssl)" > "$world/bin/openssl"
# install -o needs root.
printf '#!/bin/sh\n[ "$1" = -o ] && shift 2\nexec /usr/bin/install "$@"\n' > "$world/bin/install"
chmod 755 "$world"/bin/*
(umask 077 && echo 'una frase de paso' > "$work/passphrase")
: > "$world/called"
account=$(id -un)

# moved: a text with the paths of the test in place of a machine's.
moved() {
    sed -e "s|/etc/apache2/sites-available|$world/sites|g" -e "s|/etc/npie|$world/etc|g" \
        -e "s|/media/|$media/|g" -e "s|/var/lib/|$world/lib/|g" -e "s|/backup/|$world/backup/|g" \
        -e "s|/usr/libexec/mod_npie/npie-signer|$npie_signer|g"
}
block() { perl "$top/t/ctl/runbooks.pl" "$page" "$@" | moved; }
# follows ID [N]: types a runbook's commands, ending at the first that fails. For
# status see good(): there is no site to shake hands with.
follows() {
    block "$@" | sed 's/^npiectl status$/:/' > "$work/typed"
    (cd "$world" && PATH=$world/bin:$PATH bash -e "$work/typed") > "$work/out" 2> "$work/err"
}
called() { grep -qxF "$1" "$world/called"; }

# The packages bring the file.
printf 'SQL %s/sql\n' "$work" > "$world/etc/npiectl.conf"
ok 'the key ceremony' follows ceremony
ok 'the root stays on the medium' test -s "$media/root/root.key" -a ! -e "$world/etc/ca/root.key"
ok 'and on the copy' cmp "$media/root/root.key" "$media/copy/root.key"
ok 'the chain is good' grep -q 'seal.crt: OK' "$work/out"
ok 'the fingerprint is shown' grep -qi '^sha256 fingerprint=' "$work/out"
ok 'the year'"'"'s CRL' eval "'$world/bin/npiectl' ca crl --root-key '$media/root/root.key' \
    --passphrase-file '$work/passphrase' '$world/etc/ca' > '$work/out' 2> '$work/err'"

# An installation as npiectl setup leaves it.
cat > "$world/etc/npie-signer.conf" <<CONF
Key $world/etc/ca/issuing.key
Certificate $world/etc/ca/issuing.crt
SealKey $world/etc/ca/seal.key
SealCertificate $world/etc/ca/seal.crt
State $world/lib/npie-signer
Ledger $world/lib/npie-ledger/ledger.db
LedgerUser $account
User $account
PeerUser $account
CRLURL http://idse.example/npie/ca.crl
OCSPURL http://idse.example/npie/ocsp
LetterTerms $top/conf/letter/terminos.txt
DrawUser $account
CONF
cat > "$world/etc/npiectl.conf" <<CONF
Registry sqlite3:$world/lib/npie/registry.db
SQL $work/sql
Signer unix:$work/signer.sock
SignerConfig $world/etc/npie-signer.conf
Trust $world/etc/ca/authorities.pem
Seal $world/etc/ca/seal.crt
Site https://idse.example/npie/
Logs $world/logs
CONF
cat > "$world/sites/npie.conf" <<CONF
NPIEBaseURL https://idse.example/npie/
NPIETrust $world/etc/ca/authorities.pem
NPIESeal $world/etc/ca/seal.crt
<VirtualHost *:80>
    ServerName idse.example
</VirtualHost>
<VirtualHost *:443>
    ServerName idse.example
</VirtualHost>
CONF
cp "$world/etc/npie-signer.conf" "$work/npie-signer.conf"
conf=$world/etc/npiectl.conf
registry=sqlite3:$world/lib/npie/registry.db
ctl registry init
up() {
    cp "$world/etc/npie-signer.conf" "$work/npie-signer.conf"
    signer_start
}
up
again() { signer_stop; up; }
# good PART...: npiectl status says so of each.
good() {
    local part
    grep -vE '^(CRL|OCSP)URL ' "$world/etc/npie-signer.conf" > "$work/inside-signer.conf"
    sed -e '/^Site /d' -e "s|^SignerConfig .*|SignerConfig $work/inside-signer.conf|" "$conf" > "$work/inside.conf"
    conf=$work/inside.conf ctl status -j
    for part in "$@"; do
        json "grep { \$_->{part} eq '$part' && \$_->{state} eq 'ok' } @\$j" || { echo "# $part"; return 1; }
    done
}
ok 'the machine is in order' good registry signer ledger authority seal ocsp

# Upgrade, but for the packages.
ok 'the upgrade' follows upgrade 1
ok 'stops httpd before it' called 'apachectl stop'
ok 'and starts it after' called 'apachectl start'
ok 'the paths after make install' follows upgrade 2

# Leaked seal key.
cp "$world/etc/ca/seal.crt" "$work/seal-old.crt"
ok 'a new seal' follows seal
ok 'is accepted as one by npie-signer' "$npie_signer" -t -f "$world/etc/npie-signer.conf" 2> "$work/err"
ok 'both are known' test "$(grep -c 'BEGIN CERTIFICATE' "$world/etc/ca/seals.pem")" = 2
ok 'to the site' grep -qxF "NPIESeal $world/etc/ca/seals.pem" "$world/sites/npie.conf"
ok 'and to npiectl' grep -qxF "Seal $world/etc/ca/seals.pem" "$conf"
again
ok 'it serves' good signer ledger authority seal
ok 'the old one is on the CRL' eval "ctl crl --pem --out '$work/now.crl' && openssl crl -in '$work/now.crl' -noout -text \
    | grep -qi \"\$(openssl x509 -in '$work/seal-old.crt' -noout -serial | cut -d= -f2)\""
ok 'the key is the owner'"'"'s' test "$(stat -c %a "$world/etc/ca/seal.key")" = 600

# Rollover.
cp "$world/etc/ca/issuing.crt" "$work/issuing-old.crt"
cp "$work/issuing-old.crt" "$media/travel/issuing.crt"
ok 'the root signs again' follows rollover 1
ok 'the signer takes it' follows rollover 2
again
ok 'and serves' good registry signer ledger authority seal ocsp
ok 'by another certificate' eval "! cmp -s '$work/issuing-old.crt' '$world/etc/ca/issuing.crt'"
ok 'under the same root' eval "openssl verify -CAfile '$world/etc/ca/root.crt' \
    -untrusted '$world/etc/ca/issuing.crt' '$world/etc/ca/seal.crt' > '$work/out' 2>&1"
ok 'which the CRL is by' eval "ctl crl --pem --yes --out '$work/now.crl' && openssl crl -in '$work/now.crl' -noout -CAfile \
    '$world/etc/ca/issuing.crt' 2>&1 | grep -q 'verify OK'"
ok 'the ledger goes on' ends 0 ledger verify

# Lost signer machine: its backup, as the text has it, and another machine.
backup=$(block lost 1 | grep '^sqlite3 ')
ok 'the ledger is backed up' eval "$backup"
cp "$world/lib/npie-signer/ledger.key" "$world/backup/"
tar -cpf "$world/backup/etc-npie.tar" -C / "${world#/}/etc"
signer_stop
rm -rf "$world/etc" "$world/lib/npie-signer" "$world/lib/npie-ledger"
mkdir -p "$world/lib/npie-signer" "$world/lib/npie-ledger"
follow_lost() {
    # npie-signer is what restarting httpd starts.
    block lost 2 | sed -e 's/^npiectl status$/:/' -e '/^apachectl restart$/,$d' > "$work/typed"
    grep -q '^install .*ledger.key' "$work/typed" || return 1
    (cd "$world" && PATH=$world/bin:$PATH bash -e "$work/typed") > "$work/out" 2> "$work/err"
}
ok 'another machine takes its place' follow_lost
ok 'packages are installed first' called 'apt install ./npie-signer_*.deb ./npie-tools_*.deb ./libapache2-mod-npie_*.deb'
up
ok 'it serves' good registry signer ledger authority seal
ok 'the audit is whole' ends 0 audit verify
ok 'so is the ledger' ends 0 ledger verify

# Another name of the site.
ok 'the site moves' follows name
ok 'both hosts have the new name and the old' test "$(grep -c 'ServerName nuevo.example' "$world/sites/npie.conf")" = 2 \
    -a "$(grep -c 'ServerAlias idse.example' "$world/sites/npie.conf")" = 2
ok 'its address is the new one' grep -qxF 'NPIEBaseURL https://nuevo.example/npie/' "$world/sites/npie.conf"
ok 'new certificates name it' grep -q '^CRLURL http://nuevo.example/npie/ca.crl$' "$world/etc/npie-signer.conf"
ok 'npiectl.conf names it' eval "! grep -q '^Site https://idse.example' '$conf'"
tap_end
