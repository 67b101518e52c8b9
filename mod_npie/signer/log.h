/* SPDX-License-Identifier: Apache-2.0
 * The issuance log: every certificate made, on disk before it is handed out.
 *
 * A text file that is only ever appended to. Its first line names the format;
 * each other line is a record of nine fields with one blank between:
 *
 *   number time folio old-key new-key serial certificate-sha256 certificate
 *   checksum
 *
 * number counts from 1; time is RFC 3339, UTC; the keys are SHA-256 of
 * SubjectPublicKeyInfo in hex; the certificate is DER in base64; checksum is
 * the SHA-256 of the line before's checksum and of this line as far as the
 * blank before its own. So no line can be changed, taken out or moved without
 * every later one showing it.
 */
#ifndef NPIE_SIGNER_LOG_H
#define NPIE_SIGNER_LOG_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** An open log with its index in memory. One thread. */
typedef struct npie_issuance_t npie_issuance_t;

/** A record in the index; lives as long as the log. */
typedef struct npie_issuance_record_t npie_issuance_record_t;
struct npie_issuance_record_t {
    apr_int64_t folio;                   /**< of letter 1 */
    char old_spki[NPIE_SHA256_HEX_SIZE]; /**< the key that signed */
    char new_spki[NPIE_SHA256_HEX_SIZE]; /**< the key certified */
    apr_off_t at;                        /**< where its line begins */
    apr_size_t len;                      /**< the line, without its end */
    const npie_issuance_record_t *before; /**< the last one before with the
                                               same old key; NULL: none */
};

/** What is to be noted. */
typedef struct npie_issuance_entry_t {
    apr_time_t time;
    apr_int64_t folio;
    const char *old_spki;
    const char *new_spki;
    const char *serial;      /**< upper-case hex */
    npie_bytes_t certificate; /**< DER */
} npie_issuance_entry_t;

/**
 * Opens the log, made when it is not there, takes its lock (waiting a while
 * for a signer that is just ending), reads and checks every record, and
 * repairs an end that was torn by a crash: a last line without its line end
 * was never answered, and is cut off unless it is whole. Closed by the pool.
 * @param path absolute
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail
 */
apr_status_t npie_issuance_open(npie_issuance_t **plog, const char *path,
                                npie_err_t *err, apr_pool_t *p);

/**
 * Reads and checks a log without lock, repair or any change; one that is not
 * there yet is good.
 * @return as npie_issuance_open()
 */
apr_status_t npie_issuance_check(const char *path, npie_err_t *err,
                                 apr_pool_t *ptemp);

/** What the opening repaired, English; NULL = nothing. */
const char *npie_issuance_repaired(const npie_issuance_t *log);

/** How many records. */
apr_uint64_t npie_issuance_count(const npie_issuance_t *log);

/** The record of a folio; NULL when there is none. */
const npie_issuance_record_t *
npie_issuance_by_folio(const npie_issuance_t *log, apr_int64_t folio);

/** The record in which a key was certified or signed as the old one; NULL
 * when there is none. A key that was either is never new again. */
const npie_issuance_record_t *
npie_issuance_by_key(const npie_issuance_t *log, const char *spki);

/** The last record in which this key signed as the old one; NULL when there
 * is none. */
const npie_issuance_record_t *
npie_issuance_by_old(const npie_issuance_t *log, const char *spki);

/**
 * Reads a record's certificate back from the file.
 * @param der set to DER in p
 * @return APR_SUCCESS; NPIE_EINTERNAL when the file is not what it was
 */
apr_status_t npie_issuance_certificate(npie_bytes_t *der,
                                       const npie_issuance_t *log,
                                       const npie_issuance_record_t *issued,
                                       npie_err_t *err, apr_pool_t *p);

/**
 * Appends a record, whole or not at all, and has it on disk on return.
 * @return APR_SUCCESS; NPIE_EINTERNAL: nothing was noted, the certificate
 *         must not be handed out. After a failure of the disk itself every
 *         later call fails too.
 */
apr_status_t npie_issuance_append(npie_issuance_t *log,
                                  const npie_issuance_entry_t *entry,
                                  npie_err_t *err, apr_pool_t *ptemp);

/** 1 after a failure that only a restart can mend. */
int npie_issuance_broken(const npie_issuance_t *log);

#endif
