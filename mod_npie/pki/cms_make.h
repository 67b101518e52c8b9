/* SPDX-License-Identifier: Apache-2.0
 * Making a detached CMS: the seal's by npie-signer, the employer's by
 * npie-renew. No part of httpd signs.
 */
#ifndef NPIE_PKI_CMS_MAKE_H
#define NPIE_PKI_CMS_MAKE_H

#include <apr_tables.h>

#include "pki/cert.h"

/**
 * Signs content given in pieces: SignedData (RFC 5652) with one signer,
 * SHA-256, RSA PKCS#1 v1.5 or ECDSA, and the signed attributes contentType,
 * messageDigest and signingCertificateV2 (RFC 5035). Signing-time, which
 * libcrypto always adds, is left out: PAdES has it in the PDF alone
 * (ETSI EN 319 142-1, 6.3). DER.
 * @param pcms set to DER in p
 * @param key of the certificate, RSA or EC
 * @param chain of npie_bytes_t, DER certificates to come along; may be empty
 *        or NULL
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_cms_make(npie_bytes_t *pcms, EVP_PKEY *key,
                           const npie_cert_t *cert,
                           const apr_array_header_t *chain,
                           const npie_bytes_t *content, int npieces,
                           npie_err_t *err, apr_pool_t *p);

/**
 * The same, with a signature that was made before: ECDSA makes another one each
 * time, and what is kept of a SignedData need be no more than that.
 * @param signature len 0: one is made, and this set to it, in p; else what goes
 *        in
 */
apr_status_t npie_cms_make_same(npie_bytes_t *pcms, npie_bytes_t *signature,
                                EVP_PKEY *key, const npie_cert_t *cert,
                                const apr_array_header_t *chain,
                                const npie_bytes_t *content, int npieces,
                                npie_err_t *err, apr_pool_t *p);

#endif
