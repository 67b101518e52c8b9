#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl employer import of files as spreadsheets save them: separators, blank
# rows and columns, encodings, headings, numbers, invisible characters.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

on sqlite
ctl registry init
names='razon_social;registro_patronal;rfc;nombre;apellido_paterno;apellido_materno;curp;entidad;codigo_postal;telefono;correo'
values='Abarrotes El Ejemplo, S.A.;Y3824564102;SAT970701NN3;Lucía;Peña;;BOXW310820HNERXN09;09;03810;5512345678;lucia@ejemplo.example'
file=$work/file.csv

# text LINE...: the file, with the line ends of a spreadsheet.
text() { printf '%s\r\n' "$@" > "$file"; }

# taken WHAT [PERL]: the file has one new employer and nothing wrong.
taken() {
    ok "taken: $1" ends 0 employer import --dry-run -j "$file"
    ok "one, and nothing wrong: $1" json '$j->{new} == 1 && $j->{bad} == 0 && ('"${2:-1}"')'
}

# refused WHAT PERL: the file has one wrong value, and PERL is true of it, as $e.
refused() {
    ok "refused: $1" ends 1 employer import --dry-run -j "$file"
    ok "and why: $1" json '@{$j->{errors}} == 1 && do { my $e = $j->{errors}[0]; '"$2"' }'
}

# Separators, and rows and columns that hold nothing.
text 'sep=;' "$names" "$values"
taken 'sep=;'
text '"sep=;"' "$names" "$values"
taken 'sep= in quotes'
printf '\xef\xbb\xbfSEP=;\r\n%s\r\n%s\r\n' "$names" "$values" > "$file"
taken 'a byte order mark before SEP='
text "$names" "$values" ';;;;;;;;;;' ';;;;;;;;;;'
taken 'blank rows at the end'
text ';;;;;;;;;;' "$names" ' ; ;;;;;;;; ;' "$values"
taken 'blank rows elsewhere'
text "$names;;" "$values;;"
taken 'blank columns at the end'
text "$names;;" "$values"
taken 'blank columns of the headings alone'
text "$names" "$values; ;;"
taken 'blank columns of a row alone'
text "${names//;/$'\t'}" "${values//;/$'\t'}"
taken 'tabs'
text ';'"$names" ';'"$values"
taken 'a blank column before the first'
text ";$names" "nota;$values"
refused 'a value in a column without a name' '$e->{line} == 2 && $e->{text} =~ /column 1 /'
text "$names" "$values;nota"
refused 'a value too many' '$e->{line} == 2 && $e->{text} =~ /12 .* 11/'
text "$names;numero_interior;fax" "$values"
taken 'a row without its empty cells' '$j->{warnings}[0]{text} =~ /11 .* 13/'
text "$names" 'Abarrotes;Y3824564102'
refused 'a row that was cut' '$e->{line} == 2 && $e->{text} =~ /2 .* 11/'
printf '%s\r\n%s' "$names;fax" "$values" > "$file"
refused 'a file that was cut' '$e->{line} == 2 && $e->{text} =~ /cut/'

# Line ends and quotes.
text "$names" "${values%;*};\"lucia@ejemplo.example\""
taken 'a quoted last cell'
text "\"${names//;/\";\"}\"" "\"${values//;/\";\"}\""
taken 'all quoted'
text "\"${names//;/\" ; \"}\" " "\"${values//;/\" ; \"}\" "
taken 'blanks round the quotes'
printf '%s\r%s\r' "$names" "$values" > "$file"
taken 'the line ends of an old Macintosh'
text "$names" "\"Abarrotes \"S\";${values#*;}"
refused 'text after a quote' '$e->{line} == 2 && $e->{text} =~ /quote/'

# Encodings.
for encoding in WINDOWS-1252 UTF-16 UTF-16LE UTF-16BE; do
    text "$names" "$values"
    iconv -f utf-8 -t $encoding "$file" > "$file.new"
    mv "$file.new" "$file"
    name=${encoding%?E}
    taken "$encoding" '$j->{encoding} eq "'"${name,,}"'"'
done
printf '\xff\xfer\0p\0;' > "$file"
ok 'refused: UTF-16 of half a character' ends 1 employer import "$file"
ok 'and why' complained UTF-16

