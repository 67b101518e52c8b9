# SPDX-License-Identifier: Apache-2.0
# Makes search-index.js, what the manual's search box searches, from the pages:
# a row for each section, as [page, anchor, title, text]. A script, because a
# page that was opened from a file may load no other kind.

function plain(text)
{
    gsub(/<a class="permalink"[^>]*>[^<]*<\/a>/, "", text)
    gsub(/<[^>]*>/, " ", text)
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&nbsp;/, " ", text)
    gsub(/&#182;/, "", text)
    gsub(/&amp;/, "\\&", text)
    gsub(/[ \t\r\n]+/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
}

# The text with `by` for each `mark`. What gsub() makes of backslashes differs
# between the awks.
function replaced(text, mark, by,    parts, n, i, made)
{
    n = split(text, parts, mark)
    made = parts[1]
    for (i = 2; i <= n; i++) {
        made = made by parts[i]
    }
    return made
}

function quoted(text)
{
    text = replaced(replaced(text, "[\\\\]", "\\\\"), "\"", "\\\"")
    # No end of the script, should a page quote it.
    gsub(/<\//, "<\\/", text)
    return "\"" text "\""
}

function section(    title)
{
    title = plain(heading)
    if (title != "") {
        printf "%s[%s, %s, %s, %s]", count++ ? ",\n" : "", quoted(page), \
            quoted(anchor), quoted(title), quoted(plain(body))
    }
    heading = body = anchor = ""
}

function attribute(tag, name,    at)
{
    at = index(tag, " " name "=\"")
    if (!at) {
        return ""
    }
    tag = substr(tag, at + length(name) + 3)
    return substr(tag, 1, index(tag, "\"") - 1)
}

# A whole page, cut where a section begins.
function take(    part, n, parts, tag, name)
{
    sub(/.*<main>/, "", text)
    sub(/<\/main>.*/, "", text)
    gsub(/<(h[123]|tr id=)/, "\001&", text)
    n = split(text, parts, "\001")
    for (part = 1; part <= n; part++) {
        if (match(parts[part], /^<(h[123]|tr id=)[^>]*>/)) {
            section()
            tag = substr(parts[part], 1, RLENGTH)
            anchor = attribute(tag, "id")
            name = tag ~ /^<tr/ ? "</th>" : "</" substr(tag, 2, 2) ">"
            heading = substr(parts[part], RLENGTH + 1, index(parts[part], name) - RLENGTH - 1)
            body = substr(parts[part], index(parts[part], name) + length(name))
        }
        else {
            body = body parts[part]
        }
    }
    section()
}

BEGIN {
    print "/* Made from the pages by search.awk. */"
    print "window.npieManual = ["
}

FNR == 1 {
    if (page != "") {
        take()
    }
    page = FILENAME
    sub(/.*\//, "", page)
    text = ""
}

{ text = text $0 "\n" }

END {
    take()
    print "\n];"
}
