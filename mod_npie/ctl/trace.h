/* SPDX-License-Identifier: Apache-2.0
 * Which rows of the audit are about somebody or something: their details name
 * rows of the registry, "renewal 7", "certificate 0A0B", "employer 3".
 */
#ifndef NPIE_CTL_TRACE_H
#define NPIE_CTL_TRACE_H

#include <apr_hash.h>

#include "ctl/ctl.h"
#include "store/audit.h"

/** What to look for. */
typedef struct npie_ctl_trace_t {
    apr_hash_t *words;   /**< "renewal 7", or a registro patronal alone */
    apr_hash_t *serials; /**< upper-case hex: certificates that may be actors */
    apr_pool_t *p;
} npie_ctl_trace_t;

/** An empty trace, which nothing is about. */
npie_ctl_trace_t *npie_ctl_trace_make(apr_pool_t *p);

/** Adds an employer with all certificates, renewals, requests and letters.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_ctl_trace_employer(npie_ctl_trace_t *trace,
                                     npie_registry_t *registry,
                                     const npie_employer_t *employer,
                                     npie_err_t *err);

/** Adds a certificate. */
void npie_ctl_trace_certificate(npie_ctl_trace_t *trace,
                                const npie_certificate_t *certificate);

/** Is a row about any of what was added? 1 = yes. */
int npie_ctl_trace_has(const npie_ctl_trace_t *trace,
                       const npie_audit_row_t *row);

/** Who did it, as people read it: a serial in its digits. In p. */
const char *npie_ctl_trace_actor(const npie_audit_row_t *row, apr_pool_t *p);

#endif
