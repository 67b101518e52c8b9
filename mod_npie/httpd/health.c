/* SPDX-License-Identifier: Apache-2.0
 * The page salud: is this machine ready?
 */
#include "httpd/health.h"

#include <apr_strings.h>

#include "httpd/accept.h"
#include "httpd/answer.h"
#include "httpd/notice.h"
#include "store/schema.h"

/* The parts are asked this often at most, however many ask for us. */
#define KEEP apr_time_from_sec(1)

/* A balancer waits for a second or two. */
#define SIGNER_TIMEOUT apr_time_from_sec(1)

/* What may be lacking, a bit each. */
typedef enum lack_t { REDIS = 1, REGISTRY = 2, SIGNER = 4, DRAIN = 8 } lack_t;

static const struct {
    lack_t lack;
    const char *name;
} names[] = {
    { REDIS, "redis" }, { REGISTRY, "registry" }, { SIGNER, "signer" },
    { DRAIN, "drain" },
};

/* What a child found last. */
struct npie_health_t {
    apr_thread_mutex_t *turn; /* held by who asks the parts */
    apr_time_t asked;         /* 0: never */
    int lacks;
};

void npie_health_child_init(apr_pool_t *pchild, server_rec *s)
{
    for (server_rec *t = s; t != NULL; t = t->next) {
        npie_runtime_t *runtime = npie_runtime_get(t);
        struct npie_health_t *health;
        apr_status_t rv;

        if (runtime == NULL || runtime->health != NULL) {
            continue;
        }
        health = apr_pcalloc(pchild, sizeof(*health));
        rv = apr_thread_mutex_create(&health->turn, APR_THREAD_MUTEX_DEFAULT,
                                     pchild);
        if (rv != APR_SUCCESS) {
            npie_notice(APLOG_MARK, rv, t, NULL, NPIE_N_HEALTH_MUTEX, NULL);
            continue;
        }
        runtime->health = health;
    }
}

static int registry_works(request_rec *r)
{
    npie_flow_t *flow;
    int version = 0;

    return npie_runtime_flow(&flow, r, NULL) == APR_SUCCESS
        && npie_schema_version(&version, flow->registry, NULL) == APR_SUCCESS
        && version == NPIE_SCHEMA_VERSION;
}

static int signer_works(request_rec *r, const npie_runtime_t *runtime)
{
    const npie_signer_t signer = npie_signer_within(&runtime->signer,
                                                    SIGNER_TIMEOUT);
    npie_signer_state_t state;

    return npie_signer_ping(&state, &signer, NULL, r->pool) == APR_SUCCESS;
}

static int ask(request_rec *r, const npie_runtime_t *runtime)
{
    int lacks = 0;

    if (runtime->sessions == NULL
        || npie_sessions_ping(runtime->sessions, NULL, r->pool)
               != APR_SUCCESS) {
        lacks |= REDIS;
    }
    lacks |= registry_works(r) ? 0 : REGISTRY;
    lacks |= signer_works(r, runtime) ? 0 : SIGNER;
    return lacks;
}

/* What is lacking, not older than KEEP, or as long as somebody is asking. */
static int look(request_rec *r, const npie_runtime_t *runtime)
{
    struct npie_health_t *health = runtime->health;
    apr_status_t rv;

    if (health == NULL) {
        return ask(r, runtime);
    }
    rv = health->asked == 0 ? apr_thread_mutex_lock(health->turn)
                            : apr_thread_mutex_trylock(health->turn);
    if (rv != APR_SUCCESS) {
        return health->lacks;
    }
    if (apr_time_now() - health->asked >= KEEP) {
        health->lacks = ask(r, runtime);
        health->asked = apr_time_now();
    }
    apr_thread_mutex_unlock(health->turn);
    return health->lacks;
}

static int is_draining(const npie_server_conf_t *conf, apr_pool_t *p)
{
    apr_finfo_t info;

    return conf->drain_file != NULL
        && apr_stat(&info, conf->drain_file, APR_FINFO_TYPE, p) == APR_SUCCESS;
}

/* "ok", or "lacks redis, signer". */
static npie_bytes_t line_of(int lacks, apr_pool_t *p)
{
    const char *text = lacks == 0 ? "ok" : "lacks";
    npie_bytes_t bytes;

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (lacks & names[i].lack) {
            text = apr_pstrcat(p, text, " ", names[i].name, NULL);
        }
    }
    text = apr_pstrcat(p, text, "\n", NULL);
    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return bytes;
}

int npie_health_show(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const int lacks = is_draining(runtime->conf, r->pool)
        ? DRAIN : look(r, runtime);
    json_t *list;
    char *text;
    npie_bytes_t bytes;

    r->status = lacks == 0 ? HTTP_OK : HTTP_SERVICE_UNAVAILABLE;
    if (npie_accept_prefers(r, "text/plain", "application/json")) {
        return npie_answer_file(r, "text/plain; charset=us-ascii", NULL,
                                line_of(lacks, r->pool));
    }
    list = json_array();
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (lacks & names[i].lack) {
            json_array_append_new(list, json_string(names[i].name));
        }
    }
    list = json_pack("{s:s, s:o}", "status", lacks == 0 ? "ok" : "down",
                     "lacks", list);
    text = json_dumps(list, JSON_COMPACT);
    bytes.data = (const unsigned char *)text;
    bytes.len = text != NULL ? strlen(text) : 0;
    npie_answer_file(r, "application/json", NULL, bytes);
    free(text);
    json_decref(list);
    return OK;
}
