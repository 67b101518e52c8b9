/* SPDX-License-Identifier: Apache-2.0
 * The module's record and its hooks.
 */
#define NPIE_MODULE_RECORD
#include "httpd/private.h"

#include <ap_provider.h>
#include <mod_status.h>

#include "httpd/authority.h"
#include "httpd/children.h"
#include "httpd/config.h"
#include "httpd/directives.h"
#include "httpd/gate.h"
#include "httpd/health.h"
#include "httpd/jobs.h"
#include "httpd/watch.h"
#include "httpd/ocsp.h"
#include "httpd/mail.h"
#include "httpd/router.h"
#include "httpd/runtime.h"
#include "httpd/ssl.h"
#include "httpd/status.h"

static void register_hooks(apr_pool_t *p)
{
    /* mod_dir would answer for the pages' path before us. */
    static const char *const before_dir[] = { "mod_dir.c", NULL };
    /* mod_ssl asks for a certificate there when a directory wants one. */
    static const char *const after_ssl[] = { "mod_ssl.c", NULL };
    static const char *const after_authz[] = { "mod_authz_core.c", NULL };
    static const char *const before_cache[] = { "mod_cache.c", NULL };
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    (void)p;
    ap_hook_check_config(npie_conf_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(npie_runtime_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(npie_children_post_config, NULL, NULL,
                        APR_HOOK_MIDDLE);
    ap_hook_post_config(npie_jobs_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(npie_children_child_init, NULL, NULL,
                       APR_HOOK_REALLY_FIRST);
    ap_hook_child_status(npie_children_status, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(npie_runtime_child_init, NULL, before_watchdog,
                       APR_HOOK_MIDDLE);
    ap_hook_child_init(npie_watch_child_init, NULL, before_watchdog,
                       APR_HOOK_MIDDLE);
    ap_hook_post_read_request(npie_gate_scrub, NULL, NULL, APR_HOOK_FIRST);
    /* Before whatever looks at the request to note it. */
    ap_hook_post_read_request(npie_mail_hide_token, NULL, NULL,
                              APR_HOOK_REALLY_FIRST);
    npie_ssl_register();
    ap_hook_quick_handler(npie_ssl_quick, NULL, before_cache,
                          APR_HOOK_REALLY_FIRST);
    ap_hook_check_access(npie_ssl_check, after_ssl, NULL, APR_HOOK_LAST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(npie_ssl_check, NULL, before_dir, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(npie_gate_exempt, after_authz, NULL,
                            APR_HOOK_LAST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(npie_gate_check, NULL, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(npie_router_fixups, NULL, before_dir, APR_HOOK_MIDDLE);
    ap_hook_fixups(npie_gate_hide_cookie, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(npie_health_child_init, NULL, NULL, APR_HOOK_LAST);
    ap_hook_child_init(npie_authority_child_init, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(npie_authority_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(npie_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(npie_ocsp_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(npie_router_handler, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, npie_status_show, NULL, NULL,
                      APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(npie) = {
    STANDARD20_MODULE_STUFF,
    npie_conf_dir_create,
    npie_conf_dir_merge,
    npie_conf_server_create,
    npie_conf_server_merge,
    npie_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
