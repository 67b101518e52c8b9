/* SPDX-License-Identifier: Apache-2.0
 * Making a CRL (RFC 5280 section 5). Used by npie-signer, and by npiectl for
 * the root.
 */
#ifndef NPIE_PKI_CRL_H
#define NPIE_PKI_CRL_H

#include <apr_tables.h>

#include "pki/issue.h"

/** An entry. Times are UTC microseconds. */
typedef struct npie_crl_entry_t {
    const char *serial;       /**< hex */
    int reason;               /**< CRLReason; 0 is left out, as the RFC asks */
    apr_time_t revoked;
    apr_time_t invalid_since; /**< 0 = left out */
} npie_crl_entry_t;

/** What a CRL says besides its entries. */
typedef struct npie_crl_t {
    const apr_array_header_t *entries; /**< of npie_crl_entry_t */
    apr_uint64_t number;
    apr_time_t this_update;
    apr_time_t next_update;
} npie_crl_t;

/**
 * Signs a full CRL, version 2, with the issuer's key identifier and a number.
 * @param pder set to DER in p
 * @param psignature set to its signature in p, for npie_crl_again(); may be
 *        NULL
 * @return APR_SUCCESS; NPIE_ECONFIG: the CA's keyUsage has not cRLSign;
 *         NPIE_EINTERNAL
 */
apr_status_t npie_crl_make(npie_bytes_t *pder, npie_bytes_t *psignature,
                           const npie_issuer_t *issuer, const npie_crl_t *crl,
                           npie_err_t *err, apr_pool_t *p);

/**
 * Makes a CRL that was signed before once more: the same bytes, with the
 * signature of then. Whether it holds is not judged: the caller knows their
 * digest.
 * @return as npie_crl_make()
 */
apr_status_t npie_crl_again(npie_bytes_t *pder, npie_bytes_t signature,
                            const npie_issuer_t *issuer, const npie_crl_t *crl,
                            npie_err_t *err, apr_pool_t *p);

#endif
