#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the objects of each room ask of others, by nm and readelf.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

# wants PATTERN OBJECT...: undefined symbols that match, with their object.
wants() {
    local pattern=$1 object
    shift
    for object in "$@"; do
        $NM -u "$object" | awk -v o="$object" -v p="$pattern" \
            '$2 ~ p { print o ": " $2 }'
    done
}

for room in base model pki pkcs11 store letter renew mail signer flow ctl; do
    mapfile -t files < <(find mod_npie/"$room" -name '*.o' | sort)
    inputs "objects of $room" "${files[@]}"
    none "$room asks nothing of httpd (no ap_*)" "$(wants '^ap_' "${files[@]}")"
done

mapfile -t all < <(find mod_npie -name '*.o' | sort)
inputs 'objects' "${all[@]}"

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
place libcurl '^curl_' 'mod_npie/(mail/(\.libs/)?[a-z_]*-?smtp|renew/(\.libs/)?[a-z_]*-?http)'
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

none 'npie-signer needs neither hiredis, libharu nor apr-util' \
    "$(readelf -d npie-signer | grep NEEDED | grep -E 'hiredis|hpdf|aprutil' || true)"
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
