/* SPDX-License-Identifier: Apache-2.0
 * What a signer keeps in memory of the ledger: what its CRL and its OCSP
 * answers say, also while the ledger is out of reach, and the audit's head.
 */
#ifndef NPIE_SIGNER_KNOWN_H
#define NPIE_SIGNER_KNOWN_H

#include <apr_tables.h>

#include "ledger/entry.h"
#include "model/reason.h"
#include "pki/crl.h"
#include "signer/protocol.h"

/** One thread. */
typedef struct npie_ledger_known_t npie_ledger_known_t;

/** A revoked certificate. Times are UTC, whole seconds. */
typedef struct npie_revoked_t {
    const char *serial;       /**< upper-case hex */
    npie_reason_t reason;
    apr_time_t revoked;
    apr_time_t invalid_since; /**< 0 = nobody said */
    apr_time_t not_after;     /**< of the certificate */
    apr_uint64_t number;      /**< of its entry */
    struct npie_revoked_t *before; /**< what was said before, as long as
                                   the last CRL says so; NULL: nothing */
} npie_revoked_t;

/** A CRL that was made. Whoever has the entries before makes the same bytes
 * of it. */
typedef struct npie_crl_made_t {
    apr_uint64_t crl_number;  /**< 0 = none was made yet */
    apr_time_t made;
    apr_time_t this_update;
    apr_time_t next_update;
    apr_uint64_t through;     /**< the last entry that it lists */
    apr_uint64_t past_number; /**< revocations up to this entry of certificates
                                   that ended */
    apr_time_t past_time;     /**< before this are left out */
    char digest[NPIE_SHA256_HEX_SIZE];
    const char *signature;    /**< base64; lives until the next CRL */
} npie_crl_made_t;

/** The head of the registry's audit. */
typedef struct npie_kept_t {
    npie_signer_head_t head;  /**< sequence 0: none */
    apr_time_t kept;          /**< when */
    apr_uint64_t epoch;       /**< how often it was set by hand */
    apr_time_t resealed;      /**< when at last; 0 = never */
} npie_kept_t;

/** @param issuer digest of the CA's key: revocations and CRLs of others are
 *        passed over */
npie_ledger_known_t *npie_known_create(const char *issuer, apr_pool_t *p);

/** Takes an entry that is believed; again, or out of order, does no harm. */
void npie_known_take(npie_ledger_known_t *known, const npie_entry_t *entry);

const char *npie_known_issuer(const npie_ledger_known_t *known);
/** NULL when this serial is not revoked (any more), or was left out of a CRL
 * already: its certificate ended long ago. */
const npie_revoked_t *npie_known_revoked(const npie_ledger_known_t *known,
                                         const char *serial);
/** How many certificates are on hold, of whatever authority. */
apr_uint64_t npie_known_held(const npie_ledger_known_t *known);
/** The last CRL. */
const npie_crl_made_t *npie_known_crl(const npie_ledger_known_t *known);
/** Is there a revocation that the last CRL does not list? */
int npie_known_is_behind(const npie_ledger_known_t *known);
/** What a CRL says, in p.
 * @param made all but made, digest and signature are set */
npie_crl_t npie_known_list(const npie_ledger_known_t *known,
                           const npie_crl_made_t *made, apr_pool_t *p);
const npie_kept_t *npie_known_kept(const npie_ledger_known_t *known);

/** The mark prefix of what is taken at a start: revocations, CRLs; heads of
 * an epoch. In p. */
const char *npie_known_crl_marks(const npie_ledger_known_t *known, apr_pool_t *p);
const char *npie_known_revoked_marks(const npie_ledger_known_t *known,
                                     apr_pool_t *p);
const char *npie_known_head_marks(apr_uint64_t epoch, apr_pool_t *p);

#endif
