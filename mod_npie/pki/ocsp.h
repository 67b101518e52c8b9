/* SPDX-License-Identifier: Apache-2.0
 * Requests for a certificate's status (RFC 6960), and answers that need no
 * key.
 */
#ifndef NPIE_PKI_OCSP_H
#define NPIE_PKI_OCSP_H

#include "pki/cert.h"

/** The longest request taken, bytes of DER. */
#define NPIE_OCSP_MAX 4096
/** The most certificates of one request. */
#define NPIE_OCSP_CERTS_MAX 16
/** The longest answer, bytes of DER. */
#define NPIE_OCSP_ANSWER_MAX (64 * 1024)

/** What is asked for. Lives in the pool. */
typedef struct npie_ocsp_request_t {
    int count;         /**< certificates, at least one */
    const char *serials[NPIE_OCSP_CERTS_MAX]; /**< upper-case hex */
    const char *name;  /**< what an answer may be kept under, letters, digits
                            and -; NULL: it is for this request alone (a nonce,
                            or more than one certificate) */
} npie_ocsp_request_t;

/** Statuses of an answer that says nothing else (RFC 6960 section 4.2.1). */
typedef enum npie_ocsp_error_t {
    NPIE_OCSP_MALFORMED = 1,
    NPIE_OCSP_INTERNAL = 2,
    NPIE_OCSP_LATER = 3,
    NPIE_OCSP_UNAUTHORIZED = 6
} npie_ocsp_error_t;

/**
 * Parses a request: bounded, nothing after it, a nonce of 1 to 128 bytes (RFC
 * 9654) or none.
 * @return APR_SUCCESS; NPIE_EINPUT
 */
apr_status_t npie_ocsp_parse(npie_ocsp_request_t *request, npie_bytes_t der,
                             npie_err_t *err, apr_pool_t *p);

/** An answer that is only an error, unsigned; DER in p, empty when memory ran
 * out. */
npie_bytes_t npie_ocsp_error(npie_ocsp_error_t error, apr_pool_t *p);

/**
 * Makes a request without nonce, as anybody would who has the certificate.
 * @param certificate DER; empty: about the issuer's own serial, as if it had
 *        issued itself, of which nobody knows
 * @param issuer DER
 * @param digest "SHA1" or "SHA256": of the issuer's name and key in it
 * @return APR_SUCCESS; NPIE_EINPUT; NPIE_EINTERNAL
 */
apr_status_t npie_ocsp_make(npie_bytes_t *pder, npie_bytes_t certificate,
                            npie_bytes_t issuer, const char *digest,
                            npie_err_t *err, apr_pool_t *p);

/**
 * Whose key signed an answer: the CA's own, or one that it has given
 * id-kp-OCSPSigning (RFC 6960 section 4.2.2.2). What is not so signed, by a
 * certificate in force, fails.
 * @param issuer the CA's certificate, DER
 * @return APR_SUCCESS; NPIE_EINPUT: no signed answer; NPIE_ESIGNATURE
 */
apr_status_t npie_ocsp_signer(npie_cert_t **psigner, npie_bytes_t response,
                              npie_bytes_t issuer, npie_err_t *err,
                              apr_pool_t *p);

#endif
