/* SPDX-License-Identifier: Apache-2.0
 * Remarks on a configuration.
 */
#include "httpd/remark.h"

#include <signal.h>
#include <unistd.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_main.h>
#include <mpm_common.h>

/* httpd -k stop and -k graceful read the configuration before they signal the
 * server that runs. */
static int is_running(void)
{
    pid_t pid = 0;

    return ap_pid_fname != NULL
        && ap_read_pid(ap_server_conf->process->pool, ap_pid_fname, &pid)
               == APR_SUCCESS
        && pid > 0 && kill(pid, 0) == 0;
}

int npie_remark_is_first(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
        && (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST
            || !is_running());
}

/* The second reading of a start is number 1. */
static int is_restart(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_CONFIG
        && ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

const ap_directive_t *npie_remark_place(const npie_server_conf_t *conf,
                                        int directive)
{
    const ap_directive_t *at = directive >= 0 ? conf->where[directive] : NULL;

    if (at == NULL) {
        at = conf->where[NPIE_SET_BASE_URL];
    }
    return at != NULL ? at : conf->engine;
}

/* Virtual hosts that differ in something else name the same files and servers.
 * What was said lives as long as the configuration. */
static int is_said(const server_rec *s, const char *sentence)
{
    static const char name[] = "npie-remarks";
    apr_pool_t *pconf = s->process->pconf;
    void *known = NULL;
    apr_hash_t *said;

    apr_pool_userdata_get(&known, name, pconf);
    said = known != NULL ? known : apr_hash_make(pconf);
    apr_pool_userdata_setn(said, name, NULL, pconf);
    if (apr_hash_get(said, sentence, APR_HASH_KEY_STRING) != NULL) {
        return 1;
    }
    apr_hash_set(said, sentence, APR_HASH_KEY_STRING, sentence);
    return 0;
}

void npie_remark(npie_notice_t notice, const server_rec *s,
                 const ap_directive_t *at, const char *text)
{
    const char *file = at != NULL ? at->filename : s->defn_name;
    int line = at != NULL ? at->line_num : (int)s->defn_line_number;

    const char *sentence = apr_psprintf(s->process->pconf, "%s:%d: %s",
                                        file != NULL ? file : "(server)", line,
                                        text);

    if ((notice == NPIE_N_CONFIG_DOUBT && !npie_remark_is_first()
         && !is_restart())
        || is_said(s, sentence)) {
        return;
    }
    npie_notice(APLOG_MARK, 0, s, NULL, notice, "%s", sentence);
}
