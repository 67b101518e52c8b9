/* SPDX-License-Identifier: Apache-2.0
 * A registry that was restored from a backup, and what the authority's ledger
 * knows since: certificates taken in, renewals ended, revocations repeated.
 */
#ifndef NPIE_FLOW_RECONCILE_H
#define NPIE_FLOW_RECONCILE_H

#include "flow/flow.h"

/** What becomes of a certificate of which the ledger does not show that letter
 * 2 was signed. */
typedef enum npie_unfinished_t {
    NPIE_UNFINISHED_ASK,    /**< nothing: see NPIE_REGAINED_UNDECIDED */
    NPIE_UNFINISHED_REVOKE, /**< it goes in as revoked: the certificate before
                                 is the newest and can be renewed again */
    NPIE_UNFINISHED_ACCEPT  /**< it goes in as if letter 2 had been signed */
} npie_unfinished_t;

/** One reconciliation. The flow needs registry, policy, now and p. */
typedef struct npie_reconcile_t {
    npie_flow_t *flow;
    const char *actor; /**< for the audit */
    npie_unfinished_t unfinished;
    int dry_run;       /**< 1: every transaction is undone */
} npie_reconcile_t;

/** A certificate that the ledger has and the registry lacked when it was
 * looked for. */
typedef struct npie_forgotten_t {
    apr_int64_t folio;     /**< of letter 1 or 3 */
    const char *old_spki;  /**< hex: of the key under the letter */
    int additional;        /**< 1: a colleague's */
    const npie_cert_t *cert;
    apr_time_t issued;
    apr_time_t finished;   /**< letter 2 was signed by then; 0: the ledger does
                                not show it. Not for an additional one */
    apr_time_t revoked;    /**< 0: not */
    const char *reason;    /**< when revoked: RFC 5280's name */
    apr_time_t invalid_since; /**< 0: not said */
} npie_forgotten_t;

/** A revocation that the ledger has. */
typedef struct npie_forgotten_end_t {
    apr_int64_t certificate; /**< row */
    const char *reason;
    apr_time_t revoked;
    apr_time_t invalid_since; /**< 0: not said */
} npie_forgotten_end_t;

/** What became of it. */
typedef enum npie_regained_t {
    NPIE_REGAINED_KNOWN,     /**< the registry has it by now */
    NPIE_REGAINED_WAITING,   /**< the registry has its renewal or request: the
                                  employer's next step takes it in */
    NPIE_REGAINED_ACTIVE,    /**< taken in, in use */
    NPIE_REGAINED_ENDED,     /**< taken in, revoked or superseded */
    NPIE_REGAINED_UNUSED,    /**< taken in as revoked, by UNFINISHED_REVOKE */
    NPIE_REGAINED_UNDECIDED, /**< not taken in, by UNFINISHED_ASK */
    NPIE_REGAINED_NOBODY,    /**< not taken in: no such employer */
    NPIE_REGAINED_COMPLETED, /**< a renewal of the registry: letter 2 had been
                                  signed */
    NPIE_REGAINED_REVOKED,   /**< a certificate of the registry had ended */
    NPIE_REGAINED_COUNT
} npie_regained_t;

/** The name of an outcome, static, [a-z]+. */
const char *npie_regained_name(npie_regained_t regained);

/** What was done, in flow->p. */
typedef struct npie_regaining_t {
    npie_regained_t regained;
    const npie_employer_t *employer; /**< NULL: NOBODY */
    const char *serial;              /**< upper-case hex */
} npie_regaining_t;

/**
 * Takes a forgotten certificate in, in one transaction with its audit row. The
 * certificate before ends as superseded when it goes in as finished, and an
 * open renewal of that one as lapsed. Its letters are lost: none is made.
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_reconcile_issue(npie_regaining_t *done,
                                  const npie_reconcile_t *work,
                                  const npie_forgotten_t *forgotten,
                                  npie_err_t *err);

/**
 * Completes the renewal that made a certificate and waits for letter 2 in the
 * registry, though it was signed: the ledger has its seal. The letter stays
 * unsigned in the registry.
 * @param certificate row
 * @return as npie_reconcile_issue()
 */
apr_status_t npie_reconcile_finish(npie_regaining_t *done,
                                   const npie_reconcile_t *work,
                                   apr_int64_t certificate, apr_time_t when,
                                   npie_err_t *err);

/**
 * Ends a certificate of the registry as the ledger says, with an open renewal
 * of it; one that was superseded completes the renewal instead that made its
 * successor. What hangs on it has revocations of its own.
 * @return as npie_reconcile_issue()
 */
apr_status_t npie_reconcile_revoke(npie_regaining_t *done,
                                   const npie_reconcile_t *work,
                                   const npie_forgotten_end_t *end,
                                   npie_err_t *err);

#endif
