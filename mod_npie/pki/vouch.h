/* SPDX-License-Identifier: Apache-2.0
 * Certificates for keys of the authority's own programs. Used by npie-signer
 * alone.
 */
#ifndef NPIE_PKI_VOUCH_H
#define NPIE_PKI_VOUCH_H

#include "pki/issue.h"

/** An extension besides basicConstraints, keyUsage digitalSignature and the
 * key identifiers; see npie_openssl_extend(). A list ends with value NULL. */
typedef struct npie_vouch_extension_t {
    int nid;
    const char *value;
} npie_vouch_extension_t;

/** What a certificate is for. */
typedef struct npie_vouch_t {
    const char *common_name; /**< UTF-8; before it stands the CA's name */
    const npie_vouch_extension_t *extensions;
    apr_interval_time_t life; /**< at most; it ends with the CA's */
} npie_vouch_t;

/**
 * Makes a certificate, backdated by five minutes.
 * @param px509 set to it, the caller's
 * @param now UTC microseconds
 * @return APR_SUCCESS; NPIE_EINTERNAL, NPIE_EBACKEND as npie_openssl_fail()
 */
apr_status_t npie_issuer_vouch(X509 **px509, const npie_issuer_t *issuer,
                               EVP_PKEY *key, const npie_vouch_t *vouch,
                               apr_time_t now, npie_err_t *err);

#endif
