/* SPDX-License-Identifier: Apache-2.0
 * npie_flow_login() and npie_flow_login_cert(): who somebody turns out to be.
 */
#include "unit/flow_world.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/evp.h>

static const char challenge[] = "npie login\nhost npie.example\n0123456789";

static npie_bytes_t signed_by(const identity_t *id, apr_pool_t *p)
{
    const npie_bytes_t content = unit_bytes(challenge);

    return cms_over(id, &content, 1, p);
}

/* Whose key a handshake proved is the same as who signed the challenge. */
static void assert_same_by_cert(person_t *person, const identity_t *id,
                                const npie_login_t *signer)
{
    npie_login_t login;

    assert_ok(person, npie_flow_login_cert(&login, &person->flow, id->der,
                                           NULL, &person->err));
    assert_int_equal(login.verdict, signer->verdict);
    assert_int_equal(login.problem, signer->problem);
    assert_string_equal(login.cert->spki_sha256, signer->cert->spki_sha256);
    assert_int_equal(login.certificate == NULL, signer->certificate == NULL);
    assert_int_equal(login.employer == NULL, signer->employer == NULL);
    if (signer->certificate != NULL) {
        assert_int_equal(login.certificate->id, signer->certificate->id);
        assert_int_equal(login.employer->id, signer->employer->id);
    }
}

static npie_login_t login_as(person_t *person, const identity_t *id,
                             const char *user)
{
    npie_login_t login;

    assert_ok(person, npie_flow_login(&login, &person->flow,
                                      unit_bytes(challenge),
                                      signed_by(id, person->p), user,
                                      &person->err));
    if (*user == '\0' || login.problem != NPIE_P_USER) {
        assert_same_by_cert(person, id, &login);
    }
    return login;
}

static npie_login_t login_old(person_t *person, const char *user)
{
    return login_as(person, &person->old->id, user);
}

static void assert_refused(npie_login_t login, npie_problem_t problem)
{
    assert_int_equal(login.verdict, NPIE_VERDICT_REFUSED);
    assert_int_equal(login.problem, problem);
    assert_non_null(login.cert);
}

static void test_verdicts(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    npie_login_t login = login_old(person, person->employer.user);

    assert_int_equal(login.verdict, NPIE_VERDICT_RENEWAL);
    assert_int_equal(login.problem, NPIE_P_NONE);
    assert_int_equal(login.employer->id, person->employer.id);
    assert_int_equal(login.certificate->id, person->who.certificate);
    assert_string_equal(login.cert->serial, person->old->cert->serial);
    person->policy.renew_after = DAY;
    assert_refused(login_old(person, ""), NPIE_P_CERT_TOO_OLD);
    person->policy.renew_after = -1;

    person_to(person, NPIE_RENEWAL_ISSUED);
    assert_int_equal(login_old(person, "").verdict, NPIE_VERDICT_RENEWAL);
    login = login_as(person, person->new_key, "");
    assert_int_equal(login.verdict, NPIE_VERDICT_TERMS);
    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    assert_refused(login_old(person, ""), NPIE_P_CERT_SUPERSEDED);
    login = login_as(person, person->new_key, "");
    assert_int_equal(login.verdict, NPIE_VERDICT_APPLICATION);

    person = person_new("P-256", -170 * DAY, *state);
    assert_int_equal(login_old(person, "").verdict, NPIE_VERDICT_EARLY);
    person->flow.now = person->old->cert->not_before - 1;
    assert_refused(login_old(person, ""), NPIE_P_CERT_NOT_YET);
    assert_ok(person, npie_certificate_end(person->flow.registry,
                                           person->who.certificate,
                                           NPIE_CERTIFICATE_REVOKED,
                                           "keyCompromise", person->flow.now,
                                           &person->err));
    login = login_old(person, "");
    assert_refused(login, NPIE_P_CERT_REVOKED);
    assert_int_equal(login.certificate->ended,
                     apr_time_from_sec(apr_time_sec(person->flow.now)));
}

static void test_user(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_NONE, *state);
    const char *user = person->employer.user;
    char *small = apr_pstrdup(*state, user);

    small[0] = (char)(small[0] | 0x20);
    assert_string_not_equal(small, user);
    assert_int_equal(login_old(person, small).verdict, NPIE_VERDICT_RENEWAL);
    assert_int_equal(login_old(person, apr_psprintf(*state, " %.3s-%s ", user,
                                                    user + 3)).verdict,
                     NPIE_VERDICT_RENEWAL);
    assert_int_equal(login_old(person, person->employer.rp).verdict,
                     NPIE_VERDICT_RENEWAL);
    assert_refused(login_old(person, neighbour->employer.user),
                   NPIE_P_USER);
    assert_refused(login_old(person, apr_pstrcat(*state, user, "x", NULL)),
                   NPIE_P_USER);
    assert_refused(login_old(person, apr_pstrndup(*state, user, 5)),
                   NPIE_P_USER);
}

static fixture_employer_t *certificate(void **state, fixture_ca_t *ca,
                                       const char *rp10, identity_t *key)
{
    npie_subject_t subject = fixture_subject;

    subject.rp10 = rp10;
    return fixture_employer(ca, key, &subject, apr_time_now() + EXPIRED,
                            *state);
}

