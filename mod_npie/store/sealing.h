/* SPDX-License-Identifier: Apache-2.0
 * Seals of letters in the registry: what is appended to a letter's file, and
 * which letters wait for one. Results and errors as store/registry.h says.
 */
#ifndef NPIE_STORE_SEALING_H
#define NPIE_STORE_SEALING_H

#include "store/registry.h"

/** Where a letter is kept. */
typedef enum npie_sealing_of_t {
    NPIE_SEALING_RENEWAL,  /**< letters 1 and 2: to be sealed once signed and
                                their renewal completed */
    NPIE_SEALING_ADDITION, /**< letter 3: once its certificate is issued */
    NPIE_SEALING_PLACES    /**< how many */
} npie_sealing_of_t;

/** A letter's seal. */
typedef struct npie_sealing_t {
    npie_bytes_t section;  /**< to be appended to the letter's file */
    apr_time_t sealed_at;
} npie_sealing_t;

/** APR_NOTFOUND when the letter is not sealed. */
apr_status_t npie_sealing_get(npie_sealing_t *sealing,
                              npie_registry_t *registry, npie_sealing_of_t of,
                              apr_int64_t folio, npie_err_t *err);

/**
 * Claims the letter that has waited longest for its seal: nobody else gets it
 * before lease_until.
 * @return APR_NOTFOUND when none waits, or somebody was faster
 */
apr_status_t npie_sealing_claim(apr_int64_t *pfolio, npie_registry_t *registry,
                                npie_sealing_of_t of, apr_time_t now,
                                apr_time_t lease_until, npie_err_t *err);

/** Lets a letter wait. */
apr_status_t npie_sealing_later(npie_registry_t *registry,
                                npie_sealing_of_t of, apr_int64_t folio,
                                apr_time_t next_try, npie_err_t *err);

/** Stores a seal, once: NPIE_ECONFLICT when there is one, or the letter is
 * not signed. */
apr_status_t npie_sealing_set(npie_registry_t *registry, npie_sealing_of_t of,
                              apr_int64_t folio, npie_bytes_t section,
                              apr_time_t when, npie_err_t *err);

#endif
