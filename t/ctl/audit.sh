#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl audit: rows shown, and what was done to them told.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

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
    ok "$step tampered with" ends 4 audit verify
    ok "$step a changed row is told" said 'Found: row 2: changed'
    ok "$step a cut end is told" said 'Found: row 4: cut off the end'
    ok "$step as JSON too" ends 4 audit verify -j
    ok "$step with numbers" json '!$j->{good} && $j->{findings}[0]{first} == 2
        && $j->{findings}[1]{fault} eq "cut"'
    sql "DELETE FROM audit; UPDATE audit_head SET sequence = 0, hash = '$zeros'"
    ok "$step all of it gone and the head with it: nothing to see here" ends 0 audit verify
done
ok 'a signer that is away is told' ends 0 audit verify --signer "$work/nowhere.sock"
ok 'with what that means' complained 'do not show'

# npie-signer, and a head that none of the rows bears out.
on sqlite
ctl registry init
signer_make
signer=(--signer "$work/signer.sock")
heads=$log/issuance.log.audit
{
    echo 'npie-signer audit heads 1'
    for n in 1 2 3; do
        row $n "renewal $n"
        echo "$n $hash 2026-11-18T11:06:40Z"
    done
} > "$heads"
[ "$log" = "$work" ] || chown nobody "$heads"
signer_start
ok 'all heads are met' ends 0 audit verify "${signer[@]}" -j
ok 'and none was set by hand' json '$j->{kept} == 3 && $j->{resealed} == 0'
ok 'nothing to give up' ends 1 audit reseal --yes "${signer[@]}"
signer_stop
printf '9000000 %064d 2026-11-18T11:06:45Z\n' 7 >> "$heads"
cp "$heads" "$work/false"
signer_start
ok 'a head pushed too far' ends 4 audit verify "${signer[@]}"
ok 'is told' said 'rows 4 to 9000000: cut off the end'
row 4 'renewal 4'
ok 'and does not go away' ends 4 audit verify "${signer[@]}"
ok 'giving it up is asked for' ends 1 audit reseal "${signer[@]}"
ok 'nothing is done' test "$(sql 'SELECT count(*) FROM audit')" = 4
ok 'without npie-signer it cannot be' ends 3 audit reseal --yes
ok 'given up' ends 0 audit reseal --yes -j "${signer[@]}"
ok 'with a row that says so' test "$(sql "SELECT sequence || ' ' || detail FROM audit
    WHERE event = 'audit-reseal' AND actor LIKE 'npiectl:%'")" = \
    "5 npie-signer's head, row 9000000, $(printf '%064d' 7), is given up; 1 findings"
command=$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{command}' "$work/out")
ok 'whose hash is the head' test "${command##* -r }" = "5:$(sql 'SELECT hash FROM audit_head')"
signer_stop
for wrong in 5 "x:$zeros" 5:abc "0:$zeros"; do
    ok "no head: $wrong" eval "! '$npie_signer' -f '$work/npie-signer.conf' -r $wrong 2> '$work/err'"
done
ok 'set by hand' "$npie_signer" -f "$work/npie-signer.conf" -r "${command##* -r }" 2> "$work/err"
ok 'which is said' complained 'set by hand from row 9000000 to row 5'
row 6 'renewal 6'
signer_start
ok 'good again' ends 0 audit verify "${signer[@]}"
ok 'and told for good' said 'set by hand 1 times, the last time at 20'
ok 'for programs too' ends 0 audit verify -j "${signer[@]}"
ok 'from row 5 on' json '$j->{kept} == 5 && $j->{resealed} == 1'
ok 'at every start' grep -q 'set by hand 1 times' "$work/signer.log"
ok 'what was there before is still there' cmp -s "$work/false" <(head -c "$(wc -c < "$work/false")" "$heads")
ok 'not a second time' ends 1 audit reseal --yes "${signer[@]}"
signer_stop
sql "UPDATE audit SET detail = 'another' WHERE sequence = 2"
signer_start
ok 'rows before are still chained' ends 4 audit verify "${signer[@]}"
ok 'and told' said 'Found: row 2: changed'
tap_end
