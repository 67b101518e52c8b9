/* SPDX-License-Identifier: Apache-2.0
 * How npiectl tells what a check found: audit verify, ledger verify.
 */
#ifndef NPIE_CTL_FINDINGS_H
#define NPIE_CTL_FINDINGS_H

#include <jansson.h>

#include "base/finding.h"
#include "ctl/ctl.h"

/** What was checked. */
typedef struct npie_ctl_chained_t {
    const char *one;       /**< "row", "entry" */
    const char *rewritten; /**< what a REWRITTEN one is */
} npie_ctl_chained_t;

/** An array of objects: fault, first, last, text. */
json_t *npie_ctl_findings_json(npie_ctl_t *ctl,
                               const npie_findings_t *findings,
                               const npie_ctl_chained_t *of);

/** A line for each of them, as npie_ctl_say(). */
void npie_ctl_findings_say(npie_ctl_t *ctl, const npie_findings_t *findings,
                           const npie_ctl_chained_t *of);

#endif
