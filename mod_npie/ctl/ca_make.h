/* SPDX-License-Identifier: Apache-2.0
 * Keys and certificates of a new authority.
 */
#ifndef NPIE_CTL_CA_MAKE_H
#define NPIE_CTL_CA_MAKE_H

#include <apr_pools.h>
#include <apr_time.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pki/points.h"

/** What a certificate is for. */
typedef enum npie_ca_role_t {
    NPIE_CA_ROOT,    /**< signs itself and the issuing CA */
    NPIE_CA_ISSUING, /**< signs the rest, and employers' certificates */
    NPIE_CA_SEAL,    /**< the institute's seal on letters */
    NPIE_CA_ROLES    /**< how many */
} npie_ca_role_t;

/** One certificate and its key; owned by libcrypto, freed with the pool. */
typedef struct npie_ca_made_t {
    EVP_PKEY *key;
    X509 *x509;
} npie_ca_made_t;

/** What is to be made. Strings clean UTF-8. */
typedef struct npie_ca_order_t {
    npie_ca_role_t role;
    const char *key;          /**< "rsa:3072", "p256", "p384" */
    EVP_PKEY *made;           /**< a key that is there; owned by the result,
                                   or on failure by the pool; NULL: make one */
    const char *organization; /**< O, 1 to 64 characters */
    const char *name;         /**< CN, 1 to 64 characters */
    const X509_NAME *subject; /**< as it is; NULL: of the two before */
    npie_points_t points;     /**< in the certificate; the root has none */
    apr_time_t from;
    apr_time_t until;
} npie_ca_order_t;

/**
 * Makes a key and its certificate.
 * @param issuer NULL for NPIE_CA_ROOT
 * @return APR_SUCCESS; NPIE_EINPUT: no such kind of key; NPIE_EINTERNAL
 */
apr_status_t npie_ca_make(npie_ca_made_t **pmade,
                          const npie_ca_order_t *order,
                          const npie_ca_made_t *issuer, npie_err_t *err,
                          apr_pool_t *p);

/**
 * Makes a key and its certification request (RFC 2986).
 * @param pmade its x509 is NULL
 * @param pbytes set to PEM, in p
 * @param order key, organization and name are looked at
 * @return as npie_ca_make()
 */
apr_status_t npie_ca_request(npie_ca_made_t **pmade, npie_bytes_t *pbytes,
                             const npie_ca_order_t *order, npie_err_t *err,
                             apr_pool_t *p);

/**
 * The key as PKCS#8 in PEM.
 * @param passphrase NULL: as it is; else encrypted with AES-256
 * @param pbytes set to bytes in p that are cleansed with it
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_ca_key_pem(npie_bytes_t *pbytes, const npie_ca_made_t *made,
                             const char *passphrase, npie_err_t *err,
                             apr_pool_t *p);

/** The certificate in DER, in p. */
apr_status_t npie_ca_certificate_der(npie_bytes_t *pbytes,
                                     const npie_ca_made_t *made,
                                     npie_err_t *err, apr_pool_t *p);

/** The certificate in PEM, in p. */
apr_status_t npie_ca_certificate_pem(npie_bytes_t *pbytes,
                                     const npie_ca_made_t *made,
                                     npie_err_t *err, apr_pool_t *p);

#endif
