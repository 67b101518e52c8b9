/* SPDX-License-Identifier: Apache-2.0
 * flow/machine.h: every cell of the table, and what no way through it may do.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "flow/machine.h"

#define COLUMNS (NPIE_RENEWAL_NONE + 1)

/* What a cell says: a state to go to, or '=' done, '.' later, '!' bug. The
 * states: s started, k keyed, g signed, c confirmed, i issued, f completed,
 * x cancelled, l lapsed, - none. */
static const char states[] = "skgcifxl-";

static const char *const expected[NPIE_EVENTS] = {
    /*                       skgcifxl- */
    [NPIE_EVENT_DATA] =     "s====ssss",
    [NPIE_EVENT_CORRECT] =  "skkk==...",
    [NPIE_EVENT_KEY] =      "k=====...",
    [NPIE_EVENT_REKEY] =    "=sss.....",
    [NPIE_EVENT_SIGN1] =    ".g====...",
    [NPIE_EVENT_CONFIRM] =  "..c===...",
    [NPIE_EVENT_ISSUE] =    "...i==...",
    [NPIE_EVENT_SIGN2] =    "....f=...",
    [NPIE_EVENT_CANCEL] =   "xxxx..===",
    [NPIE_EVENT_RESEND] =   "..g......",
    [NPIE_EVENT_READDRESS] = "..g......",
    [NPIE_EVENT_LAPSE] =    "lllll!!=!",
    [NPIE_EVENT_REVOKE] =   "xxxxl====",
    [NPIE_EVENT_AGAIN] =    "!!!!!!!!!",
};

/* The same of a request for an additional certificate: q requested, k keyed,
 * s authorised, a active, l lapsed, o overdue, r revoked, w withdrawn,
 * - none. */
static const char standings[] = "qksalorw-";

static const char *const expected_request[NPIE_EVENTS] = {
    /*                       qksalorw- */
    [NPIE_EVENT_DATA] =     "!!!!!!!!q",
    [NPIE_EVENT_CORRECT] =  "!!!!!!!!!",
    [NPIE_EVENT_KEY] =      "k=======.",
    [NPIE_EVENT_REKEY] =    "!!!!!!!!!",
    [NPIE_EVENT_SIGN1] =    ".s==.....",
    [NPIE_EVENT_CONFIRM] =  "!!!!!!!!!",
    [NPIE_EVENT_ISSUE] =    "..a=.....",
    [NPIE_EVENT_SIGN2] =    "!!!!!!!!!",
    [NPIE_EVENT_CANCEL] =   "www..w.=.",
    [NPIE_EVENT_RESEND] =   "q..a.....",
    [NPIE_EVENT_READDRESS] = "w........",
    [NPIE_EVENT_LAPSE] =    "!!!!!!!!!",
    [NPIE_EVENT_REVOKE] =   "...r=.=..",
    [NPIE_EVENT_AGAIN] =    "....lwr..",
};

/* Is a cell what was found? next: untouched unless it goes there. */
static void assert_cell(char cell, npie_move_t move, int next, int untouched,
                        const char *letters)
{
    switch (cell) {
    case '=':
        assert_int_equal(move, NPIE_MOVE_DONE);
        break;
    case '.':
        assert_int_equal(move, NPIE_MOVE_LATER);
        break;
    case '!':
        assert_int_equal(move, NPIE_MOVE_BUG);
        break;
    default:
        assert_int_equal(move, NPIE_MOVE_GO);
        assert_int_equal(next, strchr(letters, cell) - letters);
        return;
    }
    assert_int_equal(next, untouched);
}

static void test_cells(void **state)
{
    (void)state;
    assert_int_equal(COLUMNS, sizeof(states) - 1);
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        for (int s = 0; s < COLUMNS; ++s) {
            npie_renewal_state_t next = NPIE_RENEWAL_NONE;
            const npie_move_t move =
                npie_machine_move(&next, (npie_renewal_state_t)s,
                                  (npie_event_t)e);

            assert_cell(expected[e][s], move, (int)next, NPIE_RENEWAL_NONE,
                        states);
        }
    }
}

static void test_request_cells(void **state)
{
    (void)state;
    assert_int_equal(NPIE_STANDING_NONE + 1, sizeof(standings) - 1);
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        for (int s = 0; s <= NPIE_STANDING_NONE; ++s) {
            npie_standing_t next = NPIE_STANDING_NONE;
            const npie_move_t move =
                npie_machine_request(&next, (npie_standing_t)s,
                                     (npie_event_t)e);

            assert_cell(expected_request[e][s], move, (int)next,
                        NPIE_STANDING_NONE, standings);
        }
    }
}

/* A certificate serves only after key, signature and issue, in that order,
 * and none comes of a request that has ended. */
static void test_request_ways(void **state)
{
    static const npie_event_t way[] = { NPIE_EVENT_DATA, NPIE_EVENT_KEY,
                                        NPIE_EVENT_SIGN1, NPIE_EVENT_ISSUE };
    npie_standing_t at = NPIE_STANDING_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); ++i) {
        assert_int_equal(npie_machine_request(&at, at, way[i]), NPIE_MOVE_GO);
    }
    assert_int_equal(at, NPIE_STANDING_ACTIVE);
    for (int s = 0; s <= NPIE_STANDING_NONE; ++s) {
        for (int e = 0; e < NPIE_EVENTS; ++e) {
            npie_standing_t next = NPIE_STANDING_NONE;

            if (npie_machine_request(&next, (npie_standing_t)s,
                                     (npie_event_t)e) != NPIE_MOVE_GO) {
                continue;
            }
            if (next == NPIE_STANDING_ACTIVE) {
                assert_true(s == NPIE_STANDING_ACTIVE ||
                            (s == NPIE_STANDING_AUTHORISED &&
                             e == NPIE_EVENT_ISSUE));
            }
            if (s > NPIE_STANDING_ACTIVE && s != NPIE_STANDING_NONE) {
                assert_true(next > NPIE_STANDING_ACTIVE);
            }
        }
    }
}

