/* SPDX-License-Identifier: Apache-2.0
 * The letters of a renewal or a request: drawn, and drawn anew when they are of
 * terms that hold no more.
 */
#ifndef NPIE_FLOW_DRAWING_H
#define NPIE_FLOW_DRAWING_H

#include "flow/step.h"
#include "pki/csr.h"

/** Refuses a step whose letter would not name the person and the company of
 * its certificate.
 * @param row the certificate's that will sign
 * @param pcert set to it taken apart, in the flow's pool; may be NULL
 * @return APR_SUCCESS; NPIE_EPOLICY (NAMES_DIFFER); NPIE_EINTERNAL */
apr_status_t npie_drawing_names(npie_step_t *step,
                                const npie_certificate_t *row,
                                npie_cert_t **pcert);

/** Draws letter 1 or 3, as npie_step_letter() does, for a new key. */
apr_status_t npie_drawing_request(npie_step_t *step,
                                  const npie_csr_t *request);

/** The same for the key on record: the data are others. */
apr_status_t npie_drawing_again(npie_step_t *step);

/** Draws letter 2 for a certificate that was made. */
apr_status_t npie_drawing_terms(npie_step_t *step, const npie_cert_t *cert);

/** Was a letter drawn with something else than letters are drawn with now? 1 =
 * yes: npie-signer would not take it. */
int npie_drawing_is_old(const npie_flow_t *flow, npie_bytes_t pdf);

/**
 * Puts another letter in the place of one that nobody has signed, in a
 * transaction of its own.
 * @param step one whose event is to sign it
 * @param folio the old letter's
 * @return NPIE_ECONFLICT (LETTER_ANEW) when that is done: whoever was to sign
 *         has to read it; as npie_step_run()
 */
apr_status_t npie_drawing_anew(npie_step_t *step, apr_int64_t folio);

#endif
