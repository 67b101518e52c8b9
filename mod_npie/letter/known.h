/* SPDX-License-Identifier: Apache-2.0
 * What the institute's own records say about a letter and its signer: a port
 * that the registry fills in (flow/record.h). A verification without it says
 * that nobody was asked.
 */
#ifndef NPIE_LETTER_KNOWN_H
#define NPIE_LETTER_KNOWN_H

#include "letter/file.h"
#include "pki/cert.h"

/** What the institute has under the folio of a letter. */
typedef enum npie_record_t {
    NPIE_RECORD_UNASKED,  /**< no record at hand */
    NPIE_RECORD_NONE,     /**< no letter has this folio */
    NPIE_RECORD_OTHER,    /**< another letter has it */
    NPIE_RECORD_UNSIGNED, /**< this letter, without a signature */
    NPIE_RECORD_RESIGNED, /**< this letter, with another signature */
    NPIE_RECORD_VOID,     /**< this letter, cancelled or replaced */
    NPIE_RECORD_SAME,     /**< this letter with this signature */
    NPIE_RECORD_COUNT     /**< how many */
} npie_record_t;

/** The name of a record for programs, static: "unasked", "none", ... */
const char *npie_record_name(npie_record_t record);

/** A certificate on record. Strings never NULL. */
typedef struct npie_known_cert_t {
    int known;           /**< 0: it is not on record, and the rest is empty */
    int additional;      /**< 1: a colleague's */
    const char *serial;  /**< as people write it */
    const char *status;  /**< as stored: "active", "superseded", "revoked" */
    apr_time_t ended;    /**< superseded or revoked at; 0: not */
    apr_time_t not_before;
    apr_time_t not_after;
} npie_known_cert_t;

/** A letter on record. All but record is empty when there is none, or when
 * the folio is another letter's. Strings never NULL. */
typedef struct npie_known_letter_t {
    npie_record_t record;
    apr_int64_t folio;
    npie_letter_kind_t kind;
    const char *rp;        /**< 11 characters */
    const char *company;
    const char *old_spki;  /**< SHA-256, hex */
    const char *new_spki;
    apr_time_t drawn;
    apr_time_t signed_at;  /**< when the institute took the signature; 0: not */
    apr_time_t sealed_at;  /**< 0: not sealed */
    npie_known_cert_t made; /**< the certificate that the letter is about */
} npie_known_letter_t;

/** The port. Both functions return APR_SUCCESS also when there is no record,
 * NPIE_EBACKEND when it cannot be asked, NPIE_EINTERNAL. */
typedef struct npie_known_t {
    void *baton;
    /** @param known set; strings in p
     *  @param file a letter with a signature */
    apr_status_t (*letter)(npie_known_letter_t *known, void *baton,
                           const npie_letter_file_t *file, npie_err_t *err,
                           apr_pool_t *p);
    /** @param known set; strings in p */
    apr_status_t (*signer)(npie_known_cert_t *known, void *baton,
                           const npie_cert_t *cert, npie_err_t *err,
                           apr_pool_t *p);
} npie_known_t;

#endif
