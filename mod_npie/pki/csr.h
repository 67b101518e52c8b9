/* SPDX-License-Identifier: Apache-2.0
 * Certification requests (PKCS#10, RFC 2986).
 */
#ifndef NPIE_PKI_CSR_H
#define NPIE_PKI_CSR_H

#include <apr_pools.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pki/weak.h"

/** The longest request taken, bytes of DER. */
#define NPIE_CSR_MAX 8192

/** Which new keys are accepted. */
typedef struct npie_key_rules_t {
    int rsa_min_bits; /**< 0: no RSA */
    int p256;         /**< 1: P-256 accepted */
    int p384;         /**< 1: P-384 accepted */
    const npie_weak_list_t *known_weak; /**< RSA keys to refuse; may be NULL */
} npie_key_rules_t;

/** A verified request; lives in the pool. */
typedef struct npie_csr_t {
    npie_bytes_t der;
    npie_bytes_t spki;       /**< SubjectPublicKeyInfo, DER */
    char spki_sha256[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t public_key; /**< subjectPublicKey BIT STRING, DER */
    const char *key_type;    /**< "RSA", "P-256", "P-384" */
    int key_bits;
} npie_csr_t;

/**
 * Parses a request, DER or PEM, and verifies its own signature (proof of
 * possession, SHA-256 or better) and its key: kind, length, and for RSA an odd
 * exponent from 65537 on and a modulus without small factors that pki/weak.h
 * finds nothing against. Subject and attributes are ignored.
 * @return APR_SUCCESS; NPIE_EINPUT (CSR); NPIE_ESIGNATURE (CSR_SIGNATURE);
 *         NPIE_EPOLICY (NEW_KEY_WEAK, NEW_KEY_BROKEN); NPIE_EINTERNAL
 */
apr_status_t npie_csr_parse(npie_csr_t **pcsr, npie_bytes_t bytes,
                            const npie_key_rules_t *rules, npie_err_t *err,
                            apr_pool_t *p);

#endif
