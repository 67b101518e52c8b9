/* SPDX-License-Identifier: Apache-2.0
 * Reasons for revocation (RFC 5280 section 5.3.1).
 */
#ifndef NPIE_MODEL_REASON_H
#define NPIE_MODEL_REASON_H

/** The reasons for an employer's certificate, with the numbers of CRLReason.
 * The last two nobody gives: npie-signer holds what it is asked to revoke in
 * bulk, and an admin lifts the hold or confirms it. */
typedef enum npie_reason_t {
    NPIE_REASON_UNSPECIFIED = 0,
    NPIE_REASON_KEY_COMPROMISE = 1,
    NPIE_REASON_AFFILIATION_CHANGED = 3,
    NPIE_REASON_SUPERSEDED = 4,
    NPIE_REASON_CESSATION = 5,
    NPIE_REASON_PRIVILEGE_WITHDRAWN = 9,
    NPIE_REASON_HOLD = 6,
    NPIE_REASON_REMOVE = 8
} npie_reason_t;

/** Returns the RFC's name of a reason, "keyCompromise"; static; NULL: unknown
 * number. */
const char *npie_reason_name(int reason);

/** The same of every reason, "certificateHold" and "removeFromCRL" too. */
const char *npie_reason_any_name(int reason);

/** Finds every reason by its exact name, those two too.
 * @return 1 found, 0 not found */
int npie_reason_any_find(npie_reason_t *preason, const char *name);

/** Finds a reason by its exact name. "" is unspecified.
 * @param preason set when found
 * @return 1 found, 0 not found */
int npie_reason_find(npie_reason_t *preason, const char *name);

/** All names in one line, for messages. */
extern const char npie_reason_names[];

#endif
