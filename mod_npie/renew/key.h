/* SPDX-License-Identifier: Apache-2.0
 * New keys: made, requested for, kept and read again.
 */
#ifndef NPIE_RENEW_KEY_H
#define NPIE_RENEW_KEY_H

#include <openssl/types.h>

#include "base/bytes.h"
#include "renew/pieces.h"
#include "renew/secret.h"

/** Iterations of a key file's or PFX's derivation when nothing else is
 * said: .NET reads no more than 300,000. */
#define NPIE_KEY_ITERATIONS 250000

/**
 * Makes a key.
 * @param pkey set to a key that is freed with p
 * @param kind "RSA-2048" to "RSA-4096", "P-256", "P-384"
 * @return APR_SUCCESS; NPIE_EINPUT (ANSWER): no such kind; NPIE_EINTERNAL
 */
apr_status_t npie_key_make(EVP_PKEY **pkey, const char *kind, npie_err_t *err,
                           apr_pool_t *p);

/** Does npie_key_make() know this kind? 1 = yes. */
int npie_key_is_kind(const char *kind);

/** A certification request (PKCS#10), PEM, NUL ended, in p.
 * @param name its common name
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_key_request(char **pem, EVP_PKEY *key, const char *name,
                              npie_err_t *err, apr_pool_t *p);

/** The key as PKCS#8, PEM, encrypted with AES-256 and PBKDF2-HMAC-SHA256.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_key_write(npie_bytes_t *pem, EVP_PKEY *key,
                            const npie_secret_t *password, int iterations,
                            npie_err_t *err, apr_pool_t *p);

/**
 * Opens a private key, encrypted or not.
 * @param pkey set to a key that is freed with p
 * @param piece of kind NPIE_PIECE_KEY
 * @return APR_SUCCESS; NPIE_EINPUT (PASSWORD, FILE_DAMAGED, FILE_UNSUPPORTED)
 */
apr_status_t npie_key_open(EVP_PKEY **pkey, const npie_piece_t *piece,
                           const npie_secret_t *password, npie_err_t *err,
                           apr_pool_t *p);

/** Opens the first private key in a file.
 * @return as npie_key_open(); NPIE_EINPUT (FILE_UNKNOWN): there is none */
apr_status_t npie_key_read(EVP_PKEY **pkey, npie_bytes_t bytes,
                           const npie_secret_t *password, npie_err_t *err,
                           apr_pool_t *p);

/** SHA-256 of its SubjectPublicKeyInfo, lower-case hex.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_key_spki(char hex[NPIE_SHA256_HEX_SIZE], EVP_PKEY *key);

/** Has the key freed with a pool. */
void npie_key_own(EVP_PKEY *key, apr_pool_t *p);

/** Bytes of a memory BIO, in p; empty when there are none. */
npie_bytes_t npie_key_bio_bytes(BIO *bio, apr_pool_t *p);

#endif
