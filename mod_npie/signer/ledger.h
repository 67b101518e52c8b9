/* SPDX-License-Identifier: Apache-2.0
 * The authority's ledger as a signer sees it: followed entry by entry, each
 * believed for its signature, and appended to.
 *
 * Who decides something syncs, looks at what the decision stands on, and
 * appends; NPIE_ECONFLICT means that another signer appended meanwhile, and
 * the decision is to be made again. See npie_ledger_decide().
 */
#ifndef NPIE_SIGNER_LEDGER_H
#define NPIE_SIGNER_LEDGER_H

#include "ledger/ask.h"
#include "ledger/chain.h"
#include "ledger/key.h"
#include "signer/config.h"
#include "signer/known.h"

/** One thread. */
typedef struct npie_ledger_t npie_ledger_t;

/** How a signer begins. */
typedef struct npie_ledger_begin_t {
    npie_ledger_ask_t *ask;      /**< npie-ledger; nothing is open yet */
    npie_chain_t *chain;         /**< of nothing yet */
    const npie_signer_config_t *config;
    const char *issuer;          /**< digest of the CA's key */
    npie_ledger_vouch_fn *vouch; /**< makes the certificate of the ledger's
                                      key */
    void *baton;                 /**< vouch's */
    int read_only;               /**< 1: nothing is made or written */
} npie_ledger_begin_t;

/**
 * Opens the ledger: key, anchor, database, and reads on from the anchor. One
 * that is out of reach now is opened later.
 * @return APR_SUCCESS; NPIE_ECONFIG, also when the ledger is not the one that
 *         this signer has seen
 */
apr_status_t npie_ledger_begin(npie_ledger_t **pledger,
                               const npie_ledger_begin_t *begin,
                               npie_err_t *err, apr_pool_t *p);

/** What is known of it. */
const npie_ledger_known_t *npie_ledger_known(const npie_ledger_t *ledger);
/** The last entry seen; 0: none. */
apr_uint64_t npie_ledger_number(const npie_ledger_t *ledger);
/** 1 when npie-ledger is gone: only a restart can mend that. */
int npie_ledger_gone(const npie_ledger_t *ledger);
/** The descriptor that hangs up when it goes. */
int npie_ledger_descriptor(const npie_ledger_t *ledger);

/**
 * Reads what others have appended.
 * @return APR_SUCCESS; NPIE_EBACKEND (SIGNER_DOWN): out of reach; what is
 *         known stays. NPIE_EDAMAGED (SIGNER_DOWN): an entry does not hold,
 *         or one that was seen is gone; said in the log.
 */
apr_status_t npie_ledger_sync(npie_ledger_t *ledger, npie_err_t *err,
                              apr_pool_t *ptemp);

/** The entry that has a mark.
 * @param pentry set to it, in p; NULL: there is none
 * @return as npie_ledger_sync() */
apr_status_t npie_ledger_look(const npie_entry_t **pentry,
                              npie_ledger_t *ledger, const char *mark,
                              npie_err_t *err, apr_pool_t *p);

/** The entries that have marks of a range: of const npie_entry_t *, in p; at
 * most NPIE_LEDGER_READ_MAX.
 * @param plast set to the last mark, for the next range's after; may be NULL
 * @return as npie_ledger_sync() */
apr_status_t npie_ledger_look_at(apr_array_header_t **plist,
                                 const char **plast, npie_ledger_t *ledger,
                                 const npie_ledger_range_t *range,
                                 npie_err_t *err, apr_pool_t *p);

/**
 * Appends an entry behind the last one seen.
 * @param now the entry's time
 * @param fields the kind's, one blank between
 * @return APR_SUCCESS: it is on disk; NPIE_ECONFLICT; NPIE_EBACKEND, after
 *         which it may be there: the next sync tells; NPIE_EINTERNAL
 */
apr_status_t npie_ledger_add(npie_ledger_t *ledger, npie_entry_kind_t kind,
                             apr_time_t now, const char *fields,
                             npie_err_t *err, apr_pool_t *ptemp);

/** Looks at the ledger as it is now, and appends. */
typedef apr_status_t npie_ledger_decide_fn(void *baton, npie_ledger_t *ledger,
                                           npie_err_t *err, apr_pool_t *p);

/** Syncs and decides, again as long as others are faster.
 * @return what decide returns; what npie_ledger_sync() does */
apr_status_t npie_ledger_decide(npie_ledger_t *ledger,
                                npie_ledger_decide_fn *decide, void *baton,
                                npie_err_t *err, apr_pool_t *p);

#endif
