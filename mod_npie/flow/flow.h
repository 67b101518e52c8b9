/* SPDX-License-Identifier: Apache-2.0
 * The renewal: what each move does. Every move is one transaction in the
 * registry, committed before the call returns, and safe to repeat.
 */
#ifndef NPIE_FLOW_FLOW_H
#define NPIE_FLOW_FLOW_H

#include "flow/machine.h"
#include "flow/policy.h"
#include "letter/letter.h"
#include "letter/file.h"
#include "pki/cert.h"
#include "pki/trust.h"
#include "signer/client.h"
#include "store/registry.h"

/** What a request's flow works with; one thread, one request. */
typedef struct npie_flow_t {
    npie_registry_t *registry;
    const npie_signer_t *signer;
    const npie_trust_t *trust;
    const npie_letter_art_t *art;
    const npie_policy_t *policy;
    apr_time_t now; /**< UTC microseconds */
    apr_pool_t *p;  /**< everything returned lives here */
} npie_flow_t;

/** Who a login turned out to be. */
typedef struct npie_login_t {
    npie_verdict_t verdict;
    npie_problem_t problem;          /**< REFUSED: why, else 0 */
    const npie_cert_t *cert;         /**< the proved certificate; NULL when the
                                          signature itself did not hold */
    const npie_certificate_t *certificate; /**< its row, or NULL */
    const npie_employer_t *employer; /**< or NULL */
} npie_login_t;

/**
 * Judges a signed login challenge. Whether the challenge is fresh, ours and
 * unspent is the caller's matter, before this.
 * @param challenge the signed text; cms: DER, detached
 * @param user user name as typed, NUL ended; "" skips that comparison
 * @return APR_SUCCESS with the login filled, also when it is refused for a
 *         reason that the person proved to be concerned by (verdict REFUSED:
 *         CERT_* problems, UNTRUSTED, KEY_WEAK); NPIE_EINPUT, NPIE_ESIGNATURE
 *         (SIGNATURE) when nothing was proved; NPIE_EBACKEND
 */
apr_status_t npie_flow_login(npie_login_t *login, npie_flow_t *flow,
                             npie_bytes_t challenge, npie_bytes_t cms,
                             const char *user, npie_err_t *err);

/** Whose request this is: rows of the session. */
typedef struct npie_who_t {
    apr_int64_t employer;
    apr_int64_t certificate; /**< the proved one */
    const char *actor;       /**< for the audit: the certificate's serial */
} npie_who_t;

/** Where an employer is: all rows a page may show. */
typedef struct npie_place_t {
    npie_verdict_t verdict;       /**< of the proved certificate, now */
    npie_problem_t problem;       /**< REFUSED: why */
    npie_employer_t *employer;    /**< with the renewal's contact once given */
    npie_contact_t registered;    /**< the contact data before this renewal */
    npie_certificate_t *certificate; /**< the proved one */
    npie_certificate_t *old;      /**< being renewed; may be = certificate */
    npie_certificate_t *newest;
    npie_renewal_t *renewal;      /**< open one; or the one that made the proved
                                       certificate; or NULL */
    npie_certificate_t *issued;   /**< new certificate, NULL before issued */
    int generation;               /**< n of the key being made */
} npie_place_t;

/** Finds where the employer is now; lapses what has timed out.
 * @return APR_SUCCESS; APR_NOTFOUND (rows are gone: end the session);
 *         NPIE_EBACKEND */
apr_status_t npie_flow_place(npie_place_t *place, npie_flow_t *flow,
                             const npie_who_t *who, npie_err_t *err);

/* The moves. Each finds the place again inside its transaction. They return
 * APR_SUCCESS when done or done before; NPIE_ECONFLICT (NOT_NOW) when the
 * renewal is at another step: show that one; NPIE_EINPUT, NPIE_EPOLICY,
 * NPIE_ESIGNATURE with the problem to show; NPIE_EBACKEND to try again. */

/** datos: contact data, checked by npie_flow_contact_check(). */
apr_status_t npie_flow_data(npie_flow_t *flow, const npie_who_t *who,
                            const npie_contact_t *contact, npie_err_t *err);

/** llave: the request (DER or PEM), the key file's name (without .key,
 * [A-Za-z0-9_-]{1,64}) and SHA-256 (hex, may be ""). Fixes letter 1. A request
 * for the same key again in state keyed is done before. */
apr_status_t npie_flow_key(npie_flow_t *flow, const npie_who_t *who,
                           npie_bytes_t csr, const char *key_name,
                           const char *key_sha256, npie_err_t *err);

/** Back to llave with the letter voided: the key or its password is lost. */
apr_status_t npie_flow_rekey(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err);

/** Why a file is not the letter asked for (problem LETTER). */
typedef enum npie_letter_mismatch_t {
    NPIE_MISMATCH_NONE,
    NPIE_MISMATCH_EMPTY,
    NPIE_MISMATCH_NOT_PDF,       /**< see kind */
    NPIE_MISMATCH_OTHER_PDF,
    NPIE_MISMATCH_RESAVED,
    NPIE_MISMATCH_ALTERED,       /**< this letter's folio, other bytes */
    NPIE_MISMATCH_OLDER,         /**< voided letter, earlier renewal */
    NPIE_MISMATCH_OTHER_KIND,    /**< letter 2 for 1 or the reverse */
    NPIE_MISMATCH_OTHER_EMPLOYER,
    NPIE_MISMATCH_FORGED         /**< a folio we never gave out */
} npie_letter_mismatch_t;

/** What is known of the file that was no match. */
typedef struct npie_letter_check_t {
    npie_letter_mismatch_t mismatch;
    npie_file_kind_t kind;
    apr_int64_t folio; /**< of the file, 0 = unknown */
} npie_letter_check_t;

/**
 * carta, terminos: the employer's signature over a letter.
 * @param file the file chosen by the user, len 0 when the page signed the
 *        letter it showed
 * @param check filled when the problem is LETTER; may be NULL
 */
apr_status_t npie_flow_sign(npie_flow_t *flow, const npie_who_t *who,
                            npie_letter_kind_t kind, npie_bytes_t cms,
                            npie_bytes_t file, npie_letter_check_t *check,
                            npie_err_t *err);

/** certificado: asks the signer and takes the certificate in; letter 2 is
 * fixed. Done before: APR_SUCCESS. */
apr_status_t npie_flow_issue(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err);

/** Ends an open renewal before issued. */
apr_status_t npie_flow_cancel(npie_flow_t *flow, const npie_who_t *who,
                              npie_err_t *err);

/** Which field of a contact is wrong. */
typedef struct npie_contact_check_t {
    npie_problem_t email, email2, phone, fax; /**< NPIE_P_NONE = good */
} npie_contact_check_t;

/**
 * Checks and normalises what was typed on datos.
 * @param contact set to trimmed, normalised values in p when all are good
 * @return APR_SUCCESS or NPIE_EINPUT with check filled
 */
apr_status_t npie_flow_contact_check(npie_contact_t *contact,
                                     npie_contact_check_t *check,
                                     const char *email, const char *email2,
                                     const char *phone, const char *fax,
                                     apr_pool_t *p);

#endif
