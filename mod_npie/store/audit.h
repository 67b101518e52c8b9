/* SPDX-License-Identifier: Apache-2.0
 * The audit: rows chained by hashes, read and checked.
 *
 * Rows are numbered without holes. A row's hash is the SHA-256, in lower-case
 * hex, of these bytes:
 *
 *   npie-audit-1 SEQUENCE AT N:ACTOR N:EVENT N:DETAIL PREVIOUS
 *
 * with one blank between, SEQUENCE and AT (seconds since 1970 UTC) in decimal,
 * N the decimal number of bytes of the text behind its colon, and PREVIOUS the
 * hash of the row before, 64 zeros for the first. The table audit_head keeps
 * the number and the hash of the newest row, and the number of the last row
 * that was written before there were hashes. A writer locks it for the end of
 * its transaction, so that the chain never forks.
 *
 * Whoever can write to the database can compute a whole chain anew. That, and
 * a tail cut off together with audit_head, shows only against a head kept
 * elsewhere: npie-signer keeps one.
 */
#ifndef NPIE_STORE_AUDIT_H
#define NPIE_STORE_AUDIT_H

#include "base/finding.h"
#include "base/status.h"
#include "pki/digest.h"
#include "store/registry_handle.h"

/** The audit's event for a child of httpd that died. */
#define NPIE_AUDIT_DIED "child-died"

/** One row. */
typedef struct npie_audit_row_t {
    apr_int64_t sequence;
    apr_time_t at;
    const char *actor;
    const char *event;
    const char *detail;
    const char *previous; /**< hash of the row before; "" = in no chain */
    const char *hash;     /**< "" = in no chain */
} npie_audit_row_t;

/** The end of the chain. */
typedef struct npie_audit_head_t {
    apr_int64_t sequence; /**< of the newest row; 0 = there is none */
    apr_int64_t since;    /**< of the last row before the chain */
    char hash[NPIE_SHA256_HEX_SIZE];
} npie_audit_head_t;

/** The end of the chain as audit_head has it. */
apr_status_t npie_audit_head(npie_audit_head_t *head,
                             npie_registry_t *registry, npie_err_t *err);

/**
 * Rows after a number, oldest first, at most 500.
 * @param after 0: from the first one
 * @param prows set to an array of npie_audit_row_t (may be empty), in the
 *        registry's pool
 */
apr_status_t npie_audit_list(apr_array_header_t **prows,
                             npie_registry_t *registry, apr_int64_t after,
                             npie_err_t *err);

/** Which rows. */
typedef struct npie_audit_filter_t {
    apr_int64_t after;  /**< rows behind this one; 0: from the first */
    apr_time_t since;   /**< at or after this; 0 = any */
    apr_time_t until;   /**< before this; 0 = any */
    const char *event;  /**< "" = any */
} npie_audit_filter_t;

/** As npie_audit_list(), of those that a filter lets through. */
apr_status_t npie_audit_find(apr_array_header_t **prows,
                             npie_registry_t *registry,
                             const npie_audit_filter_t *filter,
                             npie_err_t *err);

/** What npie_audit_verify() saw. */
typedef struct npie_audit_report_t {
    npie_audit_head_t head; /**< as of when it began; rows up to head.since
                                 cannot be checked */
    apr_int64_t checked;    /**< rows of the chain that were looked at */
    npie_findings_t findings; /**< REWRITTEN: the chain up to the first row is
                                   not the one whose head was kept, nor at
                                   other kept heads up to the last */
} npie_audit_report_t;

/**
 * Gives the next of the heads that were kept elsewhere, their numbers
 * ascending.
 * @param head its since is not looked at; sequence 0: there are no more
 * @return APR_SUCCESS; anything else ends the checking
 */
typedef apr_status_t npie_audit_kept_fn(npie_audit_head_t *head, void *baton,
                                        npie_err_t *err);

/**
 * Checks the whole chain as far as it goes when this begins; others may write
 * meanwhile. Takes memory for a few hundred rows at a time. Outside a
 * transaction only.
 * @param kept NULL: no heads were kept, and a rewritten chain or a tail cut
 *        off with care does not show
 * @param report findings live in p
 * @return APR_SUCCESS, also with findings; NPIE_EBACKEND; what kept returns
 */
apr_status_t npie_audit_verify(npie_audit_report_t *report,
                               npie_registry_t *registry,
                               npie_audit_kept_fn *kept, void *baton,
                               npie_err_t *err, apr_pool_t *p);

#endif
