/* SPDX-License-Identifier: Apache-2.0
 * An X.509 certificate (RFC 5280) taken apart into what the renewal needs.
 */
#ifndef NPIE_PKI_CERT_H
#define NPIE_PKI_CERT_H

#include <apr_pools.h>
#include <apr_time.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest certificate taken, bytes of DER. */
#define NPIE_CERT_MAX 16384

/** A parsed certificate; everything lives as long as the pool given to
 * npie_cert_parse(). Strings are clean UTF-8, "" where the certificate has
 * no such attribute, never NULL. Read-only after parsing, so threads may
 * share it. */
typedef struct npie_cert_t {
    X509 *x509;              /**< owned here */
    npie_bytes_t der;
    const char *serial;      /**< upper-case hex, even number of digits */
    const char *serial_text; /**< the digits when the serial's bytes are 20
                                  ASCII digits (Mexican convention), else
                                  = serial */
    const char *issuer;      /**< one line for people, RFC 2253 form */
    const char *issuer_name; /**< its common name, else its organization, else
                                  = issuer */
    const char *common_name;
    const char *organization;
    const char *rp10;        /**< OU when it has the form of an RP without its
                                  check digit, or with it (then cut), else "" */
    const char *curp;        /**< serialNumber 2.5.4.5 */
    const char *rfc;         /**< x500UniqueIdentifier 2.5.4.45 */
    const char *email;       /**< first rfc822Name of subjectAltName, else
                                  emailAddress of the subject */
    apr_time_t not_before;   /**< UTC microseconds */
    apr_time_t not_after;    /**< UTC microseconds; now >= not_after = expired */
    npie_bytes_t spki;       /**< SubjectPublicKeyInfo, DER */
    char spki_sha256[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t public_key; /**< subjectPublicKey BIT STRING, DER with tag and
                                  length, as the letters print it */
    const char *key_type;    /**< "RSA", "P-256", "P-384", or OpenSSL's name */
    int key_bits;
} npie_cert_t;

/**
 * Parses one certificate, DER or PEM (one CERTIFICATE block). What
 * npie_x509_read() refuses, and text that is not clean UTF-8 after conversion,
 * fail.
 * @return APR_SUCCESS; NPIE_EINPUT (problem CERT_MALFORMED); NPIE_EINTERNAL
 */
apr_status_t npie_cert_parse(npie_cert_t **pcert, npie_bytes_t bytes,
                             npie_err_t *err, apr_pool_t *p);

/**
 * A serial as people read it: the digits when its bytes are 20 ASCII digits
 * (Mexican convention), else as it is.
 * @param serial hex, NUL ended
 * @return NUL ended, in p or serial itself
 */
const char *npie_cert_serial_text(const char *serial, apr_pool_t *p);

/** The certificate as PEM, NUL ended, in p; NULL when memory ran out. */
char *npie_cert_pem(const npie_cert_t *cert, apr_pool_t *p);

#endif
