#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl certificate: imported, listed, shown, expiring.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99
make=$work/certificates
mkdir "$make"
cat > "$make/conf" <<CONF
[ca]
default_ca = this
[this]
database = $make/index
serial = $make/serial
new_certs_dir = $make
policy = any
default_md = sha256
unique_subject = no
[any]
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf_ext]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
CONF

# signs NAME SUBJECT DAYS_AGO DAYS_LEFT EXTENSIONS OPTION...
signs() {
    local name=$1 subject=$2 from=$3 until=$4 extensions=$5
    shift 5
    : > "$make/index"
    serial=$((${serial:-100000} + 1))
    echo "$serial" > "$make/serial"
    [ -e "$make/$name.key" ] ||
        openssl ecparam -name prime256v1 -genkey -noout -out "$make/$name.key"
    openssl req -new -key "$make/$name.key" -subj "$subject" -out "$make/csr" 2> "$work/err" &&
        openssl ca -batch -notext -config "$make/conf" -in "$make/csr" -out "$make/$name.pem" \
            -startdate "$(date -u -d "-$from days" +%y%m%d%H%M%SZ)" \
            -enddate "$(date -u -d "$until days" +%y%m%d%H%M%SZ)" \
            -extensions "$extensions" "$@" 2> "$work/err" ||
        { sed 's/^/# /' "$work/err"; exit 99; }
}
for ca in ca other; do
    openssl ecparam -name prime256v1 -genkey -noout -out "$make/$ca.key"
    signs $ca "/CN=Autoridad $ca" 3650 3650 ca_ext -selfsign -keyfile "$make/$ca.key"
done

# leaf NAME RP10 DAYS_AGO DAYS_LEFT [CA] [KEY OF]
leaf() {
    [ -z "${6:-}" ] || cp "$make/$6.key" "$make/$1.key"
    signs "$1" "/OU=$2/CN=Maria" "$3" "$4" leaf_ext -cert "$make/${5:-ca}.pem" -keyfile "$make/${5:-ca}.key"
}
leaf first A064878710 900 -700
leaf second A064878710 700 -500
leaf third A064878710 100 20
leaf solo Y392655210 100 200
leaf stranger A064878710 10 300 other
leaf nobody B121233810 10 300
leaf twin A064878710 50 300 ca third
leaf none OFICINA 10 300
signs named '/O=Molinos, SA/OU=Y392655210/CN=Ana Lucia Perez Lopez' 1 200 leaf_ext \
    -cert "$make/ca.pem" -keyfile "$make/ca.key"
openssl x509 -in "$make/second.pem" -outform DER -out "$make/second.cer"
mkdir "$make/folder"
cat "$make/third.pem" "$make/first.pem" > "$make/folder/several.pem"
cp "$make/second.cer" "$make/folder/"
cp "$make/second.cer" "$make/folder/copy.cer"
cp "$make/solo.pem" "$make/folder/.hidden"
echo "Trust $make/ca.pem" >> "$work/npiectl.conf"
printf '%s\n' 'rp,name,rfc,given_name,surname,curp,entity,postcode' \
    'A0648787107,Uno,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' \
    'Y3926552104,Dos,AUA881212566,M,M,AAPR630321HDFLRC09,9,06600' > "$work/employers.csv"
count() { sql "SELECT count(*) FROM certificate"; }

