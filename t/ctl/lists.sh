#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npie-renew's lists as people make them: understood, or refused before a line
# is taken for a path; what they hold of passwords is never shown.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

renew=$PWD/npie-renew
secret=Secreto-de-Prueba-1
list=$work/lista.csv

# list TEXT [MODE]: the file, escapes as printf's %b takes them.
list() {
    printf '%b' "$1" > "$list"
    chmod "${2:-600}" "$list"
}

# check STATUS [ARGUMENT...]: what npie-renew --check ends with; never tells the secret.
check() {
    local want=$1 got=0
    shift
    "$renew" --check --list "$list" "$@" > "$work/out" 2> "$work/err" < /dev/null || got=$?
    ! grep -rqE "${secret}|Secreto" "$work/out" "$work/err" || { echo '# a secret is shown'; return 1; }
    [ "$got" = "$want" ] || { echo "# status $got"; return 1; }
}

# understood TEXT: the one file of the list is looked for under its name.
understood() {
    list "$1"
    ok "understood: $1" check 9
    ok "its path: $1" complained "${2:-/a.pfx}: "
    ok "and nothing else: $1" test "$(grep -c '^npie-renew: ' "$work/err")" = 1
}

# refused TEXT [REASON] [MODE]: 131 and nothing else.
refused() {
    list "$1" "${3:-600}"
    ok "refused: $1" check 2
    ok "131: $1" complained '[131]'
    ok "why: $1" complained "${2:-lista.csv: line 1}"
}

understood "sep=;\r\npfx;password\r\na.pfx;pass:$secret\r\n"
understood "pfx\tpassword\r\na.pfx\tpass:$secret\r\n"
understood "pfx;password;\r\na.pfx;pass:$secret;\r\n;;\r\n"
understood "PFX;Password\r\na.pfx;pass:$secret\r\n"
understood "Archivo;Contraseña\r\na.pfx;pass:$secret\r\n"
understood "archivo pfx,CONTRASENA,Contraseña nueva\r\n\"a.pfx\",\"pass:$secret\",\"pass:$secret\"\r\n"
understood "\xef\xbb\xbf pfx ; new password ;\r\na.pfx;pass:$secret;\r\n"
understood "pfx;correo;teléfono\r\na.pfx;a@b.example;55 1234 5678\r\n"
understood "pfx;password\r\nMu\xf1oz/a.pfx;pass:$secret\r\n" '/Muñoz/a.pfx'
understood '"Empresa\nuno.pfx"\r\n' 'uno.pfx'
understood 'pfx;email;phone\r\n"Empresa\nuno.pfx";a@b.example;"5555012299"\r\n' 'uno.pfx'
understood "pfx\xc2\xa0;password\r\na.pfx\xc2\xa0;pass:$secret\r\n"
understood "pfx;password\r\n=\"a.pfx\";pass:$secret\r\n"
understood "pfx;password\r\na.pfx;pass:$secret\r\n\x1a"
understood '# nota\n\n  a.pfx  \n'
understood '"A.P12"\r\n' '/A.P12'
understood '[{"pfx":"a.pfx","fax":null,"phone":5512345678}]'
list "pfx;password\r\na.pfx;pass:$secret\r\n"
iconv -f utf-8 -t utf-16 "$list" > "$list.new"
mv "$list.new" "$list"
chmod 600 "$list"
ok 'UTF-16' check 9
ok 'UTF-16: its path' complained '/a.pfx: '
touch "$work/Uno, S.A..pfx"
list 'Uno, S.A..pfx\n'
ok 'a comma in the name of a file that is there' check 9
ok 'is of the name' complained 'Uno, S.A..pfx: '

refused "a.pfx;pass:$secret\r\n"
refused "a.pfx,$secret\r\n"
refused "$secret,a.pfx\r\n"
refused "$secret\ta.pfx\r\n"
refused "$secret\r\n"
refused "pass:$secret.pfx\n"
refused "certificado de ana;clave\r\na.pfx;pass:$secret\r\n"
refused "sep=;\r\nuno;dos\r\na.pfx;pass:$secret\r\n" 'line 2'
refused "a.pfx\n\nb.pfx;pass:$secret\n" 'lista.csv: line 3'
refused "pfx\na.pfx,$secret\n" 'line 2, pfx: '
refused "pfx;color\r\na.pfx;$secret\r\n" 'line 1, column 2: there is no column "color"'
refused "pfx;$secret\r\n" 'lista.csv: line 1, column 2: '
refused "pfx;pfx\r\na.pfx;a.pfx\r\n" 'line 1, column 2'
refused "pfx;password\r\na.pfx;$secret\r\n" 'line 2, password: '
refused "password;pfx\r\na.pfx;pass:$secret\r\n" 'line 2, pfx: '
refused "pfx;email\r\na.pfx;pass:$secret\r\n" 'line 2, email: '
refused "pfx;password\r\na.pfx;pass:$secret;$secret\r\n" 'line 2: '
refused "pfx;password;\r\na.pfx;pass:$secret;$secret\r\n" 'line 2: '
refused "pfx;password\r\na.pfx;\"pass:$secret\r\n" 'line 2: '
refused "pfx;password\r\n;pass:$secret\r\n" 'line 2: '
refused "pfx;password\r\na.pfx;pass:$secret\r\n" 'chmod 600' 644
refused "[{\"pfx\":\"a.pfx\",\"password\":\"pass:$secret\n\"}]" 'line 1, column '
refused "[{\"pfx\":\"a.pfx\",\"password\":\"pass:$secret\"" 'line 1, column '
refused "[{\"pfx\":\"a.pfx\",\"password\":\"pass:$secret\"},]" 'line 1, column '
refused "[{\"pfx\":\"a.pfx\",\"pass:$secret\":\"\"}]" 'entry 1: '
refused "[{\"pfx\":\"a.pfx\",\"password\":[\"$secret\"]}]" 'entry 1, password: '
refused "[{\"pfx\":\"a.pfx\",\"color\":\"$secret\"}]" 'entry 1: there is no member "color"'
refused "{\"pfx\":\"a.pfx\",\"password\":\"pass:$secret\"}" 'array'
refused "pfx: a.pfx\npassword: pass:$secret\n" 'line 2: '
refused "\x01$secret\n" 'lista.csv: '
refused "$secret\x00\n" 'lista.csv: '
refused "\xc3\xb1 $secret\n\xf1\n" 'lista.csv: line 2'
tap_end
