/* SPDX-License-Identifier: Apache-2.0
 * The seal log: which letter has the institute's seal, on disk before the
 * seal is handed out. A letter has one, and a folio one letter.
 *
 * A journal (signer/journal.h) of records of eight fields:
 *
 *   number time seal folio kind key letter-sha256 checksum
 *
 * time is the seal's; key is the SHA-256 of the new key's
 * SubjectPublicKeyInfo; letter-sha256 that of the file as the employer signed
 * it.
 */
#ifndef NPIE_SIGNER_SEALED_H
#define NPIE_SIGNER_SEALED_H

#include "model/cadena.h"
#include "signer/journal.h"

/** An open log with its index in memory. One thread. */
typedef struct npie_sealed_log_t npie_sealed_log_t;

/** A seal that was put. */
typedef struct npie_sealed_t {
    apr_int64_t folio;
    npie_letter_kind_t kind;
    char key[NPIE_SHA256_HEX_SIZE];    /**< the new one that it names */
    char digest[NPIE_SHA256_HEX_SIZE]; /**< of the letter as signed */
    apr_time_t time;                   /**< UTC, whole seconds */
} npie_sealed_t;

/** As npie_journal_open(). */
apr_status_t npie_sealed_open(npie_sealed_log_t **plog, const char *path,
                              npie_err_t *err, apr_pool_t *p);
/** As npie_journal_check(). */
apr_status_t npie_sealed_check(const char *path, npie_err_t *err,
                               apr_pool_t *ptemp);
/** What the opening repaired, English; NULL = nothing. */
const char *npie_sealed_repaired(const npie_sealed_log_t *log);
/** 1 after a failure that only a restart can mend. */
int npie_sealed_broken(const npie_sealed_log_t *log);

/** The seal of a folio; NULL when it has none. */
const npie_sealed_t *npie_sealed_by_folio(const npie_sealed_log_t *log,
                                          apr_int64_t folio);
/** The seal on the terms (letter 2) of a key; NULL when there is none. */
const npie_sealed_t *npie_sealed_terms(const npie_sealed_log_t *log,
                                       const char *key);

/** Notes a seal, whole or not at all, on disk on return.
 * @return APR_SUCCESS; NPIE_EINTERNAL: it is not noted */
apr_status_t npie_sealed_add(npie_sealed_log_t *log,
                             const npie_sealed_t *sealed, npie_err_t *err,
                             apr_pool_t *ptemp);

#endif
