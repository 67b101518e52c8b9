/* SPDX-License-Identifier: Apache-2.0
 * The audit's rows between npie_audit() and the commit, and their hash.
 * Inside store/ only.
 */
#ifndef NPIE_STORE_REGISTRY_AUDIT_H
#define NPIE_STORE_REGISTRY_AUDIT_H

#include "store/audit.h"

/** The hash that a row must have, from everything else in it.
 * @return APR_SUCCESS or NPIE_EINTERNAL */
apr_status_t npie_audit_hash(char hash[NPIE_SHA256_HEX_SIZE],
                             const npie_audit_row_t *row, apr_pool_t *p);

/** Writes the rows that the transaction has noted; the last thing before its
 * commit, since every other writer waits from here on.
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL */
apr_status_t npie_audit_flush(npie_registry_t *registry, npie_err_t *err);

#endif
