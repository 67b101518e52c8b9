/* SPDX-License-Identifier: Apache-2.0
 * OCSP answers that Redis keeps for everybody who asks without a nonce.
 */
#ifndef NPIE_FLOW_ANSWERS_H
#define NPIE_FLOW_ANSWERS_H

#include "pki/trust.h"
#include "signer/client.h"
#include "store/registry.h"
#include "store/session.h"

/** What is kept is given out until this part of its time is over, so that
 * whoever gets it may keep it for a while as well. */
#define NPIE_ANSWER_PART 2

/** Who makes and keeps them. */
typedef struct npie_ocsp_keeper_t {
    npie_sessions_t *sessions;
    const npie_signer_t *signer;
    const npie_trust_t *trust;
} npie_ocsp_keeper_t;

/**
 * Keeps an answer; one that ends soon is not kept.
 * @param name npie_ocsp_request_t's
 * @param always 1: also in the place of another one
 * @return as npie_status_put()
 */
apr_status_t npie_answer_keep(npie_sessions_t *sessions, const char *name,
                              const npie_signer_ocsp_t *answer, int always,
                              npie_err_t *err, apr_pool_t *ptemp);

/**
 * Makes the answers anew that are kept of a certificate whose status has
 * changed.
 * @return APR_SUCCESS; NPIE_EBACKEND, ...: some may be old
 */
apr_status_t npie_answers_renew(const npie_ocsp_keeper_t *answers,
                                const npie_certificate_t *certificate,
                                npie_err_t *err, apr_pool_t *ptemp);

#endif
