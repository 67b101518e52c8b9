/* SPDX-License-Identifier: Apache-2.0
 * Keys, certificates, requests and signatures for unit programs, made with
 * libcrypto alone. What goes wrong here ends the program.
 */
#ifndef NPIE_UNIT_IDENTITY_H
#define NPIE_UNIT_IDENTITY_H

#include <apr_pools.h>
#include <apr_time.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"

/** A key and its certificate; both live as long as the pool. */
typedef struct identity_t {
    EVP_PKEY *key;
    X509 *x509;       /**< NULL while it is a key alone */
    npie_bytes_t der; /**< of the certificate */
} identity_t;

/** What a certificate says; NULL = not there. */
typedef struct identity_subject_t {
    const char *organization;
    const char *rp10;
    const char *common_name;
    const char *curp;
    const char *rfc;
} identity_subject_t;

/** A new key: "P-256", "P-384", "RSA-1024", "RSA-2048", ... */
identity_t *identity_key(const char *kind, apr_pool_t *p);

/** A CA of that name with a certificate of its own. */
identity_t *identity_ca(const char *name, apr_pool_t *p);

/** Gives a key a certificate of the CA's, with a new 20 digit serial. */
void identity_certify(identity_t *id, const identity_t *ca,
                      const identity_subject_t *subject, apr_time_t from,
                      apr_time_t until, apr_pool_t *p);

/** Takes a certificate (DER) for the key. */
void identity_take(identity_t *id, npie_bytes_t der, apr_pool_t *p);

/** A request, DER, signed by `key` for the key of `id`. */
npie_bytes_t identity_csr(const identity_t *id, const identity_t *key,
                          apr_pool_t *p);

/** A detached CMS, DER, over the pieces. */
npie_bytes_t identity_cms(const identity_t *id, const npie_bytes_t *content,
                          int npieces, apr_pool_t *p);

/** Writes key (mode 0400) and certificate as PEM; NULL: not this one. */
void identity_write(const identity_t *id, const char *key_file,
                    const char *certificate_file);

#endif
