/* SPDX-License-Identifier: Apache-2.0
 * Keys of signers.
 */
#include "ledger/fetch.h"

/* The key of a signer whose first entry is not at hand. */
static apr_status_t fetch(npie_chain_t *chain, npie_ledger_ask_t *ask,
                          const char *name, npie_err_t *err,
                          apr_pool_t *ptemp)
{
    npie_ledger_row_t row;
    npie_entry_t *entry;
    apr_status_t rv = npie_ledger_find(&row, ask,
                                       npie_mark_of("signer", name, ptemp),
                                       err, ptemp);

    if (rv == APR_SUCCESS && row.number != 0
        && npie_entry_parse(&entry, row.line, ptemp) == NULL
        && entry->kind == NPIE_ENTRY_SIGNER) {
        npie_chain_vouch(chain, entry, ptemp);
    }
    return rv;
}

apr_status_t npie_ledger_fetch_signer(npie_chain_t *chain,
                                      npie_ledger_ask_t *ask,
                                      const char *line, npie_err_t *err,
                                      apr_pool_t *ptemp)
{
    npie_entry_t *entry;

    return npie_entry_parse(&entry, line, ptemp) != NULL
        || entry->kind == NPIE_ENTRY_SIGNER
        || npie_chain_knows(chain, entry->signer) ? APR_SUCCESS
        : fetch(chain, ask, entry->signer, err, ptemp);
}
