/* SPDX-License-Identifier: Apache-2.0
 * Checking a whole ledger without a key: chain, signatures, rules of
 * uniqueness, and whether it goes as far as was seen.
 */
#ifndef NPIE_LEDGER_WALK_H
#define NPIE_LEDGER_WALK_H

#include "base/finding.h"
#include "ledger/chain.h"
#include "ledger/copy.h"

/** An entry that somebody has seen, and kept elsewhere. */
typedef struct npie_ledger_seen_t {
    apr_uint64_t number; /**< 0: none */
    char digest[NPIE_SHA256_HEX_SIZE];
} npie_ledger_seen_t;

/** What is checked: a database, or a copy of it. */
typedef struct npie_ledger_walk_t {
    npie_ledger_ask_t *ask;   /**< open; NULL: */
    npie_ledger_copy_t *copy; /**< from its first entry */
    npie_chain_t *chain;      /**< of nothing yet */
    npie_ledger_seen_t seen;
} npie_ledger_walk_t;

/** What was seen. Numbers are those of entries. */
typedef struct npie_ledger_report_t {
    apr_uint64_t entries; /**< looked at */
    apr_uint64_t last;
    int signers;
    npie_findings_t findings; /**< REWRITTEN: it stands behind another entry
                                   than the one before, or is not the one that
                                   was seen */
} npie_ledger_report_t;

/**
 * Checks all of it; signers may append meanwhile. Takes a few hundred bytes of
 * memory an entry, for its marks.
 * @param report findings live in p
 * @return APR_SUCCESS, also with findings; as npie_ledger_read(),
 *         npie_ledger_copy_read()
 */
apr_status_t npie_ledger_walk(npie_ledger_report_t *report,
                              const npie_ledger_walk_t *walk, npie_err_t *err,
                              apr_pool_t *p);

/* The marks of entries; for the two files of this alone. */

/** Marks as they ought to be. */
typedef struct npie_ledger_marks_t npie_ledger_marks_t;

/** None, in p. */
npie_ledger_marks_t *npie_ledger_marks_make(apr_pool_t *p);

/** Those of an entry. */
apr_status_t npie_ledger_marks_take(npie_ledger_marks_t *marks,
                                    const npie_entry_t *entry,
                                    apr_pool_t *ptemp);

/** Finds marks that two entries have, and where there is a database those
 * that it lacks or has otherwise.
 * @param ask NULL: there is none
 * @return APR_SUCCESS; as npie_ledger_list() */
apr_status_t npie_ledger_marks_check(npie_ledger_report_t *report,
                                     npie_ledger_marks_t *marks,
                                     npie_ledger_ask_t *ask, npie_err_t *err,
                                     apr_pool_t *p);

#endif
