/* SPDX-License-Identifier: Apache-2.0
 * What the moves have in common: one step of a renewal, or of a request for an
 * additional certificate, as one transaction. For this room alone.
 */
#ifndef NPIE_FLOW_STEP_H
#define NPIE_FLOW_STEP_H

#include "flow/standing.h"

/** One move being made. The caller sets the first part. */
typedef struct npie_step_t {
    npie_flow_t *flow;
    const npie_who_t *who;
    npie_event_t event;
    npie_err_t *err;
    int additional;           /**< 1: a request's, 0: the renewal's */
    apr_int64_t request;      /**< its row; 0: see certificate */
    apr_int64_t certificate;  /**< row of an additional certificate, instead of
                                   a request; 0: a request to be begun */

    npie_place_t place;
    npie_move_t move;          /**< GO or DONE after success */
    npie_renewal_state_t next; /**< GO: the state to go to */
    npie_addition_view_t view; /**< of a request */
    npie_standing_t standing;  /**< GO: the same of a request */
} npie_step_t;

/**
 * Reads the place without writing.
 * @param pdue set to an open renewal that is over its time (the place is then
 *        as if it were gone already), else NULL
 * @return as npie_flow_place()
 */
apr_status_t npie_place_read(npie_place_t *place, npie_renewal_t **pdue,
                             npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err);

/** Ends an open renewal in the open transaction, with the letter that is not
 * signed and the certificate that will not be used.
 * @param event LAPSE or REVOKE */
apr_status_t npie_place_end(npie_flow_t *flow, const npie_who_t *who,
                            npie_renewal_t *due, npie_event_t event,
                            npie_err_t *err);

/** Notes NOT_NOW, of a request ADDITIONAL_GONE; NPIE_ECONFLICT. */
apr_status_t npie_step_later(const npie_step_t *step);

/** Would the move be made now? Reads without a transaction.
 * @return APR_SUCCESS with move GO or DONE, or why not, as all moves */
apr_status_t npie_step_look(npie_step_t *step);

/** Writes what a move writes; in a transaction, with step->place read there
 * and step->move GO. */
typedef apr_status_t (*npie_step_fn)(npie_step_t *step, void *arg);

/**
 * Makes the move in a transaction that holds the employer, if it is to be made
 * now: of two that were GO for npie_step_look(), the second is DONE or LATER
 * here.
 * @return APR_SUCCESS: committed (move GO) or nothing to do (DONE); else
 *         nothing of it is written
 */
apr_status_t npie_step_run(npie_step_t *step, npie_step_fn make, void *arg);

/** A state's name, also "none". */
const char *npie_place_state_name(npie_renewal_state_t state);

/** Writes the audit row of a renewal that was in another state before. */
apr_status_t npie_place_note(const npie_flow_t *flow, const npie_who_t *who,
                             npie_event_t event, const npie_renewal_t *renewal,
                             npie_renewal_state_t was, npie_err_t *err);

/** Writes the renewal or the request in its next state, and the audit row. */
apr_status_t npie_step_write(npie_step_t *step);

/** Goes on with another event in the same transaction, when the machine has
 * a move for it. */
apr_status_t npie_step_follow(npie_step_t *step, npie_event_t event);

/** Writes a request's audit row. */
apr_status_t npie_step_note_request(npie_step_t *step);

/**
 * Draws a folio and the letter, and stores it for the renewal, or puts it into
 * the request.
 * @param letter keys, for letter 2 serial and dates, for letter 3 the
 *        colleague, set by the caller; the rest is filled in here
 */
apr_status_t npie_step_letter(npie_step_t *step, npie_letter_t *letter);

/** The folio of the letter that asks for the certificate, 1 or 3. */
apr_int64_t npie_step_folio(const npie_step_t *step);

/** The renewal's letter of that folio; of a request its own, of which the row
 * has folio, employer, kind and pdf alone. */
apr_status_t npie_step_read_letter(npie_letter_row_t **pletter,
                                   const npie_step_t *step, apr_int64_t folio);

/** Queues a mail about the renewal or the request, in the open transaction;
 * nothing without a mail server, or when address is no address.
 * @param certificate row, 0 = none, or the request's */
apr_status_t npie_step_mail(npie_step_t *step, npie_mail_kind_t kind,
                            const char *address, apr_int64_t certificate);

/** Tells the address registered before the renewal that another one was
 * given, with a link that stops it; nothing when they are the same.
 * @param again 0: once a renewal */
apr_status_t npie_step_mail_changed(npie_step_t *step, int again);

/** Takes back the mails with a link to go on that are not sent, in the open
 * transaction; nothing without a mail server.
 * @param links 1: those sent already open nothing any more */
apr_status_t npie_step_mail_withdraw(npie_step_t *step, int links);

/**
 * Is the file given the stored letter, unsigned or signed?
 * @param psigned set to the CMS in the file, len 0 when it has none
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER) with check filled; NPIE_EBACKEND
 */
apr_status_t npie_letter_match(npie_bytes_t *psigned,
                               npie_letter_check_t *check,
                               const npie_step_t *step,
                               const npie_letter_row_t *letter,
                               npie_bytes_t file);

#endif
