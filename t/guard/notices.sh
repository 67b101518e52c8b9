#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Numbered messages of the log: one list beside that of the problems, no number
# in both, none written elsewhere, all of them in the manual.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

list=mod_npie/httpd/notice.def problems=mod_npie/base/problem.def
made=$OLDPWD/htdocs/manual/errors.html
inputs 'lists and manual' $list $problems "$made"
notices=$(sed -nE 's/^NPIE_NOTICE\(([0-9]+), ([A-Z_0-9]+),.*/\1 \2/p' $list)
[ "$(printf '%s\n' "$notices" | wc -l)" -gt 20 ] || inputs 'notices'
[ "$(grep -c '^NPIE_NOTICE(' $list)" = "$(printf '%s\n' "$notices" | wc -l)" ] || inputs 'whole rows'
numbers=$(printf '%s\n' "$notices" | cut -d' ' -f1)
none 'their numbers ascend' \
    "$(printf '%s\n' "$numbers" | sort -n -u | diff - <(printf '%s\n' "$numbers") || true)"
none 'no number is a problem'\''s too' \
    "$(printf '%s\n' "$numbers" | grep -xFf - <(sed -nE 's/^NPIE_PROBLEM\(([0-9]+),.*/\1/p' $problems) || true)"
mapfile -t sources < <(find mod_npie -name '*.[ch]' | sort)
inputs 'sources' "${sources[@]}"
none 'no number is written in the code' "$(grep -nE '"[^"]*NPIE[0-9]{4}' "${sources[@]}" || true)"
none 'every message is used' \
    "$(printf '%s\n' "$notices" | while read -r number name; do
        grep -qE "\bNPIE_N_$name\b" mod_npie/httpd/*.c || echo "$number $name"
    done)"
none 'whoever warns does so by number' \
    "$(perl -0777 -ne 'while (/\bap_log_\w*error\([^;]*\bAPLOG_(EMERG|ALERT|CRIT|ERR|WARNING|NOTICE)\b[^;]*/g) {
            my ($at, $call) = ($-[0], $&);
            print "$ARGV:", 1 + (substr($_, 0, $at) =~ tr/\n//), "\n" if $call !~ /NPIE_TAG/;
        }' mod_npie/httpd/*.c)"
none 'every message is in the manual' \
    "$(printf '%s\n' "$numbers" | while read -r number; do
        grep -qF "<tr id=\"n$number\">" "$made" || echo "$number"
    done)"
none 'what the manual names is listed' \
    "$(grep -ohE '\bNPIE[0-9]{4}\b' htdocs/manual/*.html | sort -u | while read -r tag; do
        n=$((10#${tag#NPIE}))
        { printf '%s\n' "$numbers"; sed -nE 's/^NPIE_PROBLEM\(([0-9]+),.*/\1/p' $problems; } |
            grep -x "$n" >/dev/null || echo "$tag"
    done)"
tap_end
