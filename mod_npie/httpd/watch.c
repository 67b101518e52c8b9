/* SPDX-License-Identifier: Apache-2.0
 * The threads of mod_watchdog and what they work on.
 */
#include "httpd/watch.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <mod_watchdog.h>

#include "httpd/notice.h"

/* Somebody may be looking at the page that waits for the mail. */
#define INTERVAL apr_time_from_sec(1)
/* All of them, an array of npie_watch_t * kept with the configuration's
 * pool. */
#define WATCHES_KEY "npie_watches"

struct npie_watch_t {
    const npie_watch_plan_t *plan;
    apr_array_header_t *tasks; /* of npie_task_t * */
    apr_thread_mutex_t *turn;  /* of a child: held while its task works */
    volatile apr_uint32_t end; /* 1: this child ends */
};

int npie_watch_ends(const npie_watch_t *watch)
{
    int state = 0;

    return apr_atomic_read32((volatile apr_uint32_t *)&watch->end) != 0
        || (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
            && state == AP_MPMQ_STOPPING);
}

apr_status_t npie_watch_work(npie_task_t *task, apr_pool_t *pool,
                             apr_status_t (*work)(npie_task_t *task,
                                                  npie_flow_t *flow,
                                                  npie_err_t *err))
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) *dbd_open =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) *dbd_close =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    npie_err_t err = { 0 };
    ap_dbd_t *dbd = NULL;
    apr_pool_t *p;
    apr_status_t rv;

    apr_pool_create(&p, pool);
    if (dbd_open != NULL && dbd_close != NULL) {
        dbd = dbd_open(p, task->server);
    }
    if (dbd == NULL) {
        rv = npie_err_set(&err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                          "mod_dbd has no connection to the registry");
    }
    else {
        rv = work(task, npie_runtime_flow_on(npie_runtime_get(task->server),
                                             dbd, p), &err);
        dbd_close(task->server, dbd);
    }
    apr_pool_destroy(p);
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND) {
        task->not_before = apr_time_now() + NPIE_WATCH_REST;
        npie_notice(APLOG_MARK, rv, task->server, NULL, NPIE_N_JOB, "%s",
                    err.detail);
    }
    return rv;
}

static apr_status_t on_turn(int state, void *data, apr_pool_t *pool)
{
    npie_watch_t *watch = data;

    if (state != AP_WATCHDOG_STATE_RUNNING || watch->turn == NULL) {
        return APR_SUCCESS;
    }
    apr_thread_mutex_lock(watch->turn);
    for (int i = 0; i < watch->tasks->nelts && !npie_watch_ends(watch); ++i) {
        watch->plan->run(watch, APR_ARRAY_IDX(watch->tasks, i, npie_task_t *),
                         pool);
    }
    apr_thread_mutex_unlock(watch->turn);
    return APR_SUCCESS;
}

/* A child that ends destroys mod_dbd's pool of connections before
 * mod_watchdog waits for its threads, and that pool asserts that none is in
 * use. So what is being worked on comes first. */
static apr_status_t finish(void *data)
{
    npie_watch_t *watch = data;

    apr_atomic_set32(&watch->end, 1);
    apr_thread_mutex_lock(watch->turn);
    apr_thread_mutex_unlock(watch->turn);
    return APR_SUCCESS;
}

/* Under prefork a child's pools have an allocator without a lock, as nobody
 * but its one thread is expected there. The job is a second one, and mod_dbd
 * opens its connections in pools of the child's. APR forgets the lock when
 * the pool goes that has the mutex. */
static apr_status_t share_allocator(apr_pool_t *pchild)
{
    apr_allocator_t *allocator = apr_pool_allocator_get(pchild);
    apr_thread_mutex_t *mutex;
    apr_status_t rv;

    if (apr_allocator_mutex_get(allocator) != NULL) {
        return APR_SUCCESS;
    }
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
    }
    return rv;
}

