/* SPDX-License-Identifier: Apache-2.0
 * How much may come in a time: a bucket that fills evenly, so that a burst of
 * the whole rate passes.
 */
#ifndef NPIE_SIGNER_BUCKET_H
#define NPIE_SIGNER_BUCKET_H

#include <apr_time.h>

/** A rate and what is left of it. One thread. */
typedef struct npie_bucket_t {
    int limit;                  /**< in a window */
    apr_interval_time_t window; /**< microseconds */
    double allowance;           /**< what may still come now */
    apr_interval_time_t counted; /**< when the allowance was right, on the
                                      monotonic clock; 0 = never */
    apr_interval_time_t said;    /**< when an excess was last said; 0 = never */
} npie_bucket_t;

/** A full bucket. */
npie_bucket_t npie_bucket(int limit, apr_interval_time_t window);

/** Takes one. 1; 0: there is none left. */
int npie_bucket_take(npie_bucket_t *bucket);

/** Is an excess to be said? 1: it was not, for ten seconds, and counts as said
 * now. */
int npie_bucket_say(npie_bucket_t *bucket);

#endif
