# SPDX-License-Identifier: Apache-2.0
# Reads the lists of the code, problem.def, sentence.def and notice.def, for
# another program of awk that has a function row(): it is called for each row
# with the macro's name; bare() and literal() take the arguments in their order.

# The next argument that is no string.
function bare(    text)
{
    text = rest
    sub(/,.*/, "", text)
    gsub(/[ \n]/, "", text)
    sub(/^[^,]*,/, "", rest)
    return text
}

# The next string of the row; adjacent ones are one string in C.
function literal(    text)
{
    text = ""
    while (match(rest, /^[ \n]*"([^"\\]|\\.)*"/)) {
        piece = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
        sub(/^[ \n]*"/, "", piece)
        sub(/"$/, "", piece)
        gsub(/\\"/, "\"", piece)
        text = text piece
    }
    sub(/^[ \n]*[,)]/, "", rest)
    if (text == "") {
        fail("cannot read: " record)
    }
    return text
}

function fail(why)
{
    print why > "/dev/stderr"
    failed = 1
    exit 1
}

/^NPIE_[A-Z]+\(/ { record = ""; inside = 1 }
inside { record = record (record == "" ? "" : "\n") $0 }
inside && /"\)[ ]*$/ {
    inside = 0
    macro = rest = record
    sub(/\(.*/, "", macro)
    sub(/^NPIE_[A-Z]+\(/, "", rest)
    row(macro)
    ++rows[macro]
}

END {
    if (failed) {
        exit 1
    }
}
