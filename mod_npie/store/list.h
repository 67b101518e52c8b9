/* SPDX-License-Identifier: Apache-2.0
 * Rows of many employers, for the admin's tool. Results and errors as
 * store/registry.h says.
 */
#ifndef NPIE_STORE_LIST_H
#define NPIE_STORE_LIST_H

#include "store/registry.h"

/** Which certificates; zero or "" looks at nothing. Texts never NULL. */
typedef struct npie_certificate_filter_t {
    apr_int64_t employer;   /**< row */
    const char *status;     /**< as stored */
    const char *serial;     /**< upper-case hex */
    apr_time_t ends_after;  /**< not_after lies after this */
    apr_time_t ends_until;  /**< and not after this */
} npie_certificate_filter_t;

/** A certificate and whose it is. */
typedef struct npie_certificate_item_t {
    const char *rp;
    const char *name; /**< razón social */
    npie_certificate_t *certificate;
} npie_certificate_item_t;

/** Certificates by registro patronal and generation.
 * @param plist set to an array of npie_certificate_item_t, may be empty */
apr_status_t npie_certificate_list(apr_array_header_t **plist,
                                   npie_registry_t *registry,
                                   const npie_certificate_filter_t *filter,
                                   npie_err_t *err);

/** The stored text of a status, static; "?" out of range. */
const char *npie_certificate_status_name(npie_certificate_status_t status);

/** A renewal and whose it is. */
typedef struct npie_renewal_item_t {
    apr_int64_t id;
    apr_int64_t employer;
    apr_int64_t old_certificate;
    const char *rp;
    const char *name;
    const char *state; /**< as stored */
    const char *email; /**< as given in this renewal */
    apr_time_t created;
    apr_time_t changed;
} npie_renewal_item_t;

/** Renewals, oldest first.
 * @param plist set to an array of npie_renewal_item_t, may be empty
 * @param all 0: only open ones */
apr_status_t npie_renewal_list(apr_array_header_t **plist,
                               npie_registry_t *registry, int all,
                               npie_err_t *err);

/** A letter of an employer's, without its bytes. */
typedef struct npie_letter_item_t {
    apr_int64_t folio;
    int kind;             /**< 1, 2, or 3 of an additional certificate */
    apr_int64_t renewal;  /**< row, 0 = of a request */
    apr_int64_t addition; /**< row, 0 = of a renewal */
    apr_time_t created;
    apr_time_t signed_at; /**< 0 = not yet */
    int voided;
} npie_letter_item_t;

/** An employer's letters by folio, those of requests with them.
 * @param plist set to an array of npie_letter_item_t, may be empty */
apr_status_t npie_letters_of(apr_array_header_t **plist,
                             npie_registry_t *registry, apr_int64_t employer,
                             npie_err_t *err);

/** A renewal, or a request for an additional certificate. */
typedef struct npie_move_item_t {
    apr_int64_t id;
    int additional;    /**< 1: a request */
    apr_time_t created;
    const char *state; /**< as stored */
} npie_move_item_t;

/** An employer's renewals and requests, ended ones too, oldest first.
 * @param plist set to an array of npie_move_item_t, may be empty */
apr_status_t npie_moves_of(apr_array_header_t **plist,
                           npie_registry_t *registry, apr_int64_t employer,
                           npie_err_t *err);

/** How much there is of everything. */
typedef struct npie_totals_t {
    apr_int64_t employers;
    apr_int64_t certificates;   /**< active principal ones */
    apr_int64_t additionals;    /**< active */
    apr_int64_t dated;          /**< letters with a timestamp */
} npie_totals_t;

/** Reads an entry for every row: for a person who asks, not for what asks
 * each minute. */
apr_status_t npie_registry_totals(npie_totals_t *totals,
                                  npie_registry_t *registry, npie_err_t *err);

/** What is under way, and what went wrong. */
typedef struct npie_summary_t {
    apr_int64_t renewals;       /**< open */
    apr_int64_t mails_waiting;
    apr_int64_t mails_given_up; /**< but for those withdrawn */
    apr_time_t mail_oldest;     /**< waiting one queued at, 0 = none */
    apr_time_t audit_last;      /**< newest row of the audit, 0 = none */
    apr_int64_t died;           /**< children of httpd, see NPIE_AUDIT_DIED */
    apr_time_t died_last;       /**< the last one, 0 = none */
    apr_time_t gave_up_last;    /**< a mail, likewise */
} npie_summary_t;

/** Costs the same however many employers there are. */
apr_status_t npie_registry_summary(npie_summary_t *summary,
                                   npie_registry_t *registry,
                                   npie_err_t *err);

#endif
