/* SPDX-License-Identifier: Apache-2.0
 * Employers as commands name and show them.
 */
#ifndef NPIE_CTL_EMPLOYER_H
#define NPIE_CTL_EMPLOYER_H

#include <jansson.h>

#include "ctl/ctl.h"

/**
 * Finds the one employer that a word names: registro patronal (10 or 11
 * characters, hyphens allowed), user name or RFC.
 * @return APR_SUCCESS; APR_NOTFOUND with what to do; NPIE_EINPUT when an RFC
 *         is several employers'; NPIE_EBACKEND
 */
apr_status_t npie_ctl_employer_find(npie_employer_t **pemployer,
                                    npie_registry_t *registry,
                                    const char *word, npie_err_t *err,
                                    apr_pool_t *p);

/** An employer with every field, by name. A new reference. */
json_t *npie_ctl_employer_json(const npie_employer_t *employer,
                               apr_pool_t *p);

#endif
