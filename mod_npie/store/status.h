/* SPDX-License-Identifier: Apache-2.0
 * Answers about the status of certificates, kept in Redis for all machines:
 * npie:1:status:<name>. As store/session.h.
 */
#ifndef NPIE_STORE_STATUS_H
#define NPIE_STORE_STATUS_H

#include "store/session.h"

/** @return APR_SUCCESS; APR_NOTFOUND; NPIE_EBACKEND */
apr_status_t npie_status_get(const char **pvalue, npie_sessions_t *sessions,
                             const char *name, npie_err_t *err, apr_pool_t *p);

/**
 * Keeps an answer for seconds.
 * @param value any text
 * @param always 0: not when there is one, so that an answer that was made
 *        before a revocation does not take the place of the one made after
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_status_put(npie_sessions_t *sessions, const char *name,
                             const char *value, int seconds, int always,
                             npie_err_t *err, apr_pool_t *ptemp);

#endif
