/* SPDX-License-Identifier: Apache-2.0
 * flow/revoke.h: revoking at every step of a renewal, with everything real.
 */
#include "unit/flow_world.h"

#include <apr_strings.h>

#include "flow/publish.h"
#include "flow/revoke.h"
#include "store/revocation.h"

static const npie_bytes_t nothing = { NULL, 0 };

static int do_revoke(person_t *person, apr_int64_t certificate,
                  npie_reason_t reason)
{
    const npie_revocation_t revocation = { certificate, reason, 0 };
    npie_revoke_done_t revoked;

    assert_ok(person, npie_flow_revoke(&revoked, &person->flow, "registrador",
                                       &revocation, &person->err));
    return revoked.certificates->nelts;
}

static const char *ask(person_t *person, const char *what)
{
    return world_ask(apr_psprintf(person->p, "SELECT group_concat(%s = %"
                                  APR_INT64_T_FMT, what, person->employer.id),
                     person->p);
}

static const char *certificates(person_t *person)
{
    return ask(person, "status || ' ' || reason || ' ' || unused) FROM"
                       " certificate WHERE employer");
}

static const char *renewals(person_t *person)
{
    return ask(person, "state) FROM renewal WHERE employer");
}

static const char *live_letters(person_t *person)
{
    return ask(person, "l.kind) FROM letter l JOIN renewal r ON r.id ="
                       " l.renewal WHERE voided = 0 AND r.employer");
}

/* The old certificate falls before anything was issued. */
static void test_before_issued(void **state)
{
    static const npie_renewal_state_t states[] = {
        NPIE_RENEWAL_NONE, NPIE_RENEWAL_STARTED, NPIE_RENEWAL_KEYED,
        NPIE_RENEWAL_CONFIRMED
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); ++i) {
        person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
        npie_place_t place;

        if (states[i] != NPIE_RENEWAL_NONE) {
            person_to(person, states[i]);
        }
        assert_int_equal(do_revoke(person, person->who.certificate,
                                NPIE_REASON_KEY_COMPROMISE), 1);
        place = person_place(person);
        assert_int_equal(place.verdict, NPIE_VERDICT_REFUSED);
        assert_int_equal(place.problem, NPIE_P_CERT_REVOKED);
        assert_null(place.renewal);
        assert_string_equal(certificates(person), "revoked keyCompromise 0");
        assert_string_equal(renewals(person),
                            states[i] == NPIE_RENEWAL_NONE ? ""
                                                           : "cancelled");
        assert_string_equal(live_letters(person), "");
        assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                    person_data(person));
        assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                    person_ask(person));
        /* Again: done before. */
        assert_int_equal(do_revoke(person, person->who.certificate,
                                NPIE_REASON_SUPERSEDED), 0);
        assert_string_equal(certificates(person), "revoked keyCompromise 0");
    }
}

/* The old certificate falls with its successor unsigned: both do. */
static void test_old_of_issued(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    person_t *renewed = person_renewed(person, *state);

    assert_int_equal(do_revoke(person, person->who.certificate,
                            NPIE_REASON_KEY_COMPROMISE), 2);
    assert_string_equal(certificates(person),
                        "revoked keyCompromise 0,revoked keyCompromise 1");
    assert_string_equal(renewals(person), "lapsed");
    assert_string_equal(live_letters(person), "1");
    assert_call(renewed, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                person_send(renewed, NPIE_LETTER_TERMS, nothing, nothing,
                            NULL));
    assert_int_equal(person_place(renewed).problem, NPIE_P_CERT_REVOKED);
    assert_int_equal(person_place(person).problem, NPIE_P_CERT_REVOKED);
}

/* The new key was lost before letter 2: the old certificate begins again. */
static void test_new_of_issued(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    person_t *renewed = person_renewed(person, *state);
    npie_revoke_done_t revoked;
    npie_place_t place;

    assert_ok(person, npie_flow_revoke_own(&revoked, &person->flow,
                                           &person->who, NPIE_LOST_NEW,
                                           NPIE_REASON_CESSATION,
                                           &person->err));
    assert_int_equal(revoked.certificates->nelts, 1);
    assert_string_equal(certificates(person),
                        "active  0,revoked cessationOfOperation 1");
    assert_string_equal(renewals(person), "lapsed");
    assert_int_equal(person_place(renewed).problem, NPIE_P_CERT_REVOKED);
    place = person_place(person);
    assert_int_equal(place.verdict, NPIE_VERDICT_RENEWAL);
    assert_null(place.renewal);
    assert_int_equal(place.newest->id, person->who.certificate);
    assert_int_equal(place.generation, 3);
    /* Twice: there is no such new one any more. */
    assert_later(person, npie_flow_revoke_own(&revoked, &person->flow,
                                              &person->who, NPIE_LOST_NEW,
                                              NPIE_REASON_CESSATION,
                                              &person->err));
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_string_equal(certificates(person),
                        "superseded superseded 0,"
                        "revoked cessationOfOperation 1,active  0");
    assert_int_equal(person_place(person_renewed(person, *state)).verdict,
                     NPIE_VERDICT_APPLICATION);
}

