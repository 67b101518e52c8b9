/* SPDX-License-Identifier: Apache-2.0
 * Logging numbered messages.
 */
#include "httpd/notice.h"

#include <apr_strings.h>

#include "base/status.h"

#define MESSAGE_MAX 2048
#define REASON_MAX 120

static const struct {
    npie_notice_t notice;
    int level;
    const char *text;
} notices[] = {
#define NPIE_NOTICE(number, name, level, text, cause, remedy) \
    { NPIE_N_##name, level, text },
#include "httpd/notice.def"
#undef NPIE_NOTICE
};

/* Is that one of ours, of which APR knows no words? */
static int is_ours(apr_status_t rv)
{
    return rv >= APR_OS_START_USERERR && rv < APR_OS_START_CANONERR;
}

void npie_notice(const char *file, int line, int module, apr_status_t rv,
                 const server_rec *s, const request_rec *r,
                 npie_notice_t notice, const char *detail, ...)
{
    char more[MESSAGE_MAX] = "", message[MESSAGE_MAX], reason[REASON_MAX] = "";
    const char *why = is_ours(rv) ? npie_strerror(rv, reason, sizeof(reason))
                                  : "";
    apr_size_t i = 0;
    va_list args;

    if (detail != NULL) {
        va_start(args, detail);
        apr_vsnprintf(more, sizeof(more), detail, args);
        va_end(args);
    }
    while (notices[i].notice != notice) {
        ++i;
    }
    rv = is_ours(rv) ? APR_SUCCESS : rv;
    apr_snprintf(message, sizeof(message), NPIE_TAG "%s%s%s%s%s%s", (int)notice,
                 notices[i].text, *more != '\0' ? ": " : "", more,
                 *why != '\0' ? " (" : "", why, *why != '\0' ? ")" : "");
    if (r != NULL) {
        ap_log_rerror(file, line, module, notices[i].level, rv, r, "%s",
                      message);
    }
    else {
        ap_log_error(file, line, module, notices[i].level, rv, s, "%s",
                     message);
    }
}
