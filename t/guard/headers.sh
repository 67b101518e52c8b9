#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone, and twice.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

# Where there is no p11-kit, the one that needs it is not built.
mapfile -t headers < <(cd "$top_srcdir/mod_npie" && find . -name '*.h' |
    { [ "$PKCS11" = yes ] && cat || grep -v pkcs11/session.h; } | sed 's|^\./||' | sort)
inputs 'headers' "${headers[@]/#/$top_srcdir/mod_npie/}"
for header in "${headers[@]}"; do
    # shellcheck disable=SC2086
    said=$(printf '#include "%s"\n#include "%s"\nextern int npie_alone;\n' "$header" "$header" |
        $CC -std=gnu99 $GUARD_CPPFLAGS -I"$top_srcdir/mod_npie" -fsyntax-only -x c - 2>&1) || true
    none "$header compiles alone" "$said"
done
tap_end
