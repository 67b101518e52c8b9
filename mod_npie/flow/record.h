/* SPDX-License-Identifier: Apache-2.0
 * The registry as the institute's records about letters (letter/known.h).
 */
#ifndef NPIE_FLOW_RECORD_H
#define NPIE_FLOW_RECORD_H

#include "letter/known.h"
#include "store/registry.h"

/**
 * Makes the port. Its functions read the registry, outside a transaction, and
 * write nothing.
 * @param known set; its baton is the registry, which must outlive it
 */
void npie_record_port(npie_known_t *known, npie_registry_t *registry);

/**
 * Reads what the registry has under a folio, with no file to compare it with.
 * @param known record is SAME, UNSIGNED, VOID or NONE; strings in p
 * @param pstored set to the stored letter, in p; NULL: none
 * @return APR_SUCCESS, also when there is none; NPIE_EBACKEND; NPIE_EINTERNAL
 *         when the stored letter cannot be read
 */
apr_status_t npie_record_folio(npie_known_letter_t *known,
                              npie_letter_file_t **pstored,
                              npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err, apr_pool_t *p);

#endif
