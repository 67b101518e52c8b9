/* SPDX-License-Identifier: Apache-2.0
 * The pages in the language of a request, and the form that chooses one.
 *
 * The pages are in Spanish; a folder beside them, of the name of a language,
 * has those of the same names in that language. Addresses do not differ.
 */
#ifndef NPIE_HTTPD_LANGUAGES_H
#define NPIE_HTTPD_LANGUAGES_H

#include "httpd/page.h"

/**
 * Has the file of a page, or of a part of one, be that of the request's
 * language, where there is one, and says so in Content-Language.
 * @param name below the pages' path
 */
void npie_languages_file(request_rec *r, const char *name);

/** Sets what the form needs: npie_language, the others that this page is there
 * in (npie_languages), and where to come back to (npie_here). */
void npie_languages_vars(request_rec *r, const npie_page_t *page);

/** POST idioma: fields lengua and volver; keeps the choice in a cookie for a
 * year and leads back. */
int npie_languages_post(npie_visit_t *visit);

#endif