/* Proved with the new certificate itself. */
static void test_own(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    person_t *renewed = person_renewed(person, *state);
    npie_revoke_done_t revoked;

    assert_ok(renewed, npie_flow_revoke_own(&revoked, &renewed->flow,
                                            &renewed->who, NPIE_LOST_THIS,
                                            NPIE_REASON_KEY_COMPROMISE,
                                            &renewed->err));
    assert_int_equal(revoked.certificates->nelts, 1);
    assert_int_equal(person_place(person).verdict, NPIE_VERDICT_RENEWAL);
    assert_ok(renewed, npie_flow_revoke_own(&revoked, &renewed->flow,
                                            &renewed->who, NPIE_LOST_THIS,
                                            NPIE_REASON_KEY_COMPROMISE,
                                            &renewed->err));
    assert_int_equal(revoked.certificates->nelts, 0);
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT group_concat(event) FROM (SELECT event FROM audit WHERE"
            " actor = '%s' ORDER BY sequence)", renewed->who.actor),
            *state), "revoke,revoke-renewal");
    /* The old one again, after its renewal completed. */
    person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                npie_flow_revoke_own(&revoked, &person->flow, &person->who,
                                     NPIE_LOST_THIS, NPIE_REASON_CESSATION,
                                     &person->err));
}

/* In use, with a colleague's certificate that hangs on it. */
static void test_completed(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const apr_int64_t additional = person_additional(person);

    assert_int_equal(do_revoke(person, additional,
                            NPIE_REASON_AFFILIATION_CHANGED), 1);
    assert_string_equal(certificates(person),
                        "active  0,revoked affiliationChanged 0");
    person = person_at(NPIE_RENEWAL_NONE, *state);
    person_additional(person);
    assert_int_equal(do_revoke(person, person->who.certificate,
                            NPIE_REASON_PRIVILEGE_WITHDRAWN), 2);
    assert_string_equal(certificates(person),
                        "revoked privilegeWithdrawn 0,"
                        "revoked cessationOfOperation 0");
    person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    assert_int_equal(do_revoke(person,
                            person_renewed(person, *state)->who.certificate,
                            NPIE_REASON_KEY_COMPROMISE), 1);
    assert_string_equal(certificates(person),
                        "superseded superseded 0,revoked keyCompromise 0");
    assert_string_equal(renewals(person), "completed");
    assert_int_equal(person_place(person).problem, NPIE_P_CERT_SUPERSEDED);
}

static void test_refused(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    npie_revocation_t revocation = { 999999, NPIE_REASON_CESSATION, 0 };
    npie_revoke_done_t revoked;

    assert_int_equal(npie_flow_revoke(&revoked, &person->flow, "x", &revocation,
                                      &person->err), APR_NOTFOUND);
    revocation.certificate = person->who.certificate;
    revocation.reason = (npie_reason_t)6;
    assert_call(person, NPIE_EINPUT, NPIE_P_REQUEST,
                npie_flow_revoke(&revoked, &person->flow, "x", &revocation,
                                 &person->err));
    assert_string_equal(certificates(person), "active  0");
}

/* What npie-signer is still to be told. */
static void test_untold(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const npie_revocation_t revocation = {
        person->who.certificate, NPIE_REASON_KEY_COMPROMISE,
        person->flow.now - DAY
    };
    npie_registry_t *registry = person->flow.registry;
    npie_revoke_done_t revoked;
    apr_array_header_t *list;
    const npie_untold_t *last;

    assert_ok(person, npie_flow_revoke(&revoked, &person->flow, "x",
                                       &revocation, &person->err));
    assert_ok(person, npie_certificate_untold(&list, registry, &person->err));
    assert_true(list->nelts > 0);
    last = APR_ARRAY_IDX(list, list->nelts - 1, npie_untold_t *);
    assert_int_equal(last->certificate.id, person->who.certificate);
    assert_string_equal(last->certificate.reason, "keyCompromise");
    assert_int_equal(apr_time_sec(last->invalid_since),
                     apr_time_sec(revocation.invalid_since));
    assert_ok(person, npie_certificate_set_told(registry,
                                                person->who.certificate,
                                                person->flow.now,
                                                &person->err));
    assert_int_equal(npie_certificate_set_told(registry,
                                               person->who.certificate,
                                               person->flow.now, NULL),
                     NPIE_ECONFLICT);
    assert_ok(person, npie_certificate_untold(&list, registry, &person->err));
    for (int i = 0; i < list->nelts; ++i) {
        assert_true(APR_ARRAY_IDX(list, i, npie_untold_t *)->certificate.id
                    != person->who.certificate);
    }
}

