/* SPDX-License-Identifier: Apache-2.0
 * A form that comes second, as from another tab or from a page to which Back
 * led: what it brought beside what the renewal has.
 */
#ifndef NPIE_HTTPD_OTHER_H
#define NPIE_HTTPD_OTHER_H

#include "httpd/page.h"

/** Is it a problem of this kind, DATA_OTHER or KEY_OTHER? 1 = yes. */
int npie_other_is(npie_problem_t problem);

/**
 * What counts and what was sent, in Spanish, with the time and for a key with
 * the short fingerprint of each.
 * @param post its place read; form of datos or llave
 * @return a sentence in the request's pool; NULL: the renewal has neither, or
 *         the problem is no such one
 */
const char *npie_other_said(const npie_visit_t *post, npie_problem_t problem);

#endif
