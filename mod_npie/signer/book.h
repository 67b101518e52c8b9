/* SPDX-License-Identifier: Apache-2.0
 * The ledger opened by who holds the CA's key.
 */
#ifndef NPIE_SIGNER_BOOK_H
#define NPIE_SIGNER_BOOK_H

#include "signer/authority.h"
#include "signer/ledger.h"

/** A ledger that is not open yet. */
typedef struct npie_book_t {
    npie_ledger_ask_t *ask;
    npie_chain_t *chain;
} npie_book_t;

/** Starts npie-ledger, as LedgerUser, and reads whom its entries may be signed
 * by; to be called before a key is read and privileges are dropped.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_book_start(npie_book_t *book,
                             const npie_signer_config_t *config,
                             npie_err_t *err, apr_pool_t *p);

/** Opens the ledger of an authority that is unlocked; the first time a key
 * for it is made.
 * @return as npie_ledger_begin() */
apr_status_t npie_book_open(npie_ledger_t **pledger, const npie_book_t *book,
                            npie_authority_t *authority,
                            const npie_signer_config_t *config, int read_only,
                            npie_err_t *err, apr_pool_t *p);

/**
 * Makes the CRL after number made->crl_number, of what is known now, and
 * appends its entry: it is in the ledger before anybody sees it.
 * @param made past_number and past_time are set; the rest is
 * @param validity until nextUpdate, microseconds
 * @return as npie_ledger_add(), npie_crl_make()
 */
apr_status_t npie_book_crl(npie_ledger_t *ledger,
                           const npie_authority_t *authority,
                           npie_crl_made_t *made,
                           apr_interval_time_t validity, npie_err_t *err,
                           apr_pool_t *p);

/**
 * Sets the head of the registry's audit, also back: what was kept counts no
 * more. For the program's own command alone, never for a request.
 * @param head "NUMBER:HASH", as npiectl audit reseal tells it
 * @return APR_SUCCESS; NPIE_ECONFIG; as npie_ledger_decide()
 */
apr_status_t npie_book_reseal(npie_ledger_t *ledger, const char *head,
                              npie_err_t *err, apr_pool_t *p);

#endif
