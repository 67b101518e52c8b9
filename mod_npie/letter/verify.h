/* SPDX-License-Identifier: Apache-2.0
 * Verifies a letter with nothing but the file and the certificates of the
 * authorities: who signed it, when, and whether it is unchanged. Needs no
 * registry.
 */
#ifndef NPIE_LETTER_VERIFY_H
#define NPIE_LETTER_VERIFY_H

#include "letter/file.h"
#include "pki/seals.h"

/** Result for one signature. */
typedef enum npie_seen_t {
    NPIE_SEEN_NONE,      /**< no signature */
    NPIE_SEEN_GOOD,
    NPIE_SEEN_ALTERED,   /**< the covered bytes were changed */
    NPIE_SEEN_DAMAGED,   /**< malformed, or not valid in itself */
    NPIE_SEEN_PARTIAL,   /**< does not cover the whole file except itself, or
                              the file is truncated */
    NPIE_SEEN_UNTRUSTED, /**< no trusted authority issued its certificate for
                              such signatures */
    NPIE_SEEN_WEAK,      /**< the key is too short */
    NPIE_SEEN_OTHER,     /**< another certificate than the letter names */
    NPIE_SEEN_DATES,     /**< the certificate was not valid at that time */
    NPIE_SEEN_FORM,      /**< valid, but the file is not of this project */
    NPIE_SEEN_UNKNOWN,   /**< a valid seal, but not with one of the
                              institute's certificates */
    NPIE_SEEN_COUNT      /**< how many */
} npie_seen_t;

/** The name of a result for programs, static: "good", "altered", ... */
const char *npie_seen_name(npie_seen_t seen);

/** One signature. */
typedef struct npie_signature_view_t {
    npie_seen_t seen;
    const npie_cert_t *cert; /**< the signer's, if proved (GOOD, OTHER, DATES,
                                  FORM, UNKNOWN, usually UNTRUSTED and WEAK),
                                  else NULL */
    apr_time_t time;         /**< date of the letter, or time in the seal; 0:
                                  unknown */
    int expired_then;        /**< 1: the certificate had expired at that time,
                                  which is usual for letter 1 */
    const char *detail;      /**< reason when not GOOD, English; "" */
} npie_signature_view_t;

/** Result for the whole file. */
typedef enum npie_outcome_t {
    NPIE_OUTCOME_SEALED,   /**< both signatures good, nothing after them */
    NPIE_OUTCOME_SIGNED,   /**< only the employer's, good, nothing after it */
    NPIE_OUTCOME_UNSIGNED, /**< a letter without a signature */
    NPIE_OUTCOME_ALTERED,  /**< a signature is ALTERED, DAMAGED or PARTIAL */
    NPIE_OUTCOME_APPENDED, /**< good signatures, and bytes after the last one */
    NPIE_OUTCOME_DOUBTFUL, /**< a signature has any other fault */
    NPIE_OUTCOME_FOREIGN,  /**< not a letter of this project, see kind */
    NPIE_OUTCOME_COUNT     /**< how many */
} npie_outcome_t;

/** The name of an outcome for programs, static: "sealed", "signed", ... */
const char *npie_outcome_name(npie_outcome_t outcome);

/** The result of a verification. Lives in the pool and points into the file. */
typedef struct npie_letter_view_t {
    npie_outcome_t outcome;
    npie_file_kind_t kind;
    const npie_cadena_t *cadena; /**< content of the letter; NULL: unreadable.
                                      Trust it only when the employer's
                                      signature is GOOD. */
    npie_signature_view_t employer;
    npie_signature_view_t seal;
    apr_size_t size;      /**< of the file, bytes */
    apr_size_t after;     /**< bytes after the last signature, which none
                               covers */
    int update;           /**< 1: they look like an incremental update, which
                               can change the visible content */
} npie_letter_view_t;

/** Rules for verification. */
typedef struct npie_verify_rules_t {
    const npie_trust_t *trust; /**< own and older authorities */
    const npie_seals_t *seals; /**< the institute's, current and older ones;
                                    NULL: every seal is UNKNOWN */
    int old_key_min_bits;      /**< RSA, of the employer's key */
} npie_verify_rules_t;

/**
 * Verifies a letter. Stores and logs nothing of it. Does not check revocation.
 * Never reads outside the bytes. Thread-safe.
 * @param pview set in p
 * @param file any bytes
 * @return APR_SUCCESS for every outcome; NPIE_EINTERNAL
 */
apr_status_t npie_letter_verify(npie_letter_view_t **pview,
                                const npie_verify_rules_t *rules,
                                npie_bytes_t file, npie_err_t *err,
                                apr_pool_t *p);

#endif
