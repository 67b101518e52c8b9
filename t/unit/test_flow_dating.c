/* SPDX-License-Identifier: Apache-2.0
 * Sealed letters wait for their timestamps, on both databases: an authority
 * that is away for a day, leases, and what is stored.
 */
#include "unit/flow_world.h"

#include <string.h>

#include "flow/dating.h"
#include "flow/seal.h"
#include "store/stamping.h"
#include "unit/forge.h"

#define HOUR apr_time_from_sec(3600)

/* An employer whose two letters are sealed. */
static person_t *sealed_person(apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, p);
    apr_int64_t folio;

    for (int i = 0; i < 2; ++i) {
        assert_call(person, APR_SUCCESS, 0,
                    npie_flow_seal_next(&folio, &person->flow, &person->err));
    }
    return person;
}

static npie_stamping_summary_t summary_of(person_t *person)
{
    npie_stamping_summary_t summary;

    assert_call(person, APR_SUCCESS, 0,
                npie_stamping_summary(&summary, person->flow.registry,
                                      &person->err));
    return summary;
}

/* An authority that nobody listens for. */
static npie_stamper_t away(person_t *person, apr_pool_t *p)
{
    npie_stamper_t stamper = { .signer = person->flow.signer };
    npie_tsa_t *tsa;

    assert_null(npie_tsa_server_parse(&stamper.server, "http://127.0.0.1:1/",
                                      p));
    assert_call(person, APR_SUCCESS, 0, npie_tsa_load(
        &tsa, forge_file("tsa.crt", unit_bytes(npie_cert_pem(
            world->ca->cert, p)), p), &person->err, p));
    stamper.tsa = tsa;
    return stamper;
}

/* Nothing is lost in a day of simulated time, and nothing else is held: both
 * letters are tried in turn, and the reason is kept. */
static void test_away(void **state)
{
    person_t *person = sealed_person(*state);
    const npie_stamper_t stamper = away(person, *state);
    npie_stamping_summary_t summary = summary_of(person);
    npie_dating_t dating;
    apr_int64_t seen[2] = { 0, 0 };

    assert_int_equal(summary.waiting, 2);
    assert_int_equal(summary.until, 0);
    assert_int_equal(summary.failed, 0);
    for (int hour = 0; hour < 24; ++hour) {
        for (int i = 0; i < 2; ++i) {
            assert_call(person, NPIE_EBACKEND, NPIE_P_TIMESTAMP,
                        npie_flow_date_next(&dating, &person->flow, &stamper,
                                            0, person->flow.now,
                                            &person->err));
            assert_false(dating.alone);
            assert_true(dating.folio != seen[0]);
            seen[i] = dating.folio;
        }
        assert_int_equal(npie_flow_date_next(&dating, &person->flow, &stamper,
                                             0, person->flow.now, NULL),
                         APR_NOTFOUND);
        seen[0] = 0;
        person->flow.now += HOUR;
    }
    summary = summary_of(person);
    assert_int_equal(summary.waiting, 2);
    assert_int_equal(summary.failed, 2);
    assert_non_null(strstr(summary.said, "timestamp authority http://127."));
    assert_true(summary.oldest != 0);
}

/* What is being dated by one is nobody else's until its lease ends; who comes
 * second stores nothing. */
static void test_store(void **state)
{
    person_t *person = sealed_person(*state);
    npie_registry_t *registry = person->flow.registry;
    const apr_time_t now = person->flow.now;
    npie_stamping_t stamping = { .count = 1, .first = now,
                                 .until = now + 400 * DAY };
    npie_stamping_t got;
    apr_int64_t one, two, none;

    stamping.stamps = unit_bytes("a timestamp");
    assert_call(person, APR_SUCCESS, 0, npie_stamping_claim(
        &one, registry, NPIE_SEALING_RENEWAL, 0, now, now + HOUR,
        &person->err));
    assert_call(person, APR_SUCCESS, 0, npie_stamping_claim(
        &two, registry, NPIE_SEALING_RENEWAL, 0, now, now + HOUR,
        &person->err));
    assert_true(one != two);
    assert_int_equal(npie_stamping_claim(&none, registry, NPIE_SEALING_RENEWAL,
                                         0, now, now + HOUR, NULL),
                     APR_NOTFOUND);
    assert_int_equal(npie_stamping_get(&got, registry, NPIE_SEALING_RENEWAL,
                                       one, NULL), APR_NOTFOUND);
    assert_call(person, APR_SUCCESS, 0, npie_stamping_set(
        registry, NPIE_SEALING_RENEWAL, one, &stamping, now + 310 * DAY,
        &person->err));
    assert_int_equal(npie_stamping_set(registry, NPIE_SEALING_RENEWAL, one,
                                       &stamping, now, NULL), NPIE_ECONFLICT);
    assert_call(person, APR_SUCCESS, 0, npie_stamping_get(
        &got, registry, NPIE_SEALING_RENEWAL, one, &person->err));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.until, apr_time_from_sec(apr_time_sec(
        stamping.until)));
    assert_int_equal(got.stamps.len, stamping.stamps.len);
    assert_memory_equal(got.stamps.data, stamping.stamps.data,
                        got.stamps.len);
    /* The further one, when it is due and not before. */
    assert_int_equal(npie_stamping_claim(&none, registry, NPIE_SEALING_RENEWAL,
                                         1, now + 309 * DAY, now, NULL),
                     APR_NOTFOUND);
    assert_call(person, APR_SUCCESS, 0, npie_stamping_claim(
        &none, registry, NPIE_SEALING_RENEWAL, 1, now + 311 * DAY,
        now + 312 * DAY, &person->err));
    assert_int_equal(none, one);
}

static const struct CMUnitTest tests[] = {
    pool_test(test_away), pool_test(test_store),
};

int main(void)
{
    const int failed = world_run(tests);

    return failed + cmocka_run_group_tests_name("pgsql", tests,
                                                world_setup_pgsql,
                                                world_teardown);
}
