# SPDX-License-Identifier: Apache-2.0
# bash completion of npie-renew. An option with = takes a value.
# t/guard/renew.sh holds it to the program.
_npie_renew_options='--pfx= --cer= --key= --out= --password= --new-password=
--user= --email= --phone= --fax= --accept-terms --key-type= --new-key --list=
--out-dir= --jobs= --report= --check --days= --cacert= --trust= --timeout= --iterations= --lang= --quiet
--verbose --help --version'

_npie_renew() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --key-type)
        mapfile -t COMPREPLY < <(compgen -W 'rsa:2048 rsa:3072 rsa:4096 p256 p384' -- "$current")
        return ;;
    --out-dir)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return ;;
    --password|--new-password)
        compopt -o nospace
        mapfile -t COMPREPLY < <(compgen -W 'file: exec:' -- "$current")
        return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${_npie_renew_options//=/}" -- "$current")
    elif [[ $before == --* && " ${_npie_renew_options//$'\n'/ } " != *" $before= "* ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'https://' -- "$current")
    else
        compopt -o default
    fi
}
complete -F _npie_renew npie-renew
