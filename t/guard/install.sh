#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make install: the configurations name what was installed, an admin's own is
# left alone, and make uninstall leaves nothing else behind.
. "$top_srcdir/t/guard/tap.sh"

root=$(mktemp -d /tmp/npie-install-XXXXXX)
trap 'rm -rf "$root"' EXIT
installed() {
    env -u MAKEFLAGS -u MAKELEVEL make -s "$1" DESTDIR="$root" >"$root/log" 2>&1 || {
        sed 's/^/# /' "$root/log"
        echo "Bail out! make $1 failed"
        exit 99
    }
    rm -f "$root/log"
}
installed install
conf=$(dirname "$(find "$root" -name npie.conf -not -path '*/original/*')")
inputs 'configurations' "$conf"/{npie,npie-signer,npiectl}.conf

# absent PATTERN: which of the paths that the configurations name are not there.
absent() {
    local path named
    named=$(grep -hoE "$1" "$conf"/*.conf | sort -u)
    [ -n "$named" ] || echo "nothing is named like $1"
    for path in $named; do
        [ -e "$root$path" ] || echo "$path"
    done
}
none 'the module that is loaded is there' "$(absent '/[^ ]+/mod_npie\.so')"
none 'so is the signer' "$(absent '/[^ :]+/mod_npie/npie-signer')"
none 'so are pages, letters, mails and schemas' "$(absent '/[^ >]+/share/npie[^ >]*')"
none 'the configurations know each other' "$(absent '/[^ ]+/npie-signer\.conf')"

none 'npiectl.conf, which may hold a password, is not for everyone' \
    "$(find "$conf/npiectl.conf" ! -perm 0640)"

echo '# an admin was here' >>"$conf/npie.conf"
installed install
none 'what an admin has changed stays as it is' \
    "$(tail -n 1 "$conf/npie.conf" | grep -v '^# an admin was here$')"
reference=$(find "$root" -path '*/share/npie/original/npie.conf')
none 'and the new reference is with what is installed' "$(cmp "$reference" conf/original/npie.conf)"
installed uninstall
none 'uninstall takes away all but that' "$(find "$root" -type f ! -path "$conf/npie.conf")"
none 'which is left' "$([ -e "$conf/npie.conf" ] || echo 'npie.conf is gone')"
tap_end
