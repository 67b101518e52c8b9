#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npie-renew's options, columns and exit codes: the program, its manual page
# and the completion say the same.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

room=$top_srcdir/mod_npie/renew
page=$room/npie-renew.1
completion=$room/npie-renew.bash
inputs 'npie-renew and what describes it' ./npie-renew "$page" "$completion" \
    "$room/job.h" "$room/list.c"

differ() {
    diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || true
}

in_program=$(./npie-renew --help | grep -oE '^  --[a-z-]+' | tr -d ' ' | sort)
[ "$(printf '%s\n' "$in_program" | wc -l)" -ge 20 ] || inputs 'options in the help'
none 'npie-renew(1) describes the options of the program' "$(differ "$in_program" \
    "$(sed -n '/^\.SH OPTIONS/,/^\.SH LISTS/s/^\.BI\{0,1\} "\{0,1\}\(\\-\\-[a-z\\-]*\).*/\1/p' "$page" |
        tr -d '\\' | sort -u)")"
none 'npie-renew.bash completes the options of the program' "$(differ "$in_program" \
    "$(grep -oE -- '--[a-z-]+' <(sed -n "/^_npie_renew_options='/,/'$/p" "$completion") | sort -u)")"

in_code=$(sed -n '/^} members\[\]/,/^};/p' "$room/list.c" |
    sed -nE 's/^ +\{ "([a-z-]+)",.*/\1/p' | sort)
none 'npie-renew(1) describes the columns of a list' "$(differ "$in_code" \
    "$(sed -n '/^\.SH LISTS/,/^\.SH /s/^\.B \([a-z\\-]*\)$/\1/p' "$page" | tr -d '\\' | sort -u)")"

in_code=$(grep -oE 'NPIE_EXIT_[A-Z]+ = [0-9]+' "$room/job.h" | grep -oE '[0-9]+$' | sort -n)
none 'npie-renew(1) describes the exit codes' "$(differ "$in_code" \
    "$(sed -n '/^\.SH "EXIT STATUS"/,/^\.SH FILES/s/^\.B \([0-9]*\)$/\1/p' "$page" | sort -n)")"

complete_of() {
    bash -c '. "$0"; compopt() { :; }; COMP_WORDS=(npie-renew "$@")
        COMP_CWORD=$#; _npie_renew; printf "%s\n" "${COMPREPLY[@]}"' "$completion" "$@"
}
none 'an option is completed' "$(differ '--cacert' "$(complete_of --ca)")"
none 'the kind of a key is completed' "$(differ 'p256' "$(complete_of --key-type p2)")"
tap_end