# Headings.
text 'Razón Social; REGISTRO PATRONAL ;R.F.C.;Nombre(s);Apellido Paterno;APELLIDO MATERNO;Curp;Entidad Federativa;C.P.;Teléfono;Correo electrónico' "$values"
taken 'Spanish headings as people write them'
text 'Name;RP;RFC;Given name;Surname;Surname 2;CURP;Entity;Post-Code;PHONE;E-Mail' "$values"
taken 'English headings as people write them'
printf '%s\r\n%s\r\n' "$(printf 'Razo\xcc\x81n social;%s' "${names#*;}")" "$values" > "$file"
taken 'an accent apart from its letter'
text "${names/rfc/color}" "$values"
ok 'refused: a heading that is not known' ends 1 employer import "$file"
ok 'by line, column and name' complained 'line 1, column 3: there is no field "color"'

# Numbers that lost their zeros, or are none any more.
row() { # RP POSTCODE ENTITY PHONE
    text "$names" "Abarrotes;$1;SAT970701NN3;Lucía;Peña;;BOXW310820HNERXN09;$3;$2;$4;lucia@ejemplo.example"
}
stored() { # COLUMN VALUE
    ctl employer import "$file"
    ok "stored: $2" test "$(sql "SELECT $1 FROM employer")" = "$2"
    sql 'DELETE FROM employer'
}
row Y3824564102 3810 9 5512345678
taken 'a código postal without its zero'
stored postcode 03810
row Y3824564102 3810.0 9.0 5512345678.0
taken 'numbers with a decimal'
stored 'postcode || phone' 038105512345678
row 1234567897 03810 9 5512345678
taken 'a registro patronal without its zero' '@{$j->{warnings}} == 1 && $j->{warnings}[0]{field} eq "rp"'
stored rp 01234567897
row Y3824564102 03810 9 5.512E+09
refused 'a number that lost its digits' '$e->{field} eq "phone" && $e->{value} eq "5.512E+09" && $e->{text} =~ /spreadsheet/'
row Y3824564100 03810 9 5512345678
refused 'a value' '$e->{line} == 2 && $e->{field} eq "rp" && $e->{value} eq "Y3824564100"'
ok 'for people' ends 1 employer import "$file"
ok 'with file, line, column and value' said 'file.csv:2: rp "Y3824564100": '
for name in 'Ciudad de Mexico' CDMX 'distrito federal' 'CIUDAD DE MÉXICO' df; do
    row Y3824564102 03810 "$name" 5512345678
    taken "entidad $name"
    stored entity 9
done
row Y3824564102 03810 Michoacan 5512345678
stored entity 16

# What spreadsheets do so that numbers keep their zeros, and blanks nobody sees.
row Y3824564102 '="03810"' '"=""09"""' 5512345678
taken 'numbers as formulas of text'
stored postcode 03810
row $'Y3824564102\u00a0' $'\u00a003810\u2003' 9 5512345678
taken 'blanks of other widths round values'
printf '%s\r\n%s\r\n\x1a' "$names" "$values" > "$file"
taken 'the end of a file of DOS'
for begin in 'PK\003\004' '\320\317\021\340\241' '<html><table>' '<?xml version="1.0"?>'; do
    printf "$begin\001\002\003" > "$file"
    ok "refused: $begin" ends 1 employer import "$file"
    ok 'and what to do' complained 'save it as CSV UTF-8'
done

# Telephones, and what is pasted with them.
for phone in '+52 33 3501 2277' '52 33 3501 2277' '(+52) 33 3501 2277' '01 33 3501 2277' \
    '044 33 3501 2277' '+52 1 33 3501 2277' '0052 33-3501-2277' '33–3501–2277' \
    $'\u202a+52 33 3501 2277\u202c' $'33 3501 2277\u200e' $'33\u00a03501\u202f2277'; do
    row Y3824564102 03810 9 "$phone"
    taken "telephone $phone"
    stored phone 3335012277
done
row Y3824564102 03810 9 '161615156'
taken 'a telephone of nine digits, with a warning' '$j->{warnings}[0]{field} eq "phone"
    && $j->{warnings}[0]{value} eq "161615156"'
stored phone ''
row Y3824564102 03810 9 '33 3501 2277 ext. 104'
refused 'an extension' '$e->{field} eq "phone"'
text "$names" $'\ufeffAbarrotes\u200b El\u00ad Ejemplo;Y3824564102\u200f;SAT970701NN3\u2060;\u202dLucía\u202c;Peña;;BOXW310820HNERXN09;09;03810;5512345678;\u200blucia@ejemplo.example'
taken 'invisible characters'
stored "name || '|' || rfc || '|' || given_name || '|' || email" \
    'Abarrotes El Ejemplo|SAT970701NN3|Lucía|lucia@ejemplo.example'
text "$names" "${values/SAT970701NN3/sat-970701 nn3}"
taken 'an RFC with blanks and hyphens'
stored rfc SAT970701NN3
text '"razon_social","registro_patronal","rfc","usuario","nombre","apellido_paterno","apellido_materno","curp","entidad","ciudad","municipio","colonia","calle","numero_exterior","numero_interior","codigo_postal","correo","telefono","fax"' \
    '"MUESTRA 1","A064878710 7","AUA881212 566","A064878710","MUESTRA","MUESTRA","MUESTRA","AAPR630321HDFLRC09","Campeche","MUESTRA","MUESTRA","MUESTRA","MUESTRA","2","1","56465","contacto@empresa.example","161615156","21313213212"'
taken 'a record with blanks in its numbers' 'join(" ", map { $_->{field} } @{$j->{warnings}}) eq "phone fax"'

# Names that no letter could show.
for name in 'شركة:U+0634, ARABIC LETTER SHEEN' 'Taquería 🌮:U+1F32E, TACO' '東京:U+6771'; do
    text "$names" "${name%:*};${values#*;}"
    refused "${name%:*}" '$e->{field} eq "name" && $e->{text} =~ /\Q'"${name#*:}"'\E/'
done
for name in 'Kʼiin' 'Baꞌlam' 'Łukasz' 'Yeʉtka' 'Ẕul' 'Tlālli' 'Mańka' 'Oﬁcina'; do
    text "$names" "$name;${values#*;}"
    taken "$name"
done
text "$names" $'Cafe\u0301 “Ñandú” – Åse & Çelik, S.A. de C.V.®;'"${values#*;}"
taken 'all that a letter can show'
tap_end
