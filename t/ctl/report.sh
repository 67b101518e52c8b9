#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl report: what the audit tells of a day and of a month, in each form.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

key=$(printf '%064d' 5)
# at DAY TIME: in seconds.
at() { date -u -d "$1 $2" +%s; }
# move N ROW TIME EVENT: renewal N, on 2026-11-20 unless TIME names its day.
move() { row "$2" "renewal $1, a to b, letters 1 and 0" "$(at "${5:-2026-11-20}" "$3")" "$4" 3030; }
login() { row "$1" "$2, key $key, employer 1$4" "$(at 2026-11-20 "$3")" "$5" 3030; }

for kind in sqlite pgsql; do
    on $kind
    ok "$kind: a registry" ends 0 registry init
    ok "$kind: nothing yet" ends 0 report --day 2026-11-20 -j
    ok "$kind: is nothing" json '$j->{begun} == 0 && !defined $j->{steps}[1]{median_seconds} && !@{$j->{browsers}}'
    row 1 'renewal 1, none to started, letters 0 and 0' "$(at 2026-11-19 23:59:59)" data 3030
    login 2 renewal 00:00:00 ', browser firefox' login
    login 3 'certificate-too-old' 09:00:00 ', browser chrome' login-refused
    login 4 renewal 09:30:00 ', browser chrome' login
    login 5 renewal 09:31:00 '' login
    move 2 6 10:00:00 data
    move 3 7 10:00:10 data
    move 2 8 10:01:00 key
    move 4 9 10:02:00 data
    move 3 10 10:03:10 key
    move 2 11 10:03:20 rekey
    move 2 12 10:04:00 sign-letter
    move 2 13 10:05:00 issue
    move 2 14 10:06:00 sign-terms
    move 4 15 11:00:00 cancel
    move 5 16 23:59:59 data
    move 6 17 00:00:00 data 2026-11-21
    move 3 18 09:00:00 sign-letter 2026-11-21
    move 5 19 09:00:00 lapse 2026-12-15
    ok "$kind: a day" ends 0 report --day 2026-11-20 -j
    ok "$kind: who began, and what became of it" json '$j->{begun} == 4 && $j->{completed} == 1
        && $j->{cancelled} == 1 && $j->{lapsed} == 1 && $j->{open} == 1'
    ok "$kind: how far" json 'join(" ", map { "$_->{step}:$_->{reached}/$_->{left}" } @{$j->{steps}})
        eq "data:4/2 key:2/0 sign-letter:2/1 confirm:1/0 issue:1/0 sign-terms:1/0"'
    ok "$kind: how long" json '$j->{steps}[1]{median_seconds} == 60 && $j->{steps}[1]{p90_seconds} == 60
        && $j->{steps}[4]{median_seconds} == 60 && !defined $j->{steps}[3]{median_seconds}'
    ok "$kind: logins" json '$j->{logins} == 3 && $j->{refused} == 1'
    ok "$kind: by error" json '$j->{refusals}[0]{number} == 34 && $j->{refusals}[0]{count} == 1'
    ok "$kind: by browser" json 'join(" ", sort map { "$_->{family}:$_->{count}" } @{$j->{browsers}})
        eq "chrome:2 firefox:1 unknown:1"'
    ok "$kind: a month" ends 0 report --month 2026-11 -j
    ok "$kind: is all of it" json '$j->{begun} == 6 && $j->{since} eq "2026-11-01T00:00:00Z" && $j->{until} eq "2026-12-01T00:00:00Z"'
    ok "$kind: for people" ends 0 report --month 2026-11
    ok "$kind: a table" said 'sign-letter'
    ok "$kind: a page" ends 0 report --month 2026-11 --format html --out "$work/report.html"
    ok "$kind: a page that is well-formed, with a picture" python3 -c '
import sys, html.parser
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(); self.open = []; self.bars = 0
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",): self.open.append(tag)
        self.bars += tag == "rect"
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
page = Page(); page.feed(open(sys.argv[1]).read())
assert not page.open and page.bars == 6, (page.open, page.bars)' "$work/report.html"
    ok "$kind: a page of nobody" bash -c '! grep -q 3030 "$1"' - "$work/report.html"
    ok "$kind: rows" ends 0 report --day 2026-11-20 --format csv
    ok "$kind: one value in each" perl -ne 'END { exit $bad } $bad ||= $. > 1 && !/^[a-z-]+,[a-z-]+,[a-z0-9_]+,[0-9TZ:-]+$/' "$work/out"
    ok "$kind: of a step" said 'step,key,reached,2'
    ok "$kind: no day" ends 1 report --day 2026-11
    ok "$kind: no month" ends 1 report --month 2026-13
    ok "$kind: one of them" ends 1 report --month 2026-11 --day 2026-11-20
    ok "$kind: no such form" ends 1 report --format pdf
    ok "$kind: text goes to the screen" ends 1 report --out "$work/x"
done
tap_end
