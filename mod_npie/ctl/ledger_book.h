/* SPDX-License-Identifier: Apache-2.0
 * The authority's ledger as npiectl reaches it: through an npie-ledger of its
 * own, without a key of anybody.
 */
#ifndef NPIE_CTL_LEDGER_BOOK_H
#define NPIE_CTL_LEDGER_BOOK_H

#include "ctl/ctl.h"
#include "ledger/ask.h"
#include "ledger/chain.h"
#include "signer/config.h"

/** What commands of the ledger work with. */
typedef struct npie_ctl_book_t {
    const npie_signer_config_t *config; /**< of SignerConfig; NULL: it was not
                                             needed */
    const apr_array_header_t *authorities; /**< files of those who vouch for
                                                signers */
    npie_chain_t *chain;     /**< of nothing yet */
    npie_ledger_ask_t *ask;  /**< NULL: no database was asked for */
} npie_ctl_book_t;

/**
 * Reads who may vouch for signers: the option ca, or Certificate and Trust of
 * SignerConfig.
 * @param needs_database 1: SignerConfig is read in any case
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_ctl_book_read(npie_ctl_book_t *book, npie_ctl_t *ctl,
                                int needs_database, npie_err_t *err);

/**
 * Starts npie-ledger as LedgerUser, becomes User, and opens the database; to
 * be called when every file that root alone may read was read.
 * @return APR_SUCCESS; NPIE_ECONFIG; NPIE_EBACKEND
 */
apr_status_t npie_ctl_book_open(npie_ctl_book_t *book, npie_ctl_t *ctl,
                                int read_only, npie_err_t *err);

/** The fault of entries that hold what nobody wrote. */
apr_status_t npie_ctl_book_damaged(npie_err_t *err);

#endif
