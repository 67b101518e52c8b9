/* SPDX-License-Identifier: Apache-2.0
 * What the authority's ledger has and a registry lacks.
 */
#ifndef NPIE_CTL_RECONCILE_H
#define NPIE_CTL_RECONCILE_H

#include "ctl/ctl.h"
#include "ctl/ledger_book.h"
#include "flow/reconcile.h"

/** A certificate of the registry whose letter 2 the ledger has sealed. */
typedef struct npie_ctl_finished_t {
    apr_int64_t certificate; /**< row */
    apr_time_t when;
} npie_ctl_finished_t;

/** What was read. Lists are in the ledger's order. */
typedef struct npie_ctl_lacking_t {
    apr_uint64_t entries;         /**< of the ledger, all checked */
    apr_int64_t folio;            /**< the highest, 0 = none */
    apr_int64_t head;             /**< the newest row of the audit that was
                                       handed over, 0 = none */
    apr_array_header_t *issued;   /**< npie_forgotten_t * */
    apr_array_header_t *finished; /**< npie_ctl_finished_t */
    apr_array_header_t *ended;    /**< npie_forgotten_end_t */
} npie_ctl_lacking_t;

/**
 * Reads the whole ledger, follows its chain, and looks each certificate up.
 * Changes nothing.
 * @param book open
 * @param trust names the authority of a revoked certificate
 * @return APR_SUCCESS; NPIE_EDAMAGED: the ledger is not what was written;
 *         NPIE_EBACKEND; NPIE_EINTERNAL; NPIE_EPROTO
 */
apr_status_t npie_ctl_lacking_read(npie_ctl_lacking_t *lacking,
                                   npie_ctl_t *ctl, npie_ctl_book_t *book,
                                   const npie_trust_t *trust,
                                   npie_registry_t *registry, npie_err_t *err);

#endif