/* Walks every way, carrying as bits which steps were made since the last
 * started, of which data corrected leave the key alone, and looks at each
 * arrival. */
typedef struct walk_t {
    unsigned char seen[COLUMNS][1 << NPIE_EVENTS];
    int reached[COLUMNS];
} walk_t;

static void arrive(npie_renewal_state_t at, unsigned steps)
{
    const unsigned key = 1u << NPIE_EVENT_KEY, sign1 = 1u << NPIE_EVENT_SIGN1,
                   confirm = 1u << NPIE_EVENT_CONFIRM,
                   issue = 1u << NPIE_EVENT_ISSUE,
                   sign2 = 1u << NPIE_EVENT_SIGN2;

    if (at == NPIE_RENEWAL_SIGNED) {
        assert_int_equal(steps, key | sign1);
    }
    if (at == NPIE_RENEWAL_ISSUED) {
        assert_int_equal(steps, key | sign1 | confirm | issue);
    }
    if (at == NPIE_RENEWAL_COMPLETED) {
        assert_int_equal(steps, key | sign1 | confirm | issue | sign2);
    }
    if (at == NPIE_RENEWAL_CANCELLED) {
        assert_false(steps & issue);
    }
}

static unsigned after(unsigned steps, npie_renewal_state_t next,
                      npie_event_t event)
{
    return event == NPIE_EVENT_CORRECT ? 1u << NPIE_EVENT_KEY
        : next == NPIE_RENEWAL_STARTED || event == NPIE_EVENT_CANCEL ||
          event == NPIE_EVENT_LAPSE || event == NPIE_EVENT_REVOKE
        ? 0 : steps | 1u << event;
}

static void walk(walk_t *w, npie_renewal_state_t at, unsigned steps)
{
    if (w->seen[at][steps]) {
        return;
    }
    w->seen[at][steps] = 1;
    w->reached[at] = 1;
    arrive(at, steps);
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        npie_renewal_state_t next;

        if (npie_machine_move(&next, at, (npie_event_t)e) != NPIE_MOVE_GO ||
            next == at) {
            continue;
        }
        if (at == NPIE_RENEWAL_ISSUED) {
            assert_true(next == NPIE_RENEWAL_COMPLETED ||
                        next == NPIE_RENEWAL_LAPSED);
        }
        walk(w, next, after(steps, next, (npie_event_t)e));
    }
}

static void test_ways(void **state)
{
    walk_t *w = calloc(1, sizeof(*w));

    (void)state;
    assert_non_null(w);
    walk(w, NPIE_RENEWAL_NONE, 0);
    for (int s = 0; s < COLUMNS; ++s) {
        assert_true(w->reached[s]);
    }
    free(w);
}

static void test_open(void **state)
{
    (void)state;
    for (int s = 0; s < COLUMNS; ++s) {
        assert_int_equal(npie_machine_is_open((npie_renewal_state_t)s),
                         strchr("skgci", states[s]) != NULL);
    }
    assert_false(npie_machine_is_open((npie_renewal_state_t)COLUMNS));
}

static void test_out_of_range(void **state)
{
    npie_renewal_state_t next = NPIE_RENEWAL_KEYED;
    npie_standing_t standing = NPIE_STANDING_KEYED;

    (void)state;
    assert_int_equal(npie_machine_move(&next, (npie_renewal_state_t)COLUMNS,
                                       NPIE_EVENT_DATA), NPIE_MOVE_BUG);
    assert_int_equal(npie_machine_move(&next, NPIE_RENEWAL_STARTED,
                                       NPIE_EVENTS), NPIE_MOVE_BUG);
    assert_int_equal(next, NPIE_RENEWAL_KEYED);
    assert_int_equal(npie_machine_request(
        &standing, (npie_standing_t)(NPIE_STANDING_NONE + 1), NPIE_EVENT_KEY),
        NPIE_MOVE_BUG);
    assert_int_equal(npie_machine_request(&standing, NPIE_STANDING_REQUESTED,
                                          NPIE_EVENTS), NPIE_MOVE_BUG);
    assert_int_equal(standing, NPIE_STANDING_KEYED);
}

/* The audit takes [a-z-]+, and no two events look alike there. */
static void test_names(void **state)
{
    const char *names[2 * NPIE_EVENTS];
    int n = 0;

    (void)state;
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        const char *of_request = npie_event_request_name((npie_event_t)e);
        const int known = strspn(expected_request[e], "!") < COLUMNS;

        assert_int_equal(strcmp(of_request, "?") != 0, known);
        names[n++] = npie_event_name((npie_event_t)e);
        if (known) {
            names[n++] = of_request;
        }
    }
    for (int i = 0; i < n; ++i) {
        assert_true(strlen(names[i]) > 0);
        assert_int_equal(strspn(names[i], "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(names[i]));
        for (int other = 0; other < i; ++other) {
            assert_string_not_equal(names[i], names[other]);
        }
    }
    assert_string_equal(npie_event_name(NPIE_EVENTS), "?");
    assert_string_equal(npie_event_request_name(NPIE_EVENTS), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells), cmocka_unit_test(test_ways),
        cmocka_unit_test(test_request_cells),
        cmocka_unit_test(test_request_ways),
        cmocka_unit_test(test_open), cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
