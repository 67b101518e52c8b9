/* SPDX-License-Identifier: Apache-2.0
 * The state machines of a renewal and of a request for an additional
 * certificate: a table each of what each event means in each state. Pure: no
 * clock, no store, no pool.
 */
#ifndef NPIE_FLOW_MACHINE_H
#define NPIE_FLOW_MACHINE_H

#include "store/registry.h"

/** The state of an employer who has no renewal: the table's last column. */
#define NPIE_RENEWAL_NONE NPIE_RENEWAL_STATES

/** What a request for an additional certificate has come to, its certificate
 * and time considered; or an additional certificate without one. */
typedef enum npie_standing_t {
    NPIE_STANDING_REQUESTED,  /**< waits for the colleague's key */
    NPIE_STANDING_KEYED,      /**< waits for the signature of letter 3 */
    NPIE_STANDING_AUTHORISED, /**< signed, still to be issued */
    NPIE_STANDING_ACTIVE,     /**< the certificate serves */
    NPIE_STANDING_LAPSED,     /**< it ended with the principal one or by its
                                   date */
    NPIE_STANDING_OVERDUE,    /**< not finished in time, or before the
                                   principal one ended */
    NPIE_STANDING_REVOKED,
    NPIE_STANDING_WITHDRAWN,
    NPIE_STANDING_NONE        /**< nobody has asked: the table's last column */
} npie_standing_t;

/** What can happen to a renewal or to a request; a request knows DATA, KEY,
 * SIGN1, ISSUE, CANCEL, RESEND, AGAIN and REVOKE. */
typedef enum npie_event_t {
    NPIE_EVENT_DATA,     /**< data confirmed (also corrected before the key) */
    NPIE_EVENT_CORRECT,  /**< data corrected after the key, which is kept */
    NPIE_EVENT_KEY,      /**< a request was accepted */
    NPIE_EVENT_REKEY,    /**< the new key is to be made again: back to llave */
    NPIE_EVENT_SIGN1,    /**< letter 1, or 3, verified */
    NPIE_EVENT_CONFIRM,  /**< mail link opened, or not required */
    NPIE_EVENT_ISSUE,    /**< the signer made the certificate */
    NPIE_EVENT_SIGN2,    /**< letter 2 verified */
    NPIE_EVENT_CANCEL,
    NPIE_EVENT_RESEND,   /**< the mail with the link once more */
    NPIE_EVENT_READDRESS, /**< the same, to another address */
    NPIE_EVENT_LAPSE,    /**< npie_policy_lapsed(); never asked for by a user */
    NPIE_EVENT_REVOKE,   /**< its old or its new certificate was revoked; of
                              a request the one it led to */
    NPIE_EVENT_AGAIN,    /**< what a request led to is asked for once more */
    NPIE_EVENTS          /**< how many */
} npie_event_t;

/** What an event means in a state. */
typedef enum npie_move_t {
    NPIE_MOVE_GO,    /**< go to the state named; DATA where no renewal is open
                          begins another one */
    NPIE_MOVE_DONE,  /**< this has been done already: repeat the answer. DATA,
                          CORRECT and KEY: when they say the same, else LATER */
    NPIE_MOVE_LATER, /**< not now: show the page where the renewal is */
    NPIE_MOVE_BUG    /**< cannot happen: refuse and log */
} npie_move_t;

/**
 * Looks a move up. Thread-safe.
 * @param pnext set to the state after the move (unchanged unless GO)
 * @param state NPIE_RENEWAL_NONE when there is no renewal
 */
npie_move_t npie_machine_move(npie_renewal_state_t *pnext,
                              npie_renewal_state_t state, npie_event_t event);

/** The same of a request.
 * @param standing NPIE_STANDING_NONE when there is none yet */
npie_move_t npie_machine_request(npie_standing_t *pnext,
                                 npie_standing_t standing, npie_event_t event);

/** Is the renewal still under way (neither none, completed, cancelled nor
 * lapsed)? */
int npie_machine_is_open(npie_renewal_state_t state);

/** The event's name for the audit, static: "data", "key", ... */
const char *npie_event_name(npie_event_t event);

/** The same of a request's: "additional-key", ...; "?" for what it does not
 * know. */
const char *npie_event_request_name(npie_event_t event);

#endif
