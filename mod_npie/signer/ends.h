/* SPDX-License-Identifier: Apache-2.0
 * Says in time that a certificate of the authority ends.
 */
#ifndef NPIE_SIGNER_ENDS_H
#define NPIE_SIGNER_ENDS_H

#include <apr_tables.h>

#include "pki/cert.h"

/** The certificates watched. One thread. */
typedef struct npie_ends_t {
    apr_array_header_t *list; /**< of npie_end_t */
    apr_time_t next;          /**< when it is to be said again; 0 = at once */
} npie_ends_t;

/** One of them. */
typedef struct npie_end_t {
    const char *name;      /**< "Certificate" or "SealCertificate" */
    const char *who;       /**< its CN */
    apr_time_t not_after;  /**< UTC microseconds */
    apr_interval_time_t needed; /**< what it signs is valid for so long; 0 */
} npie_end_t;

/** An empty list, in p. */
npie_ends_t *npie_ends_make(apr_pool_t *p);

/** Adds a certificate; what is read of it is copied.
 * @param needed microseconds; 0 when it certifies nothing
 * @param p as the list's */
void npie_ends_add(npie_ends_t *ends, const char *name,
                   const npie_cert_t *cert, apr_interval_time_t needed,
                   apr_pool_t *p);

/**
 * Says what ends within 400 days: notice, from 90 days on warn, from 30 on
 * error, from 7 on alert. Every second day, however often it is called.
 * @param now UTC microseconds
 */
void npie_ends_watch(npie_ends_t *ends, apr_time_t now);

#endif
