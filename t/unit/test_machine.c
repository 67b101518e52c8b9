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
};

static npie_renewal_state_t named(char letter)
{
    return (npie_renewal_state_t)(strchr(states, letter) - states);
}

static void test_cells(void **state)
{
    (void)state;
    assert_int_equal(COLUMNS, sizeof(states) - 1);
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        for (int s = 0; s < COLUMNS; ++s) {
            const char cell = expected[e][s];
            npie_renewal_state_t next = NPIE_RENEWAL_NONE;
            const npie_move_t move =
                npie_machine_move(&next, (npie_renewal_state_t)s,
                                  (npie_event_t)e);

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
                assert_int_equal(next, named(cell));
                continue;
            }
            assert_int_equal(next, NPIE_RENEWAL_NONE);
        }
    }
}

/* Walks every way, carrying as bits which steps were made since the last
 * started, and looks at each arrival. */
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
        walk(w, next, next == NPIE_RENEWAL_STARTED || e == NPIE_EVENT_CANCEL ||
                      e == NPIE_EVENT_LAPSE || e == NPIE_EVENT_REVOKE ? 0 : steps | 1u << e);
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

    (void)state;
    assert_int_equal(npie_machine_move(&next, (npie_renewal_state_t)COLUMNS,
                                       NPIE_EVENT_DATA), NPIE_MOVE_BUG);
    assert_int_equal(npie_machine_move(&next, NPIE_RENEWAL_STARTED,
                                       NPIE_EVENTS), NPIE_MOVE_BUG);
    assert_int_equal(next, NPIE_RENEWAL_KEYED);
}

/* The audit takes [a-z-]+, and no two events look alike there. */
static void test_names(void **state)
{
    (void)state;
    for (int e = 0; e < NPIE_EVENTS; ++e) {
        const char *name = npie_event_name((npie_event_t)e);

        assert_true(strlen(name) > 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(name));
        for (int other = 0; other < e; ++other) {
            assert_string_not_equal(name,
                                    npie_event_name((npie_event_t)other));
        }
    }
    assert_string_equal(npie_event_name(NPIE_EVENTS), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells), cmocka_unit_test(test_ways),
        cmocka_unit_test(test_open), cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
