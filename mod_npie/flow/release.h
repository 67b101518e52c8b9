/* SPDX-License-Identifier: Apache-2.0
 * The end of a hold, as an admin decided it with npie-signer.
 */
#ifndef NPIE_FLOW_RELEASE_H
#define NPIE_FLOW_RELEASE_H

#include "flow/flow.h"

/** What the end of a hold came to in the registry. */
typedef enum npie_release_t {
    NPIE_RELEASE_NONE,    /**< the certificate is not there */
    NPIE_RELEASE_ACTIVE,  /**< it is active, again or still */
    NPIE_RELEASE_REVOKED, /**< it is revoked: the hold was confirmed */
    NPIE_RELEASE_ENDED    /**< it stays ended: something else has replaced it,
                               or it was never in use */
} npie_release_t;

/**
 * Notes in the registry that the hold of a certificate was lifted, which makes
 * it active again, or confirmed; with an audit row. What else ended with it
 * stays as it is: a renewal is begun anew, additional certificates have holds
 * of their own.
 * @param prow set to the certificate as it is now; NULL: it is not there
 * @param actor for the audit
 * @param spki SHA-256 of its key, hex
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_flow_release(npie_release_t *prelease,
                               npie_certificate_t **prow, npie_flow_t *flow,
                               const char *actor, const char *spki,
                               int confirmed, npie_err_t *err);

#endif
