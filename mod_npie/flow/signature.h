/* SPDX-License-Identifier: Apache-2.0
 * A signature over a letter: verified, and written into the letter. For this
 * room alone.
 */
#ifndef NPIE_FLOW_SIGNATURE_H
#define NPIE_FLOW_SIGNATURE_H

#include "flow/flow.h"

/** Whose signature is wanted. */
typedef struct npie_signature_t {
    const npie_certificate_t *certificate;
    const char *name; /**< of that certificate in the log, English */
    int min_bits;     /**< shortest RSA key */
    int valid;        /**< 1: it must be within its dates now */
} npie_signature_t;

/**
 * Does the signature hold over a stored letter, by the right certificate?
 * @param pdf the letter, unsigned or signed; cms DER
 * @return APR_SUCCESS; NPIE_ESIGNATURE, NPIE_EPOLICY, NPIE_EINPUT with the
 *         problem; NPIE_EINTERNAL
 */
apr_status_t npie_signature_verify(const npie_flow_t *flow,
                                   const npie_signature_t *wanted,
                                   npie_bytes_t pdf, npie_bytes_t cms,
                                   npie_err_t *err);

/** Puts a signature in, with the chain of its certificate, and makes sure that
 * the result can be read again: what is stored now must still be verifiable in
 * years, by somebody who has the root certificate alone.
 * @param cms one that npie_signature_verify() has accepted
 * @param out set to the signed letter, in the flow's pool
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE, LETTER) */
apr_status_t npie_signature_write(npie_bytes_t *out, const npie_flow_t *flow,
                                  npie_bytes_t pdf, npie_bytes_t cms,
                                  npie_err_t *err);

#endif
