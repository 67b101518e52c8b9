/* SPDX-License-Identifier: Apache-2.0
 * Parts that fail in the middle of a renewal: every step can be repeated with
 * the same result, and what was signed stays signed.
 */
#include "unit/flow_world.h"

#include "flow/revoke.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <apr_strings.h>


static int records(person_t *person)
{
    return fixture_records(world->signer, person->p);
}

static const char *certificates(person_t *person)
{
    return world_ask(apr_psprintf(person->p,
        "SELECT count(*) FROM certificate WHERE employer = %" APR_INT64_T_FMT,
        person->employer.id), person->p);
}

/* Nobody listens; then somebody does. */
static void test_signer_gone(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const npie_signer_t *signer = person->flow.signer;
    const npie_signer_t gone = {
        .path = apr_pstrcat(*state, world->signer->dir, "/nobody", NULL),
        .timeout = apr_time_from_sec(1)
    };

    person->flow.signer = &gone;
    assert_call(person, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN, person_ask(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    person->flow.signer = signer;
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

/* It answers too late: the certificate is there, and the repetition gets the
 * same one. */
static void test_signer_slow(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const npie_signer_t *patient = person->flow.signer;
    const npie_signer_t hasty = { .path = patient->path,
                                  .timeout = apr_time_from_msec(200) };
    const int before = records(person);

    assert_int_equal(kill(world->signer->pid, SIGSTOP), 0);
    person->flow.signer = &hasty;
    assert_call(person, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN, person_ask(person));
    assert_int_equal(kill(world->signer->pid, SIGCONT), 0);
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    person->flow.signer = patient;
    assert_ok(person, person_ask(person));
    assert_int_equal(records(person), before + 1);
    assert_string_equal(certificates(person), "2");
}

/* The signer has issued, then both it and this server die before the registry
 * knows. */
static void test_killed_between(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const npie_place_t place = person_place(person);
    const int before = records(person);
    npie_cert_t *lost;
    npie_bytes_t der;

    assert_ok(person, npie_signer_issue(&der, person->flow.signer,
                                        place.renewal->csr,
                                        person_letter(person,
                                            NPIE_LETTER_RENEWAL)->pdf,
                                        &person->err, *state));
    assert_ok(person, npie_cert_parse(&lost, der, &person->err, *state));
    assert_true(WIFSIGNALED(fixture_signer_stop(world->signer, SIGKILL)));
    fixture_signer_start(world->signer);
    assert_ok(person, person_issue(person));
    assert_string_equal(person->new_cert->serial, lost->serial);
    assert_int_equal(records(person), before + 1);
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

static void *issue_aside(void *data)
{
    person_t *person = data;
    apr_status_t *rv = apr_palloc(person->p, sizeof(*rv));

    *rv = person_ask(person);
    return rv;
}

/* Begins an issue at another browser while the signer stands still. */
static pthread_t issue_stopped(person_t *other)
{
    pthread_t thread;

    assert_int_equal(kill(world->signer->pid, SIGSTOP), 0);
    assert_int_equal(pthread_create(&thread, NULL, issue_aside, other), 0);
    apr_sleep(apr_time_from_msec(300));
    return thread;
}

static apr_status_t outcome(pthread_t thread)
{
    void *rv = NULL;

    assert_int_equal(pthread_join(thread, &rv), 0);
    return *(apr_status_t *)rv;
}

/* Killed while it is asked: whatever that request came to, the next has the
 * certificate. */
static void test_killed_while(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    apr_pool_t *p;
    pthread_t thread;
    apr_status_t rv;

    apr_pool_create(&p, NULL);
    thread = issue_stopped(person_again(person, p));
    assert_true(WIFSIGNALED(fixture_signer_stop(world->signer, SIGKILL)));
    fixture_signer_start(world->signer);
    rv = outcome(thread);
    assert_true(rv == APR_SUCCESS || rv == NPIE_EBACKEND);
    apr_pool_destroy(p);
    assert_ok(person, person_ask(person));
    assert_string_equal(certificates(person), "2");
    assert_int_equal(person_state(person), NPIE_RENEWAL_ISSUED);
}

/* Another browser goes back to the key while the signer works: what comes of
 * it is never used, and the audit says which certificate that is. */
static void test_unused(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const char *spki = spki_of(person->new_key, *state);
    const char *first;
    pthread_t thread;
    person_t *other;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    other = person_again(person, p);
    thread = issue_stopped(other);
    assert_ok(person, person_rekey(person));
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_CONFIRMED);
    assert_int_equal(kill(world->signer->pid, SIGCONT), 0);
    assert_later(other, outcome(thread));
    apr_pool_destroy(p);
    assert_string_equal(certificates(person), "2");
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT status || ' ' || unused FROM certificate WHERE spki ="
            " '%s'", spki), *state), "revoked 1");
    first = world_ask(apr_psprintf(*state,
        "SELECT detail FROM audit WHERE event = 'issue-unused' AND actor ="
        " '%s'", person->who.actor), *state);
    assert_non_null(strstr(first, spki));
    assert_ok(person, person_issue(person));
    assert_string_equal(person->new_cert->spki_sha256,
                        spki_of(person->new_key, *state));
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

/* The old certificate is revoked while the signer works, by somebody who has
 * no signer to tell: what it makes is taken in as revoked, and the move says
 * why. */
static void test_revoked_meanwhile(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const npie_revocation_t revocation = {
        .certificate = person->who.certificate,
        .reason = NPIE_REASON_KEY_COMPROMISE,
    };
    npie_revoke_done_t revoked;
    pthread_t thread;
    person_t *other;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    other = person_again(person, p);
    thread = issue_stopped(other);
    person->flow.signer = NULL;
    assert_ok(person, npie_flow_revoke(&revoked, &person->flow, "admin",
                                       &revocation, &person->err));
    assert_int_equal(revoked.certificates->nelts, 1);
    assert_int_equal(revoked.signer, APR_ENOTIMPL);
    assert_int_equal(kill(world->signer->pid, SIGCONT), 0);
    assert_call(other, NPIE_EPOLICY, NPIE_P_CERT_REVOKED, outcome(thread));
    apr_pool_destroy(p);
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT group_concat(status || ' ' || reason || ' ' || unused)"
            " FROM certificate WHERE employer = %" APR_INT64_T_FMT,
            person->employer.id), *state),
        "revoked keyCompromise 0,revoked cessationOfOperation 1");
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT state FROM renewal WHERE employer = %" APR_INT64_T_FMT,
            person->employer.id), *state), "cancelled");
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT count(*) FROM audit WHERE event = 'issue-unused' AND"
            " actor = '%s'", person->who.actor), *state), "1");
}

