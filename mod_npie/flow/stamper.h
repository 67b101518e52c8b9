/* SPDX-License-Identifier: Apache-2.0
 * Dates a sealed letter by an outside authority.
 */
#ifndef NPIE_FLOW_STAMPER_H
#define NPIE_FLOW_STAMPER_H

#include "letter/stamp.h"
#include "signer/client.h"
#include "tsa/fetch.h"

/** How far the authority's clock and this machine's may be apart. */
#define NPIE_STAMPER_SLACK apr_time_from_sec(600)

/** Who dates, and what comes along. */
typedef struct npie_stamper_t {
    npie_tsa_server_t server;
    const npie_tsa_t *tsa;       /**< whose timestamps are taken */
    const npie_signer_t *signer; /**< asked for CRL and OCSP answers, which the
                                      first timestamp keeps; NULL: the
                                      certificates alone are kept */
} npie_stamper_t;

/**
 * Adds a timestamp to a sealed letter: the first one with the certificates of
 * both signatures and what is known of their revocation.
 * @param pdated set to the whole file, in p
 * @param pstamp set to the timestamp, verified
 * @param now a timestamp of another time than this is not taken
 * @return APR_SUCCESS; NPIE_EPROTO (TIMESTAMP): another time; NPIE_EINPUT
 *         (LETTER): not a sealed letter; NPIE_EBACKEND
 *         (TIMESTAMP, SIGNER_DOWN); as npie_tsa_ask() and
 *         npie_timestamp_verify()
 */
apr_status_t npie_stamper_date(npie_bytes_t *pdated,
                               npie_timestamp_t **pstamp,
                               const npie_stamper_t *stamper,
                               npie_bytes_t file, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p);

#endif
