/* SPDX-License-Identifier: Apache-2.0
 * Proof of possession of a key without its certificate.
 */
#ifndef NPIE_PKI_PROOF_H
#define NPIE_PKI_PROOF_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Verifies a signature over a text by a bare public key: RSA with PKCS#1 1.5,
 * or ECDSA as DER (RFC 3279, 2.2.3), with SHA-256.
 * @param spki_sha256 set to the key's digest, NUL ended hex, on success
 * @param spki SubjectPublicKeyInfo, DER, without anything after it
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE): no key of these kinds;
 *         NPIE_ESIGNATURE (SIGNATURE): not by this key
 */
apr_status_t npie_proof_verify(char spki_sha256[NPIE_SHA256_HEX_SIZE],
                               npie_bytes_t spki, npie_bytes_t signature,
                               npie_bytes_t text, npie_err_t *err);

#endif
