/* SPDX-License-Identifier: Apache-2.0
 * First certificates that come in by logging in.
 */
#include "unit/unit.h"

#include <apr_strings.h>

#include "store/revocation.h"
#include "unit/flow_world.h"

static const char challenge[] = "npie login\nhost npie.example\n0123456789";

/* Somebody registered without a certificate; the one at hand says this. */
static person_t *person_first(const npie_subject_t *says, apr_pool_t *p)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, p);
    npie_subject_t subject = *says;

    world_ask(apr_psprintf(p, "DELETE FROM certificate WHERE id = %"
                           APR_INT64_T_FMT, person->who.certificate), p);
    subject.rp10 = person->employer.user;
    person->old = fixture_employer(world->ca, identity_key("P-256", p),
                                   &subject, apr_time_now() + EXPIRED, p);
    person->policy.adopt = 1;
    return person;
}

static npie_login_t login_with(person_t *person, const identity_t *id,
                               const char *user)
{
    const npie_bytes_t text = unit_bytes(challenge);
    npie_login_t login;

    assert_ok(person, npie_flow_login(&login, &person->flow, text,
                                      cms_over(id, &text, 1, person->p), user,
                                      &person->err));
    return login;
}

static npie_login_t login_first(person_t *person, const char *user)
{
    return login_with(person, &person->old->id, user);
}

static const char *rows(person_t *person)
{
    return world_ask(apr_psprintf(person->p, "SELECT count(*) FROM certificate"
                                  " WHERE employer = %" APR_INT64_T_FMT,
                                  person->employer.id), person->p);
}

static void assert_unknown(person_t *person, const char *user)
{
    npie_login_t login = login_first(person, user);

    assert_int_equal(login.verdict, NPIE_VERDICT_REFUSED);
    assert_int_equal(login.problem, NPIE_P_CERT_UNKNOWN);
    assert_null(login.certificate);
    assert_string_equal(rows(person), "0");
}

static void test_adopted(void **state)
{
    person_t *person = person_first(&fixture_subject, *state);
    const char *user = person->employer.user;
    npie_login_t login;
    npie_login_t by_cert;

    person->policy.adopt = 0;
    assert_unknown(person, user);
    person->policy.adopt = 1;
    assert_unknown(person, "");
    assert_unknown(person, "OTHERUSER");
    assert_ok(person, npie_flow_login_cert(&by_cert, &person->flow,
                                           person->old->id.der, NULL,
                                           &person->err));
    assert_int_equal(by_cert.problem, NPIE_P_CERT_UNKNOWN);

    login = login_first(person, user);
    assert_int_equal(login.verdict, NPIE_VERDICT_RENEWAL);
    assert_int_equal(login.problem, NPIE_P_NONE);
    assert_int_equal(login.employer->id, person->employer.id);
    assert_int_equal(login.certificate->generation, 1);
    assert_int_equal(login.certificate->terms_signed,
                     person->old->cert->not_before);
    assert_string_equal(rows(person), "1");
    assert_string_equal(world_ask(apr_psprintf(
        *state, "SELECT count(*) FROM audit WHERE event = 'adopt' AND"
        " actor = '%s'", person->old->cert->serial), *state), "1");

    login = login_first(person, "");
    assert_int_equal(login.verdict, NPIE_VERDICT_RENEWAL);
    assert_string_equal(rows(person), "1");
    person->who.certificate = login.certificate->id;
    person->who.actor = person->old->cert->serial;
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

/* Once he has one, or had, no other comes in. */
static void test_second(void **state)
{
    person_t *person = person_first(&fixture_subject, *state);
    const char *user = person->employer.user;
    npie_subject_t subject = fixture_subject;
    fixture_employer_t *other;
    npie_login_t login;

    subject.rp10 = user;
    other = fixture_employer(world->ca, identity_key("P-256", *state),
                             &subject, apr_time_now() - DAY, *state);
    login = login_first(person, user);
    assert_int_equal(login.verdict, NPIE_VERDICT_RENEWAL);
    /* Whatever generation it is: the database alone refuses a second first. */
    for (int generation = 1; generation <= 3; generation += 2) {
        world_ask(apr_psprintf(*state, "UPDATE certificate SET generation = %d"
                               " WHERE employer = %" APR_INT64_T_FMT,
                               generation, person->employer.id), *state);
        login = login_with(person, &other->id, user);
        assert_int_equal(login.problem, NPIE_P_CERT_UNKNOWN);
        assert_string_equal(rows(person), "1");
    }

    person = person_first(&fixture_subject, *state);
    assert_ok(person, npie_key_note(person->flow.registry,
                                    person->old->cert->spki_sha256,
                                    person->flow.now, &person->err));
    assert_unknown(person, person->employer.user);
}

/* The certificate must name the same person. */
static void test_person(void **state)
{
    static const struct {
        const char *name;
        const char *curp;
        const char *rfc;
        int adopted;
    } people[] = {
        { "Otra Persona", "BOXW310820HNERXN09", "AUA881212566", 1 },
        { "Otra Persona", "BOXW310820HNERXN09", "", 1 },
        { "Ximena Ñandú Bolaños", "AAPR630321HDFLRC09", "AUA881212566", 0 },
        { "Ximena Ñandú Bolaños", "BOXW310820HNERXN09", "SAT970701NN3", 0 },
        { "Ximena Ñandú Bolaños", "", "SAT970701NN3", 0 },
        { "XIMENA NANDU BOLANOS", "", "", 1 },
        { "BOLAÑOS ÑANDÚ, XIMENA ROCÍO", "", "AUA881212566", 1 },
        { "Ximena Ñandú", "", "", 0 },
        { "Ximenas Ñandú Bolaños", "", "", 0 },
        { "Otra Persona", "", "AUA881212566", 0 },
    };

    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        npie_subject_t subject = fixture_subject;
        person_t *person;

        subject.common_name = people[i].name;
        subject.curp = people[i].curp;
        subject.rfc = people[i].rfc;
        person = person_first(&subject, *state);
        if (people[i].adopted) {
            npie_login_t login = login_first(person, person->employer.user);

            assert_int_equal(login.verdict, NPIE_VERDICT_RENEWAL);
        }
        else {
            assert_unknown(person, person->employer.user);
        }
    }
}

static void test_untrusted(void **state)
{
    person_t *person = person_first(&fixture_subject, *state);
    npie_subject_t subject = fixture_subject;
    npie_login_t login;

    subject.rp10 = person->employer.user;
    person->old = fixture_employer(world->stranger,
                                   identity_key("P-256", *state), &subject,
                                   apr_time_now() + EXPIRED, *state);
    login = login_first(person, person->employer.user);
    assert_int_equal(login.problem, NPIE_P_UNTRUSTED);
    assert_string_equal(rows(person), "0");

    subject.rp10 = "B999999999";
    person->old = fixture_employer(world->ca, identity_key("P-256", *state),
                                   &subject, apr_time_now() + EXPIRED,
                                   *state);
    assert_unknown(person, person->employer.user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_adopted),
        pool_test(test_second),
        pool_test(test_person),
        pool_test(test_untrusted),
    };

    return world_run(tests);
}
