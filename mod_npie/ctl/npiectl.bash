# SPDX-License-Identifier: Apache-2.0
# bash completion of npiectl. One command a line: its words, and its options;
# those with = take a value. t/guard/commands.sh holds it to the program.
_npiectl_commands='
help|
setup|--answers= --passphrase-file= --folder= --site-file= --references=
backup|--keys --verify
registry init|
registry upgrade|
registry check|
registry backup|
registry copy|
registry reconcile|--dry-run --unfinished=
employer import|--dry-run --encoding= --update
employer list|--match=
employer show|
employer edit|--name-from=
employer story|
ca init|--organization= --name= --key= --from= --root-years= --years= --seal-years= --url= --root-only --root-dir= --passphrase-file= --pkcs11= --pin-file= --label= --root-in-token
ca request|--organization= --name= --key=
ca sign|--root-key= --passphrase-file= --years= --url=
ca renew|--certificate= --root-key= --passphrase-file= --within= --years= --seal --seal-years=
ca crl|--root-key= --passphrase-file= --revoke= --reason= --days=
ca revoke|--reason=
certificate import|--dry-run
certificate list|--employer= --status=
certificate show|
certificate expiring|--within=
certificate revoke|--rp= --reason= --invalid-since=
certificate release|
certificate confirm|
crl|--out= --pem
renewal list|--all
renewal show|
renewal cancel|
letter verify|--offline --seal=
letter timestamp|--url= --tsa=
letter renew-timestamps|--url= --tsa= --within=
audit show|--after= --employer= --certificate= --event= --since= --until= --last= --follow
audit verify|
audit reseal|
ledger verify|--ca= --anchor=
ledger show|--folio= --serial= --kind= --since= --last=
ledger export|
ledger import|
report|--day= --month= --format= --out=
session secret|
status|--disk-warning= --disk-critical= --plugin
doctor|
'
_npiectl_general='--config= --registry= --redis= --signer= --json --yes --help --version'

_npiectl() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local line words rest typed='' word found='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        -*|=) ;;
        *) typed+=${typed:+ }$word ;;
        esac
    done
    rest=$_npiectl_general
    while IFS='|' read -r words line; do
        [ -n "$words" ] || continue
        case "$typed " in
        "$words "*) found=$words; rest+=" $line" ;;
        esac
        case "$words" in
        "$typed"*) [ -n "$found" ] || COMPREPLY+=("${words:${#typed}}") ;;
        esac
    done <<< "$_npiectl_commands"
    case " $rest " in
    *" $before= "*) COMPREPLY=(); compopt -o default; return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${rest//=/}" -- "$current")
    elif [ -n "$found" ]; then
        COMPREPLY=()
        compopt -o default
    else
        # The next word of every command that goes on from here.
        mapfile -t COMPREPLY < <(compgen -W "$(printf '%s\n' "${COMPREPLY[@]# }" |
            cut -d' ' -f1 | sort -u)" -- "$current")
    fi
}
complete -F _npiectl npiectl