static apr_status_t end_sessions(void *baton, const char *spki,
                                 const char *spare, npie_err_t *err,
                                 apr_pool_t *p)
{
    const char *fails_for = baton;

    (void)p;
    assert_null(spare);
    return fails_for == NULL || strcmp(fails_for, spki) != 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN, "no Redis");
}

static apr_status_t renew_answers(void *baton,
                                  const npie_certificate_t *certificate,
                                  npie_err_t *err, apr_pool_t *p)
{
    (void)baton;
    (void)certificate;
    (void)err;
    (void)p;
    return APR_SUCCESS;
}

/* As httpd's job has it. */
static const npie_port_t port = { end_sessions, renew_answers, NULL };

/* What npie-signer was told of is in the audit, once, as its list has it. */
static void test_told(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const npie_revocation_t revocation = {
        person->who.certificate, NPIE_REASON_SUPERSEDED, 0
    };
    const char *ask = apr_psprintf(*state, "SELECT count(*) FROM audit WHERE"
        " event = 'crl' AND actor = 'npie-signer' AND detail ="
        " 'certificate %s, listed'", person->old->cert->serial);
    npie_revoke_done_t revoked;
    int count;

    assert_ok(person, npie_flow_revoke(&revoked, &person->flow, "x",
                                       &revocation, &person->err));
    person->flow.port = &port;
    for (int i = 0; i < 2; ++i) {
        assert_ok(person, npie_flow_publish(&count, &person->flow,
                                            &person->err));
        assert_string_equal(world_ask(ask, *state), "1");
    }
    assert_int_equal(count, 0);
}

static int is_listed(person_t *person)
{
    const ASN1_INTEGER *serial =
        X509_get0_serialNumber(person->old->cert->x509);
    npie_signer_crl_t crl;

    assert_ok(person, npie_signer_crl(&crl, person->flow.signer, &person->err,
                                      person->p));
    return memmem(crl.crl.data, crl.crl.len, ASN1_STRING_get0_data(serial),
                  (size_t)ASN1_STRING_length(serial)) != NULL;
}

/* Sessions that cannot be ended keep nothing off the CRL, and nobody else's
 * certificate waiting; they are tried again. */
static void test_told_without_redis(void **state)
{
    person_t *first = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *second = person_at(NPIE_RENEWAL_NONE, *state);
    const npie_port_t broken = { end_sessions, renew_answers,
                                 (void *)first->old->cert->spki_sha256 };
    int count;

    do_revoke(first, first->who.certificate, NPIE_REASON_KEY_COMPROMISE);
    do_revoke(second, second->who.certificate, NPIE_REASON_KEY_COMPROMISE);
    first->flow.port = &broken;
    assert_call(first, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                npie_flow_publish(&count, &first->flow, &first->err));
    assert_int_equal(count, 1);
    assert_true(is_listed(first));
    assert_true(is_listed(second));
    first->flow.port = &port;
    assert_ok(first, npie_flow_publish(&count, &first->flow, &first->err));
    assert_int_equal(count, 1);
}

/* Ended by a machine whose clock is an hour ahead. */
static void test_told_ahead(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    int count;

    do_revoke(person, person->who.certificate, NPIE_REASON_KEY_COMPROMISE);
    world_ask(apr_psprintf(*state, "UPDATE certificate SET ended = ended +"
                           " 3600, invalid_since = ended + 1800 WHERE id = %"
                           APR_INT64_T_FMT, person->who.certificate), *state);
    person->flow.port = &port;
    assert_ok(person, npie_flow_publish(&count, &person->flow, &person->err));
    assert_int_equal(count, 1);
    assert_true(is_listed(person));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_before_issued), pool_test(test_old_of_issued),
        pool_test(test_new_of_issued), pool_test(test_own),
        pool_test(test_completed), pool_test(test_refused),
        pool_test(test_untold), pool_test(test_told),
        pool_test(test_told_without_redis), pool_test(test_told_ahead),
    };

    return world_run(tests);
}
