/* SPDX-License-Identifier: Apache-2.0
 * A mail read by a parser that is not ours (t/lib/mailjudge).
 */
#ifndef NPIE_UNIT_MAIL_JUDGE_H
#define NPIE_UNIT_MAIL_JUDGE_H

#include "unit/unit.h"

/** What a reader gets to see; in the pool. */
typedef struct judged_t {
    const char *headers; /* names, one a line */
    const char *subject;
    const char *from_name;
    const char *from;
    const char *to;
    const char *id;
    const char *date;    /* seconds since 1970 */
    const char *text;
    const char *html;
} judged_t;

/** Fails the test when the mail is not well-formed. */
judged_t mail_judged(npie_bytes_t message, apr_pool_t *p);

/** A whole file as text; fails the test when it cannot be read. */
const char *mail_file(const char *path, apr_pool_t *p);

/** Fails the test unless the piece is in the text. */
void assert_in(const char *text, const char *piece);

/** Runs the tests between start and stop (may be NULL), and removes npie_backend_directory().
 * @return what main() returns */
int mail_main(const struct CMUnitTest *tests, size_t count,
              CMFixtureFunction start, CMFixtureFunction stop);

#endif
