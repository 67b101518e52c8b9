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
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

const char npie_reason_names[] =
    "unspecified, keyCompromise, affiliationChanged, superseded, "
    "cessationOfOperation, privilegeWithdrawn";

const char *npie_reason_name(int reason)
{
    for (size_t i = 0; i < REASONS; ++i) {
        if ((int)reasons[i].reason == reason) {
            return reasons[i].name;
        }
    }
    return NULL;
}

int npie_reason_find(npie_reason_t *preason, const char *name)
{
    for (size_t i = 0; i < REASONS; ++i) {
        if (strcmp(reasons[i].name, name) == 0) {
            *preason = reasons[i].reason;
            return 1;
        }
    }
    if (*name == '\0') {
        *preason = NPIE_REASON_UNSPECIFIED;
        return 1;
    }
    return 0;
}
