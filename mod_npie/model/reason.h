/* SPDX-License-Identifier: Apache-2.0
 * Reasons for revocation (RFC 5280 section 5.3.1).
 */
#ifndef NPIE_MODEL_REASON_H
#define NPIE_MODEL_REASON_H

/** The reasons for an employer's certificate, with the numbers of CRLReason.
 * certificateHold is missing: a revocation is permanent. */
typedef enum npie_reason_t {
    NPIE_REASON_UNSPECIFIED = 0,
    NPIE_REASON_KEY_COMPROMISE = 1,
    NPIE_REASON_AFFILIATION_CHANGED = 3,
    NPIE_REASON_SUPERSEDED = 4,
    NPIE_REASON_CESSATION = 5,
    NPIE_REASON_PRIVILEGE_WITHDRAWN = 9
} npie_reason_t;

/** Returns the RFC's name of a reason, "keyCompromise"; static; NULL: unknown
 * number. */
const char *npie_reason_name(int reason);

/** Finds a reason by its exact name. "" is unspecified.
 * @param preason set when found
 * @return 1 found, 0 not found */
int npie_reason_find(npie_reason_t *preason, const char *name);

/** All names in one line, for messages. */
extern const char npie_reason_names[];

#endif
