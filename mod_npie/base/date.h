/* SPDX-License-Identifier: Apache-2.0
 * Dates as people read them, in the language of the sentences and the time zone
 * of npie_text_local().
 */
#ifndef NPIE_BASE_DATE_H
#define NPIE_BASE_DATE_H

#include <apr_time.h>

#include "base/sentence.h"

/**
 * A day: "21 de noviembre de 2026", "November 21, 2026".
 * @param sentences NULL: in Spanish, as built in
 * @return NUL ended UTF-8, in p
 */
const char *npie_date_text(const npie_sentences_t *sentences, apr_time_t t,
                           apr_pool_t *p);

/** The same with the hour: "21 de noviembre de 2026 a las 14:05". */
const char *npie_date_moment(const npie_sentences_t *sentences, apr_time_t t,
                             apr_pool_t *p);

#endif
