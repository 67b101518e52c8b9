/* SPDX-License-Identifier: Apache-2.0
 * Detached CMS signatures (RFC 5652) as browsers, openssl and PAdES
 * (ETSI EN 319 142-1) make them.
 */
#ifndef NPIE_PKI_CMS_H
#define NPIE_PKI_CMS_H

#include "pki/cert.h"
#include "pki/trust.h"

/** The longest CMS taken, bytes of DER. */
#define NPIE_CMS_MAX 16000

/** How a signature is to be judged. */
typedef struct npie_cms_rules_t {
    const npie_trust_t *trust;
    int min_bits;              /**< shortest RSA key of the signer */
    int require_signing_certificate; /**< 1: signingCertificateV2 (RFC 5035)
                                  must be there and name the signer; 0: only
                                  when it is there */
    int seal;                  /**< 1: the signer must be the institute, see
                                  npie_trust_verify_seal(); 0: a person */
} npie_cms_rules_t;

/**
 * Verifies a detached SignedData with exactly one signer, whose certificate
 * is inside, over content given in pieces: messageDigest, contentType,
 * signature (RSA PKCS#1 v1.5, RSA-PSS, ECDSA; SHA-256, -384, -512), and the
 * signer's chain by npie_trust_verify(). DER or PEM-less BER of at most
 * NPIE_CMS_MAX bytes; zero bytes after it (PDF padding) are passed over, up to
 * 64 KiB in all. Certificates that came along help to build the chain.
 * Thread-safe.
 * @param psigner set to the signer's certificate, in p, also when only the
 *        chain fails, so that the caller can say whose it was; else NULL
 * @param content npieces views that make up the signed bytes in order
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE: no CMS of that kind);
 *         NPIE_ESIGNATURE (SIGNATURE: does not hold; LETTER_ALTERED when only
 *         the message digest differs; UNTRUSTED); NPIE_EPOLICY (KEY_WEAK);
 *         NPIE_EINTERNAL
 */
apr_status_t npie_cms_verify(npie_cert_t **psigner, npie_bytes_t cms,
                             const npie_bytes_t *content, int npieces,
                             const npie_cms_rules_t *rules, npie_err_t *err,
                             apr_pool_t *p);

#endif
