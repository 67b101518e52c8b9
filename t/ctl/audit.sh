#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl audit: rows shown, and what was done to them told.
# shellcheck source=t/ctl/lib.sh
. "${srcdir:-.}/t/ctl/lib.sh" || exit 99

zeros=$(printf '%064d' 0)

# row SEQUENCE DETAIL: appended, by a chain worked out here.
row() {
    previous=$(sql 'SELECT hash FROM audit_head')
    hash=$(printf 'npie-audit-1 %s 1795000000 4:3030 4:data %s:%s %s' "$1" ${#2} "$2" \
        "$previous" | sha256sum | cut -d' ' -f1)
    sql "INSERT INTO audit (sequence, at, actor, event, detail, previous, hash) VALUES
        ($1, 1795000000, '3030', 'data', '$2', '$previous', '$hash')"
    sql "UPDATE audit_head SET sequence = $1, hash = '$hash'"
}

for database_kind in sqlite pgsql; do
    on $database_kind
    step="$place:"
    ok "$step a registry" ends 0 registry init
    ok "$step an empty audit is good" ends 0 audit verify -j
    ok "$step and without a signer is told to be half of it" complained 'no signer is named'
    ok "$step nothing to show" ends 0 audit show
    for n in 1 2 3 4; do
        row $n "renewal $n"
    done
    ok "$step four rows are good" ends 0 audit verify -j
    ok "$step and counted" json '$j->{rows} == 4 && $j->{good} && !defined $j->{kept}'
    ok "$step shown" ends 0 audit show --after=2 -j
    ok "$step the two after" json '@$j == 2 && $j->[0]{sequence} == 3
        && $j->[1]{detail} eq "renewal 4" && $j->[0]{at} eq "2026-11-18T11:06:40Z"'
    ok "$step no number" ends 1 audit show --after=x
    sql "UPDATE audit SET detail = 'another' WHERE sequence = 2"
    sql 'DELETE FROM audit WHERE sequence = 4'
    ok "$step tampered with" ends 3 audit verify
    ok "$step a changed row is told" said 'Found: row 2: changed'
    ok "$step a cut end is told" said 'Found: row 4: cut off the end'
    ok "$step as JSON too" ends 3 audit verify -j
    ok "$step with numbers" json '!$j->{good} && $j->{findings}[0]{first} == 2
        && $j->{findings}[1]{fault} eq "cut"'
    sql "DELETE FROM audit; UPDATE audit_head SET sequence = 0, hash = '$zeros'"
    ok "$step all of it gone and the head with it: nothing to see here" ends 0 audit verify
done
ok 'a signer that is away is told' ends 0 audit verify --signer "$work/nowhere.sock"
ok 'with what that means' complained 'do not show'
tap_end
