#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sentences for people are in the catalogue, base/sentence.def: none is written
# in C or in a script, each one there is used, with all its placeholders.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

# What stays: names of places, a field's name in a message of the log, the
# default of NPIEInstitution.
stays='^mod_npie/(model/field\.c:|letter/check\.c:.*: razón social|ctl/field\.c:.*código postal'
stays+='|letter/art\.h:.*Seguro Social|mail/message\.c:.*Content-Language|letter/pdfa\.c:)'
# The seal's line, whose width the signer knows, and names of fields by which a
# letter is known; the name that a new root gets.
stays+='|^mod_npie/(letter/(face|seal|stamp|field)\.c:|ctl/ca\.c)'

mapfile -t sources < <(find mod_npie -name '*.[ch]' | sort; find htdocs/npie/js/src -name '*.js' | sort)
inputs 'sources' "${sources[@]}" mod_npie/base/sentence.def
found=$(perl t/guard/sentences.pl "${sources[@]}")
[ "$(printf '%s\n' "$found" | grep -cE "$stays")" -ge 5 ] || inputs 'sentences that stay'
none 'no Spanish sentence is written in the code' \
    "$(printf '%s\n' "$found" | grep -vE "$stays" || true)"
none 'every sentence is used, with the placeholders it has' \
    "$(perl t/guard/sentence-use.pl mod_npie/base/sentence.def "${sources[@]}")"
tap_end
