/* SPDX-License-Identifier: Apache-2.0
 * What a letter is worth: what its signatures show, what the institute's
 * records say, and the outcome of both.
 */
#ifndef NPIE_LETTER_VERDICT_H
#define NPIE_LETTER_VERDICT_H

#include "letter/known.h"
#include "pki/seals.h"
#include "pki/timestamp.h"

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
    NPIE_SEEN_ADDITIONAL, /**< valid, but with an additional certificate,
                              which signs no letters */
    NPIE_SEEN_ENDED,     /**< valid, but the certificate was revoked or
                              superseded before the time that is proved */
    NPIE_SEEN_COUNT      /**< how many */
} npie_seen_t;

/** The name of a result for programs, static: "good", "altered", ... */
const char *npie_seen_name(npie_seen_t seen);

/** One signature. */
typedef struct npie_signature_view_t {
    npie_seen_t seen;
    const npie_cert_t *cert; /**< the signer's, if proved (GOOD, OTHER, DATES,
                                  FORM, UNKNOWN, ADDITIONAL, ENDED, usually
                                  UNTRUSTED and WEAK), else NULL */
    apr_time_t time;         /**< date of the letter, or time in the seal; 0:
                                  unknown. The signer says so; it proves
                                  nothing */
    int expired_then;        /**< 1: the certificate had expired at that time,
                                  which is usual for letter 1 */
    npie_problem_t problem;  /**< number of the reason; NPIE_P_NONE: GOOD or
                                  NONE */
    const char *detail;      /**< reason when not GOOD, English; "" */
} npie_signature_view_t;

/** What the letter is worth. Only the first two are good. */
typedef enum npie_outcome_t {
    NPIE_OUTCOME_SEALED,   /**< both signatures good, nothing else in the file,
                                and no record says otherwise */
    NPIE_OUTCOME_SIGNED,   /**< the institute has this letter with this
                                signature, and has not sealed it */
    NPIE_OUTCOME_UNKNOWN,  /**< the employer's signature is good, but the
                                institute's records, or the lack of a seal
                                where there are none, do not confirm the
                                letter: see known.record */
    NPIE_OUTCOME_VOID,     /**< the institute's letter, cancelled or
                                replaced */
    NPIE_OUTCOME_ENDED,    /**< the signer is ENDED */
    NPIE_OUTCOME_ADDITIONAL, /**< the signer is ADDITIONAL */
    NPIE_OUTCOME_UNSIGNED, /**< a letter without a signature */
    NPIE_OUTCOME_ALTERED,  /**< something was changed, see where */
    NPIE_OUTCOME_DOUBTFUL, /**< a signature has any other fault */
    NPIE_OUTCOME_FOREIGN,  /**< not a letter of this project, see kind */
    NPIE_OUTCOME_COUNT     /**< how many */
} npie_outcome_t;

/** The name of an outcome for programs, static: "sealed", "signed", ... */
const char *npie_outcome_name(npie_outcome_t outcome);

/** Where an ALTERED file was changed. */
typedef enum npie_where_t {
    NPIE_WHERE_NOWHERE,
    NPIE_WHERE_BEFORE, /**< bytes before the letter */
    NPIE_WHERE_LETTER, /**< in what the employer signed, or in the
                            signature */
    NPIE_WHERE_SEAL,   /**< in the seal */
    NPIE_WHERE_STAMP,  /**< in a timestamp */
    NPIE_WHERE_AFTER,  /**< bytes after the last signature */
    NPIE_WHERE_COUNT   /**< how many */
} npie_where_t;

/** The name of a place for programs, static: "before", ...; NULL: nowhere. */
const char *npie_where_name(npie_where_t where);

/** Who vouches for the time at which a letter was signed at the latest. */
typedef enum npie_proof_t {
    NPIE_PROOF_NONE,   /**< nobody */
    NPIE_PROOF_SEAL,   /**< the institute, by its seal */
    NPIE_PROOF_RECORD, /**< the institute, by its records */
    NPIE_PROOF_STAMP,  /**< an outside authority, by its timestamp */
    NPIE_PROOF_COUNT   /**< how many */
} npie_proof_t;

/** The name of a proof for programs, static: "seal", ...; NULL: none. */
const char *npie_proof_name(npie_proof_t proof);

/** The timestamps of a letter. */
typedef struct npie_stamps_view_t {
    npie_seen_t seen;      /**< NONE; GOOD; UNTRUSTED: no trusted authority's;
                                ALTERED: of other content; DAMAGED. The first
                                that is not GOOD tells */
    int count;
    const npie_timestamp_t *first; /**< GOOD: proves the time; else NULL */
    const npie_timestamp_t *last;  /**< GOOD: a further one is due before its
                                        until */
    const char *detail;    /**< reason when not GOOD, English; "" */
} npie_stamps_view_t;

/** The result of a verification. Lives in the pool and points into the file. */
typedef struct npie_letter_view_t {
    npie_outcome_t outcome;
    npie_file_kind_t kind;
    const npie_cadena_t *cadena; /**< content of the letter; NULL: unreadable.
                                      Trust it only when
                                      npie_letter_proved(). */
    npie_signature_view_t employer;
    npie_signature_view_t seal;
    npie_stamps_view_t stamps;
    npie_where_t where;   /**< of ALTERED */
    npie_proof_t proof;
    apr_time_t proved;    /**< the employer had signed by then; 0: no proof */
    npie_known_letter_t known; /**< asked only for a letter whose signature
                                    proves its signer */
    npie_known_cert_t signer;  /**< the signer on record, likewise */
    apr_size_t size;      /**< of the file, bytes */
    apr_size_t before;    /**< bytes before the letter */
    apr_size_t after;     /**< bytes after the last signature, which none
                               covers */
    int update;           /**< 1: they look like an incremental update, which
                               can change the visible content */
} npie_letter_view_t;

/** Does the employer's signature prove what the letter says, whatever else is
 * the matter with it? 1 = yes. */
int npie_letter_proved(const npie_letter_view_t *view);

/** Rules for verification. */
typedef struct npie_verify_rules_t {
    const npie_trust_t *trust; /**< own and older authorities */
    const npie_seals_t *seals; /**< the institute's, current and older ones;
                                    NULL: every seal is UNKNOWN */
    const npie_tsa_t *tsa;     /**< timestamp authorities; NULL: none, and no
                                    timestamp proves anything */
    int old_key_min_bits;      /**< RSA, of the employer's key */
    const char *additional_oid; /**< policy of additional certificates, dotted;
                                    NULL: only records tell them apart */
    const npie_known_t *known; /**< the institute's records; NULL: not at
                                    hand */
    apr_time_t now;            /**< UTC microseconds */
} npie_verify_rules_t;

/**
 * Asks the records about a letter whose signature proves its signer, and sets
 * known, signer, proof, proved, outcome and where. For npie_letter_verify().
 * @param view everything else is set
 * @param parts of the letter; NULL when the file has not its form
 * @return APR_SUCCESS; what the records return
 */
apr_status_t npie_verdict_reach(npie_letter_view_t *view,
                                const npie_letter_file_t *parts,
                                const npie_verify_rules_t *rules,
                                npie_err_t *err, apr_pool_t *p);

#endif
