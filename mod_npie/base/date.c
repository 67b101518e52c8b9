/* SPDX-License-Identifier: Apache-2.0
 * Dates as people read them.
 */
#include "base/date.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

/* The name of a month, 0 to 11; "" in a list that has not so many. */
static const char *month_name(const npie_sentences_t *sentences, int month,
                              apr_pool_t *p)
{
    const char *names = npie_sentence(sentences, NPIE_S_DATE_MONTHS);

    for (; month > 0; --month) {
        names += strcspn(names, " ");
        names += strspn(names, " ");
    }
    return apr_pstrmemdup(p, names, strcspn(names, " "));
}

const char *npie_date_text(const npie_sentences_t *sentences, apr_time_t t,
                           apr_pool_t *p)
{
    const apr_time_exp_t x = npie_text_local(t);

    return npie_sentence_fill(sentences, NPIE_S_DATE_LONG, p,
                              "dia", apr_itoa(p, x.tm_mday),
                              "mes", month_name(sentences, x.tm_mon, p),
                              "aaaa", apr_itoa(p, x.tm_year + 1900), NULL);
}

const char *npie_date_moment(const npie_sentences_t *sentences, apr_time_t t,
                             apr_pool_t *p)
{
    const apr_time_exp_t x = npie_text_local(t);

    return npie_sentence_fill(sentences, NPIE_S_DATE_MOMENT, p,
                              "fecha", npie_date_text(sentences, t, p),
                              "hora", apr_psprintf(p, "%02d:%02d", x.tm_hour,
                                                   x.tm_min), NULL);
}
