#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A demo on this machine: builds, makes authorities and employers, starts
# Redis, npie-signer and httpd on loopback. --once: renews by itself.
set -euo pipefail
cd "$NPIE_TOP"
. t/lib/say.sh
. t/lib/build.sh

PASSWORD_WINDOWS=Prueba123
PASSWORD_MODERN='Trigo-y-canela-24'

# json FIELD: that field of the JSON object on standard input.
json() {
    perl -MJSON::PP -e 'print JSON::PP->new->decode(<STDIN>)->{$ARGV[0]}' "$1"
}

demo_stop() {
    trap - EXIT INT TERM
    if [ -d "$demo/world/registry" ]; then
        t/lib/world stop "$demo/world" || true
    fi
    rm -rf "$demo"
    say "stopped"
}

demo_build() {
    say "building in build/"
    build_in build "$demo/build.log" ||
        die "the build failed" "read the end of the log above"
    quietly "$demo/build.log" make -C build install DESTDIR="$demo/installed" ||
        die "make install failed" "read the end of the log above"
    module=$(find "$demo/installed" -name mod_npie.so)
    signer=$(find "$demo/installed" -name npie-signer -type f -perm -u+x)
    npiectl=$(find "$demo/installed" -name npiectl -type f -perm -u+x)
    renew=$(find "$demo/installed" -name npie-renew -type f -perm -u+x)
    data=$(dirname "$(find "$demo/installed" -type d -path '*/htdocs/npie')")
    conf=$(dirname "$(find "$demo/installed" -type d -path '*/npie/letter')")
    [ -n "$module" ] && [ -n "$signer" ] && [ -n "$npiectl" ] && [ -n "$renew" ] && [ -d "$data" ] && [ -d "$conf" ] ||
        die "make install is incomplete" "compare $demo/installed with the README"
}

demo_world() {
    say "making authorities, registry and employers"
    t/lib/world make "$demo/world" "$npiectl" www-data nobody
    windows=$(t/lib/world employer "$demo/world" windows password="$PASSWORD_WINDOWS")
    modern=$(t/lib/world employer "$demo/world" modern password="$PASSWORD_MODERN")
}

employer_show() {
    cat <<SHOW
   $1
      archivo      $(json pfx <<<"$2")
      contraseña   $(json password <<<"$2")
      usuario      $(json user <<<"$2")
SHOW
}

demo_show() {
    mkdir -p demo-out
    cp "$(json pfx <<<"$windows")" "$(json pfx <<<"$modern")" demo-out/
    cat <<SHOW

The demo runs at  $address/npie/acceso.html
(the certificate is self-signed: accept it when the browser warns)

Log in as an employer whose certificate has expired, and follow the pages:
$(employer_show "a PFX of an old Windows (RC2-40, 3DES, RSA-1024)" "$windows")
$(employer_show "a modern PFX (AES-256, RSA-2048)" "$modern")

Mail to any address arrives at  $mailbox
(the mail server rejects nadie@... and defers gris@...).

Letters are dated by a timestamp authority of the demo's own,
$(cat "$demo/world/tsa/url")

Both files are also in demo-out/. The application behind the gate is
$address/idse/ . The server's log is $demo/world/logs/error_log .
Ctrl-C stops the demo.
SHOW
}

once=
case ${1-} in
    '') ;;
    --once) once=1 ;;
    *) die "demo takes --once or nothing, not '$1'" "see ./bootstrap --help" ;;
esac
demo=$(mktemp -d /tmp/npie-demo.XXXXXX)
chmod 755 "$demo"
trap demo_stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
demo_build
demo_world
if [ -z "$once" ]; then
    mailbox=$(t/lib/world mail "$demo/world" optional) ||
        die "the mail server did not start" "read the log above"
fi
t/lib/world tsa "$demo/world" > "$demo/tsa.log" 2>&1 ||
    die "the timestamp authority did not start" "read $demo/tsa.log"
say "starting Redis, npie-signer and httpd"
address=$(t/lib/world start "$demo/world" "$module" "$signer" "$data/npie" "$conf" \
    www-data 8443) ||
    die "the servers did not start" "read the log above"
if [ -n "$once" ]; then
    rm -rf demo-out
    say "renewing at $address"
    t/lib/renew "$demo/world" "$(json pfx <<<"$windows")" "$PASSWORD_WINDOWS" \
        "$(json user <<<"$windows")" demo-out "$renew" ||
        die "the renewal failed" "the line above says where; the server's log ends:
$(tail -n 15 "$demo/world/logs/error_log")"
    exit 0
fi
demo_show
while sleep 1; do :; done
