/* SPDX-License-Identifier: Apache-2.0
 * The institute's seal: its key, its certificate, and what it is put on.
 */
#ifndef NPIE_SIGNER_SEALER_H
#define NPIE_SIGNER_SEALER_H

#include <apr_tables.h>

#include "signer/evidence.h"

/** A seal. One thread. */
typedef struct npie_sealer_t npie_sealer_t;

/**
 * @param chain of npie_bytes_t, DER: the seal's certificate, then those above
 *        it that are to come along
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_sealer_create(npie_sealer_t **psealer,
                                apr_array_header_t *chain, npie_err_t *err,
                                apr_pool_t *p);

/** Lives as long as the sealer. */
const npie_cert_t *npie_sealer_certificate(const npie_sealer_t *sealer);

/**
 * Takes the key into use. The key stays in libcrypto's memory, which the
 * pool's cleanup cleanses.
 * @param key owned by the sealer from now on
 * @return APR_SUCCESS; NPIE_ECONFIG: not the certificate's, of a kind that is
 *         not taken, or a certificate that has ended or that no letter's
 *         reader would take for a seal's (see npie_trust_verify_seal())
 */
apr_status_t npie_sealer_unlock(npie_sealer_t *sealer, EVP_PKEY *key,
                                const npie_trust_t *trust, npie_err_t *err,
                                apr_pool_t *p);

/**
 * Seals a letter that an employer has validly signed: its signature, over the
 * whole file, is by a certificate of a trusted authority, the one that the
 * letter names, of the employer that the letter names, and was valid when the
 * letter was made (in letter 1 it may have expired).
 * @param psection set to what is to be appended to the letter, in p
 * @param now UTC microseconds
 * @return APR_SUCCESS; NPIE_EINPUT, NPIE_ESIGNATURE, NPIE_EPOLICY with a
 *         problem number: no letter to seal; NPIE_EINTERNAL, also when the
 *         seal's certificate has ended
 */
apr_status_t npie_sealer_seal(npie_bytes_t *psection, npie_sealer_t *sealer,
                              const npie_evidence_rules_t *rules,
                              npie_bytes_t letter, apr_time_t now,
                              npie_err_t *err, apr_pool_t *p);

#endif
