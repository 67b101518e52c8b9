/* SPDX-License-Identifier: Apache-2.0
 * What a check finds wrong with things that are numbered and chained: rows of
 * the registry's audit, entries of the ledger.
 */
#ifndef NPIE_BASE_FINDING_H
#define NPIE_BASE_FINDING_H

#include <apr_tables.h>

/** What is wrong with some of them. */
typedef enum npie_fault_t {
    NPIE_FAULT_CHANGED,   /**< "changed": not what was written */
    NPIE_FAULT_MOVED,     /**< "moved": what was written under another
                               number */
    NPIE_FAULT_MISSING,   /**< "missing" */
    NPIE_FAULT_CUT,       /**< "cut": missing at the end */
    NPIE_FAULT_FOREIGN,   /**< "foreign": beyond the end */
    NPIE_FAULT_REWRITTEN, /**< "rewritten": the chain up to the first is not
                               the one whose end was kept elsewhere */
    NPIE_FAULT_UNVOUCHED, /**< "unvouched": signed by nobody who may */
    NPIE_FAULT_TWICE,     /**< "twice": it has what another one has, and there
                               may be one alone */
    NPIE_FAULT_UNMARKED,  /**< "unmarked": the database does not keep a second
                               one like it out */
    NPIE_FAULTS           /**< how many */
} npie_fault_t;

/** Its word, static; "?" out of range. */
const char *npie_fault_name(npie_fault_t fault);

/** From first to last. */
typedef struct npie_finding_t {
    npie_fault_t fault;
    apr_int64_t first;
    apr_int64_t last;
    apr_int64_t was; /**< MOVED: the number it was written under; TWICE: the
                          other one; else 0 */
} npie_finding_t;

/** The most findings of a check. */
#define NPIE_FINDINGS_MAX 100

/** What a check found, in its order. */
typedef struct npie_findings_t {
    apr_array_header_t *list; /**< of npie_finding_t; empty = good */
    int more;                 /**< 1: there were more */
} npie_findings_t;

/** Empty, in p. */
npie_findings_t npie_findings_make(apr_pool_t *p);

/** Adds one; the same as the last is not told twice. */
void npie_findings_add(npie_findings_t *findings, npie_fault_t fault,
                       apr_int64_t first, apr_int64_t last, apr_int64_t was);

#endif
