/* SPDX-License-Identifier: Apache-2.0
 * Keys with their certificates, requests and signatures for unit programs,
 * made with libcrypto alone. What goes wrong here ends the program.
 */
#ifndef NPIE_UNIT_IDENTITY_H
#define NPIE_UNIT_IDENTITY_H

#include <apr_pools.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"

/** A key and its certificate; both live as long as the pool. */
typedef struct identity_t {
    EVP_PKEY *key;
    X509 *x509;       /**< NULL while it is a key alone */
    npie_bytes_t der; /**< of the certificate */
} identity_t;

/** Ends the program with what libcrypto says, unless held. */
void identity_need(int held, const char *what);

/** A new key: "P-256", "ED25519", "RSA-2048", ... */
identity_t *identity_key(const char *kind, apr_pool_t *p);

/** Takes a certificate (DER) for the key. */
void identity_take(identity_t *id, npie_bytes_t der, apr_pool_t *p);

/** A request, DER, for the key of id, signed by the other's. */
npie_bytes_t identity_csr(const identity_t *id, const identity_t *signer,
                          apr_pool_t *p);

/** A detached CMS, DER, over the content; flags (CMS_...) beside
 * CMS_DETACHED and CMS_BINARY. */
npie_bytes_t identity_cms(const identity_t *id, npie_bytes_t content,
                          unsigned flags, apr_pool_t *p);

/** Writes the key as PEM. */
void identity_write_key(const identity_t *id, const char *path);

#endif
