/* SPDX-License-Identifier: Apache-2.0
 * The policies that a certificate names (RFC 5280 section 4.2.1.4).
 */
#ifndef NPIE_PKI_POLICY_H
#define NPIE_PKI_POLICY_H

#include <openssl/x509.h>

#include "pki/cert.h"

/** The policy of additional certificates, unless an authority has its own.
 * Under 2.25 (ITU-T X.667) a number of 128 random bits needs no registrar. */
#define NPIE_ADDITIONAL_OID "2.25.100662562719402897779814378220470279100"

/**
 * Does the certificate name this policy? Thread-safe.
 * @param oid dotted
 * @return 1 yes; 0 no; -1 when the extension cannot be read: take it for the
 *         worse of the two
 */
int npie_cert_has_policy(const npie_cert_t *cert, const char *oid);

/**
 * Makes a certificatePolicies extension, not critical.
 * @param pextension set to it, owned by the caller, or NULL
 * @param oid, oid2 dotted; NULL is left out, but not both
 * @return 1 made; 0 not: one is no object identifier
 */
int npie_policy_extension(X509_EXTENSION **pextension, const char *oid,
                          const char *oid2);

#endif
