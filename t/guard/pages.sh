#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The table of pages is the one place that knows their names, and each of its
# pages is there.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

table=mod_npie/httpd/page.def
inputs 'table of pages' $table
# "id name script" of each row whose name is written out.
rows=$(perl -0777 -ne 'print "$1 $2 ", $3 // "-", "\n"
    while /^NPIE_(?:PAGE|REFUSAL|FILE|ACTION|PART|ERROR)\((\w+),\s*"([^"]+)"(?:,\s*\d,\s*"(\w+)")?/gm' $table)
[ "$(printf '%s\n' "$rows" | wc -l)" -gt 30 ] || inputs 'rows of the table'

# npie-renew is a client; a form has a field named as the challenge.
none 'names of pages are written in the table alone' \
    "$(printf '%s\n' "$rows" | awk '$2 != "reto" { print "\"" $2 "\""; print "\"" $2 "?" }' |
        grep -rnFf - mod_npie --include='*.[ch]' | grep -v '^mod_npie/renew/' || true)"
none 'every page has its file' \
    "$(printf '%s\n' "$rows" | awk '$2 ~ /\.html$/ { print $2 }' |
        while read -r name; do [ -e "htdocs/npie/$name" ] || echo "$name"; done)"
none 'every file is a page' \
    "$(comm -13 <(printf '%s\n' "$rows" | awk '{ print $2 }' | sort) \
        <(cd htdocs/npie && printf '%s\n' *.html | sort))"
none 'every script is there' \
    "$(printf '%s\n' "$rows" | awk '$3 != "-" { print $3 }' | sort -u |
        while read -r name; do
            [ -e "htdocs/npie/js/src/pages/$name.js" ] || echo "$name"
        done)"
tap_end
