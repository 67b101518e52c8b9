/* SPDX-License-Identifier: Apache-2.0
 * What happened in a time, counted over all employers; the same on every
 * machine. Results and errors as store/registry.h says.
 */
#ifndef NPIE_STORE_REPORT_H
#define NPIE_STORE_REPORT_H

#include "store/audit.h"

/** How often something happened. */
typedef struct npie_report_count_t {
    const char *name; /**< [a-z0-9-]+: of no person */
    apr_int64_t count;
} npie_report_count_t;

/**
 * The number of the last row of the audit that was written before a time, as
 * rows are written in the order of their times; found without reading all.
 * @param psequence set to 0 when there is none
 */
apr_status_t npie_report_before(apr_int64_t *psequence,
                                npie_registry_t *registry, apr_time_t when,
                                npie_err_t *err);

/** The audit's events, by name.
 * @param until before this; 0 = up to now
 * @param pcounts set to an array of npie_report_count_t */
apr_status_t npie_report_events(apr_array_header_t **pcounts,
                                npie_registry_t *registry, apr_time_t since,
                                apr_time_t until, npie_err_t *err);

/** Refused logins, by the slug of base/problem.def; likewise. */
apr_status_t npie_report_refusals(apr_array_header_t **pcounts,
                                  npie_registry_t *registry, apr_time_t since,
                                  apr_time_t until, npie_err_t *err);

/** Adds one to a name's count.
 * @param counts array of npie_report_count_t
 * @param len bytes of the name */
void npie_report_add(apr_array_header_t *counts, const char *name,
                     apr_size_t len);

/** What has waited longest for a job: a mail, an ended certificate that
 * npie-signer is not told of, or a letter to be sealed.
 * @param poldest set to when that began to wait, 0: nothing waits
 * @param seals 0: letters are not sealed here */
apr_status_t npie_report_oldest(apr_time_t *poldest,
                                npie_registry_t *registry, int seals,
                                npie_err_t *err);

#endif
