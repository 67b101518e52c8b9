#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every directive in the code stands in the reference configuration and in the
# manual, and the other way round; so do the signer's keys.
. "$top_srcdir/t/guard/tap.sh"

code=$top_srcdir/mod_npie/httpd/directives.c
reference=$top_srcdir/conf/npie.conf
manual=$top_srcdir/htdocs/manual/directives.html
inputs "sources of the directives" "$code" "$reference" "$manual"

in_code=$(grep -oE 'AP_INIT_[A-Z0-9_]+\("NPIE[A-Za-z]+"' "$code" |
    grep -oE 'NPIE[A-Za-z]+' | sort -u)
in_reference=$(grep -oE '^ *#?NPIE[A-Za-z]+' "$reference" |
    grep -oE 'NPIE[A-Za-z]+' | sort -u)
in_manual=$(grep -oE '<h2 id="npie[a-z]+">NPIE[A-Za-z]+' "$manual" |
    grep -oE 'NPIE[A-Za-z]+$' | sort -u)
[ "$(printf '%s\n' "$in_code" | wc -l)" -ge 10 ] || {
    echo "Bail out! the directive table was not found in $code"
    exit 99
}

differ() {
    diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || true
}
none "conf/npie.conf lists the directives of the code" \
    "$(differ "$in_code" "$in_reference")"
none "the manual describes the directives of the code" \
    "$(differ "$in_code" "$in_manual")"

signer=$top_srcdir/mod_npie/signer/config.c
signer_reference=$top_srcdir/conf/npie-signer.conf
signer_page=$top_srcdir/mod_npie/signer/npie-signer.8
inputs "sources of the signer's keys" "$signer" "$signer_reference" "$signer_page"
in_code=$(grep -oE '^    \{ "[A-Za-z0-9]+", set_' "$signer" |
    grep -oE '"[A-Za-z0-9]+"' | tr -d '"' | sort -u)
in_reference=$(grep -oE '^#?[A-Z][A-Za-z0-9]+ [^ ]' "$signer_reference" |
    grep -oE '[A-Z][A-Za-z0-9]+' | sort -u)
in_page=$(sed -n '/^\.SH CONFIGURATION/,/^\.SH "ISSUANCE/p' "$signer_page" |
    grep '^\.BI ' | grep -oE '(BI|fR,) "? ?[A-Z][A-Za-z0-9]+' | grep -oE '[A-Za-z0-9]+$' | sort -u)
in_manual=$(sed -n '/<h2 id="signer">/,$p' "$manual" |
    grep -oE '(<code>|<br>)[A-Z][A-Za-z0-9]+ [<o]' | grep -oE '[A-Z][A-Za-z0-9]+' | sort -u)
[ "$(printf '%s\n' "$in_code" | wc -l)" -ge 10 ] || {
    echo "Bail out! the table of keys was not found in $signer"
    exit 99
}
none "conf/npie-signer.conf lists the keys of the code" \
    "$(differ "$in_code" "$in_reference")"
none "npie-signer(8) describes the keys of the code" \
    "$(differ "$in_code" "$in_page")"
none "the manual describes the signer's keys" "$(differ "$in_code" "$in_manual")"
printed=$(grep -oE '"[A-Z][A-Za-z0-9]+["\]?' "$top_srcdir/mod_npie/signer/config_print.c" |
    grep -oE '[A-Za-z0-9]+' | sort -u)
none "npie-signer -T prints every key but those of keys and PINs" \
    "$(comm -23 <(printf '%s\n' "$in_code") <(printf '%s\n' "$printed") |
        grep -vxE '(Seal)?(Key|PINFile)|PKCS11Environment' || true)"
tap_end
