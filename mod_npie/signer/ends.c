/* SPDX-License-Identifier: Apache-2.0
 * Counting the days.
 */
#include "signer/ends.h"

#include <apr_strings.h>

#include "signer/say.h"

#define DAY apr_time_from_sec(86400)
#define SAY_AGAIN (2 * DAY)

static const struct {
    int days;
    const char *level;
} levels[] = {
    { 7, "alert" }, { 30, "error" }, { 90, "warn" }, { 400, "notice" },
};

npie_ends_t *npie_ends_make(apr_pool_t *p)
{
    npie_ends_t *ends = apr_pcalloc(p, sizeof(*ends));

    ends->list = apr_array_make(p, 4, sizeof(npie_end_t));
    return ends;
}

void npie_ends_add(npie_ends_t *ends, const char *name,
                   const npie_cert_t *cert, apr_interval_time_t needed,
                   apr_pool_t *p)
{
    npie_end_t *end = apr_array_push(ends->list);

    end->name = name;
    end->who = apr_pstrdup(p, cert->common_name);
    end->not_after = cert->not_after;
    end->needed = needed;
}

static void say(const npie_end_t *end, apr_time_t now)
{
    const apr_interval_time_t left = end->not_after - now;
    const int days = (int)(left / DAY);

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); ++i) {
        if (days <= levels[i].days) {
            npie_signer_say(levels[i].level, "%s \"%s\" %s %d days%s",
                            end->name, end->who,
                            left > 0 ? "ends in" : "has ended since",
                            left > 0 ? days : -days,
                            end->needed > left ? ", before a certificate made "
                            "now would: none can be issued; renew the "
                            "authority, or shorten CertificateValidity" : "");
            return;
        }
    }
}

void npie_ends_watch(npie_ends_t *ends, apr_time_t now)
{
    if (now < ends->next && ends->next - now <= SAY_AGAIN) {
        return;
    }
    ends->next = now + SAY_AGAIN;
    for (int i = 0; i < ends->list->nelts; ++i) {
        say(&APR_ARRAY_IDX(ends->list, i, npie_end_t), now);
    }
}
