/* SPDX-License-Identifier: Apache-2.0
 * Why a certificate is revoked (RFC 5280 section 5.3.1).
 */
#ifndef NPIE_MODEL_REASON_H
#define NPIE_MODEL_REASON_H

/** The reasons that an employer's certificate can have, by the numbers of
 * CRLReason. No certificateHold: what is revoked stays so. */
typedef enum npie_reason_t {
    NPIE_REASON_UNSPECIFIED = 0,
    NPIE_REASON_KEY_COMPROMISE = 1,
    NPIE_REASON_AFFILIATION_CHANGED = 3,
    NPIE_REASON_SUPERSEDED = 4,
    NPIE_REASON_CESSATION = 5,
    NPIE_REASON_PRIVILEGE_WITHDRAWN = 9
} npie_reason_t;

/** The reason's name as the RFC has it, "keyCompromise"; static; NULL for a
 * number that is none of them. */
const char *npie_reason_name(int reason);

/** The reason of a name, compared exactly. "" is unspecified.
 * @param preason set when found
 * @return 1 found, 0 not */
int npie_reason_find(npie_reason_t *preason, const char *name);

/** All names in one line for a message, static. */
extern const char npie_reason_names[];

#endif
