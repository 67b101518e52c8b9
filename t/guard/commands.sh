#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl's commands and their options: the program's table, the manual page
# and the completion say the same; so do the keys of its configuration.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

page=$top_srcdir/mod_npie/ctl/npiectl.8
completion=$top_srcdir/mod_npie/ctl/npiectl.bash
code=$top_srcdir/mod_npie/ctl/settings.c
reference=$top_srcdir/conf/npiectl.conf
inputs 'npiectl and what describes it' ./npiectl "$page" "$completion" "$code" "$reference"

differ() {
    diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || true
}

# Each form of the table, made by the program's own JSON.
table() {
    ./npiectl help --json | perl -MJSON::PP -0777 -ne '
        my $all = decode_json($_);
        for my $c (@{$all->{commands}}) {
            my @o = @{$c->{options}};
            if ($ENV{FORM} eq "page") {
                print join " ", $c->{words}, (map { "[--$_->{name}" .
                    (defined $_->{value} ? " $_->{value}" : "") . "]" } @o),
                    length $c->{operands} ? $c->{operands} : ();
            } else {
                print "$c->{words}|", join " ", map { "--$_->{name}" .
                    (defined $_->{value} ? "=" : "") } @o;
            }
            print "\n";
        }
        print "general|", join(" ", map { "--$_->{name}" .
            (defined $_->{value} ? "=" : "") } @{$all->{options}}), "\n"
            if $ENV{FORM} ne "page";'
}
in_program=$(FORM=page table)
[ "$(printf '%s\n' "$in_program" | wc -l)" -ge 1 ] || inputs 'commands'
in_page=$(sed -n '/^\.SH COMMANDS/,/^\.SH CONFIGURATION/s/^\.SS "\(.*\)"$/\1/p' "$page" |
    sed 's/\\-/-/g')
none 'npiectl(8) shows the commands of the program' \
    "$(differ "$in_program" "$in_page")"

in_completion=$(sed -n "/^_npiectl_commands='/,/^'/p" "$completion" | grep '|'
    sed -n "s/^_npiectl_general='\(.*\)'/general|\1/p" "$completion")
none 'npiectl.bash completes the commands of the program' \
    "$(differ "$(FORM=completion table)" "$in_completion")"

in_code=$(grep -oE '^    \{ "[A-Za-z]+", set_' "$code" |
    grep -oE '"[A-Za-z]+"' | tr -d '"' | sort -u)
none 'conf/npiectl.conf lists the keys of the code' "$(differ "$in_code" \
    "$(grep -oE '^#?[A-Z][A-Za-z]+ [^ ]' "$reference" | grep -oE '[A-Z][A-Za-z]+' | sort -u)")"
none 'npiectl(8) describes the keys of the code' "$(differ "$in_code" \
    "$(sed -n '/^\.SH CONFIGURATION/,/^\.SH "EXIT/s/^\.BI \([A-Z][A-Za-z]*\) .*/\1/p' "$page" | sort -u)")"

complete_of() {
    bash -c '. "$0"; compopt() { :; }; COMP_WORDS=(npiectl "$@")
        COMP_CWORD=$#; _npiectl; printf "%s\n" "${COMPREPLY[@]}"' "$completion" "$@"
}
none 'an empty line completes to the first words' \
    "$(differ "$(printf '%s\n' "$in_program" | cut -d' ' -f1 | sort -u)" "$(complete_of '' | sort)")"
none 'options are completed' \
    "$(differ '--json' "$(complete_of help --js)")"
tap_end
