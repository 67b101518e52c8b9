# SPDX-License-Identifier: Apache-2.0
# Makes the file sentences/es, for admins to copy from, of base/problem.def and
# base/sentence.def, which base/def.awk reads; with language=en sentences/en, of
# base/english.def.

function sentence(key, text)
{
    printf "%-24s %s\n", key, text
}

function row(macro,    number, key)
{
    if (macro == "NPIE_SENTENCE") {
        bare()
        key = literal()
        sentence(key, literal())
        return
    }
    number = bare()
    bare()
    if (language == "es") {
        literal()
        literal()
    }
    sentence(number ".cause", literal())
    sentence(number ".remedy", literal())
}

BEGIN {
    print "# The sentences of mod_npie that are built in, a line each: key and text. To"
    print "# change some, copy their lines to a file \"" language "\" in the directory of"
    print "# NPIESentences and edit them there; what that file does not have stays as it is"
    print "# here. {name} is a placeholder."
    if (language == "es") {
        print "# For another language, translate all lines in a file with the name of the"
        print "# language, such as \"fr\", and name it in NPIELanguages."
    }
}

END {
    if (!rows["NPIE_PROBLEM"] || !rows["NPIE_SENTENCE"]) {
        fail("sentences.awk: no problems or no sentences found")
    }
}
