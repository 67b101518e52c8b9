/* SPDX-License-Identifier: Apache-2.0
 * What a letter proves to somebody who has nothing but the file and the
 * authorities' certificates: who signed, when, and whether all of it is as it
 * was. Needs no registry.
 */
#ifndef NPIE_LETTER_VERIFY_H
#define NPIE_LETTER_VERIFY_H

#include "letter/file.h"
#include "pki/seals.h"

/** What became of one signature. */
typedef enum npie_seen_t {
    NPIE_SEEN_NONE,      /**< there is none */
    NPIE_SEEN_GOOD,
    NPIE_SEEN_ALTERED,   /**< what it covers was changed afterwards */
    NPIE_SEEN_DAMAGED,   /**< it cannot be read, or does not hold in itself */
    NPIE_SEEN_PARTIAL,   /**< it does not say to cover all of the file but
                              itself, or the file is cut short */
    NPIE_SEEN_UNTRUSTED, /**< by no certificate of a trusted authority that is
                              for such signatures */
    NPIE_SEEN_WEAK,      /**< its key is too short */
    NPIE_SEEN_OTHER,     /**< by another certificate than the letter names */
    NPIE_SEEN_DATES,     /**< the certificate was not valid then */
    NPIE_SEEN_FORM,      /**< it holds, but over a file that is none of ours */
    NPIE_SEEN_UNKNOWN,   /**< a seal that holds, by none of the institute's
                              certificates */
    NPIE_SEEN_COUNT      /**< how many */
} npie_seen_t;

/** The name of it for programs, static: "good", "altered", ... */
const char *npie_seen_name(npie_seen_t seen);

/** One signature. */
typedef struct npie_signature_view_t {
    npie_seen_t seen;
    const npie_cert_t *cert; /**< by which it is, where that is proved (GOOD,
                                  OTHER, DATES, FORM, UNKNOWN, mostly
                                  UNTRUSTED and WEAK), else NULL */
    apr_time_t time;         /**< the letter's date, or when the seal says it
                                  was made; 0: unknown */
    int expired_then;        /**< 1: at that time the certificate had expired,
                                  as that of letter 1 usually has */
    const char *detail;      /**< why it is not GOOD, English; "" */
} npie_signature_view_t;

/** All in all. */
typedef enum npie_outcome_t {
    NPIE_OUTCOME_SEALED,   /**< both signatures good, not a byte more */
    NPIE_OUTCOME_SIGNED,   /**< the employer's alone, not a byte more */
    NPIE_OUTCOME_UNSIGNED, /**< a letter, but nobody signed it */
    NPIE_OUTCOME_ALTERED,  /**< a signature is ALTERED, DAMAGED or PARTIAL */
    NPIE_OUTCOME_APPENDED, /**< good signatures, and bytes after the last */
    NPIE_OUTCOME_DOUBTFUL, /**< a signature is anything else but good */
    NPIE_OUTCOME_FOREIGN,  /**< none of our letters, see kind */
    NPIE_OUTCOME_COUNT     /**< how many */
} npie_outcome_t;

/** The name of it for programs, static: "sealed", "signed", ... */
const char *npie_outcome_name(npie_outcome_t outcome);

/** What was found out about a file. Lives in the pool, and points into the
 * file. */
typedef struct npie_letter_view_t {
    npie_outcome_t outcome;
    npie_file_kind_t kind;
    const npie_cadena_t *cadena; /**< what the letter says; NULL when it cannot
                                      be read. To be believed only when the
                                      employer's signature is GOOD. */
    npie_signature_view_t employer;
    npie_signature_view_t seal;
    apr_size_t size;      /**< of the file, bytes */
    apr_size_t after;     /**< bytes that no signature found covers: after the
                               end of the last one */
    int update;           /**< 1: they look like an update of the PDF, which
                               may change what is seen */
} npie_letter_view_t;

/** How letters are judged. */
typedef struct npie_verify_rules_t {
    const npie_trust_t *trust; /**< own and older authorities */
    const npie_seals_t *seals; /**< the institute's, present and older ones;
                                    NULL: none is known, and any is UNKNOWN */
    int old_key_min_bits;      /**< RSA, of the employer's key */
} npie_verify_rules_t;

/**
 * Verifies a letter. Nothing of it is stored or logged. Revocation is not
 * looked at. Never reads outside the bytes whatever they hold. Thread-safe.
 * @param pview set in p
 * @param file any bytes
 * @return APR_SUCCESS, whatever the outcome; NPIE_EINTERNAL
 */
apr_status_t npie_letter_verify(npie_letter_view_t **pview,
                                const npie_verify_rules_t *rules,
                                npie_bytes_t file, npie_err_t *err,
                                apr_pool_t *p);

#endif