static void test_unknown(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const char *user = person->employer.user;
    fixture_employer_t *other;
    npie_login_t login;

    other = certificate(state, world->ca, user, identity_key("P-256", *state));
    login = login_as(person, &other->id, user);
    assert_refused(login, NPIE_P_CERT_UNKNOWN);
    assert_null(login.certificate);
    assert_null(login.employer);
    /* The same key in another certificate is another certificate. */
    other = certificate(state, world->ca, user, &person->old->id);
    assert_refused(login_as(person, &other->id, user),
                   NPIE_P_CERT_UNKNOWN);
    other = certificate(state, world->stranger, user, &person->old->id);
    login = login_as(person, &other->id, user);
    assert_refused(login, NPIE_P_UNTRUSTED);
    assert_null(login.certificate);
}

/* In the registry, but its OU names another employer, or none. */
static void test_other_rp(void **state)
{
    static const struct {
        const char *rp10;
        npie_problem_t problem;
    } ous[] = {
        { "A064878710", NPIE_P_CERT_OTHER },
        { "Contabilidad", NPIE_P_CERT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof(ous) / sizeof(ous[0]); ++i) {
        person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
        fixture_employer_t *other = certificate(state, world->ca, ous[i].rp10,
                                                identity_key("P-256", *state));
        npie_certificate_t row = {
            .employer = person->employer.id, .generation = 2, .holder = "",
            .holder_email = "", .serial = other->cert->serial,
            .spki = other->cert->spki_sha256, .der = other->cert->der,
            .not_before = other->cert->not_before,
            .not_after = other->cert->not_after, .reason = "",
        };

        assert_ok(person, npie_certificate_insert(&row.id,
                                                  person->flow.registry, &row,
                                                  &person->err));
        assert_refused(login_as(person, &other->id, ""),
                       ous[i].problem);
    }
}

static void test_weak(void **state)
{
    person_t *person = person_new("RSA-1024", EXPIRED, *state);

    assert_int_equal(login_old(person, "").verdict, NPIE_VERDICT_RENEWAL);
    person->policy.old_key_min_bits = 2048;
    assert_refused(login_old(person, ""), NPIE_P_KEY_WEAK);
}

static void test_nothing_proved(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    npie_bytes_t cms = signed_by(&person->old->id, *state);
    unsigned char *copy = apr_pmemdup(*state, cms.data, cms.len);
    npie_login_t login;

    assert_call(person, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                npie_flow_login(&login, &person->flow,
                                unit_bytes("another challenge"), cms, "",
                                &person->err));
    assert_null(login.cert);
    copy[cms.len - 1] ^= 1;
    cms.data = copy;
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                npie_flow_login(&login, &person->flow, unit_bytes(challenge),
                                cms, "", &person->err));
    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE,
                npie_flow_login(&login, &person->flow, unit_bytes(challenge),
                                unit_bytes("no CMS"), "", &person->err));
    cms.data = NULL;
    cms.len = 0;
    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE,
                npie_flow_login(&login, &person->flow, unit_bytes(challenge),
                                cms, "", &person->err));
    assert_call(person, NPIE_EINPUT, NPIE_P_CERT_MALFORMED,
                npie_flow_login_cert(&login, &person->flow,
                                     unit_bytes("no certificate"), NULL,
                                     &person->err));
}

/* Logins by a proved certificate, let in or not; others are nobody's. */
static void test_audited(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const char *spki = person->old->cert->spki_sha256;
    const char *ask = apr_psprintf(*state, "SELECT event || ' ' || detail FROM"
                                   " audit WHERE actor = '%s' ORDER BY"
                                   " sequence", person->old->cert->serial);
    npie_login_t login;

    assert_ok(person, npie_flow_login(&login, &person->flow,
                                      unit_bytes(challenge),
                                      signed_by(&person->old->id, *state), "",
                                      &person->err));
    person->policy.renew_after = DAY;
    assert_ok(person, npie_flow_login_cert(&login, &person->flow,
                                           person->old->id.der, NULL,
                                           &person->err));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                npie_flow_login(&login, &person->flow, unit_bytes("another"),
                                signed_by(&person->old->id, *state), "",
                                &person->err));
    assert_string_equal(world_ask(ask, *state), apr_psprintf(*state,
        "login renewal, key %s, employer %d\n"
        "login-refused certificate-too-old, key %s, employer %d", spki,
        (int)person->employer.id, spki, (int)person->employer.id));
}

/* A renewal over its time does not keep a certificate alive, nor does login
 * end it. */
static void test_lapsed(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    person_to(person, NPIE_RENEWAL_KEYED);
    person->policy.renew_after = DAY;
    assert_int_equal(login_old(person, "").verdict, NPIE_VERDICT_RENEWAL);
    person->flow.now += 10 * DAY;
    assert_refused(login_old(person, ""), NPIE_P_CERT_TOO_OLD);
    assert_true(person_place(person).lapsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_verdicts), pool_test(test_user),
        pool_test(test_unknown), pool_test(test_other_rp),
        pool_test(test_weak), pool_test(test_nothing_proved),
        pool_test(test_lapsed), pool_test(test_audited),
    };

    return world_run(tests);
}
