/* SPDX-License-Identifier: Apache-2.0
 * The table of reasons.
 */
#include "model/reason.h"

#include <stddef.h>
#include <string.h>

static const struct {
    npie_reason_t reason;
    const char *name;
} reasons[] = {
    { NPIE_REASON_UNSPECIFIED, "unspecified" },
    { NPIE_REASON_KEY_COMPROMISE, "keyCompromise" },
    { NPIE_REASON_AFFILIATION_CHANGED, "affiliationChanged" },
    { NPIE_REASON_SUPERSEDED, "superseded" },
    { NPIE_REASON_CESSATION, "cessationOfOperation" },
    { NPIE_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
    { NPIE_REASON_HOLD, "certificateHold" },
    { NPIE_REASON_REMOVE, "removeFromCRL" },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

const char npie_reason_names[] =
    "unspecified, keyCompromise, affiliationChanged, superseded, "
    "cessationOfOperation, privilegeWithdrawn";

static int is_given(npie_reason_t reason)
{
    return reason != NPIE_REASON_HOLD && reason != NPIE_REASON_REMOVE;
}

const char *npie_reason_any_name(int reason)
{
    for (size_t i = 0; i < REASONS; ++i) {
        if ((int)reasons[i].reason == reason) {
            return reasons[i].name;
        }
    }
    return NULL;
}

const char *npie_reason_name(int reason)
{
    return is_given((npie_reason_t)reason) ? npie_reason_any_name(reason)
                                           : NULL;
}

int npie_reason_any_find(npie_reason_t *preason, const char *name)
{
    for (size_t i = 0; i < REASONS; ++i) {
        if (strcmp(reasons[i].name, name) == 0) {
            *preason = reasons[i].reason;
            return 1;
        }
    }
    return 0;
}

int npie_reason_find(npie_reason_t *preason, const char *name)
{
    npie_reason_t reason = NPIE_REASON_UNSPECIFIED;

    if (*name != '\0'
        && (!npie_reason_any_find(&reason, name) || !is_given(reason))) {
        return 0;
    }
    *preason = reason;
    return 1;
}
