#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl audit: rows shown, and what was done to them told.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

zeros=$(printf '%064d' 0)

digits=30303030303030303157
serial=$(printf %s $digits | od -An -tx1 | tr -d ' \n')
spki=$(printf '%064d' 1)
{
    echo 'rp;razon_social;rfc;usuario;nombre;apellido_paterno;curp;entidad;codigo_postal;correo;telefono'
    echo 'A0648787107;Cañas;AUA881212566;;María;Muñoz;AAPR630321HDFLRC09;9;06600;a@b.example;55 1234 5678'
} > "$work/employers.csv"

for database_kind in sqlite pgsql; do
    on $database_kind
    step="$place:"
    [ $database_kind = sqlite ] || overriding='OVERRIDING SYSTEM VALUE'
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
    ok "$step an employer" ends 0 employer import "$work/employers.csv"
    id=$(sql "SELECT id FROM employer WHERE rp = 'A0648787107'")
    sql "INSERT INTO certificate (employer, generation, additional, holder, holder_email, serial, spki, der,
        not_before, not_after, status, ended, reason) VALUES ($id, 1, 0, '', '', '$serial', '$spki', 'AA==',
        1700000000, 1790000000, 'active', NULL, '')"
    sql "INSERT INTO renewal (id, employer, old_certificate, state, email, phone, fax, csr, new_spki, key_name,
        key_sha256, created, changed) ${overriding:-} VALUES (12, $id, (SELECT id FROM certificate), 'started', '', '', '', '',
        '', '', '', 1795000000, 1795000000)"
    sql "INSERT INTO outbox (kind, employer, renewal, address, queued, attempts, next_try, lease_until, gave_up, reason,
        server_said) VALUES ('obtener', $id, 12, 'a@b.example', 1795000100, 3, 0, 0, 1795000200, 'refused',
        '550 No such user')"
    n=$(sql 'SELECT sequence FROM audit_head')
    sequence=$((n + 1))
    row $sequence "renewal 12, none to started"
    row $((n + 2)) 'renewal 120, none to started'
    row $((n + 3)) "certificate $serial, listed" 1795086400 crl npie-signer
    row $((n + 4)) "unknown, key $zeros, employer $id" 1795172800 login-refused $serial
    row $((n + 5)) 'renewal 1, employer 99' 1795172800 login-refused 3131
    rows() { perl -MJSON::PP -0777 -ne 'print join " ", map { $_->{sequence} - '"$n"' } @{decode_json($_)}' "$work/out"; }
    shows() { # WHAT ROWS OPTION...
        local what=$1 want=$2
        shift 2
        ok "$step $what" ends 0 audit show --after="$n" -j "$@"
        ok "$step $what: rows $want" test "$(rows)" = "$want"
    }
    shows 'about an employer' '1 3 4' --employer A0648787107
    shows 'by its RFC' '1 3 4' --employer AUA881212566
    shows 'about a certificate' '3 4' --certificate $serial
    shows 'by the digits that people see' '3 4' --certificate $digits
    shows 'of an event' '4 5' --event login-refused
    shows 'of an event and an employer' 4 --event login-refused --employer A0648787107
    shows 'from a day on' '3 4 5' --since 2026-11-19
    shows 'before a moment' '1 2' --until 2026-11-19T00:00:00Z
    shows 'the last two' '4 5' --last 2
    shows 'the last of an employer' 4 --last 1 --employer A0648787107
    ok "$step who it was, for people" ends 0 audit show --event login-refused
    ok "$step in digits" said $digits
    ok "$step no such certificate" ends 1 audit show --certificate 0A
    ok "$step no such employer" ends 1 audit show --employer Y3926552104
    ok "$step no day" ends 1 audit show --since yesterday
    ok "$step what is one" complained 'give a day as 2026-11-20'
    ok "$step no number of rows" ends 1 audit show --last 0
    "$npiectl" -c "$conf" --registry "$registry" audit show --follow --last 1 -j > "$work/followed" 2>&1 &
    follower=$!
    until [ "$(wc -l < "$work/followed")" -ge 1 ]; do kill -0 $follower || break; sleep 0.1; done
    row $((n + 6)) 'renewal 12, started to keyed'
    until [ "$(wc -l < "$work/followed")" -ge 2 ]; do kill -0 $follower || break; sleep 0.1; done
    kill $follower
    wait $follower
    ok "$step followed: a row a line" perl -MJSON::PP -ne '$j = decode_json($_); $n[$. - 1] = $j->{sequence};
        END { exit !(@n == 2 && $n[0] == '$((n + 5))' && $n[1] == '$((n + 6))') }' "$work/followed"
    ok "$step a story" ends 0 employer story A0648787107 -j
    ok "$step in order" json 'join("; ", map { "$_->{source} $_->{what}" } @$j) eq "certificate valid-from;"
        . " certificate expired; renewal begun; audit data; audit data; mail queued; mail given-up; audit crl; audit login-refused"'
    ok "$step with what the mail server said" json '$j->[6]{detail} =~ /to a\@b.example, attempt 3: refused: 550 No such user/'
    ok "$step for people" ends 0 employer story AUA881212566
    ok "$step with whose it is" said 'A0648787107  '
    ok "$step and serials in digits" said "serial $digits"
    sql "DELETE FROM audit WHERE sequence > 4"
    sql "UPDATE audit_head SET sequence = 4, hash = (SELECT hash FROM audit WHERE sequence = 4)"
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
# The heads that a signer of version 0.1 had.
heads=$work/old.log.audit
echo "IssuanceLog $work/old.log" >> "$work/npie-signer.conf"
import() { "$npie_signer" -f "$work/npie-signer.conf" -i 2> "$work/err" || exit 99; }
{
    echo 'npie-signer audit heads 1'
    for n in 1 2 3; do
        row $n "renewal $n"
        echo "$n $hash 2026-11-18T11:06:40Z"
    done
} > "$heads"
import
signer_start
ok 'all heads are met' ends 0 audit verify "${signer[@]}" -j
ok 'and none was set by hand' json '$j->{kept} == 3 && $j->{resealed} == 0'
ok 'nothing to give up' ends 1 audit reseal --yes "${signer[@]}"
signer_stop
printf '9000000 %064d 2026-11-18T11:06:45Z\n' 7 >> "$heads"
import
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
ok 'what was there before is still there' test "$(sqlite3 "$ledger/ledger.db" \
    "SELECT count(*) FROM entry WHERE line LIKE '% head 0 9000000 %'")" = 1
ok 'not a second time' ends 1 audit reseal --yes "${signer[@]}"
signer_stop
sql "UPDATE audit SET detail = 'another' WHERE sequence = 2"
signer_start
ok 'rows before are still chained' ends 4 audit verify "${signer[@]}"
ok 'and told' said 'Found: row 2: changed'
tap_end
