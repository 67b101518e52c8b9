#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl employer: files of employers, good and bad; shown, listed, edited.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

names='rp;razon_social;rfc;usuario;nombre;apellido_paterno;curp;entidad;codigo_postal;correo;telefono'
row() { # RP NAME RFC USER CURP
    printf '%s;%s;%s;%s;María;Muñoz;%s;9;06600;a@b.example;55 1234 5678\n' "$@"
}
curp=AAPR630321HDFLRC09
employers() { sql 'SELECT count(*) FROM employer'; }
{
    echo "$names"
    row A0648787107 '"Cañas; y ""Tornillos"""' AUA881212566 '' $curp
    row Y3926552104 'Panadería' XAXX010101000 PANADERIA1 $curp
} > "$work/good.csv"
cat > "$work/good.json" <<'JSON'
[
 {"rp": "A0648787107", "name": "Cañas; y \"Tornillos\"", "rfc": "AUA881212566",
  "given_name": "María", "surname": "Muñoz", "curp": "AAPR630321HDFLRC09", "entity": 9,
  "postcode": "06600", "email": "a@b.example", "phone": "5512345678"},
 {"rp": "Y3926552104", "name": "Panadería", "rfc": "XAXX010101000", "user": "PANADERIA1",
  "given_name": "María", "surname": "Muñoz", "curp": "AAPR630321HDFLRC09", "entity": "ciudad de méxico",
  "postcode": 6600, "email": "a@b.example", "phone": "5512345678"}
]
JSON
sed 's/ciudad de méxico/Atlantis/' "$work/good.json" > "$work/bad.json"
iconv -f utf-8 -t windows-1252 "$work/good.csv" > "$work/windows.csv"
{
    echo "$names"
    row A0648787107 'Bien' AUA881212566 '' $curp
    row A0648787100 'RP' AUA881212566 '' $curp
    row Y3926552104 'RFC' AUA88 '' $curp
    row Y6087828106 'CURP' AUA881212566 '' AAPR630321HDFLRC08
    row Y3824564102 'usuario' AUA881212566 'corto' $curp
    row A0648787107 'otra vez' AUA881212566 '' $curp
    row B1212338102 '' AUA881212566 '' $curp
    echo 'B1212338102;pocos'
    printf 'B1212338102;"dos\nrenglones";AUA881212566;;M;M;%s;99;123;nadie;12\n' $curp
    row B1212338102 'de otro' AUA881212566 A064878710 $curp
    printf 'B1212338102;"sin cerrar'
} > "$work/bad.csv"

