/* SPDX-License-Identifier: Apache-2.0
 * flow/addition.h: whose additional certificates are whose, and by which of
 * his own an employer may have them.
 */
#include "unit/flow_world.h"

#include <apr_strings.h>

#include "flow/addition.h"
#include "flow/revoke.h"

static const npie_addition_fields_t fields = {
    "Ana Paz", "ana@molinos.example", "Consultas"
};

static npie_addition_t *found(person_t *person, apr_int64_t id)
{
    npie_addition_view_t view;

    assert_ok(person, npie_flow_addition_find(&view, &person->flow,
                                              person->employer.id, id,
                                              &person->err));
    return view.addition;
}

/* A request for which the colleague has made a key. */
static apr_int64_t keyed(person_t *person)
{
    npie_addition_view_t view;
    apr_int64_t id;

    assert_ok(person, npie_flow_addition_request(&id, &person->flow,
                                                 &person->who, &fields, 1,
                                                 &person->err));
    assert_ok(person, npie_flow_addition_find(&view, &person->flow,
                                              person->employer.id, id,
                                              &person->err));
    assert_ok(person, npie_flow_addition_key(&person->flow, &view, NULL,
        fixture_csr(identity_key("P-256", person->p), person->p), "",
        &person->err));
    return id;
}

static apr_status_t sign(person_t *person, apr_int64_t id)
{
    const npie_bytes_t none = { NULL, 0 };
    npie_letter_file_t *parts;

    assert_ok(person, npie_letter_file_parse(&parts, found(person, id)->pdf,
                                             &person->err, person->p));
    return npie_flow_addition_sign(&person->flow, &person->who, id,
        cms_over(&person->old->id, parts->signed_part, 2, person->p), none,
        NULL, &person->err);
}

static apr_int64_t number(const char *sql, apr_pool_t *p)
{
    return apr_atoi64(world_ask(sql, p));
}

/* Gives the employer a second principal certificate, newer than his own. */
static apr_int64_t second(person_t *person)
{
    world_ask(apr_psprintf(person->p, "INSERT INTO certificate (employer,"
        " generation, additional, holder, holder_email, serial, spki, der,"
        " not_before, not_after, status, reason) SELECT employer,"
        " generation + 1, 0, holder, holder_email, serial,"
        " substr(spki, 2) || 'f', der, not_before, not_after, status, reason"
        " FROM certificate WHERE id = %" APR_INT64_T_FMT,
        person->who.certificate), person->p);
    return number("SELECT max(id) FROM certificate", person->p);
}

/* Letter 3 is signed with the certificate that it names; and only with the
 * newest can anything be asked for. */
static void test_principal(void **state)
{
    person_t *person = person_new("P-256", -60 * DAY, *state);
    const apr_int64_t id = keyed(person), newer = second(person);
    apr_int64_t another = 0;

    assert_later(person, npie_flow_addition_request(&another, &person->flow,
                                                    &person->who, &fields, 1,
                                                    &person->err));
    person->who.certificate = newer;
    assert_call(person, NPIE_ECONFLICT, NPIE_P_ADDITIONAL_GONE,
                sign(person, id));
}

/* What is another employer's can be neither revoked nor asked for again, and
 * the colleague has no part in it. */
static void test_stranger(void **state)
{
    person_t *person = person_new("P-256", -60 * DAY, *state);
    person_t *stranger = person_new("P-256", -60 * DAY, *state);
    npie_revoke_done_t revoked;
    apr_int64_t certificate, id = 0;

    person_additional(person);
    certificate = number("SELECT max(id) FROM certificate WHERE additional = 1",
                         *state);
    assert_call(stranger, NPIE_ECONFLICT, NPIE_P_ADDITIONAL_GONE,
                npie_flow_addition_revoke(&revoked, &stranger->flow,
                                          &stranger->who, certificate,
                                          &stranger->err));
    assert_call(stranger, NPIE_ECONFLICT, NPIE_P_ADDITIONAL_GONE,
                npie_flow_addition_again(&id, &stranger->flow, &stranger->who,
                                         0, certificate, &stranger->err));
    person->who.certificate = certificate;
    assert_call(person, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                npie_flow_addition_request(&id, &person->flow, &person->who,
                                           &fields, 1, &person->err));
}

/* A colleague's certificate is not taken in when it outlives the principal one,
 * whatever npie-signer made. */
static void test_outlives(void **state)
{
    static const char moved[] = "UPDATE certificate SET not_after = not_after"
        " %+d WHERE id = %" APR_INT64_T_FMT;
    person_t *person = person_new("P-256", -60 * DAY, *state);
    const apr_int64_t id = keyed(person);

    assert_ok(person, sign(person, id));
    world_ask(apr_psprintf(*state, moved, -86400, person->who.certificate),
              *state);
    assert_call(person, NPIE_EPROTO, NPIE_P_INTERNAL, npie_flow_addition_issue(
        &person->flow, &person->who, id, &person->err));
    assert_non_null(strstr(person->err.detail, "outlives"));
    world_ask(apr_psprintf(*state, moved, 86400, person->who.certificate),
              *state);
    assert_ok(person, npie_flow_addition_issue(&person->flow, &person->who, id,
                                               &person->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_principal), pool_test(test_stranger),
        pool_test(test_outlives),
    };

    return world_run(tests);
}
