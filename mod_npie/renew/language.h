/* SPDX-License-Identifier: Apache-2.0
 * The sentences that npie-renew says: as built in, or of a file.
 */
#ifndef NPIE_RENEW_LANGUAGE_H
#define NPIE_RENEW_LANGUAGE_H

#include <apr_pools.h>

#include "base/sentences.h"

/**
 * Chooses a language (es_MX.UTF-8: es-MX, else es): its file, if there is one,
 * else what is built in. Once, before other threads begin.
 * @param directory of files of sentences, base/sentences.h
 * @param wanted tag, of --lang; NULL: that of LC_ALL, LC_MESSAGES or LANG, and
 *        Spanish when there are no sentences in it
 * @param p as long as the program
 * @return APR_SUCCESS; NPIE_EINPUT: there are no sentences in the one wanted;
 *         NPIE_ECONFIG as npie_sentences_read(), and it is Spanish
 */
apr_status_t npie_language_choose(const char *directory, const char *wanted,
                                  npie_err_t *err, apr_pool_t *p);

/** What was chosen; NULL: as built in. */
const npie_sentences_t *npie_language(void);

/** A sentence without placeholders, in the language chosen. */
const char *npie_language_say(npie_sentence_t id);

#endif
