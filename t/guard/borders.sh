#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the objects of each room ask of others, by nm and readelf.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

# What every object and program asks for, read once: its path, a symbol.
mapfile -t all < <(find mod_npie -name '*.o' | sort)
inputs 'objects' "${all[@]}"
asked=$($NM -uA "${all[@]}" npie-signer | awk '{ print $1, $NF }')

# wants PATTERN OBJECT...: undefined symbols that match, with their object.
wants() {
    local pattern=$1
    shift
    printf '%s\n' "$@" | awk -v p="$pattern" '
        NR == FNR { of[$0 ":"] = 1; next }
        $1 in of && $2 ~ p { print $1, $2 }' - <(printf '%s\n' "$asked")
}

for room in base model pki pkcs11 tsa store letter renew mail ledger draw signer flow ctl; do
    mapfile -t files < <(find mod_npie/"$room" -name '*.o' | sort)
    inputs "objects of $room" "${files[@]}"
    none "$room asks nothing of httpd (no ap_*)" "$(wants '^ap_' "${files[@]}")"
done

# place NAME PATTERN ALLOWED: only objects whose path matches ALLOWED ask for
# these symbols, and at least one does.
place() {
    local found
    found=$(wants "$2" "${all[@]}")
    inputs "user of $1" $(printf '%s\n' "$found" | cut -d: -f1 | head -n 1)
    none "$1 is used in one place" "$(printf '%s\n' "$found" | grep -vE "^$3" || true)"
}
place hiredis '^redis[A-Z]' 'mod_npie/store/(\.libs/)?[a-z_]*-?session'
place libharu '^HPDF_' 'mod_npie/letter/(\.libs/)?[^:]*'
place libcurl '^curl_' 'mod_npie/(tsa/(\.libs/)?[a-z_]*-?fetch|mail/(\.libs/)?[a-z_]*-?smtp|renew/(\.libs/)?[a-z_]*-?http)'
place zstd '^ZSTD_' 'mod_npie/store/(\.libs/)?[a-z_]*-?registry_file'
place apr_dbd '^apr_dbd_' 'mod_npie/store/(\.libs/)?[a-z_]*-?(registry|statements|rows)'

none 'letter/file.c knows nothing of libharu' \
    "$(wants '^HPDF_' $(find mod_npie/letter -name '*file*.o'))"

inputs 'npie-signer' npie-signer
# PKCS#11 is for the signer and for whoever makes its keys: what httpd loads
# must not even be able to open a module.
for object in .libs/mod_npie.so npie-renew; do
    none "$object knows nothing of keys in tokens" \
        "$($NM $object | grep -E 'npie_pkcs11_' || true)$(readelf -d $object |
            grep NEEDED | grep -E 'p11|softhsm' || true)"
    none "$object loads no libraries" "$($NM -u $object | grep -wE 'dl(m?open|sym)' || true)"
done
mapfile -t token_users < <(wants '^npie_pkcs11_' "${all[@]}" | cut -d: -f1 | sort -u)
inputs 'users of keys in tokens' "${token_users[@]}"
none 'npie-signer and npiectl alone use keys in tokens' \
    "$(printf '%s\n' "${token_users[@]}" | grep -vE '^mod_npie/(pkcs11|signer|ctl)/' || true)"
if [ "$PKCS11" = yes ]; then
    inputs 'program that opens tokens' $(wants '^dlopen' "${all[@]}" | cut -d: -f1)
    none 'modules of tokens are loaded in one place' \
        "$(wants '^dlopen' "${all[@]}" | grep -v '^mod_npie/pkcs11/' || true)"
fi

none 'npie-signer needs neither hiredis, libharu, apr-util nor a database' \
    "$(readelf -d npie-signer | grep NEEDED | grep -E 'hiredis|hpdf|aprutil|sqlite|libpq' || true)"
inputs 'npie-ledger' npie-ledger
none 'npie-ledger has no key to sign with' \
    "$($NM npie-ledger | grep -E 'npie_(ledger_key|issuer|pkcs11|chain)_|EVP_' || true)"
inputs 'npie-draw' npie-draw
none 'npie-draw has no key to sign with' \
    "$($NM npie-draw | grep -E 'npie_(ledger_key|issuer|pkcs11|chain|cms_make)' || true)"
place libqrencode '^QRcode_' 'mod_npie/signer/(\.libs/)?[a-z_]*-?square'
place libpq '^PQ' 'mod_npie/ledger/(\.libs/)?[a-z_]*-?link_pgsql'
place sqlite '^sqlite3_' 'mod_npie/ledger/(\.libs/)?[a-z_]*-?store_sqlite'
none 'npie-signer holds nothing of httpd' "$(wants '^ap_' npie-signer)"

inputs 'npiectl' npiectl
none 'npiectl holds nothing of httpd' "$($NM npiectl | awk '$2 != "U" && $3 ~ /^ap_/')"

inputs 'npie-renew' npie-renew
none 'npie-renew needs neither hiredis, libharu nor apr-util' \
    "$(readelf -d npie-renew | grep NEEDED | grep -E 'hiredis|hpdf|aprutil' || true)"

inputs 'mod_npie.so' .libs/mod_npie.so
none 'mod_npie.so holds no code of the issuer' \
    "$($NM .libs/mod_npie.so | grep npie_issuer_ || true)"
none 'mod_npie.so exports its module record alone' \
    "$($NM -D --defined-only .libs/mod_npie.so | awk '$3 != "npie_module"')"
none 'mod_npie.so holds nothing of npiectl' \
    "$($NM .libs/mod_npie.so | grep npie_ctl_ || true)"
none 'mod_npie.so holds nothing that opens an employer'\''s key' \
    "$($NM .libs/mod_npie.so | grep npie_credential_ || true)"
tap_end
