/* SPDX-License-Identifier: Apache-2.0
 * The certificates that a CMS carries beside its signature (RFC 5652, 5.1).
 * They are not signed, so a chain that is missing can be added later.
 */
#ifndef NPIE_PKI_CMS_CHAIN_H
#define NPIE_PKI_CMS_CHAIN_H

#include "pki/trust.h"

/**
 * Adds the CA certificates between the signer and its anchor that a CMS does
 * not carry, so that whoever holds the anchor alone can verify it. The anchor
 * itself is left out. Thread-safe.
 * @param pcomplete set to DER in p; to cms itself when nothing is missing, the
 *        path is unknown, or the result would have more than NPIE_CMS_MAX bytes
 *        and so could not be verified
 * @param cms a SignedData that npie_cms_verify() has accepted, DER
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE); NPIE_EINTERNAL
 */
apr_status_t npie_cms_complete(npie_bytes_t *pcomplete, npie_bytes_t cms,
                               const npie_trust_t *trust, npie_err_t *err,
                               apr_pool_t *p);

/** The certificates that a CMS carries, as an array of npie_bytes_t (DER) in
 * p; empty when it is no SignedData. Thread-safe. */
apr_array_header_t *npie_cms_certificates(npie_bytes_t cms, apr_pool_t *p);

/** Do two CMS, each with one signer, hold the same signature, whatever
 * certificates they carry? 1 = yes. Thread-safe. */
int npie_cms_same_signature(npie_bytes_t one, npie_bytes_t other);

#endif
