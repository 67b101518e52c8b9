# SPDX-License-Identifier: Apache-2.0
# Makes the manual's list of errors from mod_npie/base/problem.def.

function entity(text)
{
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/\\"/, "\\&quot;", text)
    return text
}

# The next string literal of the record; adjacent ones are one string in C.
function literal(    text)
{
    text = ""
    while (match(rest, /^[ \n]*"([^"\\]|\\.)*"/)) {
        piece = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
        sub(/^[ \n]*"/, "", piece)
        sub(/"$/, "", piece)
        text = text piece
    }
    sub(/^[ \n]*[,)]/, "", rest)
    return entity(text)
}

function row(    head, number, name, slug, log_text, cause, remedy)
{
    rest = record
    sub(/^NPIE_PROBLEM\(/, "", rest)
    head = rest
    number = head
    sub(/,.*/, "", number)
    sub(/^[^,]*, */, "", head)
    name = head
    sub(/,.*/, "", name)
    sub(/^[^,]*,[^,]*,/, "", rest)
    slug = literal()
    log_text = literal()
    cause = literal()
    remedy = literal()
    if (number !~ /^[0-9]+$/ || slug == "" || remedy == "") {
        print "errors.awk: cannot read: " record > "/dev/stderr"
        failed = 1
        exit 1
    }
    printf "<tr id=\"e%s\"><th scope=\"row\">%s</th><td><code>%s</code><br>%s</td>" \
        "<td lang=\"es\">%s</td><td lang=\"es\">%s</td></tr>\n", \
        number, number, slug, log_text, cause, remedy
    ++count
}

BEGIN {
    print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<title>Errors - mod_npie</title>"
    print "<link rel=\"stylesheet\" href=\"manual.css\">\n</head>\n<body>"
    print "<nav><a href=\"index.html\">mod_npie</a> <a href=\"directives.html\">Directives</a> " \
        "<a href=\"errors.html\" aria-current=\"page\">Errors</a> <a href=\"programs.html\">Programs</a></nav>"
    print "<main>\n<h1>Errors</h1>"
    print "<p>Every problem has a number that never changes its meaning. The number stands on the page,"
    print "in the error log and in the JSON answer (<code>number</code>, <code>slug</code>);"
    print "cause and remedy are what the employer reads.</p>"
    print "<table>\n<thead><tr><th scope=\"col\">Number</th><th scope=\"col\">Slug and log sentence</th>" \
        "<th scope=\"col\">Cause</th><th scope=\"col\">Remedy</th></tr></thead>\n<tbody>"
}

/^NPIE_PROBLEM\(/ { record = ""; inside = 1 }
inside { record = record (record == "" ? "" : "\n") $0 }
inside && /"\)[ ]*$/ { inside = 0; row() }

END {
    if (failed) {
        exit 1
    }
    if (count == 0) {
        print "errors.awk: no problems found" > "/dev/stderr"
        exit 1
    }
    print "</tbody>\n</table>\n</main>\n</body>\n</html>"
}
