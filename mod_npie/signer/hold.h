/* SPDX-License-Identifier: Apache-2.0
 * Holds: what httpd asks to revoke beyond RevokeRate is certificateHold (RFC
 * 5280 section 5.3.1) until an admin lifts or confirms it. httpd can do
 * neither: it takes the keys, as npie-signer's start does.
 */
#ifndef NPIE_SIGNER_HOLD_H
#define NPIE_SIGNER_HOLD_H

#include "signer/ledger.h"

/** What the ledger says of a certificate's revocation. */
typedef struct npie_hold_t {
    const npie_entry_t *entry; /**< the last about it; NULL: there is none */
    int revoked;               /**< 1: it is, on hold or for good */
    npie_reason_t reason;      /**< of entry */
    apr_uint64_t turn;         /**< of the next change */
} npie_hold_t;

/**
 * Looks for the last entry that says whether a certificate is revoked.
 * @param issuer digest of the CA's key
 * @param serial upper-case hex
 * @return as npie_ledger_look()
 */
apr_status_t npie_hold_find(npie_hold_t *hold, npie_ledger_t *ledger,
                            const char *issuer, const char *serial,
                            npie_err_t *err, apr_pool_t *p);

/** A revocation that is to be noted as one more change. */
typedef struct npie_hold_change_t {
    const char *issuer;
    const char *serial;
    npie_reason_t reason;     /**< certificateHold, removeFromCRL, or another */
    npie_reason_t asked;      /**< by httpd */
    apr_time_t revoked;       /**< UTC */
    apr_time_t invalid_since; /**< 0 = not said */
    apr_time_t not_after;
    apr_uint64_t turn;
} npie_hold_change_t;

/** Notes it. @return as npie_ledger_add() */
apr_status_t npie_hold_add(npie_ledger_t *ledger,
                           const npie_hold_change_t *change, npie_err_t *err,
                           apr_pool_t *p);

/** A hold that was ended, now or before. */
typedef void npie_hold_ended_fn(void *baton, const npie_entry_t *entry);

/**
 * Ends holds: lifted, or confirmed with the reason that httpd gave. Those that
 * end so before the first failure stay ended.
 * @param which a serial, upper-case hex; behind its authority's digest and a
 *        colon, when several have it on hold; "all"
 * @param confirm 1: for good; 0: the certificates are good again
 * @return APR_SUCCESS, also when it was ended so before; NPIE_ECONFIG: that
 *         one is not on hold; as npie_ledger_add()
 */
apr_status_t npie_hold_end(npie_ledger_t *ledger, const char *which,
                           int confirm, npie_hold_ended_fn *ended, void *baton,
                           npie_err_t *err, apr_pool_t *p);

#endif
