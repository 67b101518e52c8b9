/* SPDX-License-Identifier: Apache-2.0
 * Two browsers at once, on either database: every move ends as if one of
 * them had come first.
 */
#include "unit/flow_world.h"

#include <pthread.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "flow/addition.h"
#include "store/registry_sql.h"

#define ROUNDS 4

typedef apr_status_t (*move_fn)(person_t *person);

/* One browser: a thread with a pool and a connection of its own. */
typedef struct racer_t {
    apr_pool_t *p;
    person_t *person;
    move_fn move;
    apr_status_t rv;
    pthread_barrier_t *start;
} racer_t;

static void *run(void *data)
{
    racer_t *racer = data;

    pthread_barrier_wait(racer->start);
    racer->rv = racer->move(racer->person);
    return NULL;
}

/* Both at once, each with the person's keys; the results stand in racers. */
static void race(racer_t racers[2], person_t *person, move_fn one, move_fn two)
{
    pthread_barrier_t start;
    pthread_t threads[2];

    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    for (int i = 0; i < 2; ++i) {
        apr_pool_create(&racers[i].p, NULL);
        racers[i].person = person_again(person, racers[i].p);
        racers[i].move = i == 0 ? one : two;
        racers[i].start = &start;
    }
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(pthread_create(&threads[i], NULL, run, &racers[i]),
                         0);
    }
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    pthread_barrier_destroy(&start);
}

static void finish(racer_t racers[2])
{
    apr_pool_destroy(racers[0].p);
    apr_pool_destroy(racers[1].p);
}

static void both_succeed(person_t *person, move_fn move)
{
    racer_t racers[2];

    race(racers, person, move, move);
    for (int i = 0; i < 2; ++i) {
        assert_ok(racers[i].person, racers[i].rv);
    }
    finish(racers);
}

static int count(person_t *person, const char *what)
{
    return atoi(world_ask(apr_psprintf(person->p,
        "SELECT count(*) FROM %s = %" APR_INT64_T_FMT, what,
        person->employer.id), person->p));
}

static int letters(person_t *person)
{
    return count(person, "letter l JOIN renewal r ON r.id = l.renewal"
                         " WHERE r.employer");
}

static int certificates(person_t *person)
{
    return count(person, "certificate WHERE employer");
}

static int audited(person_t *person, const char *event)
{
    return atoi(world_ask(apr_psprintf(person->p,
        "SELECT count(*) FROM audit WHERE event = '%s' AND actor = '%s'",
        event, person->who.actor), person->p));
}

static apr_status_t sign1(person_t *person)
{
    return person_sign(person, NPIE_LETTER_RENEWAL);
}

static apr_status_t sign2(person_t *person)
{
    return person_sign(person, NPIE_LETTER_TERMS);
}

/* A whole renewal, every click at two browsers at once. */
static void every_move(apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, p);
    const int before = fixture_records(world->signer, p);

    both_succeed(person, person_data);
    assert_int_equal(count(person, "renewal WHERE employer"), 1);
    both_succeed(person, person_key);
    assert_int_equal(letters(person), 1);
    both_succeed(person, sign1);
    both_succeed(person, person_ask);
    assert_int_equal(certificates(person), 2);
    assert_int_equal(letters(person), 2);
    assert_int_equal(fixture_records(world->signer, p), before + 1);
    assert_ok(person, person_issue(person));
    both_succeed(person, sign2);
    assert_int_equal(person_state(person), NPIE_RENEWAL_COMPLETED);
    assert_int_equal(audited(person, "data"), 1);
    assert_int_equal(audited(person, "key"), 1);
    assert_int_equal(audited(person, "sign-letter"), 1);
    assert_int_equal(audited(person, "confirm"), 1);
    assert_int_equal(audited(person, "issue"), 1);
    assert_int_equal(audited(person, "sign-terms"), 1);
}

/* Two keys for one renewal: the first one counts, and the second browser is
 * shown the letter of the first. */
static apr_status_t own_key(person_t *person)
{
    person->new_key = identity_key("P-256", person->p);
    person->csr = fixture_csr(person->new_key, person->p);
    return person_key(person);
}

static void two_keys(apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, p);
    racer_t racers[2];
    int winner;

    assert_ok(person, person_data(person));
    race(racers, person, own_key, own_key);
    winner = racers[0].rv == APR_SUCCESS ? 0 : 1;
    assert_ok(racers[winner].person, racers[winner].rv);
    assert_call(racers[1 - winner].person, NPIE_ECONFLICT, NPIE_P_KEY_OTHER,
                racers[1 - winner].rv);
    assert_string_equal(person_place(person).renewal->new_spki,
                        spki_of(racers[winner].person->new_key, p));
    assert_int_equal(letters(person), 1);
    finish(racers);
}

