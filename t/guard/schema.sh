#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The schemas of both databases come to the same, step by step, but for what is
# listed here; and the code's version is the last step's.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
sql=$top_srcdir/conf/sql
reader=$top_srcdir/t/guard/schema.pl
header=$top_srcdir/mod_npie/store/registry_handle.h
inputs 'schemas' "$sql/sqlite" "$sql/pgsql" "$reader" "$header"

sqlite=$(perl "$reader" "$sql/sqlite")
pgsql=$(perl "$reader" "$sql/pgsql")
# PostgreSQL's own numbers have holes, which the audit's must not.
known='< audit: sequence INTEGER NUMBERED
> audit: sequence INTEGER NOT NULL PRIMARY KEY'
none 'both schemas are the same' \
    "$(diff <(printf '%s\n' "$sqlite") <(printf '%s\n' "$pgsql") | grep '^[<>]' |
        grep -vxF "$known" || true)"
none 'they have more than a few columns' \
    "$(printf '%s\n' "$sqlite" | awk '/: / { ++n } END { if (n < 200) print n + 0 }')"
version=$(sed -nE 's/^#define NPIE_SCHEMA_VERSION ([0-9]+)$/\1/p' "$header")
none 'the code wants the last one' \
    "$(printf '%s\n' "$sqlite" | grep '^file ' | tail -1 |
        grep -v "^file $(printf %04d "$version")-" || true)"
none 'each step notes its number' \
    "$(for file in "$sql"/*/*.sql; do
        number=$(basename "$file" | sed -E 's/^0*([0-9]+)-.*/\1/')
        grep -qE "INSERT INTO schema \(version\) VALUES \($number\);" "$file" || echo "$file"
    done)"
tap_end
