/* SPDX-License-Identifier: Apache-2.0
 * What makes a ledger's entries believed, wherever they were kept: each stands
 * behind the one before and is signed by a signer whom the authority vouches
 * for.
 */
#ifndef NPIE_LEDGER_CHAIN_H
#define NPIE_LEDGER_CHAIN_H

#include <openssl/types.h>

#include "ledger/entry.h"

/** How far a ledger was followed, and the keys that may sign. One thread. */
typedef struct npie_chain_t npie_chain_t;

/** @param files of const char *, PEM: the CA certificates that may vouch for a
 *        signer's key
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_chain_create(npie_chain_t **pchain,
                               const apr_array_header_t *files,
                               npie_err_t *err, apr_pool_t *p);

/** The last entry that was followed; 0: none. */
apr_uint64_t npie_chain_number(const npie_chain_t *chain);
/** Its digest; that of NPIE_LEDGER_GENESIS without one. */
const char *npie_chain_digest(const npie_chain_t *chain);
/** Goes on from an entry that is known to be good. */
void npie_chain_set(npie_chain_t *chain, apr_uint64_t number,
                    const char *digest);

/** Takes the key of an entry of kind signer; the certificate must be one that
 * an authority made for this purpose (see ledger/key.h).
 * @return NULL, or what is wrong, static English */
const char *npie_chain_vouch(npie_chain_t *chain, const npie_entry_t *entry,
                             apr_pool_t *ptemp);
/** Is the key of this short name known? */
int npie_chain_knows(const npie_chain_t *chain, const char *signer);

/**
 * Believes a line by itself: its form and its signature, by a key that is
 * known; of an entry of kind signer, by its own.
 * @param pentry set to it, in p
 * @return NULL, or what is wrong, static English
 */
const char *npie_chain_believe(npie_entry_t **pentry, npie_chain_t *chain,
                               const char *line, apr_pool_t *p);

/**
 * Believes a line as the next entry and goes on to it.
 * @return NULL, or what is wrong, static English: the chain stays then
 */
const char *npie_chain_follow(npie_entry_t **pentry, npie_chain_t *chain,
                              const char *line, apr_pool_t *p);

/** Goes on to an entry that was made from this chain's own state. */
apr_status_t npie_chain_advance(npie_chain_t *chain,
                                const npie_entry_t *entry);

#endif
