/* SPDX-License-Identifier: Apache-2.0
 * See locale.h.
 */
#include "httpd/locale.h"

#include "base/cookie.h"
#include "httpd/accept.h"

const npie_sentences_t *npie_locale_choose(const apr_array_header_t *list,
                                           const request_rec *r)
{
    const char *chosen = npie_cookie_find(apr_table_get(r->headers_in,
                                                        "Cookie"),
                                          NPIE_LOCALE_COOKIE, r->pool);
    const npie_sentences_t *best = NULL;
    int liking = -1;

    for (int i = 0; list != NULL && i < list->nelts; ++i) {
        const npie_sentences_t *one = APR_ARRAY_IDX(list, i,
                                                    npie_sentences_t *);
        const int quality = npie_accept_language(r, one->language);

        if (chosen != NULL && strcmp(chosen, one->language) == 0) {
            return one;
        }
        if (quality > liking) {
            best = one;
            liking = quality;
        }
    }
    return best;
}
