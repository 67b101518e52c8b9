/* SPDX-License-Identifier: Apache-2.0
 * Attempts of one address, and what an employer does on one day, counted in
 * Redis for all machines.
 */
#include "httpd/rate.h"

#include <apr_strings.h>

#include "base/text.h"

#define DAY_SECONDS 86400

/* Of IPv6 the first half: a client has as many addresses as it likes in it. */
static const char *client_of(request_rec *r)
{
#if APR_HAVE_IPV6
    const apr_sockaddr_t *address = r->useragent_addr;
    const npie_bytes_t network = {
        (const unsigned char *)&address->sa.sin6.sin6_addr, 8
    };

    if (address->family == APR_INET6
        && !IN6_IS_ADDR_V4MAPPED(&address->sa.sin6.sin6_addr)) {
        return apr_pstrcat(r->pool, npie_text_hex(network, r->pool), "/64",
                           NULL);
    }
#endif
    return r->useragent_ip;
}

/* Counts one, and says when to come again where there are too many. */
static apr_status_t count(request_rec *r, const char *name, int window,
                          int most, npie_problem_t problem, npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    apr_int64_t counted;
    apr_status_t rv = npie_rate_count(&counted, runtime->sessions, name, window,
                                      err, r->pool);

    if (rv == APR_SUCCESS && counted > most) {
        const apr_time_t now = apr_time_sec(apr_time_now());

        apr_table_setn(r->err_headers_out, "Retry-After",
                       apr_ltoa(r->pool, (long)(window - now % window)));
        npie_count(NPIE_COUNT_LIMITED);
        return npie_err_set(err, NPIE_EPOLICY, problem,
                            "%s: %" APR_INT64_T_FMT " within %d s", name,
                            counted, window);
    }
    return rv;
}

apr_status_t npie_rate_within(request_rec *r, const char *what,
                              npie_err_t *err)
{
    const npie_rate_t *rate = &npie_runtime_get(r->server)->conf->rate;

    return count(r, apr_pstrcat(r->pool, what, ":", client_of(r), NULL),
                 rate->window, rate->count, NPIE_P_TOO_MANY, err);
}

/* Is this a form of correo.html that sends nothing? */
static int is_quiet(const npie_visit_t *visit)
{
    return visit->page->id == NPIE_PAGE_MAIL
        && strcmp(npie_form_text(visit->form, "accion"), "seguir") == 0;
}

apr_status_t npie_rate_today(const npie_visit_t *visit, npie_err_t *err)
{
    const npie_daily_t *daily =
        &npie_runtime_get(visit->r->server)->conf->daily;
    const struct {
        const char *what;
        npie_page_id_t page;
        int most;
    } counted[] = {
        { "keys", NPIE_PAGE_KEY, daily->keys },
        { "keys", NPIE_PAGE_REKEY, daily->keys },
        { "letters", NPIE_PAGE_LETTER1, daily->letters },
        { "mails", NPIE_PAGE_LETTER1, daily->mails },
        { "letters", NPIE_PAGE_LETTER2, daily->letters },
        { "letters", NPIE_PAGE_ADDITIONAL_SIGN, daily->letters },
        { "cancellations", NPIE_PAGE_DATA, daily->cancellations },
        { "cancellations", NPIE_PAGE_CANCEL, daily->cancellations },
        { "mails", NPIE_PAGE_MAIL, daily->mails },
        { "mails", NPIE_PAGE_ADDITIONALS, daily->mails },
    };
    apr_status_t rv = APR_SUCCESS;

    for (apr_size_t i = 0; rv == APR_SUCCESS
                           && i < sizeof(counted) / sizeof(counted[0]); ++i) {
        if (counted[i].page == visit->page->id && !is_quiet(visit)) {
            rv = count(visit->r,
                       apr_psprintf(visit->r->pool, "%s:employer %"
                                    APR_INT64_T_FMT, counted[i].what,
                                    visit->who.employer),
                       DAY_SECONDS, counted[i].most, NPIE_P_DAY_LIMIT, err);
        }
    }
    return rv;
}
