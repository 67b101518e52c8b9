/* SPDX-License-Identifier: Apache-2.0
 * Texts of status codes, and the error record.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const texts[] = {
    [NPIE_EINPUT - NPIE_EBASE] = "the input is not acceptable",
    [NPIE_ESIGNATURE - NPIE_EBASE] = "the signature does not hold",
    [NPIE_EPOLICY - NPIE_EBASE] = "the rules do not allow it",
    [NPIE_ECONFLICT - NPIE_EBASE] = "it was changed by somebody else meanwhile",
    [NPIE_EPROTO - NPIE_EBASE] = "the peer does not keep to the protocol",
    [NPIE_EBACKEND - NPIE_EBASE] = "a part behind the server cannot be reached",
    [NPIE_ECONFIG - NPIE_EBASE] = "the configuration is wrong",
    [NPIE_EINTERNAL - NPIE_EBASE] = "an internal error",
    [NPIE_EDAMAGED - NPIE_EBASE] = "stored data are damaged",
};

apr_status_t (npie_err_set)(npie_err_t *err, apr_status_t status,
                            npie_problem_t problem, const char *fmt, ...)
{
    va_list ap;

    if (err != NULL) {
        err->status = status;
        err->problem = problem;
        va_start(ap, fmt);
        vsnprintf(err->detail, sizeof(err->detail), fmt, ap);
        va_end(ap);
    }
    return status;
}

const char *npie_strerror(apr_status_t status, char *buf, apr_size_t len)
{
    if (status > NPIE_EBASE && status < NPIE_EEND) {
        snprintf(buf, len, "%s", texts[status - NPIE_EBASE]);
        return buf;
    }
    return apr_strerror(status, buf, len);
}