for kind in sqlite pgsql; do
    on $kind
    ctl registry init
    ctl employer import "$work/employers.csv"
    ok "$kind: a dry run" ends 0 certificate import --dry-run "$make/folder" -j
    ok "$kind: counts" json '$j->{new} == 3 && $j->{duplicate} == 1 && !$j->{imported}'
    ok "$kind: changes nothing" test "$(count)" = 0
    ok "$kind: a folder" ends 0 certificate import "$make/folder"
    ok "$kind: tells the duplicate" said 'duplicate: the same as'
    ok "$kind: generations by age" test "$(sql "SELECT generation, status FROM certificate
        ORDER BY not_before" | tr '|\n' '  ')" = '1 superseded 2 superseded 3 active '
    ok "$kind: the newest is active" test "$(sql "SELECT generation FROM certificate WHERE status = 'active'")" = 3
    ok "$kind: audited" test "$(sql "SELECT detail FROM audit WHERE event = 'certificate-import'")" = '3 new, 1 registered before'
    ok "$kind: again" ends 0 certificate import "$make/folder" "$make/solo.pem" -j
    ok "$kind: only the new one" json '$j->{new} == 1 && $j->{duplicate} == 4'
    ok "$kind: good" ends 0 registry check
    ok "$kind: wrong ones" ends 1 certificate import "$make"/{stranger,nobody,twin,none,first}.pem "$make/first.key" -j
    ok "$kind: each with its reason" json 'join(" ", sort map { $_->{file} =~ m{(\w+)\.\w+$}; "$1:$_->{fate}" }
        @{$j->{certificates}}) eq "first:bad first:duplicate nobody:bad none:bad stranger:bad twin:bad"'
    ok "$kind: wrong ones for people" ends 1 certificate import "$make"/{stranger,nobody,twin,none}.pem "$make/first.key"
    for text in 'stranger.pem:1: ' 'no employer has the registro patronal B121233810: import' \
        'its key has another certificate' 'no registro patronal in OU' 'first.key:0: no certificate'; do
        ok "$kind: says $text" said "$text"
    done
    ok "$kind: nothing of them" test "$(count)" = 4
    leaf "older$kind" A064878710 300 300
    ok "$kind: an older one" ends 1 certificate import "$make/older$kind.pem"
    ok "$kind: is told" said 'it is not newer than generation 3'
    sql "INSERT INTO renewal (employer, old_certificate, state, email, phone, fax, csr, new_spki,
        key_name, key_sha256, created, changed) SELECT employer, id, 'started', 'a@b.example', '', '',
        '', '', '', '', 1795000000, 1795000000 FROM certificate WHERE status = 'active' AND generation = 3"
    leaf "newer$kind" A064878710 5 300
    ok "$kind: during a renewal" ends 1 certificate import "$make/newer$kind.pem"
    ok "$kind: is told what to do" said 'npiectl renewal cancel 1'

    ok "$kind: list" ends 0 certificate list --status active -j
    ok "$kind: lists" json '@$j == 2 && $j->[0]{rp} eq "A0648787107" && $j->[1]{name} eq "Dos"'
    serial=$(openssl x509 -in "$make/third.pem" -noout -serial | cut -d= -f2)
    ok "$kind: show by serial" ends 0 certificate show "$serial" -j
    ok "$kind: shows" json '$j->{generation} == 3 && $j->{issuer} eq "CN=Autoridad ca" && $j->{pem} =~ /BEGIN CERT/'
    ok "$kind: show by employer" ends 0 certificate show Y3926552104
    ok "$kind: several" ends 0 certificate show A0648787107
    ok "$kind: are listed" said superseded
    ok "$kind: nothing to show" ends 1 certificate show ABCDEF
    ok "$kind: expiring" ends 0 certificate expiring -j
    ok "$kind: the one" json '@$j == 1 && $j->[0]{generation} == 3'
    ok "$kind: within a day" ends 0 certificate expiring --within 1d -j
    ok "$kind: none" json '@$j == 0'
    ok "$kind: within a year" ends 0 certificate expiring --within 365d -j
    ok "$kind: both" json '@$j == 2'
    ok "$kind: within 365, which are days" ends 0 certificate expiring --within 365 -j
    ok "$kind: both of them" json '@$j == 2'
    ok "$kind: within 0" ends 1 certificate expiring --within 0
    ok "$kind: within nonsense" ends 1 certificate expiring --within soon
    ok "$kind: no status" ends 1 certificate list --status dead

    ok "$kind: renewals" ends 0 renewal list -j
    ok "$kind: one" json '@$j == 1 && $j->[0]{state} eq "started" && $j->[0]{rp} eq "A0648787107"'
    ok "$kind: shown" ends 0 renewal show A0648787107
    ok "$kind: by its number" ends 0 renewal show 1 -j
    ok "$kind: with its certificate" json '$j->{old_serial} && $j->{email} =~ /^a.b\.example$/'
    ok "$kind: no such renewal" ends 1 renewal show 77
    ok "$kind: no open one" ends 1 renewal show Y3926552104
    ok "$kind: cancel without asking" ends 1 renewal cancel 1
    ok "$kind: wants --yes" complained 'give --yes'
    ok "$kind: still there" test "$(sql 'SELECT state FROM renewal')" = started
    now=$(date +%s)
    sql "UPDATE renewal SET created = $now, changed = $now"
    ok "$kind: cancel" ends 0 renewal cancel A0648787107 --yes -j
    ok "$kind: cancelled" json '$j->{state} eq "cancelled"'
    ok "$kind: audited by the flow" test "$(sql "SELECT count(*) FROM audit WHERE event = 'cancel' AND actor LIKE 'npiectl:%'")" = 1
    ok "$kind: once" ends 1 renewal cancel 1 --yes
    ok "$kind: is enough" complained 'nothing to cancel'
    ok "$kind: none open" ends 0 renewal list
    ok "$kind: but one ended" ends 0 renewal list --all -j
    ok "$kind: still told" json '@$j == 1'
    # Letter and certificate must have the same names: who decides which.
    ok "$kind: another name" ends 0 certificate import "$make/named.pem"
    ok "$kind: no names without a certificate's" ends 1 employer edit A0648787107 --name-from certificate
    ok "$kind: not the registry's" ends 1 employer edit Y3926552104 --name-from registry
    ok "$kind: says why" complained 'takes names from the certificate'
    ok "$kind: nothing to change" ends 1 employer edit Y3926552104
    ok "$kind: the certificate's" ends 0 employer edit Y3926552104 --name-from certificate
    ok "$kind: all of them" test "$(sql "SELECT name, given_name, surname, surname2 FROM employer
        WHERE rp = 'Y3926552104'")" = 'Molinos, SA|Ana Lucia|Perez|Lopez'
    ok "$kind: audited" test "$(sql "SELECT detail FROM audit WHERE event = 'employer-edit'")" = \
        'Y3926552104: name, given_name, surname, surname2, from the certificate'
done
tap_end
