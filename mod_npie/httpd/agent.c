/* SPDX-License-Identifier: Apache-2.0
 * Families of browsers.
 */
#include "httpd/agent.h"

const char *npie_agent_family(const request_rec *r)
{
    /* Each names those below it as well. */
    static const char *const families[][2] = {
        { "npie-renew/", "npie-renew" },
        { "Edg/", "edge" }, { "EdgA/", "edge" }, { "EdgiOS/", "edge" },
        { "OPR/", "opera" }, { "SamsungBrowser/", "samsung" },
        { "Firefox/", "firefox" }, { "FxiOS/", "firefox" },
        { "Chrome/", "chrome" }, { "CriOS/", "chrome" },
        { "Safari/", "safari" },
    };
    const char *agent = apr_table_get(r->headers_in, "User-Agent");

    for (apr_size_t i = 0; agent != NULL
                           && i < sizeof(families) / sizeof(families[0]);
         ++i) {
        if (ap_strstr_c(agent, families[i][0]) != NULL) {
            return families[i][1];
        }
    }
    return "other";
}
