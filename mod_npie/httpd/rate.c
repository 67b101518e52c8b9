/* SPDX-License-Identifier: Apache-2.0
 * Attempts of one address, counted in Redis for all machines.
 */
#include "httpd/rate.h"

#include <apr_strings.h>

#include "httpd/answer.h"

apr_status_t npie_rate_within(request_rec *r, const char *what,
                              npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    apr_int64_t count;
    apr_status_t rv = npie_rate_count(&count, runtime->sessions,
                                      apr_pstrcat(r->pool, what, ":",
                                                  r->useragent_ip, NULL),
                                      runtime->conf->rate.window, err, r->pool);

    if (rv == APR_SUCCESS && count > runtime->conf->rate.count) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_TOO_MANY,
                            "%" APR_INT64_T_FMT " attempts within %d s", count,
                            runtime->conf->rate.window);
    }
    return rv;
}

int npie_rate_answer(request_rec *r, const npie_err_t *err)
{
    return err->problem == NPIE_P_TOO_MANY
        ? npie_answer_problem(r, HTTP_TOO_MANY_REQUESTS, err)
        : npie_answer_error(r, err);
}
