/* SPDX-License-Identifier: Apache-2.0
 * Until when what an address serves holds: a CRL (RFC 5280 section 5) or an
 * OCSP response (RFC 6960), as a client that checks a certificate sees it.
 */
#ifndef NPIE_PKI_FRESH_H
#define NPIE_PKI_FRESH_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Reads a CRL.
 * @param pnext set to its nextUpdate, UTC microseconds; 0: it has none
 * @param der the CRL, and nothing behind it
 * @param issuer certificate of the CA that must have signed it, DER
 * @return APR_SUCCESS, also when its time is over; NPIE_EINPUT: no CRL;
 *         NPIE_ESIGNATURE
 */
apr_status_t npie_fresh_crl(apr_time_t *pnext, npie_bytes_t der,
                            npie_bytes_t issuer, npie_err_t *err);

/**
 * Reads an OCSP response; likewise.
 * @param pnext of its first certificate
 * @return as npie_ocsp_signer()
 */
apr_status_t npie_fresh_ocsp(apr_time_t *pnext, npie_bytes_t der,
                             npie_bytes_t issuer, npie_err_t *err,
                             apr_pool_t *p);

#endif
