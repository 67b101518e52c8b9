#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every address that the pages have is in the manual's openapi.json, with the
# methods that it takes; and each tag of it is held against answers by a test.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
described=$top_srcdir/htdocs/manual/openapi.json
httpd=$top_srcdir/mod_npie/httpd
inputs 'description and tables' "$described" "$httpd/actions.c" "$httpd/where.c"

# rows FILE TABLE: the first string of each row, as the preprocessor leaves it.
rows() {
    # shellcheck disable=SC2086
    $CC -std=gnu99 -E -P $GUARD_CPPFLAGS -I"$top_srcdir/mod_npie" "$httpd/$1" |
        perl -0777 -ne '/\b'"$2"'\[\] = \{(.*?)\n?\};/s or die;
            my $rows = $1;
            print "$1\n" while $rows =~ /\{\s*"([^"]*)"/g'
}
addresses=$(rows where.c pages | sed 's/$/ get/'
    rows actions.c posts | sed 's/$/ post/'
    rows actions.c open_posts | sed 's/$/ post/'
    rows actions.c files | sed 's/$/ get/')
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
