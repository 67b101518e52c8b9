/* SPDX-License-Identifier: Apache-2.0
 * Making an employer's certificate. Used by npie-signer, and by npiectl for
 * the root's CRL: whoever links this room's issuer holds a CA key.
 */
#ifndef NPIE_PKI_ISSUE_H
#define NPIE_PKI_ISSUE_H

#include "pki/cert.h"
#include "pki/csr.h"
#include "pki/points.h"
#include "pki/subject.h"

/** The certificate profile (RFC 5280). Strings are ASCII, NULL = left out. */
typedef struct npie_profile_t {
    int validity_months;   /**< calendar months, 1 to 120 */
    apr_interval_time_t backdate; /**< notBefore lies this long before now */
    npie_points_t points;   /**< of what is issued */
    const char *policy_oid; /**< dotted */
    int unique_id_bit_string; /**< encoding of x500UniqueIdentifier: 0 =
                                   PrintableString, as Mexican software reads
                                   it; 1 = BIT STRING (X.520, 6.2.7) */
    const char *additional_oid; /**< dotted: the policy that marks additional
                                     certificates; NULL: none can be made */
} npie_profile_t;

/** A CA's key and certificate with the constant extensions made once. Used by
 * one thread at a time. */
typedef struct npie_issuer_t npie_issuer_t;

/**
 * Takes a key and its CA certificate into use. The key stays in libcrypto's
 * memory, which the pool's cleanup cleanses.
 * @param key owned by the issuer on success, by the caller otherwise
 * @param ca copied from: may be destroyed afterwards
 * @param profile validity_months from 1 to 120, backdate up to a day
 * @return APR_SUCCESS; NPIE_ECONFIG (no CA certificate or one without subject
 *         key identifier, key does not match, expired, profile out of range)
 */
apr_status_t npie_issuer_create(npie_issuer_t **pissuer, EVP_PKEY *key,
                                const npie_cert_t *ca,
                                const npie_profile_t *profile,
                                npie_err_t *err, apr_pool_t *p);

/** What the issuer signs with, for its other statements (pki/crl.h,
 * pki/ocsp_sign.h). They live as long as the issuer. */
X509 *npie_issuer_certificate(const npie_issuer_t *issuer);
EVP_PKEY *npie_issuer_key(const npie_issuer_t *issuer);
/** Appends the addresses of the profile to a certificate being made by it.
 * @return 1; 0 with libcrypto's reason in its queue */
int npie_issuer_add_points(X509 *x509, const npie_issuer_t *issuer);
/** The digest that matches a signing key's strength; NULL where the algorithm
 * brings its own. */
const EVP_MD *npie_issue_digest(const EVP_PKEY *key);

/**
 * Signs a certificate for a verified request.
 * @param pder set to DER in p
 * @param now UTC microseconds. The validity begins profile->backdate before
 *        (but not before the CA's) and ends validity_months after, on the
 *        same day and time of the month in UTC, or on the month's last day
 * @return APR_SUCCESS; NPIE_EINPUT (the subject is incomplete, too long or
 *         not clean); NPIE_EPOLICY when the CA expires before the end of the
 *         validity (AUTHORITY_ENDS) or is not valid yet, the principal
 *         certificate is not valid at `now`, or there is no mark for
 *         additional ones; NPIE_EINTERNAL
 */
apr_status_t npie_issuer_issue(npie_bytes_t *pder, npie_issuer_t *issuer,
                               const npie_csr_t *csr,
                               const npie_subject_t *subject, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p);

#endif
