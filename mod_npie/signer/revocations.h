/* SPDX-License-Identifier: Apache-2.0
 * The revocation log: every certificate of this authority that was revoked,
 * and every CRL made, on disk before anybody is told.
 *
 * A journal (signer/journal.h) of records of nine fields:
 *
 *   number time revoke serial reason revoked invalid-since not-after checksum
 *   number time crl crl-number this-update next-update - - checksum
 *
 * Times are RFC 3339, UTC; invalid-since is - when nobody said. Nothing is
 * ever taken back: whoever may ask the signer can add, not remove.
 */
#ifndef NPIE_SIGNER_REVOCATIONS_H
#define NPIE_SIGNER_REVOCATIONS_H

#include <apr_tables.h>
#include <apr_time.h>

#include "model/reason.h"
#include "signer/journal.h"

/** An open log with its index in memory. One thread. */
typedef struct npie_revocations_t npie_revocations_t;

/** A revoked certificate. Times are UTC, whole seconds. */
typedef struct npie_revoked_t {
    const char *serial;       /**< upper-case hex */
    npie_reason_t reason;
    apr_time_t revoked;
    apr_time_t invalid_since; /**< 0 = nobody said */
    apr_time_t not_after;     /**< of the certificate */
    apr_uint64_t number;      /**< of its record; set by the log */
} npie_revoked_t;

/** A CRL that was made. */
typedef struct npie_crl_made_t {
    apr_uint64_t crl_number;  /**< 0 = none was made yet */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_uint64_t number;      /**< of its record; set by the log */
} npie_crl_made_t;

/** As npie_journal_open(). */
apr_status_t npie_revocations_open(npie_revocations_t **plog, const char *path,
                                   npie_err_t *err, apr_pool_t *p);
/** As npie_journal_check(). */
apr_status_t npie_revocations_check(const char *path, npie_err_t *err,
                                    apr_pool_t *ptemp);
/** What the opening repaired, English; NULL = nothing. */
const char *npie_revocations_repaired(const npie_revocations_t *log);
/** 1 after a failure that only a restart can mend. */
int npie_revocations_broken(const npie_revocations_t *log);

/** The record of a serial; NULL when it is not revoked. */
const npie_revoked_t *npie_revocations_find(const npie_revocations_t *log,
                                            const char *serial);
/** All, in the order of their records: of npie_revoked_t *. */
const apr_array_header_t *npie_revocations_all(const npie_revocations_t *log);
/** The last CRL. */
const npie_crl_made_t *npie_revocations_crl(const npie_revocations_t *log);

/**
 * Notes a revocation, whole or not at all, on disk on return. A serial that
 * is noted is left as it is.
 * @return APR_SUCCESS; NPIE_EINTERNAL: it is not noted
 */
apr_status_t npie_revocations_add(npie_revocations_t *log,
                                  const npie_revoked_t *revoked,
                                  npie_err_t *err, apr_pool_t *ptemp);

/** Notes a CRL, before it is handed out; its number must be the last one's
 * and one more.
 * @return as npie_revocations_add() */
apr_status_t npie_revocations_note_crl(npie_revocations_t *log,
                                       const npie_crl_made_t *made,
                                       npie_err_t *err, apr_pool_t *ptemp);

#endif
