/* SPDX-License-Identifier: Apache-2.0
 * What certificates, requests and signatures share in dealing with libcrypto.
 */
#ifndef NPIE_PKI_OPENSSL_H
#define NPIE_PKI_OPENSSL_H

#include <apr_pools.h>
#include <apr_time.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest RSA key looked at: a longer one only costs time. */
#define NPIE_RSA_MAX_BITS 8192

/** A public key taken apart; everything lives in the pool given. */
typedef struct npie_public_key_t {
    npie_bytes_t spki;       /**< SubjectPublicKeyInfo, DER */
    char spki_sha256[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t bit_string; /**< subjectPublicKey, DER with tag and length */
    const char *type;        /**< "RSA", "P-256", "P-384", or OpenSSL's name */
    int bits;
} npie_public_key_t;

/**
 * As npie_err_set(), with what libcrypto has to say after a colon; this
 * thread's error queue is empty afterwards.
 * @param what English, constant
 * @return status; but NPIE_EBACKEND, with NPIE_P_SIGNER_DOWN and the reason,
 *         when it was a key outside libcrypto that did not sign (an entry of
 *         ERR_LIB_USER with a text, see pkcs11/token.h)
 */
apr_status_t npie_openssl_fail(npie_err_t *err, apr_status_t status,
                               npie_problem_t problem, const char *what);

/** A pem_password_cb for keys that are to be read without asking anybody: -1. */
int npie_openssl_no_passphrase(char *buf, int size, int rwflag, void *data);

/**
 * The DER inside bytes: a copy of bytes themselves when they begin like a
 * SEQUENCE, else of the one PEM block (RFC 7468) of that label in them.
 * @param pder set to DER in p
 * @param labels NULL-ended list of labels taken, such as "CERTIFICATE"
 * @param max longest DER taken, in bytes
 * @return APR_SUCCESS; NPIE_EINPUT: too long, no such block, or more blocks
 */
apr_status_t npie_openssl_der(npie_bytes_t *pder, npie_bytes_t bytes,
                              const char *const *labels, apr_size_t max,
                              apr_pool_t *p);

/**
 * Takes a public key apart.
 * @return APR_SUCCESS; NPIE_EINPUT when libcrypto cannot read the key;
 *         NPIE_EINTERNAL
 */
apr_status_t npie_openssl_public_key(npie_public_key_t *key,
                                     const X509_PUBKEY *pub, apr_pool_t *p);

/**
 * Appends an extension to a certificate being made.
 * @param issuer its issuer's, or x509 itself
 * @param value in openssl's configuration syntax
 * @return 1, or 0 with libcrypto's reason in its queue
 */
int npie_openssl_extend(X509 *x509, X509 *issuer, int nid, const char *value);

/** Reads a time of a certificate or CRL. @return 1, or 0 when it is none */
int npie_openssl_time(apr_time_t *t, const ASN1_TIME *time);

/** A certificate of libcrypto's as DER in p; len 0 when memory ran out. */
npie_bytes_t npie_openssl_x509_der(X509 *x509, apr_pool_t *p);

/** Frees an X509 with the pool: for apr_pool_cleanup_register(). */
apr_status_t npie_openssl_free_x509(void *x509);

#endif