for kind in sqlite pgsql; do
    on $kind
    ctl registry init
    ok "$kind: a dry run" ends 0 employer import --dry-run -j "$work/good.csv"
    ok "$kind: counts" json '$j->{new} == 2 && !$j->{imported} && $j->{encoding} eq "utf-8"'
    ok "$kind: warns of the RFC" json '@{$j->{warnings}} == 1 && $j->{warnings}[0]{line} == 3
        && $j->{warnings}[0]{field} eq "rfc"'
    ok "$kind: and changes nothing" test "$(employers)" = 0
    ok "$kind: bad lines" ends 1 employer import -j "$work/bad.csv"
    ok "$kind: every one, with its number" json 'join(" ", map { "$_->{line}:$_->{field}" }
        @{$j->{errors}}) eq join " ", qw(3:rp 4:rfc 5:curp 6:user 7:rp 8:name 9: 10:rp 10:name
        10:entity 10:postcode 10:email 10:phone 12:rp 13:)'
    ok "$kind: nothing of the file" test "$(employers)" = 0
    ok "$kind: bad lines for people" ends 1 employer import "$work/bad.csv"
    ok "$kind: file, line, remedy" said 'bad.csv:7: rp "A0648787107": it stands in line 2 already: take one'
    ok "$kind: import" ends 0 employer import "$work/good.csv"
    ok "$kind: default user, quotes, accents" test "$(sql "SELECT username || name || phone
        FROM employer WHERE rp = 'A0648787107'")" = 'A064878710Cañas; y "Tornillos"5512345678'
    ok "$kind: is audited" test "$(sql "SELECT count(*) FROM audit WHERE event = 'employer-import'
        AND actor LIKE 'npiectl:%' AND detail LIKE '%2 new, 0 updated%'")" = 1
    ok "$kind: again" ends 0 employer import -j "$work/good.csv"
    ok "$kind: is unchanged" json '$j->{unchanged} == 2 && !$j->{new} && !$j->{updated}'
    ok "$kind: Windows-1252" ends 0 employer import -j "$work/windows.csv"
    ok "$kind: is the same" json '$j->{unchanged} == 2 && $j->{encoding} eq "windows-1252"'
    ok "$kind: JSON with an entidad that is none" ends 1 employer import "$work/bad.json"
    ok "$kind: JSON says the line" said 'bad.json:5: entity'
    ok "$kind: JSON" ends 0 employer import -j "$work/good.json"
    ok "$kind: JSON is the same" json '$j->{unchanged} == 2'
    sed 's/Panadería/Otra/' "$work/good.csv" > "$work/other.csv"
    ok "$kind: other data" ends 1 employer import "$work/other.csv"
    ok "$kind: need --update" said 'other.csv:3: rp "Y3926552104": the employer is registered with other data (name)'
    ok "$kind: with it" ends 0 employer import --update -j "$work/other.csv"
    ok "$kind: one is updated" json '$j->{updated} == 1 && $j->{unchanged} == 1'
    sed 's/PANADERIA1/PANADERIA2/' "$work/other.csv" > "$work/user.csv"
    ok "$kind: another user name" ends 1 employer import --update "$work/user.csv"
    ok "$kind: never" said 'never changes'

    ok "$kind: show by RP" ends 0 employer show a064878710-7 -j
    ok "$kind: shows" json '$j->{rp} eq "A0648787107" && $j->{entity} eq "9"'
    ok "$kind: show by user" ends 0 employer show PANADERIA1
    ok "$kind: show by RFC" ends 0 employer show XAXX010101000
    ok "$kind: show nobody" ends 1 employer show A0000000000
    ok "$kind: list" ends 0 employer list --match otr -j
    ok "$kind: lists" json '@$j == 1 && $j->[0]{name} eq "Otra"'
    ok "$kind: a match is no pattern" ends 0 employer list --match 'O_r%' -j
    ok "$kind: of nothing" json '@$j == 0'
    before=$(sql 'SELECT count(*) FROM audit')
    ok "$kind: edit" ends 0 employer edit PANADERIA1 'razon_social=Ñandú' phone=+525500000000 -j
    ok "$kind: says what" json '$j->{changed} eq "name, phone"'
    ok "$kind: and did" test "$(sql "SELECT name || phone FROM employer WHERE username = 'PANADERIA1'")" = Ñandú5500000000
    ok "$kind: audited" test "$(sql "SELECT detail FROM audit WHERE event = 'employer-edit'")" = 'Y3926552104: name, phone'
    ok "$kind: a bad value" ends 1 employer edit PANADERIA1 name=X curp=no
    ok "$kind: undoes the good one" test "$(sql "SELECT name FROM employer WHERE username = 'PANADERIA1'")" = Ñandú
    ok "$kind: nothing new in the audit" test "$(sql 'SELECT count(*) FROM audit')" = $((before + 1))
    ok "$kind: RP" ends 1 employer edit PANADERIA1 rp=A0648787107
    ok "$kind: no field" ends 1 employer edit PANADERIA1 color=rojo
done

on sqlite
ctl registry init
# refused TEXT REASON: a file that is refused as a whole, with its name.
refused() {
    printf '%b' "$1" > "$work/file.csv"
    ok "refused: $2" ends 1 employer import "$work/file.csv"
    ok "refused, and says so: $2" complained "$2"
    ok "refused, with its name: $2" complained "file.csv"
}
refused '' 'the file is empty'
refused 'rp;color\n' 'line 1, column 2: there is no field "color"'
refused 'rp;rp\n' 'stands there twice'
refused 'name;rfc\nA;B\n' 'no column is called rp'
refused 'rp;name\nA;\xc3\xb1\nB;\xf1\n' 'line 3 is not UTF-8, other lines are'
refused 'rp;name\nA;\x81\n' 'line 2: byte 81'
refused '\xff\xfer\0p' 'UTF-16'
refused 'rp;name\nA;\0\n' 'NUL bytes'
ok 'no file' ends 1 employer import "$work/nowhere.csv"
ok 'is told' complained 'nowhere.csv'
for text in '[{"rp": 1' '[{"rp": "1"}] {}' '[1]' '{"rp": [1]}' '{"rp": "1", "rp": "2"}' '[{"color": 1}]' '[{}'; do
    printf '\n%s' "$text" > "$work/file.json"
    ok "bad JSON: $text" ends 1 employer import -j "$work/file.json"
    ok "bad JSON has its line: $text" json '@{$j->{errors}} && $j->{errors}[0]{line} == 2'
done
ok 'nobody came in' test "$(employers)" = 0
tap_end
