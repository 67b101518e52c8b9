/* SPDX-License-Identifier: Apache-2.0
 * Turns of mod_watchdog: one thread on one machine at a time works through the
 * registries of all servers, a piece of work on a connection and a pool of its
 * own. What must not wait for each other has a watch each.
 */
#ifndef NPIE_HTTPD_WATCH_H
#define NPIE_HTTPD_WATCH_H

#include "httpd/runtime.h"

/** One registry's part of a watch; only its thread writes to it. Members of
 * the user's own follow. */
typedef struct npie_task_t {
    server_rec *server;
    apr_time_t not_before; /**< set after a fault, so that the log says it now
                                and then only */
} npie_task_t;

typedef struct npie_watch_t npie_watch_t;

/** What a watch is to do. Kept as it is given. */
typedef struct npie_watch_plan_t {
    const char *name;      /**< of the watchdog, unique */
    apr_size_t task_size;  /**< begins with npie_task_t, zeroed otherwise */
    /** Does this server work for a registry that several share: who has the
     * highest, or the main server, or the first virtual host. Negative: not
     * at all. */
    int (*rank)(const server_rec *s);
    /** A turn, every second: returns soon when npie_watch_ends(). */
    void (*run)(const npie_watch_t *watch, npie_task_t *task,
                apr_pool_t *pool);
} npie_watch_plan_t;

/** After a fault of a service of ours. */
#define NPIE_WATCH_REST apr_time_from_sec(10)

/**
 * Plans a watch, in post_config; nothing when no server takes part or
 * httpd only looks at its configuration.
 * @param pcount set to how many registries it works for
 * @return APR_SUCCESS; APR_ENOTIMPL: mod_watchdog is not there
 */
apr_status_t npie_watch_plan(int *pcount, const npie_watch_plan_t *plan,
                             apr_pool_t *pconf, server_rec *s,
                             npie_err_t *err);

/** Hook child_init, before mod_watchdog's, for all watches: a child finishes
 * the piece of work at hand before it ends. */
void npie_watch_child_init(apr_pool_t *pchild, server_rec *s);

/** Does httpd or this child end? 1 = yes. */
int npie_watch_ends(const npie_watch_t *watch);

/**
 * Does one piece of work on a connection of its own; logs a failure and lets
 * the task rest.
 * @param work a failure other than APR_NOTFOUND is logged
 * @return what work returns; NPIE_EBACKEND
 */
apr_status_t npie_watch_work(npie_task_t *task, apr_pool_t *pool,
                             apr_status_t (*work)(npie_task_t *task,
                                                  npie_flow_t *flow,
                                                  npie_err_t *err));

#endif
