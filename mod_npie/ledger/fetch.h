/* SPDX-License-Identifier: Apache-2.0
 * Keys of signers, for who reads a ledger anywhere but from its beginning.
 */
#ifndef NPIE_LEDGER_FETCH_H
#define NPIE_LEDGER_FETCH_H

#include "ledger/ask.h"
#include "ledger/chain.h"

/**
 * Sees that the key of a line's signer is at hand: looks for the entry by
 * which it began, and takes its key when the authority vouches for it. Where
 * there is none, or the line cannot be read, nothing is done.
 * @return APR_SUCCESS; as npie_ledger_find()
 */
apr_status_t npie_ledger_fetch_signer(npie_chain_t *chain,
                                      npie_ledger_ask_t *ask,
                                      const char *line, npie_err_t *err,
                                      apr_pool_t *ptemp);

#endif
