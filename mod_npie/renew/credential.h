/* SPDX-License-Identifier: Apache-2.0
 * A certificate with its private key, as .pfx or as .cer and .key.
 */
#ifndef NPIE_RENEW_CREDENTIAL_H
#define NPIE_RENEW_CREDENTIAL_H

#include <apr_tables.h>
#include <openssl/types.h>

#include "pki/cert.h"
#include "renew/secret.h"

/** The longest file of that kind taken, in bytes. */
#define NPIE_CREDENTIAL_MAX (256 * 1024)

/** Everything lives as long as the pool it was opened in. */
typedef struct npie_credential_t {
    EVP_PKEY *key;
    npie_cert_t *cert;
} npie_credential_t;

/**
 * Opens a PFX (PKCS#12, RFC 7292), old ciphers included (RC2-40, 3DES: the
 * legacy provider must be loaded). Passwords outside ASCII are tried as the
 * standard says and as old OpenSSL wrote them.
 * @return APR_SUCCESS; NPIE_EINPUT (FILE_UNKNOWN, FILE_DAMAGED, PASSWORD,
 *         FILE_UNSUPPORTED, FILE_NO_KEY, KEY_MISMATCH, CERT_MALFORMED)
 */
apr_status_t npie_credential_open_pfx(npie_credential_t *credential,
                                      npie_bytes_t pfx,
                                      const npie_secret_t *password,
                                      npie_err_t *err, apr_pool_t *p);

/**
 * Opens a certificate and its key, each DER or PEM, the key encrypted or not.
 * @return as npie_credential_open_pfx()
 */
apr_status_t npie_credential_open_pair(npie_credential_t *credential,
                                       npie_bytes_t cer, npie_bytes_t key,
                                       const npie_secret_t *password,
                                       npie_err_t *err, apr_pool_t *p);

/**
 * Makes a PFX: AES-256 and PBKDF2-HMAC-SHA256 for key and certificates, MAC
 * with HMAC-SHA256; what Windows, openssl, NSS and Java read.
 * @param chain of npie_bytes_t, DER, above the certificate
 * @param name for the lists of certificates of other programs, ASCII
 * @param iterations of each derivation
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_credential_make_pfx(npie_bytes_t *pfx,
                                      const npie_credential_t *credential,
                                      const apr_array_header_t *chain,
                                      const char *name,
                                      const npie_secret_t *password,
                                      int iterations, npie_err_t *err,
                                      apr_pool_t *p);

#endif
