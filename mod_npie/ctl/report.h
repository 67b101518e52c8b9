/* SPDX-License-Identifier: Apache-2.0
 * What npiectl report tells, as JSON and in its other forms.
 */
#ifndef NPIE_CTL_REPORT_H
#define NPIE_CTL_REPORT_H

#include <jansson.h>

#include "ctl/ctl.h"

/** The steps of a renewal, in their order. */
#define NPIE_CTL_STEPS 6

/**
 * A report in one of the forms for files.
 * @param report {"since", "until", "begun", "completed", "cancelled",
 *        "lapsed", "open", "logins", "refused", "steps": [{"step", "reached",
 *        "left", "median_seconds", "p90_seconds"}], "refusals": [{"error",
 *        "number", "count"}], "browsers": [{"family", "count"}]}: fixed words
 *        and numbers alone
 * @return text in p
 */
const char *npie_ctl_report_html(const json_t *report, apr_pool_t *p);
const char *npie_ctl_report_csv(const json_t *report, apr_pool_t *p);

#endif
