/* SPDX-License-Identifier: Apache-2.0
 * The institute's seal on the letters of completed renewals and of additional
 * certificates. Nobody waits for it: a renewal is complete without, and what
 * could not be sealed when it was signed is sealed later.
 */
#ifndef NPIE_FLOW_SEAL_H
#define NPIE_FLOW_SEAL_H

#include "flow/paper.h"

/** How long the signer is waited for: somebody asks for the letter, or mails
 * wait behind it. */
#define NPIE_SEAL_PATIENCE apr_time_from_sec(4)
/** When a letter is tried again that the signer refused. */
#define NPIE_SEAL_AGAIN apr_time_from_sec(86400)

/**
 * Has the letter sealed that has waited longest.
 * @param pfolio set to the letter's; 0: there is none
 * @return APR_SUCCESS; APR_NOTFOUND: none waits; APR_ENOTIMPL: the signer has
 *         no seal, or flow->seals is NULL; NPIE_ECONFIG: the signer's seal is
 *         none of flow->seals; NPIE_EPOLICY (it refused the letter, which waits for a
 *         day), NPIE_EBACKEND, NPIE_EPROTO, NPIE_EINTERNAL: the letter waits
 */
apr_status_t npie_flow_seal_next(apr_int64_t *pfolio, npie_flow_t *flow,
                                 npie_err_t *err);

/**
 * The file of a letter; with its seal once the renewal is complete, which is
 * then made if it is not there yet and the signer answers in time.
 * @param renewal the letter's
 * @return APR_SUCCESS, with or without a seal; APR_NOTFOUND; NPIE_EBACKEND of
 *         the registry
 */
apr_status_t npie_flow_acuse(npie_acuse_t *acuse, npie_flow_t *flow,
                             const npie_renewal_t *renewal, apr_int64_t folio,
                             npie_err_t *err);

/**
 * The file of a letter 3; with its seal once the certificate is issued, as
 * npie_flow_acuse().
 * @param addition with its pdf, which is not empty
 * @return APR_SUCCESS, with or without a seal; NPIE_EBACKEND of the registry
 */
apr_status_t npie_flow_addition_acuse(npie_acuse_t *acuse, npie_flow_t *flow,
                                      const npie_addition_t *addition,
                                      npie_err_t *err);

#endif
