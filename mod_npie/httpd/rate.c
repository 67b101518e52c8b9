/* SPDX-License-Identifier: Apache-2.0
 * Attempts of one address, counted in Redis for all machines.
 */
#include "httpd/rate.h"

#include <apr_strings.h>

apr_status_t npie_rate_within(request_rec *r, const char *what,
                              npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const int window = runtime->conf->rate.window;
    apr_int64_t count;
    apr_status_t rv = npie_rate_count(&count, runtime->sessions,
                                      apr_pstrcat(r->pool, what, ":",
                                                  r->useragent_ip, NULL),
                                      window, err, r->pool);

    if (rv == APR_SUCCESS && count > runtime->conf->rate.count) {
        apr_time_t now = apr_time_sec(apr_time_now());

        apr_table_setn(r->err_headers_out, "Retry-After",
                       apr_ltoa(r->pool, (long)(window - now % window)));
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_TOO_MANY,
                            "%" APR_INT64_T_FMT " attempts within %d s", count,
                            window);
    }
    return rv;
}
