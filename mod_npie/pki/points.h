/* SPDX-License-Identifier: Apache-2.0
 * Where a certificate says that its status and its issuer's certificate are
 * to be had (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
 */
#ifndef NPIE_PKI_POINTS_H
#define NPIE_PKI_POINTS_H

#include <openssl/x509.h>

/** Addresses, ASCII; NULL = left out. */
typedef struct npie_points_t {
    const char *crl_url;
    const char *ocsp_url;
    const char *issuer_url; /**< of the issuer's certificate, DER */
} npie_points_t;

/** Appends the extensions that these addresses make.
 * @param list may point to NULL: it is made then
 * @return 1; 0 with libcrypto's reason in its queue */
int npie_points_make(STACK_OF(X509_EXTENSION) **list,
                     const npie_points_t *points);

/** Appends those of a list to a certificate being made.
 * @return 1; 0 with libcrypto's reason in its queue */
int npie_points_copy(X509 *x509, const STACK_OF(X509_EXTENSION) *list);

#endif
