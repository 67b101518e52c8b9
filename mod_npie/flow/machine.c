/* SPDX-License-Identifier: Apache-2.0
 * The tables of moves.
 */
#include "flow/machine.h"

/* Of both tables. */
#define COLUMNS (NPIE_RENEWAL_STATES + 1)

/* A cell is the state to go to, or one of these three. */
enum { DONE = -1, LATER = -2, BUG = -3 };

#define STARTED NPIE_RENEWAL_STARTED
#define KEYED NPIE_RENEWAL_KEYED
#define SIGNED NPIE_RENEWAL_SIGNED
#define CONFIRMED NPIE_RENEWAL_CONFIRMED
#define ISSUED NPIE_RENEWAL_ISSUED
#define COMPLETED NPIE_RENEWAL_COMPLETED
#define CANCELLED NPIE_RENEWAL_CANCELLED
#define LAPSED NPIE_RENEWAL_LAPSED

/* What does not happen to one of the two. */
#define NEVER { BUG, BUG, BUG, BUG, BUG, BUG, BUG, BUG, BUG }

/* Columns: started, keyed, signed, confirmed, issued, completed, cancelled,
 * lapsed, none. LAPSE out of issued: the certificate made has ended unsigned;
 * without it the employer's one open renewal would stay open for ever. */
static const signed char renewals[NPIE_EVENTS][COLUMNS] = {
    [NPIE_EVENT_DATA] = { STARTED, DONE, DONE, DONE, DONE,
                          STARTED, STARTED, STARTED, STARTED },
    [NPIE_EVENT_CORRECT] = { STARTED, KEYED, KEYED, KEYED, DONE,
                             DONE, LATER, LATER, LATER },
    [NPIE_EVENT_KEY] = { KEYED, DONE, DONE, DONE, DONE,
                         DONE, LATER, LATER, LATER },
    [NPIE_EVENT_REKEY] = { DONE, STARTED, STARTED, STARTED, LATER,
                           LATER, LATER, LATER, LATER },
    [NPIE_EVENT_SIGN1] = { LATER, SIGNED, DONE, DONE, DONE,
                           DONE, LATER, LATER, LATER },
    [NPIE_EVENT_CONFIRM] = { LATER, LATER, CONFIRMED, DONE, DONE,
                             DONE, LATER, LATER, LATER },
    [NPIE_EVENT_ISSUE] = { LATER, LATER, LATER, ISSUED, DONE,
                           DONE, LATER, LATER, LATER },
    [NPIE_EVENT_SIGN2] = { LATER, LATER, LATER, LATER, COMPLETED,
                           DONE, LATER, LATER, LATER },
    [NPIE_EVENT_CANCEL] = { CANCELLED, CANCELLED, CANCELLED, CANCELLED, LATER,
                            LATER, DONE, DONE, DONE },
    [NPIE_EVENT_RESEND] = { LATER, LATER, SIGNED, LATER, LATER,
                            LATER, LATER, LATER, LATER },
    [NPIE_EVENT_READDRESS] = { LATER, LATER, SIGNED, LATER, LATER,
                               LATER, LATER, LATER, LATER },
    [NPIE_EVENT_LAPSE] = { LAPSED, LAPSED, LAPSED, LAPSED, LAPSED,
                           BUG, BUG, DONE, BUG },
    [NPIE_EVENT_REVOKE] = { CANCELLED, CANCELLED, CANCELLED, CANCELLED, LAPSED,
                            DONE, DONE, DONE, DONE },
    [NPIE_EVENT_AGAIN] = NEVER,
};

#define STANDINGS (NPIE_STANDING_NONE + 1)
#define Q_REQUESTED NPIE_STANDING_REQUESTED
#define Q_KEYED NPIE_STANDING_KEYED
#define Q_SIGNED NPIE_STANDING_AUTHORISED
#define Q_ACTIVE NPIE_STANDING_ACTIVE
#define Q_LAPSED NPIE_STANDING_LAPSED
#define Q_REVOKED NPIE_STANDING_REVOKED
#define Q_TAKEN NPIE_STANDING_WITHDRAWN

/* Columns: requested, keyed, authorised, active, lapsed, overdue, revoked,
 * withdrawn, none. AGAIN begins another request, of one that is overdue
 * instead of it; so does READDRESS. */
