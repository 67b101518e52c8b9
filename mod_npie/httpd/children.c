/* SPDX-License-Identifier: Apache-2.0
 * Children that died.
 */
#include "httpd/private.h"
#include "httpd/children.h"

#include <unistd.h>

#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <scoreboard.h>

#include "httpd/notice.h"
#include "httpd/runtime.h"
#include "store/audit.h"

#define RETAINED "npie-children"
#define TOLD_MAX 8 /* requests in one line */

/** The children that live. */
typedef struct children_t {
    apr_uint32_t untold; /* deaths that the audit does not have yet */
    apr_uint32_t count; /* entries */
    apr_uint32_t pids[]; /* 0: free */
} children_t;

/* Set in post_config, inherited by the children. */
static children_t *children;

static apr_status_t make(children_t **plist, apr_pool_t *p)
{
    apr_shm_t *shm;
    apr_size_t size;
    apr_status_t rv;
    int limit = 0;

    ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &limit);
    size = sizeof(**plist) + (apr_size_t)limit * sizeof((*plist)->pids[0]);
    rv = apr_shm_create(&shm, size, NULL, p);
    if (rv == APR_SUCCESS) {
        *plist = apr_shm_baseaddr_get(shm);
        memset(*plist, 0, size);
        (*plist)->count = (apr_uint32_t)limit;
    }
    return rv;
}

/* Children outlive a graceful restart, and so does their list; this module is
 * loaded anew. */
int npie_children_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                              apr_pool_t *ptemp, server_rec *s)
{
    children_t **kept;
    apr_status_t rv = APR_SUCCESS;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    kept = ap_retained_data_get(RETAINED);
    if (kept == NULL) {
        kept = ap_retained_data_create(RETAINED, sizeof(*kept));
        rv = make(kept, s->process->pool);
    }
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_COUNTERS, NULL);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    children = *kept;
    return OK;
}

/* Puts one number in the place of another, once; 1 when it was there. */
static int exchange(pid_t from, pid_t to)
{
    for (apr_uint32_t i = 0; children != NULL && i < children->count; ++i) {
        if (apr_atomic_cas32(&children->pids[i], (apr_uint32_t)to,
                             (apr_uint32_t)from) == (apr_uint32_t)from) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t leave(void *data)
{
    (void)data;
    exchange(getpid(), 0);
    return APR_SUCCESS;
}

void npie_children_child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)s;
    if (exchange(0, getpid())) {
        apr_pool_cleanup_register(pchild, NULL, leave, apr_pool_cleanup_null);
    }
}

apr_status_t npie_children_tell(const npie_flow_t *flow, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && children != NULL
           && apr_atomic_read32(&children->untold) > 0) {
        rv = npie_audit(flow->registry, flow->now, "httpd", NPIE_AUDIT_DIED,
                        "a child died: see the error log", err);
        /* One job at a time does this. Should its own child die just here,
         * this death is told twice: rather that than never. */
        if (rv == APR_SUCCESS) {
            apr_atomic_dec32(&children->untold);
        }
    }
    return rv;
}

/* "POST /npie/acceso.html" of a request's first line: what is behind a ? may be
 * a secret, such as the token of a link. */
static const char *without_query(const char *line, apr_pool_t *p)
{
    apr_size_t method = strcspn(line, " ");
    apr_size_t path = strcspn(line + method + (line[method] != '\0'), " ?");

    return apr_pstrmemdup(p, line, method + (line[method] != '\0') + path);
}

/* What the scoreboard says of a child's threads: the requests that they had
 * begun and not ended, "" when there is none. Their status is "dead" by now. */
static const char *requests_of(int slot, apr_pool_t *p)
{
    const char *told = "";
    int threads = 0, count = 0;

    ap_mpm_query(AP_MPMQ_HARD_LIMIT_THREADS, &threads);
    for (int i = 0; slot >= 0 && i < threads && count < TOLD_MAX; ++i) {
        const worker_score *w = ap_get_scoreboard_worker_from_indexes(slot, i);

        if (w != NULL && w->request[0] != '\0'
            && w->start_time > w->stop_time) {
            told = apr_pstrcat(p, told, count++ == 0 ? "" : ", ",
                               without_query(w->request, p), " from ",
                               w->client64, NULL);
        }
    }
    return told;
}

void npie_children_status(server_rec *s, pid_t pid, ap_generation_t generation,
                          int slot, mpm_child_status status)
{
    const char *told;
    apr_pool_t *p;
    int state = AP_MPMQ_RUNNING;

    (void)generation;
    if (status != MPM_CHILD_EXITED || !exchange(pid, 0)) {
        return;
    }
    ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    if (state == AP_MPMQ_STOPPING) {
        return;
    }
    npie_count(NPIE_COUNT_DIED);
    apr_atomic_inc32(&children->untold);
    apr_pool_create(&p, s->process->pool);
    told = requests_of(slot, p);
    npie_notice(APLOG_MARK, APR_SUCCESS, s, NULL, NPIE_N_CHILD_DIED,
                "child %" APR_PID_T_FMT " %s%s", pid,
                *told == '\0' ? "served no request that is known"
                              : "was serving ", told);
    apr_pool_destroy(p);
}
