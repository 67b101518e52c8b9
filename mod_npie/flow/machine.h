/* SPDX-License-Identifier: Apache-2.0
 * The renewal's state machine: a table of what each event means in each
 * state. Pure: no clock, no store, no pool.
 */
#ifndef NPIE_FLOW_MACHINE_H
#define NPIE_FLOW_MACHINE_H

#include "store/registry.h"

/** The state of an employer who has no renewal: the table's last column. */
#define NPIE_RENEWAL_NONE NPIE_RENEWAL_STATES

/** What can happen to a renewal. */
typedef enum npie_event_t {
    NPIE_EVENT_DATA,     /**< data confirmed (also corrected before the key) */
    NPIE_EVENT_KEY,      /**< a request was accepted */
    NPIE_EVENT_REKEY,    /**< the new key is to be made again: back to llave */
    NPIE_EVENT_SIGN1,    /**< letter 1 verified */
    NPIE_EVENT_CONFIRM,  /**< mail link opened, or not required */
    NPIE_EVENT_ISSUE,    /**< the signer made the certificate */
    NPIE_EVENT_SIGN2,    /**< letter 2 verified */
    NPIE_EVENT_CANCEL,
    NPIE_EVENT_RESEND,   /**< the mail with the link once more */
    NPIE_EVENT_READDRESS, /**< the same, to another address */
    NPIE_EVENT_LAPSE,    /**< npie_policy_lapsed(); never asked for by a user */
    NPIE_EVENT_REVOKE,   /**< its old or its new certificate was revoked */
    NPIE_EVENTS          /**< how many */
} npie_event_t;

/** What an event means in a state. */
typedef enum npie_move_t {
    NPIE_MOVE_GO,    /**< go to the state named; DATA where no renewal is open
                          begins another one */
    NPIE_MOVE_DONE,  /**< this has been done already: repeat the answer. DATA
                          and KEY: when they say the same, else LATER */
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

/** Is the renewal still under way (neither none, completed, cancelled nor
 * lapsed)? */
int npie_machine_is_open(npie_renewal_state_t state);

/** The event's name for the audit, static: "data", "key", ... */
const char *npie_event_name(npie_event_t event);

#endif
