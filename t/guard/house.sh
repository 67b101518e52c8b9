#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rules that the text of the sources shows: rooms include only rooms below
# them, lengths, numbers of problems.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

rooms=(base model pki pkcs11 tsa store letter renew mail ledger draw signer flow httpd ctl)
for i in "${!rooms[@]}"; do
    room=${rooms[i]}
    inputs "room" "mod_npie/$room"
    above=$(IFS='|'; echo "${rooms[*]:i+1}")
    if [ -n "$above" ]; then
        none "$room includes no room above it" \
            "$(grep -rnE "#include \"($above)/" "mod_npie/$room" || true)"
    fi
done
none 'includes of our own are written "room/file.h"' \
    "$(grep -rnE '#include "[^/"]+"' mod_npie --include='*.[ch]' || true)"
none 'npiectl includes nothing of httpd' \
    "$(grep -nE '#include ["<](httpd/|httpd\.h|http_)' mod_npie/ctl/*.[ch] || true)"
none 'npie-renew includes of store and letter a letter'\''s file alone' \
    "$(grep -nE '#include "(store|letter)/' mod_npie/renew/*.[ch] |
        grep -vE '"letter/(file|revision)\.h"' || true)"
none 'npie-signer and npiectl alone include keys in tokens' \
    "$(grep -rnE '#include "pkcs11/' mod_npie --include='*.[ch]' |
        grep -vE '^mod_npie/(pkcs11|signer|ctl)/' || true)"
none 'npie-signer includes nothing of the store' \
    "$(grep -nE '#include "store/' mod_npie/signer/*.[ch] || true)"

mapfile -t files < <(find mod_npie t htdocs conf bootstrap -name node_modules -prune -o \
    -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.p[lm]' -o -name '*.t' \
    -o -path '*/js/src/*.js' -o -name '*.mjs' -o -name bootstrap \) -print | sort)
inputs 'sources' "${files[@]}"
none 'files are under 600 lines' \
    "$(wc -l "${files[@]}" | awk '$2 != "total" && $1 >= 600 { print $2 ": " $1 }')"
none 'nothing is left open in the tree' \
    "$(grep -nE '\b(TO''DO|FIX''ME|XX''X)\b' "${files[@]}" || true)"
mapfile -t c_files < <(printf '%s\n' "${files[@]}" | grep '\.[ch]$')
none 'C lines are 100 columns at most, without tabs' \
    "$(perl -CSD -lne 'print "$ARGV:$." if length > 100 || /\t/; close ARGV if eof' "${c_files[@]}" |
        grep -v 'base/problem.def' || true)"
none 'every file says its licence' \
    "$(grep -L 'SPDX-License-Identifier: Apache-2.0' "${c_files[@]}" || true)"

none 'a type of a header is no other header'\''s' \
    "$(sed -nE 's/^\} (npie_[a-z0-9_]+);$/\1/p; s/^typedef [^{]*\b(npie_[a-z0-9_]+);$/\1/p' \
        mod_npie/*/*.h | sort | uniq -d)"

problems=mod_npie/base/problem.def
inputs 'problem list' $problems
numbers=$(sed -nE 's/^NPIE_PROBLEM\(([0-9]+),.*/\1/p' $problems)
[ -n "$numbers" ] || inputs 'problem numbers'
none 'the numbers of problems ascend' \
    "$(printf '%s\n' "$numbers" | sort -n -u | diff - <(printf '%s\n' "$numbers") || true)"
tap_end
