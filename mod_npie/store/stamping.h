/* SPDX-License-Identifier: Apache-2.0
 * Timestamps of letters in the registry: what is appended to a sealed letter's
 * file, and which letters wait for one. Results and errors as store/registry.h
 * says.
 */
#ifndef NPIE_STORE_STAMPING_H
#define NPIE_STORE_STAMPING_H

#include "store/sealing.h"

/** A letter's timestamps. */
typedef struct npie_stamping_t {
    npie_bytes_t stamps; /**< to be appended to the letter and its seal */
    int count;           /**< 1 or more */
    apr_time_t first;    /**< the time that the first one proves */
    apr_time_t until;    /**< end of the certificate that made the last one */
} npie_stamping_t;

/** APR_NOTFOUND when the letter has none. */
apr_status_t npie_stamping_get(npie_stamping_t *stamping,
                               npie_registry_t *registry,
                               npie_sealing_of_t of, apr_int64_t folio,
                               npie_err_t *err);

/**
 * Claims the sealed letter that has waited longest: nobody else gets it before
 * lease_until.
 * @param again 0: one that has no timestamp; 1: one that has
 * @param due the attempt was to be made by then
 * @return APR_NOTFOUND when none waits, or somebody was faster
 */
apr_status_t npie_stamping_claim(apr_int64_t *pfolio,
                                 npie_registry_t *registry,
                                 npie_sealing_of_t of, int again,
                                 apr_time_t due, apr_time_t lease_until,
                                 npie_err_t *err);

/** Lets a letter wait. @param said why, English, at most
 * 400 characters; "": nothing went wrong */
apr_status_t npie_stamping_later(npie_registry_t *registry,
                                 npie_sealing_of_t of, apr_int64_t folio,
                                 apr_time_t next_try, const char *said,
                                 npie_err_t *err);

/** Stores all timestamps of a letter, the new one among them: NPIE_ECONFLICT
 * when there are not stamping->count - 1, or the letter is not sealed.
 * @param next when a further one is due */
apr_status_t npie_stamping_set(npie_registry_t *registry,
                               npie_sealing_of_t of, apr_int64_t folio,
                               const npie_stamping_t *stamping,
                               apr_time_t next, npie_err_t *err);

/** How many letters there are of each kind. */
typedef struct npie_stamping_summary_t {
    apr_int64_t waiting;  /**< sealed, without a timestamp */
    apr_time_t oldest;    /**< one of them was sealed at, 0 = none */
    apr_time_t until;     /**< of those that have one, the first needs a
                               further one by then; 0 = none has one */
    apr_int64_t failed;   /**< letters whose last attempt failed */
    const char *said;     /**< why, of the last of them; "" */
} npie_stamping_summary_t;

apr_status_t npie_stamping_summary(npie_stamping_summary_t *summary,
                                   npie_registry_t *registry,
                                   npie_err_t *err);

#endif
