#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The manual's pages: navigation, anchors, links, httpd's form of directives,
# narrow tables, nothing that a strict Content-Security-Policy refuses, and the
# index of the search.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

pages=("$top_srcdir"/htdocs/manual/*.html)
case " ${pages[*]} " in
    *errors.html*) ;;
    *) pages+=(htdocs/manual/errors.html) ;;
esac
inputs 'the manual' htdocs/manual/search-index.js "${pages[@]}"
none 'the manual is whole' "$(perl "$top_srcdir/t/guard/manual.pl" htdocs/manual/search-index.js "${pages[@]}")"
tap_end
