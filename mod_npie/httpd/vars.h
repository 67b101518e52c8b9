/* SPDX-License-Identifier: Apache-2.0
 * What the pages may show: variables for mod_include, all named npie_*.
 */
#ifndef NPIE_HTTPD_VARS_H
#define NPIE_HTTPD_VARS_H

#include "httpd/page.h"

/** Addresses, institute, page, its step and script. */
void npie_vars_common(request_rec *r, const npie_page_t *page);

/** The session's token and whose it is. */
void npie_vars_session(request_rec *r, const npie_session_t *session);

/** Employer, certificates and renewal. */
void npie_vars_place(request_rec *r, const npie_place_t *place);

/** Dates and folios of a renewal's letters, read from the registry. */
void npie_vars_letters(request_rec *r, npie_flow_t *flow,
                       const npie_place_t *place);

/** The reference beside an error's number; NULL or "": none. */
void npie_vars_reference(request_rec *r, const char *reference);

/** An error's number, cause and remedy; nothing for an unknown number.
 * @param detail further Spanish sentence, or NULL */
void npie_vars_problem(request_rec *r, int number, const char *detail);

/** Sets one variable; NULL or "" leaves it unset. */
void npie_vars_set(request_rec *r, const char *name, const char *value);

#endif
