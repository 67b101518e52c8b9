/* SPDX-License-Identifier: Apache-2.0
 * What is counted and timed, over all children since httpd was started; a
 * restart does not end it.
 */
#ifndef NPIE_HTTPD_COUNTERS_H
#define NPIE_HTTPD_COUNTERS_H

#include "httpd/private.h"
#include "store/session.h"

/** What is counted. */
typedef enum npie_counter_t {
    NPIE_COUNT_PASSED,    /**< requests let through the gate */
    NPIE_COUNT_TURNED,    /**< requests the gate turned away */
    NPIE_COUNT_LOGINS,
    NPIE_COUNT_REFUSALS,  /**< logins refused */
    NPIE_COUNT_ISSUED,
    NPIE_COUNT_COMPLETED,
    NPIE_COUNT_FAULTS,    /**< answers 503 */
    NPIE_COUNT_DIED,      /**< children that died */
    NPIE_COUNT_LIMITED,   /**< requests refused by NPIERate, NPIEDailyLimits */
    NPIE_COUNT_REDIS,     /**< four: npie_redis_event_t in its order */
    NPIE_COUNT_REDIS_LAST = NPIE_COUNT_REDIS + NPIE_REDIS_FAILED,
    NPIE_COUNTERS         /**< how many */
} npie_counter_t;

/** The most rows of page.def. */
#define NPIE_TIME_PAGES_MAX 80

/** What is timed. */
typedef enum npie_timer_t {
    NPIE_TIME_GATE,   /**< a request at the gate, let through or not */
    NPIE_TIME_REDIS,  /**< an exchange with Redis, the wait for a connection
                           included */
    NPIE_TIME_SQL,    /**< a statement */
    NPIE_TIME_SIGNER, /**< an exchange with npie-signer */
    NPIE_TIME_PAGE,   /**< one for each row of page.def: a form, from the
                           first byte of its body to the answer */
    NPIE_TIMERS = NPIE_TIME_PAGE + NPIE_TIME_PAGES_MAX
} npie_timer_t;

/** The bounds of a histogram's buckets, in microseconds; one more, without a
 * bound, follows. */
#define NPIE_TIME_BOUNDS { 1000, 2500, 5000, 10000, 25000, 50000, 100000, \
    250000, 500000, 1000000, 2500000, 5000000, 10000000 }
#define NPIE_TIME_BUCKETS 14

/** A histogram. */
typedef struct npie_times_t {
    apr_uint64_t sum;                      /**< microseconds */
    apr_uint32_t buckets[NPIE_TIME_BUCKETS]; /**< each alone, not with those
                                                  below */
} npie_times_t;

/** Makes them, or finds those of before the restart; in post_config.
 * @return APR_SUCCESS; the system's error */
apr_status_t npie_counters_make(const server_rec *s);

/** Counts one. Any thread, any child. */
void npie_count(npie_counter_t counter);

/** What was counted. */
apr_uint32_t npie_counted(npie_counter_t counter);

/** Notes how long something took. Any thread, any child. */
void npie_timed(npie_timer_t timer, apr_interval_time_t took);

/** What was noted; not of one moment. */
void npie_times_get(npie_times_t *times, npie_timer_t timer);

#endif