/* Somebody else holds the registry's write lock for longer than anybody
 * waits. */
static void test_registry_locked(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *holder = person_again(person, *state);
    const int before = records(person);

    assert_ok(person, person_data(person));
    assert_ok(person, npie_registry_begin(holder->flow.registry,
                                          &person->err));
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_key(person));
    assert_ok(person, npie_registry_end(holder->flow.registry, 0,
                                        &person->err));
    person_to(person, NPIE_RENEWAL_KEYED);
    assert_ok(person, npie_registry_begin(holder->flow.registry,
                                          &person->err));
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_sign(person, NPIE_LETTER_RENEWAL));
    assert_int_equal(person_state(person), NPIE_RENEWAL_KEYED);
    assert_int_equal(person_letter(person, NPIE_LETTER_RENEWAL)->signed_at,
                     0);
    assert_ok(person, npie_registry_end(holder->flow.registry, 0,
                                        &person->err));
    person_to(person, NPIE_RENEWAL_CONFIRMED);
    assert_ok(person, npie_registry_begin(holder->flow.registry,
                                          &person->err));
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_ask(person));
    assert_ok(person, npie_registry_end(holder->flow.registry, 0,
                                        &person->err));
    assert_int_equal(records(person), before + 1);
    assert_ok(person, person_issue(person));
    assert_int_equal(records(person), before + 1);
    assert_string_equal(certificates(person), "2");
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

/* A statement in the middle of a move fails: nothing of the move stays. The
 * trigger lets the audit's row, the last one written, fail. */
static void test_rolled_back(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const char *audit = "SELECT count(*) FROM audit";
    const char *before = world_ask(audit, *state);

    world_ask("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN"
              " SELECT RAISE(ABORT, 'broken'); END", *state);
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_ask(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    assert_string_equal(certificates(person), "1");
    assert_string_equal(person_place(person).registered.email,
                        "antes@molinos.example");
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_cancel(person));
    world_ask("DROP TRIGGER broken", *state);
    assert_string_equal(world_ask(audit, *state), before);
    person_to(person, NPIE_RENEWAL_ISSUED);
    world_ask("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN"
              " SELECT RAISE(ABORT, 'broken'); END", *state);
    assert_call(person, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                person_sign(person, NPIE_LETTER_TERMS));
    assert_int_equal(person_place(person).certificate->status,
                     NPIE_CERTIFICATE_ACTIVE);
    assert_int_equal(person_place(person).issued->terms_signed, 0);
    world_ask("DROP TRIGGER broken", *state);
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

/* The registry and the signer are not of one mind about whose certificate
 * this is, or about the time. */
static void wrong_certificate(void **state, const char *change,
                              apr_interval_time_t later, const char *detail)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);

    world_ask(apr_psprintf(*state, "%s = %" APR_INT64_T_FMT, change,
                           person->employer.id), *state);
    person->policy.renewal_timeout = 1000 * DAY;
    person->flow.now += later;
    assert_call(person, NPIE_EPROTO, NPIE_P_INTERNAL, person_ask(person));
    assert_non_null(strstr(person->err.detail, detail));
    assert_string_equal(certificates(person), "1");
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
}

static void test_wrong_certificate(void **state)
{
    wrong_certificate(state, "UPDATE renewal SET new_spki = 'beef' ||"
                      " substr(new_spki, 5) WHERE employer", 0,
                      "another key");
    wrong_certificate(state, "UPDATE employer SET rp = 'C' || substr(rp, 2)"
                      " WHERE id", 0, "another employer");
    wrong_certificate(state, "SELECT count(*) FROM employer WHERE id",
                      300 * DAY, "not valid any more");
}

/* Our clock is behind the signer's: nobody's fault but ours, and in time it
 * goes on. */
static void test_clock_behind(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);

    person->flow.now -= apr_time_from_sec(600);
    assert_call(person, NPIE_EBACKEND, NPIE_P_CLOCKS, person_ask(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    person->flow.now += apr_time_from_sec(600);
    assert_call(person, APR_SUCCESS, NPIE_P_NONE, person_ask(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_ISSUED);
}

/* The signer refuses: its problem is the one shown, and the renewal can be
 * made anew. */
static void test_signer_refuses(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    person->flow.now -= 11 * DAY;
    person_to(person, NPIE_RENEWAL_CONFIRMED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LAPSED, person_ask(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    person->flow.now += 11 * DAY;
    assert_true(person_place(person).lapsed);
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_signer_gone), pool_test(test_signer_slow),
        pool_test(test_killed_between), pool_test(test_killed_while),
        pool_test(test_unused), pool_test(test_revoked_meanwhile),
        pool_test(test_registry_locked),
        pool_test(test_rolled_back), pool_test(test_wrong_certificate),
        pool_test(test_clock_behind),
        pool_test(test_signer_refuses),
    };

    return world_run(tests);
}
