/* SPDX-License-Identifier: Apache-2.0
 * A refused form between its POST and the page that shows why: the problem and
 * what was typed, kept in Redis with the session.
 */
#ifndef NPIE_HTTPD_DRAFT_H
#define NPIE_HTTPD_DRAFT_H

#include <jansson.h>

#include "httpd/page.h"

/** A draft under construction; NULL-safe to fill, given up by
 * npie_draft_save(). */
json_t *npie_draft_new(npie_problem_t problem, const char *detail);

/** Adds what was typed into a field, and its own problem (NPIE_P_NONE: none). */
void npie_draft_field(json_t *draft, const char *name, const char *value,
                      npie_problem_t problem);

/** What a program is told of a draft, as members of the problem: "fields",
 * each that is wrong with number and title, and "found", what a file was that
 * is not the letter, or what is on record. Frees the draft.
 * @return a new object */
json_t *npie_draft_members(const request_rec *r, json_t *draft);

/** Keeps a draft for a page and frees it; NULL removes what was kept.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_draft_save(request_rec *r, const npie_holder_t *holder,
                             npie_page_id_t page, json_t *draft,
                             npie_err_t *err);

/** Sets a page's variables from its draft, when there is one. A Redis that
 * fails here costs only the typed values. */
void npie_draft_show(request_rec *r, const npie_holder_t *holder,
                     npie_page_id_t page);

#endif
