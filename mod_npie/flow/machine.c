/* SPDX-License-Identifier: Apache-2.0
 * The table of the renewal's moves.
 */
#include "flow/machine.h"

#define STATES (NPIE_RENEWAL_STATES + 1)

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

/* Columns: started, keyed, signed, confirmed, issued, completed, cancelled,
 * lapsed, none. LAPSE out of issued: the certificate made has ended unsigned;
 * without it the employer's one open renewal would stay open for ever. */
static const signed char table[NPIE_EVENTS][STATES] = {
    [NPIE_EVENT_DATA] = { STARTED, DONE, DONE, DONE, DONE,
                          STARTED, STARTED, STARTED, STARTED },
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
};

static const char *const names[NPIE_EVENTS] = {
    [NPIE_EVENT_DATA] = "data",
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
};

npie_move_t npie_machine_move(npie_renewal_state_t *pnext,
                              npie_renewal_state_t state, npie_event_t event)
{
    if ((unsigned)state >= STATES || (unsigned)event >= NPIE_EVENTS) {
        return NPIE_MOVE_BUG;
    }
    switch (table[event][state]) {
    case DONE:
        return NPIE_MOVE_DONE;
    case LATER:
        return NPIE_MOVE_LATER;
    case BUG:
        return NPIE_MOVE_BUG;
    default:
        *pnext = (npie_renewal_state_t)table[event][state];
        return NPIE_MOVE_GO;
    }
}

int npie_machine_is_open(npie_renewal_state_t state)
{
    return (unsigned)state < NPIE_RENEWAL_COMPLETED;
}

const char *npie_event_name(npie_event_t event)
{
    return (unsigned)event < NPIE_EVENTS ? names[event] : "?";
}
