/* SPDX-License-Identifier: Apache-2.0
 * Counters on the server-status page.
 */
#include "httpd/status.h"

#include <mod_status.h>

#include "httpd/runtime.h"

static const struct {
    npie_counter_t counter;
    const char *name; /* of the machine-readable form */
    const char *text;
} rows[] = {
    { NPIE_COUNT_PASSED, "Passed", "let through the gate" },
    { NPIE_COUNT_TURNED, "Turned", "turned away at the gate" },
    { NPIE_COUNT_LOGINS, "Logins", "logins" },
    { NPIE_COUNT_REFUSALS, "Refusals", "logins refused" },
    { NPIE_COUNT_ISSUED, "Issued", "certificates handed out" },
    { NPIE_COUNT_COMPLETED, "Completed", "renewals completed" },
    { NPIE_COUNT_FAULTS, "Faults", "answers 503" },
    { NPIE_COUNT_DIED, "Died", "children of httpd died" },
};

int npie_status_show(request_rec *r, int flags)
{
    int is_short = (flags & AP_STATUS_SHORT) != 0;

    if (!is_short) {
        ap_rputs("<hr>\n<h2>mod_npie</h2>\n<dl>\n", r);
    }
    for (apr_size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        unsigned count = (unsigned)npie_counted(rows[i].counter);

        if (is_short) {
            ap_rprintf(r, "NPIE%s: %u\n", rows[i].name, count);
        }
        else {
            ap_rprintf(r, "<dt>%u %s</dt>\n", count, rows[i].text);
        }
    }
    if (!is_short) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}
