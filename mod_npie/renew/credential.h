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
#define NPIE_CREDENTIAL_MAX (16 * 1024 * 1024)

/** Everything lives as long as the pool it was opened in. */
typedef struct npie_credential_t {
    EVP_PKEY *key;
    npie_cert_t *cert;
} npie_credential_t;

/** A file that was named. */
typedef struct npie_credential_file_t {
    const char *name;   /**< without folder or with it */
    npie_bytes_t bytes;
} npie_credential_file_t;

/**
 * Opens a PFX, or a certificate and its key: what the files are, their bytes
 * say, not their order. Of several certificates the key's own is taken, in
 * any order; of several pairs the one that ends last. The browser's reader
 * (htdocs/npie/js/src/crypto/open.js) gives the same verdicts.
 * @param files one or two
 * @return APR_SUCCESS; NPIE_EINPUT (FILE_UNKNOWN, FILE_DAMAGED, FILE_PARTS,
 *         PASSWORD, FILE_UNSUPPORTED, FILE_NO_KEY, KEY_MISMATCH,
 *         CERT_MALFORMED)
 */
apr_status_t npie_credential_open(npie_credential_t *credential,
                                  const npie_credential_file_t *files,
                                  int count, const npie_secret_t *password,
                                  npie_err_t *err, apr_pool_t *p);

/**
 * The certificate of a file that holds one without its key: of several the
 * first that is no authority's.
 * @return APR_SUCCESS; NPIE_EINPUT (FILE_UNKNOWN, FILE_DAMAGED,
 *         CERT_MALFORMED)
 */
apr_status_t npie_credential_read_cert(npie_cert_t **pcert,
                                       const npie_credential_file_t *file,
                                       npie_err_t *err, apr_pool_t *p);

/**
 * Is it an employer's certificate?
 * @return APR_SUCCESS; NPIE_EINPUT (CERT_SAT: an e.firma of SAT,
 *         CERT_MALFORMED: no employer's number in it)
 */
apr_status_t npie_credential_check(const npie_cert_t *cert, npie_err_t *err);

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