/* Going on against going back: never a certificate for a renewal that is
 * not issued, and one that was made for nothing is written down. */
static void contest(person_t *person, move_fn against,
                    npie_renewal_state_t otherwise)
{
    const int before = fixture_records(world->signer, person->p);
    racer_t racers[2];
    int made;

    person_to(person, NPIE_RENEWAL_CONFIRMED);
    race(racers, person, person_ask, against);
    made = fixture_records(world->signer, person->p) - before;
    if (racers[0].rv == APR_SUCCESS) {
        assert_int_equal(person_state(person), NPIE_RENEWAL_ISSUED);
        assert_int_equal(certificates(person), 2);
        assert_later(racers[1].person, racers[1].rv);
        assert_int_equal(made, 1);
        assert_int_equal(audited(person, "issue-unused"), 0);
    }
    else {
        assert_later(racers[0].person, racers[0].rv);
        assert_ok(racers[1].person, racers[1].rv);
        assert_int_equal(person_state(person), otherwise);
        assert_int_equal(certificates(person), 1 + made);
        assert_int_equal(audited(person, "issue-unused"), made);
    }
    finish(racers);
}

static void issue_or_cancel(apr_pool_t *p)
{
    contest(person_at(NPIE_RENEWAL_NONE, p), person_cancel,
            NPIE_RENEWAL_NONE);
}

static void issue_or_rekey(apr_pool_t *p)
{
    contest(person_at(NPIE_RENEWAL_NONE, p), person_rekey,
            NPIE_RENEWAL_STARTED);
}

static apr_status_t correct(person_t *person)
{
    person->contact.phone = "3300000001";
    return person_correct(person);
}

/* The key stays; but one of which a certificate was made for the letter before
 * gets no other: then a new one is to be made. */
static void issue_or_correct(apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, p);

    contest(person, correct, NPIE_RENEWAL_KEYED);
    if (person_state(person) == NPIE_RENEWAL_KEYED) {
        assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
        if (audited(person, "issue-unused") > 0) {
            assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                        person_ask(person));
            assert_int_equal(person_state(person), NPIE_RENEWAL_STARTED);
            person->new_key = identity_key("P-256", p);
            person->csr = fixture_csr(person->new_key, p);
        }
        person_to(person, NPIE_RENEWAL_ISSUED);
        assert_string_equal(person_place(person).registered.phone,
                            "3300000001");
    }
}

/* Made beforehand: once it is cancelled there is no letter to sign. */
static npie_bytes_t signature1;

static apr_status_t send1(person_t *person)
{
    const npie_bytes_t no_file = { NULL, 0 };

    return npie_flow_sign(&person->flow, &person->who, NPIE_LETTER_RENEWAL,
                          signature1, no_file, NULL, &person->err);
}

static void sign_or_cancel(apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, p);
    racer_t racers[2];

    person_to(person, NPIE_RENEWAL_KEYED);
    signature1 = letter_cms(person, NPIE_LETTER_RENEWAL, &person->old->id);
    race(racers, person, send1, person_cancel);
    assert_ok(racers[1].person, racers[1].rv);
    assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
    if (racers[0].rv != APR_SUCCESS) {
        assert_later(racers[0].person, racers[0].rv);
        assert_int_equal(audited(person, "sign-letter"), 0);
    }
    finish(racers);
}

/* The key of the employer's newest request for a colleague. */
static apr_status_t colleague_key(person_t *person)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_flow_additions(&list, &person->flow,
                                          person->employer.id, &person->err);

    return rv != APR_SUCCESS ? rv
        : npie_flow_addition_key(&person->flow, APR_ARRAY_IDX(
              list, 0, const npie_addition_view_t *), NULL,
              fixture_csr(identity_key("P-256", person->p), person->p), "",
              &person->err);
}

/* The employer's certificate is issued when a colleague makes his key: both
 * draw a letter, which costs a number, for the same employer. Both are held at
 * the number. */
