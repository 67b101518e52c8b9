/* SPDX-License-Identifier: Apache-2.0
 * The sentences of a server: those that are built in, or of NPIESentences.
 */
#ifndef NPIE_HTTPD_SENTENCES_H
#define NPIE_HTTPD_SENTENCES_H

#include "httpd/private.h"

#include "base/sentences.h"

/**
 * The sentences for a request, in its language (locale.h).
 * @return NULL: in Spanish, as built in
 */
const npie_sentences_t *npie_sentences_for(const request_rec *r);

/** A sentence for a request, without placeholders. */
const char *npie_sentences_say(const request_rec *r, npie_sentence_t id);

/** A day for a request, as npie_date_text() has it. */
const char *npie_sentences_date(const request_rec *r, apr_time_t t);

/** A day with its hour for a request, as npie_date_moment() has it. */
const char *npie_sentences_moment(const request_rec *r, apr_time_t t);

/**
 * What the pages' scripts say otherwise than they were made to say, by key, as
 * a JSON object.
 * @return in the pool of the request; NULL: nothing
 */
const char *npie_sentences_script(const request_rec *r);

#endif
