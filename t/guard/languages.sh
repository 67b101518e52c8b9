#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every page, sentence and mail is there in Spanish and in English: the same
# variables and placeholders, the same markup, no text left in Spanish.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

lists=(mod_npie/base/problem.def mod_npie/base/sentence.def mod_npie/base/english.def)
inputs 'pages and their English' htdocs/npie/acceso.html htdocs/npie/en.po htdocs/npie/js/pages.mjs
inputs 'sentences' "${lists[@]}"
none 'every text of the pages is in both' "$(node htdocs/npie/js/pages.mjs)"
none 'every sentence is in both' "$(perl t/guard/languages.pl sentences "${lists[@]}")"

mapfile -t mails < <(find conf/mail -name '*.txt' -o -name '*.html' | sort)
inputs 'mails' "${mails[@]}"
none 'every mail is in both' "$(perl t/guard/languages.pl mails "${mails[@]}")"
tap_end
