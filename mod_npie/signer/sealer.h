/* SPDX-License-Identifier: Apache-2.0
 * The institute's seal: its key, its certificate, and what it is put on.
 */
#ifndef NPIE_SIGNER_SEALER_H
#define NPIE_SIGNER_SEALER_H

#include <apr_tables.h>

#include "signer/evidence.h"

/** A seal. One thread. */
typedef struct npie_sealer_t npie_sealer_t;

/** What a letter's seal goes by, beside the letter itself. */
typedef struct npie_sealing_about_t {
    const npie_cadena_t *cadena; /**< the letter's */
    const char *signer;          /**< serial_text of who signed it */
    apr_time_t time;             /**< of the seal, UTC microseconds */
} npie_sealing_about_t;

/**
 * Reads the time zones too: while one thread runs, see npie_zones_load().
 * @param chain of npie_bytes_t, DER: the seal's certificate, then those above
 *        it that are to come along
 * @param address of the pages that check printed letters; NULL: none
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_sealer_create(npie_sealer_t **psealer,
                                apr_array_header_t *chain,
                                const char *address, npie_err_t *err,
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
 * Seals a letter that was judged (see npie_evidence_letter() and
 * npie_ops_check_sealing()).
 * @param psection set to what is to be appended to the letter, in p
 * @param signature len 0: one is made, and this set to it; else that of the
 *        seal that the letter has already
 * @return APR_SUCCESS; NPIE_EINPUT: no letter to seal; NPIE_EINTERNAL, also
 *         when the seal's certificate has ended
 */
apr_status_t npie_sealer_seal(npie_bytes_t *psection,
                              npie_bytes_t *signature, npie_sealer_t *sealer,
                              const npie_sealing_about_t *about,
                              npie_bytes_t letter, npie_err_t *err,
                              apr_pool_t *p);

#endif