/* The watches planned with this configuration; NULL: none. */
static apr_array_header_t *planned(apr_pool_t *pconf)
{
    void *data = NULL;

    apr_pool_userdata_get(&data, WATCHES_KEY, pconf);
    return data;
}

void npie_watch_child_init(apr_pool_t *pchild, server_rec *s)
{
    apr_array_header_t *watches = planned(s->process->pconf);
    apr_status_t rv;

    if (watches == NULL) {
        return;
    }
    rv = share_allocator(pchild);
    for (int i = 0; i < watches->nelts; ++i) {
        npie_watch_t *watch = APR_ARRAY_IDX(watches, i, npie_watch_t *);

        if (rv == APR_SUCCESS) {
            rv = apr_thread_mutex_create(&watch->turn,
                                         APR_THREAD_MUTEX_DEFAULT, pchild);
        }
        if (rv != APR_SUCCESS) {
            npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_MAIL_MUTEX, NULL);
            return;
        }
        apr_pool_pre_cleanup_register(pchild, watch, finish);
    }
}

/* The task for a server's registry, or NULL. */
static npie_task_t *find_task(const apr_array_header_t *tasks,
                              const server_rec *s)
{
    for (int i = 0; i < tasks->nelts; ++i) {
        npie_task_t *task = APR_ARRAY_IDX(tasks, i, npie_task_t *);

        if (npie_conf_shares_registry(task->server, s)) {
            return task;
        }
    }
    return NULL;
}

/* Is this server the one to work for a registry rather than that other? httpd
 * lists virtual hosts last one first. */
static int is_rather(const npie_watch_plan_t *plan, const server_rec *s,
                     const server_rec *other)
{
    const int one = plan->rank(s);
    const int two = plan->rank(other);

    return one != two ? one > two : other->is_virtual;
}

static apr_array_header_t *list_tasks(const npie_watch_plan_t *plan,
                                      server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *tasks = apr_array_make(p, 1, sizeof(npie_task_t *));

    for (; s != NULL; s = s->next) {
        npie_task_t *task = find_task(tasks, s);

        if (npie_runtime_get(s) == NULL || plan->rank(s) < 0) {
            continue;
        }
        if (task == NULL) {
            task = apr_pcalloc(p, plan->task_size);
            task->server = s;
            APR_ARRAY_PUSH(tasks, npie_task_t *) = task;
        }
        else if (is_rather(plan, s, task->server)) {
            task->server = s;
        }
    }
    return tasks;
}

static apr_status_t begin(npie_watch_t *watch, apr_pool_t *pconf,
                          npie_err_t *err)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t rv = npie_smtp_init(err, pconf);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = get != NULL && add != NULL
        ? get(&watchdog, watch->plan->name, 0, 1, pconf) : APR_ENOTIMPL;
    if (rv == APR_SUCCESS) {
        rv = add(watchdog, INTERVAL, watch, on_turn);
    }
    return rv == APR_SUCCESS
        ? rv : npie_err_set(err, rv, NPIE_P_INTERNAL, "mod_watchdog");
}

apr_status_t npie_watch_plan(int *pcount, const npie_watch_plan_t *plan,
                             apr_pool_t *pconf, server_rec *s,
                             npie_err_t *err)
{
    npie_watch_t *watch = apr_pcalloc(pconf, sizeof(*watch));
    apr_array_header_t *watches = planned(pconf);
    apr_status_t rv;

    watch->plan = plan;
    watch->tasks = list_tasks(plan, s, pconf);
    *pcount = watch->tasks->nelts;
    if (*pcount == 0
        || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return APR_SUCCESS;
    }
    rv = begin(watch, pconf, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (watches == NULL) {
        watches = apr_array_make(pconf, 2, sizeof(npie_watch_t *));
        apr_pool_userdata_setn(watches, WATCHES_KEY, NULL, pconf);
    }
    APR_ARRAY_PUSH(watches, npie_watch_t *) = watch;
    return APR_SUCCESS;
}