static void test_issue_and_colleague(void **state)
{
    static const npie_addition_fields_t fields = {
        "Ana Paz", "ana@molinos.example", "Consultas"
    };
    static const move_fn moves[] = { person_ask, colleague_key };
    person_t *person = person_new("P-256", -160 * DAY, *state);
    npie_registry_t *gate = person_again(person, *state)->flow.registry;
    pthread_barrier_t start;
    pthread_t threads[2];
    racer_t racers[2];
    apr_int64_t id;

    person_to(person, NPIE_RENEWAL_CONFIRMED);
    assert_ok(person, npie_flow_addition_request(&id, &person->flow,
                                                 &person->who, &fields, 1,
                                                 &person->err));
    assert_ok(person, npie_registry_begin(gate, &person->err));
    assert_ok(person, npie_sql_run(gate, "UPDATE counter SET value = value",
                                   &person->err));
    assert_int_equal(pthread_barrier_init(&start, NULL, 1), 0);
    for (int i = 0; i < 2; ++i) {
        apr_pool_create(&racers[i].p, NULL);
        racers[i].person = person_again(person, racers[i].p);
        racers[i].move = moves[i];
        racers[i].start = &start;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &racers[i]),
                         0);
        world_await_waiting(i + 1, *state);
    }
    npie_registry_end(gate, 0, NULL);
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_ok(racers[i].person, racers[i].rv);
    }
    pthread_barrier_destroy(&start);
    finish(racers);
}

/* Letter 1 is signed, or used, while the renewal gets another one: the
 * signature over the first, and the certificate made upon it, are not taken
 * for the second's. Who moves is held between looking and storing. */
static void other_letter(void **state, npie_renewal_state_t at, move_fn move)
{
    static const char *const another[] = {
        "UPDATE letter SET voided = 1 WHERE renewal =",
        "INSERT INTO letter (folio, renewal, kind, created, pdf, sha256,"
        " voided) SELECT folio + 1000000, renewal, kind, created, pdf, sha256,"
        " 0 FROM letter WHERE renewal =",
        "UPDATE renewal SET letter1 = letter1 + 1000000 WHERE id =",
    };
    person_t *person = person_at(at, *state);
    npie_registry_t *gate = person_again(person, *state)->flow.registry;
    const apr_int64_t renewal = person_place(person).renewal->id;
    pthread_barrier_t start;
    pthread_t thread;
    racer_t racer = { .move = move, .start = &start };

    apr_pool_create(&racer.p, NULL);
    racer.person = person_again(person, racer.p);
    assert_ok(person, npie_registry_begin(gate, &person->err));
    assert_ok(person, npie_sql_run(gate, apr_psprintf(
        person->p, "UPDATE employer SET rp = rp WHERE id = %" APR_INT64_T_FMT,
        person->employer.id), &person->err));
    for (size_t i = 0; i < sizeof(another) / sizeof(another[0]); ++i) {
        assert_ok(person, npie_sql_run(gate, apr_psprintf(
            person->p, "%s %" APR_INT64_T_FMT, another[i], renewal),
            &person->err));
    }
    assert_int_equal(pthread_barrier_init(&start, NULL, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, run, &racer), 0);
    world_await_waiting(1, *state);
    assert_ok(person, npie_registry_end(gate, 1, &person->err));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_later(racer.person, racer.rv);
    assert_int_equal(person_state(person), at);
    pthread_barrier_destroy(&start);
    apr_pool_destroy(racer.p);
}

static void test_other_letter(void **state)
{
    other_letter(state, NPIE_RENEWAL_KEYED, sign1);
    other_letter(state, NPIE_RENEWAL_CONFIRMED, person_ask);
}

typedef void (*round_fn)(apr_pool_t *p);

/* Connections end with each round's pool: servers have only so many. */
static void rounds(void **state, round_fn make)
{
    for (int i = 0; i < ROUNDS; ++i) {
        apr_pool_t *p;

        apr_pool_create(&p, *state);
        make(p);
        apr_pool_destroy(p);
    }
}

static void test_every_move(void **state)
{
    rounds(state, every_move);
}

static void test_two_keys(void **state)
{
    rounds(state, two_keys);
}

static void test_issue_or_back(void **state)
{
    rounds(state, issue_or_cancel);
    rounds(state, issue_or_rekey);
    rounds(state, issue_or_correct);
}

static void test_sign_or_cancel(void **state)
{
    rounds(state, sign_or_cancel);
}

int main(void)
{
    const struct CMUnitTest sqlite[] = {
        pool_test(test_every_move), pool_test(test_two_keys),
        pool_test(test_issue_or_back), pool_test(test_sign_or_cancel),
    };
    const struct CMUnitTest pgsql[] = {
        pool_test(test_every_move), pool_test(test_two_keys),
        pool_test(test_issue_or_back), pool_test(test_sign_or_cancel),
        pool_test(test_issue_and_colleague), pool_test(test_other_letter),
    };
    int failed;

    failed = world_run(sqlite);
    return failed + cmocka_run_group_tests(pgsql, world_setup_pgsql,
                                           world_teardown);
}
