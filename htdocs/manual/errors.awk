# SPDX-License-Identifier: Apache-2.0
# Makes errors.html, the manual's list of errors, from mod_npie/base/problem.def
# and mod_npie/httpd/notice.def.

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

function row(    head, number, slug, log_text, cause, remedy, admin)
{
    rest = record
    sub(/^NPIE_PROBLEM\(/, "", rest)
    head = rest
    number = head
    sub(/,.*/, "", number)
    sub(/^[^,]*,[^,]*,/, "", rest)
    slug = literal()
    log_text = literal()
    cause = literal()
    remedy = literal()
    admin = literal()
    if (number !~ /^[0-9]+$/ || slug == "" || admin == "") {
        print "errors.awk: cannot read: " record > "/dev/stderr"
        failed = 1
        exit 1
    }
    printf "<tr id=\"e%s\"><th scope=\"row\"><a href=\"#e%s\">%s</a></th>" \
        "<td data-label=\"Cause\">%s<br><code>%s</code></td>" \
        "<td data-label=\"Remedy for the admin\">%s</td>" \
        "<td data-label=\"What the employer reads\" lang=\"es\">%s %s</td></tr>\n", \
        number, number, number, log_text, slug, admin, cause, remedy
    ++count
}

function notice(    number, level, text, cause, remedy)
{
    rest = record
    sub(/^NPIE_NOTICE\(/, "", rest)
    number = rest
    sub(/,.*/, "", number)
    sub(/^[^,]*,[^,]*,[ ]*/, "", rest)
    level = rest
    sub(/,.*/, "", level)
    sub(/^[^,]*,/, "", rest)
    gsub(/APLOG_|[ ]*\|[ ]*APLOG_STARTUP/, "", level)
    text = literal()
    cause = literal()
    remedy = literal()
    if (number !~ /^[0-9]+$/ || level !~ /^[A-Z]+$/ || remedy == "") {
        print "errors.awk: cannot read: " record > "/dev/stderr"
        failed = 1
        exit 1
    }
    if (notices++ == 0) {
        print "</tbody>\n</table>\n<h2 id=\"log\">Messages of the error log</h2>"
        print "<p>These messages are about the server, not about an employer. A detail may follow the text.</p>"
        print "<table class=\"wide\">\n<thead><tr><th scope=\"col\">Number</th>" \
            "<th scope=\"col\">Level and text</th><th scope=\"col\">Cause</th>" \
            "<th scope=\"col\">Remedy</th></tr></thead>\n<tbody>"
    }
    printf "<tr id=\"n%s\"><th scope=\"row\"><a href=\"#n%s\">NPIE%04d</a></th>" \
        "<td data-label=\"Level and text\"><code>%s</code> %s</td>" \
        "<td data-label=\"Cause\">%s</td><td data-label=\"Remedy\">%s</td></tr>\n", \
        number, number, number, tolower(level), text, cause, remedy
}

BEGIN {
    print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<meta name=\"color-scheme\" content=\"light dark\">"
    print "<title>Errors - mod_npie</title>"
    print "<link rel=\"stylesheet\" href=\"manual.css\">\n</head>\n<body>"
    print "<nav aria-label=\"Manual\">"
    print "<a href=\"index.html\">mod_npie</a>"
    print "<a href=\"directives.html\">Directives</a>"
    print "<a href=\"additional.html\">Additional certificates</a>"
    print "<a href=\"hardware.html\">Keys in hardware</a>"
    print "<a href=\"errors.html\" aria-current=\"page\">Errors</a>"
    print "<a href=\"programs.html\">Programs</a>\n</nav>"
    print "<main>\n<h1>Errors</h1>"
    print "<p>Every problem has a number that never changes its meaning. The page, the error log"
    print "and the JSON answer (<code>number</code>, <code>slug</code>) contain the number; in the"
    print "log, error 90 is NPIE0090. The cause is the sentence of the log, where a detail follows. \"None\" means that the"
    print "employer can solve the problem and the admin need not act. The last column is the text on"
    print "the page.</p>"
    print "<table class=\"wide\">\n<thead><tr><th scope=\"col\">Number</th><th scope=\"col\">Cause</th>" \
        "<th scope=\"col\">Remedy for the admin</th>" \
        "<th scope=\"col\">What the employer reads</th></tr></thead>\n<tbody>"
}

/^NPIE_(PROBLEM|NOTICE)\(/ { record = ""; inside = 1 }
inside { record = record (record == "" ? "" : "\n") $0 }
inside && /"\)[ ]*$/ {
    inside = 0
    if (record ~ /^NPIE_NOTICE/) {
        notice()
    }
    else {
        row()
    }
}

END {
    if (failed) {
        exit 1
    }
    if (count == 0 || notices == 0) {
        print "errors.awk: no problems or no messages found" > "/dev/stderr"
        exit 1
    }
    print "</tbody>\n</table>\n</main>\n</body>\n</html>"
}
