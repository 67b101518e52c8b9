/* SPDX-License-Identifier: Apache-2.0
 * npie-signer -i: the logs of version 0.1 taken into the ledger.
 */
#ifndef NPIE_SIGNER_IMPORT_H
#define NPIE_SIGNER_IMPORT_H

#include "signer/authority.h"
#include "signer/ledger.h"

/**
 * Takes over what the logs say that the ledger does not yet: certificates,
 * revocations, seals, heads of the audit, and the number of the last CRL, of
 * which the next is made. Each log is checked as its signer did. Begun again
 * after a failure it goes on.
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail;
 *         as npie_ledger_decide()
 */
apr_status_t npie_import(npie_ledger_t *ledger,
                         const npie_authority_t *authority,
                         const npie_signer_config_t *config, npie_err_t *err,
                         apr_pool_t *p);

/** Sees that no log waits to be taken over.
 * @return APR_SUCCESS; NPIE_ECONFIG: the last certificate of the issuance log
 *         is not in the ledger */
apr_status_t npie_import_done(npie_ledger_t *ledger,
                              const npie_signer_config_t *config,
                              npie_err_t *err, apr_pool_t *p);

#endif
