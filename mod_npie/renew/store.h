/* SPDX-License-Identifier: Apache-2.0
 * A PFX (PKCS#12, RFC 7292) taken apart.
 */
#ifndef NPIE_RENEW_STORE_H
#define NPIE_RENEW_STORE_H

#include <apr_tables.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "renew/secret.h"

/** What a file, or two of them, held; all freed with their pool. */
typedef struct npie_store_t {
    apr_array_header_t *keys;  /**< of EVP_PKEY * */
    apr_array_header_t *certs; /**< of X509 *, in the file's order */
    int is_sealed;             /**< 1: a MAC has proved every byte */
} npie_store_t;

/** An empty store in p, for what comes without a PFX. */
void npie_store_init(npie_store_t *store, apr_pool_t *p);

/** Puts a key or a certificate in, which p frees from now on. */
void npie_store_add_key(npie_store_t *store, EVP_PKEY *key, apr_pool_t *p);
void npie_store_add_cert(npie_store_t *store, X509 *x509, apr_pool_t *p);

/**
 * Takes a PFX apart, old ciphers included (RC2-40, 3DES: the legacy provider
 * must be loaded). MAC and contents may each read the password in a form of
 * their own. When the MAC does not hold, an encrypted part that opens tells
 * damage from a wrong password. What follows the PFX's own length, as Windows
 * leaves zeros, is not looked at.
 * @return APR_SUCCESS; NPIE_EINPUT (FILE_DAMAGED, FILE_UNSUPPORTED, PASSWORD)
 */
apr_status_t npie_store_open(npie_store_t *store, npie_bytes_t pfx,
                             const npie_secret_t *password, npie_err_t *err,
                             apr_pool_t *p);

#endif
