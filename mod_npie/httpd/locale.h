/* SPDX-License-Identifier: Apache-2.0
 * The language of an answer.
 */
#ifndef NPIE_HTTPD_LOCALE_H
#define NPIE_HTTPD_LOCALE_H

#include "httpd/private.h"

#include "base/sentences.h"

/** The cookie that keeps a choice: a language's tag, nothing else. */
#define NPIE_LOCALE_COOKIE "__Host-npie-idioma"

/**
 * Chooses the language for a request: that of the cookie, else the one that
 * Accept-Language weighs most, else the first.
 * @param list of npie_sentences_t *, a language each; NULL: none
 * @return of the list; NULL without one
 */
const npie_sentences_t *npie_locale_choose(const apr_array_header_t *list,
                                           const request_rec *r);

#endif
