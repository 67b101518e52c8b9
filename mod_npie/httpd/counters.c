/* SPDX-License-Identifier: Apache-2.0
 * Counters and histograms in shared memory.
 */
#include "httpd/counters.h"

#include <apr_atomic.h>
#include <apr_shm.h>

/* What the children share. */
typedef struct shared_t {
    apr_uint64_t sums[NPIE_TIMERS]; /* first: they must be aligned */
    apr_uint32_t buckets[NPIE_TIMERS][NPIE_TIME_BUCKETS];
    apr_uint32_t counters[NPIE_COUNTERS];
} shared_t;

static const apr_interval_time_t bounds[] = NPIE_TIME_BOUNDS;

/* Set in post_config, inherited by the children. */
static shared_t *shared;

/* They live as long as httpd does: children that end after a graceful restart
 * and those that begin count in one place. Only a mod_npie that was replaced by
 * one with others begins anew. */
apr_status_t npie_counters_make(const server_rec *s)
{
    static const char key[] = "npie-counters-2";
    apr_shm_t **kept = ap_retained_data_get(key);
    apr_status_t rv = APR_SUCCESS;

    if (kept == NULL) {
        kept = ap_retained_data_create(key, sizeof(*kept));
    }
    if (*kept == NULL || apr_shm_size_get(*kept) < sizeof(*shared)) {
        *kept = NULL;
        rv = apr_shm_create(kept, sizeof(*shared), NULL, s->process->pool);
        if (rv == APR_SUCCESS) {
            memset(apr_shm_baseaddr_get(*kept), 0, sizeof(*shared));
        }
    }
    shared = rv == APR_SUCCESS ? apr_shm_baseaddr_get(*kept) : NULL;
    return rv;
}

void npie_count(npie_counter_t counter)
{
    if (shared != NULL) {
        apr_atomic_inc32(&shared->counters[counter]);
    }
}

apr_uint32_t npie_counted(npie_counter_t counter)
{
    return shared != NULL ? apr_atomic_read32(&shared->counters[counter]) : 0;
}

void npie_timed(npie_timer_t timer, apr_interval_time_t took)
{
    int i = 0;

    if (shared == NULL) {
        return;
    }
    while (i < NPIE_TIME_BUCKETS - 1 && took > bounds[i]) {
        ++i;
    }
    apr_atomic_inc32(&shared->buckets[timer][i]);
    apr_atomic_add64(&shared->sums[timer], took > 0 ? (apr_uint64_t)took : 0);
}

void npie_times_get(npie_times_t *times, npie_timer_t timer)
{
    memset(times, 0, sizeof(*times));
    for (int i = 0; shared != NULL && i < NPIE_TIME_BUCKETS; ++i) {
        times->buckets[i] = apr_atomic_read32(&shared->buckets[timer][i]);
    }
    if (shared != NULL) {
        times->sum = apr_atomic_read64(&shared->sums[timer]);
    }
}
