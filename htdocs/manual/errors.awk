# SPDX-License-Identifier: Apache-2.0
# Makes errors.html, the manual's list of errors, from mod_npie/base/problem.def
# and mod_npie/httpd/notice.def, which mod_npie/base/def.awk reads.

function entity(text)
{
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/"/, "\\&quot;", text)
    return text
}

function problem(    number, slug, log_text, cause, remedy, admin)
{
    number = bare()
    bare()
    slug = entity(literal())
    log_text = entity(literal())
    cause = entity(literal())
    remedy = entity(literal())
    admin = entity(literal())
    if (number !~ /^[0-9]+$/) {
        fail("errors.awk: cannot read: " record)
    }
    printf "<tr id=\"e%s\"><th scope=\"row\"><a href=\"#e%s\">%s</a></th>" \
        "<td data-label=\"Cause\">%s<br><code>%s</code></td>" \
        "<td data-label=\"Remedy for the admin\">%s</td>" \
        "<td data-label=\"What the employer reads\" lang=\"es\">%s %s</td></tr>\n", \
        number, number, number, log_text, slug, admin, cause, remedy
}

function notice(    number, level, text, cause, remedy)
{
    number = bare()
    bare()
    level = bare()
    gsub(/APLOG_|\|APLOG_STARTUP/, "", level)
    text = entity(literal())
    cause = entity(literal())
    remedy = entity(literal())
    if (number !~ /^[0-9]+$/ || level !~ /^[A-Z]+$/) {
        fail("errors.awk: cannot read: " record)
    }
    if (!rows["NPIE_NOTICE"]) {
        print "</tbody>\n</table>\n<h2 id=\"log\">Messages of the error log" \
            " <a class=\"permalink\" href=\"#log\" aria-label=\"Link to this section\">&#182;</a></h2>"
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

function row(macro)
{
    if (macro == "NPIE_NOTICE") {
        notice()
    }
    else {
        problem()
    }
}

BEGIN {
    print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<meta name=\"color-scheme\" content=\"light dark\">"
    print "<title>Errors - mod_npie</title>"
    print "<link rel=\"stylesheet\" href=\"manual.css\">"
    print "<script src=\"search-index.js\" defer></script>"
    print "<script src=\"search.js\" defer></script>\n</head>\n<body>"
    print "<nav aria-label=\"Manual\">"
    print "<a href=\"index.html\">mod_npie</a>"
    print "<a href=\"install.html\">Installation</a>"
    print "<a href=\"directives.html\">Directives</a>"
    print "<a href=\"additional.html\">Additional certificates</a>"
    print "<a href=\"hardware.html\">Keys in hardware</a>"
    print "<a href=\"machines.html\">Many machines</a>"
    print "<a href=\"monitoring.html\">Monitoring</a>"
    print "<a href=\"runbooks.html\">Runbooks</a>"
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

END {
    if (!rows["NPIE_PROBLEM"] || !rows["NPIE_NOTICE"]) {
        fail("errors.awk: no problems or no messages found")
    }
    print "</tbody>\n</table>\n</main>\n</body>\n</html>"
}
