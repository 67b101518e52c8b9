/* SPDX-License-Identifier: Apache-2.0
 * The one place where a certificate from outside is let in.
 */
#ifndef NPIE_PKI_X509_H
#define NPIE_PKI_X509_H

#include <apr_tables.h>
#include <openssl/x509.h>

#include "base/bytes.h"

/**
 * Reads a certificate, and refuses first, before anybody looks at a field of
 * it, what RFC 5280 forbids and no certificate here needs: another encoding
 * than DER, an empty issuer or subject, a serial number that is negative, too
 * long or 0 (but of a root, of which there are such), dates without seconds or
 * a zone of their own or in the wrong order, extensions that occur twice, in a
 * certificate of version 1 or 2, or that cannot be parsed, two algorithms of
 * signature, RSA keys that are no positive odd numbers, and sizes that no
 * authority writes.
 * @param px509 set to the certificate, which the caller gives back; else NULL
 * @param der at most NPIE_CERT_MAX bytes
 * @return NULL; else what is wrong, English, constant, and libcrypto's queue
 *         may have a reason
 */
const char *npie_x509_read(X509 **px509, npie_bytes_t der);

/**
 * Certificates, each read as above, as libcrypto takes them.
 * @param chain of npie_bytes_t, DER; may be NULL
 * @return the caller's, to be freed with all in it; NULL when one is refused
 *         or memory ran out
 */
STACK_OF(X509) *npie_x509_stack(const apr_array_header_t *chain);

#endif
