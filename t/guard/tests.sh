#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The list of tests holds every file once, and a test program needs neither
# the list's runner nor its directory.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

listed=$(env -u MAKEFLAGS -u MAKELEVEL make -s tests-list | sort)
there=$(cd "$top_srcdir" && ls t/guard/*.sh t/ctl/*.sh t/unit/test_*.c |
    grep -vxE 't/guard/tap\.sh|t/ctl/lib\.sh' | sed 's/\.c$//' | sort)
if [ "$PKCS11" != yes ]; then
    there=$(printf '%s\n' "$there" | grep -v token)
fi
none 'every test is in the list, and has its file' \
    "$(diff <(printf '%s\n' "$listed" | grep -v '^t/fuzz/') <(printf '%s\n' "$there") || true)"
none 'none is there twice' "$(printf '%s\n' "$listed" | uniq -d)"
none 'nor is one built before it is to run' \
    "$(grep -nE '^check_(PROGRAMS|LTLIBRARIES)' Makefile || true)"

none 'no script asks make where the sources are' \
    "$(cd "$top_srcdir" && grep -nE '\$\{?srcdir' t/ctl/*.sh t/lib/*.sh || true)"

# alone PROGRAM: what it says where nothing of the tree is.
alone() {
    local program=$PWD/$1
    inputs 'program' "$program"
    (cd / && env -i PATH="$PATH" "$program" 2>&1) >"$1.alone" || sed 's/^/# /' "$1.alone"
    rm -f "$1.alone"
}
for program in t/unit/test_letter t/unit/test_template t/fuzz/fuzz_letter; do
    none "$program finds its files from elsewhere" "$(alone $program)"
done
none 'every rule of t/mutate stands in its file' \
    "$(perl "$top_srcdir/t/mutate/run" --check 2>&1 || true)"
tap_end
