/* SPDX-License-Identifier: Apache-2.0
 * From configuration to running children.
 */
#include "httpd/runtime.h"

#include "httpd/agent.h"
#include "httpd/locale.h"
#include "httpd/notice.h"
#include "httpd/signer_proc.h"
#include "store/session_cache.h"

npie_runtime_t *npie_runtime_get(const server_rec *s)
{
    return npie_conf_server(s)->runtime;
}

const char *npie_runtime_name(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *path;
    apr_size_t len;

    if (runtime == NULL) {
        return NULL;
    }
    path = runtime->conf->base.path;
    len = strlen(path);
    return r->uri != NULL && strncmp(r->uri, path, len) == 0 ? r->uri + len
                                                             : NULL;
}

/* Does a server before this one have the same signer? One socket, one
 * npie-signer, however many hosts ask it. */
static int is_started(server_rec *main_server, const server_rec *s)
{
    const char *path = npie_runtime_get(s)->signer.path;

    for (server_rec *t = main_server; t != s; t = t->next) {
        const npie_runtime_t *other = npie_runtime_get(t);

        if (other != NULL && other->conf->signer.program != NULL
            && strcmp(other->signer.path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

int npie_runtime_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp, server_rec *s)
{
    apr_status_t rv;

    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    rv = npie_counters_make(s);
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_COUNTERS, NULL);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (server_rec *t = s; t != NULL; t = t->next) {
        const npie_runtime_t *runtime = npie_runtime_get(t);

        if (runtime != NULL && runtime->conf == npie_conf_server(t)
            && runtime->conf->signer.program != NULL && !is_started(s, t)) {
            rv = npie_signer_proc_start(t, &runtime->conf->signer,
                                        runtime->signer.path, pconf);
            if (rv != APR_SUCCESS) {
                return HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }
    return OK;
}

static void count_redis(npie_redis_event_t event)
{
    npie_count((npie_counter_t)(NPIE_COUNT_REDIS + (int)event));
}

static void time_redis(apr_interval_time_t took)
{
    npie_timed(NPIE_TIME_REDIS, took);
}

static void time_sql(apr_interval_time_t took)
{
    npie_timed(NPIE_TIME_SQL, took);
}

static void time_signer(apr_interval_time_t took)
{
    npie_timed(NPIE_TIME_SIGNER, took);
}

void npie_runtime_child_init(apr_pool_t *pchild, server_rec *s)
{
    npie_session_cache_t *cache = NULL; /* of all servers of this process */

    npie_signer_proc_child_init();
    for (server_rec *t = s; t != NULL; t = t->next) {
        npie_runtime_t *runtime = npie_runtime_get(t);
        npie_redis_t redis;
        apr_status_t rv;

        if (runtime == NULL || runtime->sessions != NULL) {
            continue;
        }
        redis = runtime->conf->redis;
        redis.event = count_redis;
        redis.timed = time_redis;
        runtime->signer.timed = time_signer;
        redis.cache_age = runtime->conf->session_cache;
        if (redis.cache_age != 0 && cache == NULL) {
            rv = npie_session_cache_create(&cache, pchild);
            cache = rv == APR_SUCCESS ? cache : NULL;
        }
        redis.cache = redis.cache_age != 0 ? cache : NULL;
        rv = npie_sessions_create(&runtime->sessions, &redis,
                                  runtime->conf->session_secret, pchild);
        if (rv != APR_SUCCESS) {
            npie_notice(APLOG_MARK, rv, t, NULL, NPIE_N_SESSIONS_POOL, NULL);
        }
        rv = apr_thread_mutex_create(&runtime->turn, APR_THREAD_MUTEX_DEFAULT,
                                     pchild);
        if (rv != APR_SUCCESS) {
            npie_notice(APLOG_MARK, rv, t, NULL, NPIE_N_WRITERS_MUTEX, NULL);
        }
    }
}

apr_status_t npie_runtime_end_sessions(void *baton, const char *spki,
                                       const char *spare, npie_err_t *err,
                                       apr_pool_t *ptemp)
{
    const npie_runtime_t *runtime = baton;

    return runtime->sessions == NULL
        ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                       "no pool of connections to Redis")
        : npie_session_end_all(runtime->sessions, spki, spare, err, ptemp);
}

const npie_sentences_t *npie_runtime_sentences(const npie_runtime_t *runtime)
{
    const apr_array_header_t *list = runtime->sentences;

    for (int i = 0; list != NULL && i < list->nelts; ++i) {
        const npie_sentences_t *one = APR_ARRAY_IDX(list, i,
                                                    npie_sentences_t *);

        if (strcmp(one->language, NPIE_SENTENCES_LANGUAGE) == 0) {
            return one;
        }
    }
    return NULL;
}

npie_flow_t *npie_runtime_flow_on(const npie_runtime_t *runtime,
                                  const ap_dbd_t *dbd, apr_pool_t *p)
{
    npie_flow_t *flow = apr_pcalloc(p, sizeof(*flow));

    flow->registry = apr_pcalloc(p, sizeof(*flow->registry));
    flow->registry->driver = dbd->driver;
    flow->registry->handle = dbd->handle;
    flow->registry->prepared = dbd->prepared;
    flow->registry->p = p;
    flow->registry->turn = runtime->turn;
    flow->registry->frame = &runtime->frame;
    flow->registry->timed = time_sql;
    flow->signer = &runtime->signer;
    flow->trust = runtime->trust;
    flow->seals = runtime->seals;
    flow->art = runtime->art;
    flow->policy = &runtime->policy;
    flow->port = &runtime->port;
    flow->sentences = npie_runtime_sentences(runtime);
    flow->now = apr_time_now();
    flow->p = p;
    return flow;
}

apr_status_t npie_runtime_flow(npie_flow_t **pflow, request_rec *r,
                               npie_err_t *err)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_acquire) *acquire =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_acquire);
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    ap_dbd_t *dbd = acquire != NULL ? acquire(r) : NULL;

    if (dbd == NULL) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "mod_dbd has no connection to the registry");
    }
    *pflow = npie_runtime_flow_on(runtime, dbd, r->pool);
    (*pflow)->language = npie_locale_choose(runtime->sentences, r);
    (*pflow)->browser = npie_agent_family(r);
    return APR_SUCCESS;
}