static const signed char requests[NPIE_EVENTS][COLUMNS] = {
    [NPIE_EVENT_DATA] = { BUG, BUG, BUG, BUG, BUG,
                          BUG, BUG, BUG, Q_REQUESTED },
    [NPIE_EVENT_CORRECT] = NEVER,
    [NPIE_EVENT_KEY] = { Q_KEYED, DONE, DONE, DONE, DONE,
                         DONE, DONE, DONE, LATER },
    [NPIE_EVENT_REKEY] = NEVER,
    [NPIE_EVENT_SIGN1] = { LATER, Q_SIGNED, DONE, DONE, LATER,
                           LATER, LATER, LATER, LATER },
    [NPIE_EVENT_CONFIRM] = NEVER,
    [NPIE_EVENT_ISSUE] = { LATER, LATER, Q_ACTIVE, DONE, LATER,
                           LATER, LATER, LATER, LATER },
    [NPIE_EVENT_SIGN2] = NEVER,
    [NPIE_EVENT_CANCEL] = { Q_TAKEN, Q_TAKEN, Q_TAKEN, LATER, LATER,
                            Q_TAKEN, LATER, DONE, LATER },
    [NPIE_EVENT_RESEND] = { Q_REQUESTED, LATER, LATER, Q_ACTIVE, LATER,
                            LATER, LATER, LATER, LATER },
    [NPIE_EVENT_READDRESS] = { Q_TAKEN, LATER, LATER, LATER, LATER,
                               LATER, LATER, LATER, LATER },
    [NPIE_EVENT_LAPSE] = NEVER,
    [NPIE_EVENT_REVOKE] = { LATER, LATER, LATER, Q_REVOKED, DONE,
                            LATER, DONE, LATER, LATER },
    [NPIE_EVENT_AGAIN] = { LATER, LATER, LATER, LATER, Q_LAPSED,
                           Q_TAKEN, Q_REVOKED, LATER, LATER },
};

static const char *const names[NPIE_EVENTS] = {
    [NPIE_EVENT_DATA] = "data",
    [NPIE_EVENT_CORRECT] = "correct-data",
    [NPIE_EVENT_KEY] = "key",
    [NPIE_EVENT_REKEY] = "rekey",
    [NPIE_EVENT_SIGN1] = "sign-letter",
    [NPIE_EVENT_CONFIRM] = "confirm",
    [NPIE_EVENT_ISSUE] = "issue",
    [NPIE_EVENT_SIGN2] = "sign-terms",
    [NPIE_EVENT_CANCEL] = "cancel",
    [NPIE_EVENT_RESEND] = "mail-again",
    [NPIE_EVENT_READDRESS] = "mail-address",
    [NPIE_EVENT_LAPSE] = "lapse",
    [NPIE_EVENT_REVOKE] = "revoke-renewal",
    [NPIE_EVENT_AGAIN] = "again",
};

static const char *const request_names[NPIE_EVENTS] = {
    [NPIE_EVENT_DATA] = "additional-request",
    [NPIE_EVENT_KEY] = "additional-key",
    [NPIE_EVENT_SIGN1] = "additional-sign",
    [NPIE_EVENT_ISSUE] = "additional-issue",
    [NPIE_EVENT_CANCEL] = "additional-withdraw",
    [NPIE_EVENT_RESEND] = "additional-mail",
    [NPIE_EVENT_READDRESS] = "additional-address",
    [NPIE_EVENT_REVOKE] = "additional-revoke",
    [NPIE_EVENT_AGAIN] = "additional-again",
};

/* The cell of an event in a state. */
static signed char find(const signed char (*cells)[COLUMNS], unsigned state,
                        unsigned event)
{
    return state < COLUMNS && event < NPIE_EVENTS ? cells[event][state] : BUG;
}

static npie_move_t move_of(signed char cell)
{
    return cell >= 0 ? NPIE_MOVE_GO
        : cell == DONE ? NPIE_MOVE_DONE
        : cell == LATER ? NPIE_MOVE_LATER : NPIE_MOVE_BUG;
}

npie_move_t npie_machine_move(npie_renewal_state_t *pnext,
                              npie_renewal_state_t state, npie_event_t event)
{
    const signed char cell = find(renewals, state, event);

    if (cell >= 0) {
        *pnext = (npie_renewal_state_t)cell;
    }
    return move_of(cell);
}

npie_move_t npie_machine_request(npie_standing_t *pnext,
                                 npie_standing_t standing, npie_event_t event)
{
    const signed char cell = find(requests, standing, event);

    if (cell >= 0) {
        *pnext = (npie_standing_t)cell;
    }
    return move_of(cell);
}

int npie_machine_is_open(npie_renewal_state_t state)
{
    return (unsigned)state < NPIE_RENEWAL_COMPLETED;
}

const char *npie_event_name(npie_event_t event)
{
    return (unsigned)event < NPIE_EVENTS ? names[event] : "?";
}

const char *npie_event_request_name(npie_event_t event)
{
    return (unsigned)event < NPIE_EVENTS && request_names[event] != NULL
               ? request_names[event] : "?";
}
