#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every address that the pages have is in the manual's openapi.json, with the
# methods that it takes; and each tag of it is held against answers by a test.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
described=$top_srcdir/htdocs/manual/openapi.json
pages=$top_srcdir/mod_npie/httpd/page.def
inputs 'description and pages' "$described" "$pages"

# "name method" of each row, as the preprocessor leaves it.
# shellcheck disable=SC2086
addresses=$($CC -std=gnu99 -E -P $GUARD_CPPFLAGS -I"$top_srcdir/mod_npie" -x c - <<'C' |
#include "letter/file.h"
#define NPIE_PAGE(id, name, step, script, who, home, also, show, post, limit) \
    @ name get @ @ name post_##post @
#define NPIE_REFUSAL(id, name, problem) @ name get @
#define NPIE_FILE(id, name, who, label, type, send) @ name get @
#define NPIE_ACTION(id, name, who, post) @ name post @
#include "httpd/page.def"
C
    perl -0777 -ne 'while (/@ "([^"]*)" (get|post)(?!_NULL)\S* @/g) {
        my ($name, $method) = ($1, $2);
        print $name =~ s/#.*//r, " $method\n";
    }')
[ "$(printf '%s\n' "$addresses" | wc -l)" -gt 40 ] || inputs 'addresses'
in_manual=$(perl -MJSON::PP -0777 -ne '
    my $paths = decode_json($_)->{paths};
    for my $path (keys %$paths) {
        my $name = $path =~ s{^/}{}r =~ s/\{.*//r;
        print "$name $_\n" for keys %{ $paths->{$path} };
    }' "$described")
none 'every address of the tables is described' \
    "$(comm -23 <(printf '%s\n' "$addresses" | sort -u) <(printf '%s\n' "$in_manual" | sort -u))"
none 'every operation has one tag, and every tag a test' \
    "$(perl -MJSON::PP -0777 -ne '
        my $paths = decode_json($_)->{paths};
        for my $path (sort keys %$paths) {
            for my $method (sort keys %{ $paths->{$path} }) {
                my @tags = @{ $paths->{$path}{$method}{tags} // [] };
                print @tags == 1 ? "$tags[0]\n" : "!$path $method\n";
            }
        }' "$described" | sort -u | while read -r tag; do
            grep -qF "described(answers(), every => '$tag')" "$top_srcdir"/t/json/*.t || echo "$tag"
        done)"
tap_end
