/* SPDX-License-Identifier: Apache-2.0
 * A mail read by a parser that is not ours (t/lib/mailjudge).
 */
#include "unit/unit.h"

#include <apr_strings.h>

#include <stdio.h>
#include <stdlib.h>

#include "unit/backend.h"
#include "unit/mail_judge.h"

const char *mail_file(const char *path, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, 200001);
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail_msg("%s cannot be opened", path);
        return "";
    }
    assert_in_range(fread(text, 1, 200001, file), 0, 200000);
    fclose(file);
    return text;
}

judged_t mail_judged(npie_bytes_t message, apr_pool_t *p)
{
    static const char *const names[] = {
        "headers", "subject", "from-name", "from", "to", "id", "date", "text",
        "html",
    };
    const char *path = apr_pstrcat(p, npie_backend_directory(), "/judged.eml",
                                   NULL);
    const char *read[9];
    FILE *file = fopen(path, "wb");
    judged_t judged;

    assert_non_null(file);
    assert_int_equal(fwrite(message.data, 1, message.len, file), message.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(system(apr_psprintf(
        p, "'" NPIE_TOP "/t/lib/mailjudge' '%s'", path)), 0);
    for (int i = 0; i < 9; i++) {
        read[i] = mail_file(apr_pstrcat(p, path, ".", names[i], NULL), p);
    }
    judged.headers = read[0];
    judged.subject = read[1];
    judged.from_name = read[2];
    judged.from = read[3];
    judged.to = read[4];
    judged.id = read[5];
    judged.date = read[6];
    judged.text = read[7];
    judged.html = read[8];
    return judged;
}

void assert_in(const char *text, const char *piece)
{
    if (strstr(text, piece) == NULL) {
        fail_msg("no \"%s\" in:\n%s", piece, text);
    }
}

int mail_main(const struct CMUnitTest *tests, size_t count,
              CMFixtureFunction start, CMFixtureFunction stop)
{
    int failures;

    apr_initialize();
    failures = _cmocka_run_group_tests("mail", tests, count, start, stop);
    apr_terminate();
    npie_backend_remove();
    return failures;
}
