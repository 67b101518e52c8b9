/* SPDX-License-Identifier: Apache-2.0
 * flow/port.h: whose sessions end with each move, which one is spared, and
 * what comes of sessions that cannot be ended.
 */
#include "unit/flow_world.h"

#include <apr_strings.h>

#include "flow/mail.h"
#include "flow/publish.h"
#include "flow/revoke.h"
#include "pki/digest.h"

#define OWN "session-of-this-request"

/* What the flow asks for. */
typedef struct asked_t {
    person_t *person;
    apr_array_header_t *keys; /* "key" or "key but mine" */
    int broken;               /* 1: as if Redis were away */
} asked_t;

static apr_status_t end_sessions(void *baton, const char *spki,
                                 const char *spare, npie_err_t *err,
                                 apr_pool_t *p)
{
    asked_t *asked = baton;

    if (asked->broken) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                            "no Redis");
    }
    APR_ARRAY_PUSH(asked->keys, const char *) =
        apr_pstrcat(p, spki, spare != NULL ? " but " : "",
                    spare != NULL ? spare : "", NULL);
    return APR_SUCCESS;
}

/* Readies a person whose flow is listened to. */
static asked_t *attend(person_t *person)
{
    asked_t *asked = apr_pcalloc(person->p, sizeof(*asked));
    npie_port_t *port = apr_pcalloc(person->p, sizeof(*port));

    asked->person = person;
    asked->keys = apr_array_make(person->p, 2, sizeof(const char *));
    port->end_sessions = end_sessions;
    port->baton = asked;
    person->flow.port = port;
    person->who.session = OWN;
    return asked;
}

/* Asked for since the last time, with commas. */
static const char *heard(asked_t *asked)
{
    const char *all = apr_array_pstrcat(asked->person->p, asked->keys, ',');

    apr_array_clear(asked->keys);
    return all;
}

static const char *old_key(const person_t *person)
{
    return person->old->cert->spki_sha256;
}

static const char *spki_at(person_t *person, apr_int64_t certificate)
{
    return world_ask(apr_psprintf(person->p, "SELECT spki FROM certificate"
                                  " WHERE id = %" APR_INT64_T_FMT,
                                  certificate), person->p);
}

static const char *but_mine(person_t *person, const char *spki)
{
    return apr_pstrcat(person->p, spki, " but " OWN, NULL);
}

/* Going on and back ends nobody's session. */
static void test_cancel(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    asked_t *asked = attend(person);

    assert_ok(person, person_rekey(person));
    assert_string_equal(heard(asked), "");
    assert_ok(person, person_cancel(person));
    assert_string_equal(heard(asked), but_mine(person, old_key(person)));
    /* Out of reach: said, and done when it is asked for again. */
    assert_ok(person, person_data(person));
    asked->broken = 1;
    assert_call(person, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                person_cancel(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
    asked->broken = 0;
    assert_ok(person, person_cancel(person));
    assert_string_equal(heard(asked), but_mine(person, old_key(person)));
}

/* Letter 2 ends those of the old certificate, but for the one that signs, and
 * of what hung on it. */
static void test_terms(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    const apr_int64_t additional = person_additional(person);
    asked_t *asked = attend(person);

    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    assert_string_equal(heard(asked),
        apr_pstrcat(person->p, but_mine(person, old_key(person)), ",",
                    but_mine(person, spki_at(person, additional)), NULL));
    asked->broken = 1;
    assert_call(person, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                person_sign(person, NPIE_LETTER_TERMS));
    asked->broken = 0;
    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    assert_string_equal(heard(asked), but_mine(person, old_key(person)));
}

static const char *link_to_stop(person_t *person)
{
    static const char token[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    char hash[NPIE_SHA256_HEX_SIZE];
    npie_link_t link = { .hash = hash, .purpose = NPIE_LINK_STOP,
                         .renewal = person_place(person).renewal->id,
                         .created = person->flow.now,
                         .expires = person->flow.now + DAY };
    apr_array_header_t *list;

    assert_ok(person, npie_outbox_list(&list, person->flow.registry,
                                       link.renewal, &person->err));
    link.outbox = APR_ARRAY_IDX(list, 0, npie_outbox_t *)->id;
    assert_ok(person, npie_sha256_hex(hash, unit_bytes(token)));
    assert_ok(person, npie_link_insert(person->flow.registry, &link,
                                       &person->err));
    return token;
}

/* The link that stops a renewal ends them before and after, and stays good
 * while they are out of reach. */
static void test_stop(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    asked_t *asked = attend(person);
    const char *token;

    person->policy.mail = 1;
    person_to(person, NPIE_RENEWAL_KEYED);
    token = link_to_stop(person);
    asked->broken = 1;
    assert_call(person, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                npie_flow_link_stop(&person->flow, token, &person->err));
    assert_int_equal(person_state(person), NPIE_RENEWAL_KEYED);
    asked->broken = 0;
    assert_ok(person, npie_flow_link_stop(&person->flow, token,
                                          &person->err));
    assert_string_equal(heard(asked), apr_pstrcat(person->p, old_key(person),
                                                  ",", old_key(person), NULL));
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_USED,
                npie_flow_link_stop(&person->flow, token, &person->err));
    assert_string_equal(heard(asked), "");
}

/* Nobody's session outlives a revocation, not even the one that asks. */
static void test_revoke(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const apr_int64_t additional = person_additional(person);
    asked_t *asked = attend(person);
    npie_revoke_done_t revoked;

    assert_ok(person, npie_flow_revoke_own(&revoked, &person->flow,
                                           &person->who, NPIE_LOST_THIS,
                                           NPIE_REASON_KEY_COMPROMISE,
                                           &person->err));
    assert_int_equal(revoked.sessions, APR_SUCCESS);
    assert_int_equal(revoked.signer, APR_SUCCESS);
    assert_string_equal(heard(asked),
        apr_pstrcat(person->p, old_key(person), ",",
                    spki_at(person, additional), NULL));
}

/* Sessions that cannot be ended keep no revocation from being made and told;
 * the job comes back for them, but not for what a renewal has replaced. */
static void test_job(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *renewed = person_at(NPIE_RENEWAL_ISSUED, *state);
    const npie_revocation_t revocation = {
        person->who.certificate, NPIE_REASON_KEY_COMPROMISE, 0
    };
    asked_t *asked = attend(person);
    npie_revoke_done_t revoked;
    int count;

    asked->broken = 1;
    assert_ok(person, npie_flow_revoke(&revoked, &person->flow, "x",
                                       &revocation, &person->err));
    assert_int_equal(revoked.certificates->nelts, 1);
    assert_int_equal(revoked.sessions, NPIE_EBACKEND);
    assert_int_equal(revoked.sessions_err.problem, NPIE_P_SESSIONS_DOWN);
    assert_int_equal(revoked.signer, APR_SUCCESS);
    person_additional(renewed);
    assert_ok(renewed, person_sign(renewed, NPIE_LETTER_TERMS));
    asked->broken = 0;
    assert_ok(person, npie_flow_publish(&count, &person->flow, &person->err));
    assert_non_null(strstr(apr_array_pstrcat(person->p, asked->keys, ','),
                           old_key(person)));
    assert_null(strstr(heard(asked), old_key(renewed)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_cancel), pool_test(test_terms), pool_test(test_stop),
        pool_test(test_revoke), pool_test(test_job),
    };

    return world_run(tests);
}
