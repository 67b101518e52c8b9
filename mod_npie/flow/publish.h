/* SPDX-License-Identifier: Apache-2.0
 * Telling npie-signer which certificates have ended.
 */
#ifndef NPIE_FLOW_PUBLISH_H
#define NPIE_FLOW_PUBLISH_H

#include "flow/flow.h"

/** What else is to happen when a certificate has ended: its sessions, kept
 * answers. After a failure npie-signer is told all the same, so that the CRL
 * does not wait for Redis, and the certificate comes again.
 * @param baton what npie_flow_publish() was given */
typedef apr_status_t npie_ended_fn(void *baton,
                                   const npie_certificate_t *certificate,
                                   npie_err_t *err);

/**
 * Tells npie-signer of ended certificates that it does not know of, whoever
 * ended them, oldest first, a hundred at most. What is another authority's is
 * noted as told: that one's list is its own. Two that do this at once do no
 * harm.
 * @param before called for each before it is told
 * @param after called for each of this authority once it is told, unless
 *        before failed
 * @param pcount set to how many will not come again
 * @return APR_SUCCESS; NPIE_EBACKEND, NPIE_EPROTO: the rest is still to be
 *         told; what before or after last failed with, all others being told
 */
apr_status_t npie_flow_publish(int *pcount, npie_flow_t *flow,
                               npie_ended_fn *before, npie_ended_fn *after,
                               void *baton, npie_err_t *err);

#endif
