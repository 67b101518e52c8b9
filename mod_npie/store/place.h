/* SPDX-License-Identifier: Apache-2.0
 * All that the registry has about where an employer is, by one statement: one
 * view of it, which no other move comes between.
 */
#ifndef NPIE_STORE_PLACE_H
#define NPIE_STORE_PLACE_H

#include "store/registry.h"

/** Rows of an employer; those that may be missing are NULL then. */
typedef struct npie_place_rows_t {
    npie_employer_t *employer;
    npie_certificate_t *certificate; /**< as asked for, whosever it is */
    npie_certificate_t *newest;  /**< as npie_certificate_newest(), or NULL */
    npie_renewal_t *renewal;     /**< the open one; else the one that made
                                      newest, in any state; or NULL */
    npie_certificate_t *issued;  /**< the renewal's new one, or NULL */
    npie_certificate_t *old;     /**< the renewal's old one, or NULL */
    int highest;                 /**< generation of its principals; 0: none */
} npie_place_rows_t;

/** @return APR_SUCCESS; APR_NOTFOUND: no such employer or certificate;
 *          NPIE_EBACKEND */
apr_status_t npie_place_rows(npie_place_rows_t *rows,
                             npie_registry_t *registry, apr_int64_t employer,
                             apr_int64_t certificate, npie_err_t *err);

#endif
