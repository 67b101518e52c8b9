/* SPDX-License-Identifier: Apache-2.0
 * Additional certificates from the real npie-signer: what entitles to one,
 * what stands in it, and that it entitles to nothing itself.
 */
#include "unit/signer_fixture.h"

#include <apr_strings.h>

#include "pki/policy.h"

#define MONTH apr_time_from_sec(30 * 86400)
#define POLICY "2.999.1.7"
#define CONF "Rate 100000 1m\nCertificateValidity 12\nPolicy 2.999.1.1\n" \
             "AdditionalPolicy " POLICY "\n"

/* An authority, its signer, and an employer whose certificate is valid. */
typedef struct house_t {
    apr_pool_t *p;
    fixture_ca_t *ca;
    fixture_signer_t *signer;
    fixture_employer_t *employer;
    apr_int64_t folio; /* the last drawn */
} house_t;

static int setup(void **state)
{
    apr_pool_t *p;
    house_t *h;

    apr_initialize();
    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return -1;
    }
    h = apr_pcalloc(p, sizeof(*h));
    h->p = p;
    h->ca = fixture_ca("Autoridad de Prueba", p);
    h->signer = fixture_signer(h->ca, CONF, p);
    h->employer = fixture_employer(h->ca, identity_key("P-256", p),
                                   &fixture_subject,
                                   apr_time_now() - 2 * MONTH, p);
    fixture_signer_start(h->signer);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    house_t *h = *state;

    apr_pool_destroy(h->p);
    apr_terminate();
    return 0;
}

/* What letter 3 of this employer says for a colleague's key. */
static npie_cadena_t *cadena_of(house_t *h, const identity_t *key)
{
    npie_cadena_t *cadena = fixture_cadena(h->employer, key, ++h->folio, h->p);

    cadena->kind = NPIE_LETTER_ADDITIONAL;
    cadena->email = "inaki@molinos.example";
    cadena->holder = "Iñaki Peña";
    cadena->purpose = "Movimientos afiliatorios";
    return cadena;
}

static apr_status_t ask(npie_cert_t **pcert, house_t *h,
                        const npie_cadena_t *cadena, const identity_t *key,
                        const fixture_employer_t *signer, npie_err_t *err)
{
    npie_bytes_t letter = fixture_signed(fixture_letter(cadena, h->p), signer,
                                         h->p);
    npie_bytes_t der;
    apr_status_t rv = npie_signer_issue(&der, &h->signer->client,
                                        fixture_csr(key, h->p), letter, err,
                                        h->p);

    *pcert = rv == APR_SUCCESS ? fixture_parse(der, h->p) : NULL;
    return rv;
}

/* A colleague with the certificate that the signer gave him. */
static fixture_employer_t *colleague(house_t *h)
{
    identity_t *key = identity_key("P-256", h->p);
    fixture_employer_t *one = apr_pmemdup(h->p, h->employer, sizeof(*one));
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (ask(&one->cert, h, cadena_of(h, key), key, h->employer, &err)
        != APR_SUCCESS) {
        fail_msg("problem %d: %s", (int)err.problem, err.detail);
    }
    one->id.key = key->key;
    one->id.x509 = one->cert->x509;
    one->id.der = one->cert->der;
    return one;
}

static void refused(house_t *h, const npie_cadena_t *cadena,
                    const identity_t *key, const fixture_employer_t *signer,
                    npie_problem_t problem)
{
    const int before = fixture_records(h->signer, h->p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert;
    apr_status_t rv = ask(&cert, h, cadena, key, signer, &err);

    if (rv != NPIE_EPOLICY || err.problem != problem) {
        fail_msg("status %d, problem %d instead of %d: %s", rv,
                 (int)err.problem, (int)problem, err.detail);
    }
    assert_int_equal(fixture_records(h->signer, h->p), before);
}

static void test_content(void **state)
{
    house_t *h = *state;
    const npie_cert_t *cert = colleague(h)->cert;

    assert_string_equal(cert->common_name, "Iñaki Peña");
    assert_string_equal(cert->email, "inaki@molinos.example");
    assert_string_equal(cert->organization, fixture_subject.organization);
    assert_string_equal(cert->rp10, fixture_subject.rp10);
    assert_string_equal(cert->rfc, fixture_subject.rfc);
    assert_string_equal(cert->curp, "");
    assert_int_equal(npie_cert_has_policy(cert, POLICY), 1);
    assert_int_equal(npie_cert_has_policy(cert, "2.999.1.1"), 1);
    assert_int_equal(npie_cert_has_policy(h->employer->cert, POLICY), 0);
    /* Twelve months would be more than the principal one has left. */
    assert_true(cert->not_after == h->employer->cert->not_after);
}

/* The certificate of a renewal is no additional one. */
static void test_renewal_unmarked(void **state)
{
    house_t *h = *state;
    identity_t *key = identity_key("P-256", h->p);
    npie_cadena_t *cadena = fixture_cadena(h->employer, key, ++h->folio, h->p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert;

    assert_int_equal(ask(&cert, h, cadena, key, h->employer, &err),
                     APR_SUCCESS);
    assert_int_equal(npie_cert_has_policy(cert, POLICY), 0);
    assert_int_equal(npie_cert_has_policy(cert, "2.999.1.1"), 1);
    assert_string_equal(cert->common_name, fixture_subject.common_name);
}

/* Same letter, same certificate; same letter, other key: none. */
static void test_again(void **state)
{
    house_t *h = *state;
    identity_t *key = identity_key("P-256", h->p);
    identity_t *other = identity_key("P-256", h->p);
    npie_cadena_t *cadena = cadena_of(h, key);
    npie_cadena_t *second;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *first, *again;

    assert_int_equal(ask(&first, h, cadena, key, h->employer, &err), 0);
    assert_int_equal(ask(&again, h, cadena, key, h->employer, &err), 0);
    assert_string_equal(first->serial, again->serial);
    refused(h, cadena, other, h->employer, NPIE_P_ISSUE_REFUSED);
    second = cadena_of(h, other);
    second->folio = cadena->folio;
    refused(h, second, other, h->employer, NPIE_P_ISSUE_REFUSED);
    refused(h, cadena_of(h, key), key, h->employer, NPIE_P_NEW_KEY_SEEN);
}

/* An additional certificate neither renews nor asks for others. */
static void test_principal_only(void **state)
{
    house_t *h = *state;
    fixture_employer_t *one = colleague(h);
    identity_t *key = identity_key("P-256", h->p);
    npie_cadena_t *cadena = cadena_of(h, key);

    cadena->old_spki = one->cert->spki_sha256;
    refused(h, cadena, key, one, NPIE_P_PRINCIPAL_ONLY);
    refused(h, fixture_cadena(one, key, ++h->folio, h->p), key, one,
            NPIE_P_PRINCIPAL_ONLY);
}

/* Unlike a renewal it takes a principal certificate that is valid. */
static void test_expired(void **state)
{
    house_t *h = *state;
    house_t late = *h;
    identity_t *key = identity_key("P-256", h->p);

    late.employer = fixture_expired(h->ca, h->p);
    refused(h, cadena_of(&late, key), key, late.employer,
            NPIE_P_ISSUE_REFUSED);
}

/* Nor one that the signer was told is revoked, whatever the letter. */
static void test_revoked(void **state)
{
    house_t *h = *state;
    house_t lost = *h;
    identity_t *key = identity_key("P-256", h->p);
    npie_signer_revoke_t revoke = { .reason = NPIE_REASON_KEY_COMPROMISE };
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    lost.employer = fixture_employer(h->ca, identity_key("P-256", h->p),
                                     &fixture_subject,
                                     apr_time_now() - MONTH, h->p);
    revoke.certificate = lost.employer->cert->der;
    revoke.revoked = apr_time_now();
    assert_int_equal(npie_signer_revoke(&h->signer->client, &revoke, &err,
                                        h->p), APR_SUCCESS);
    lost.folio += 100;
    refused(h, cadena_of(&lost, key), key, lost.employer,
            NPIE_P_CERT_REVOKED);
    refused(h, fixture_cadena(lost.employer, key, ++lost.folio, h->p), key,
            lost.employer, NPIE_P_CERT_REVOKED);
}

static void test_fields(void **state)
{
    static const char *const long_name =
        "Nombre Nombre Nombre Nombre Nombre Nombre Nombre Nombre Nombre "
        "Nombre Nombre Nombre Nombre Nombre Nombre";
    house_t *h = *state;
    identity_t *key = identity_key("P-256", h->p);
    npie_cadena_t *cadena = cadena_of(h, key);

    cadena->holder = "";
    refused(h, cadena, key, h->employer, NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(h, key);
    cadena->holder = long_name;
    refused(h, cadena, key, h->employer, NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(h, key);
    cadena->purpose = "";
    refused(h, cadena, key, h->employer, NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(h, key);
    cadena->email = "inaki@molinos.example, otro@molinos.example";
    refused(h, cadena, key, h->employer, NPIE_P_EMAIL);
    cadena = cadena_of(h, key);
    cadena->rp = "Y3926552104";
    refused(h, cadena, key, h->employer, NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(h, key);
    cadena->time -= 11 * apr_time_from_sec(86400);
    refused(h, cadena, key, h->employer, NPIE_P_LAPSED);
}

/* A letter signed by somebody else's certificate, of whatever kind. */
static void test_other_signer(void **state)
{
    house_t *h = *state;
    npie_subject_t subject = fixture_subject;
    identity_t *key = identity_key("P-256", h->p);
    fixture_employer_t *other;

    subject.rp10 = "Y392655210";
    other = fixture_employer(h->ca, identity_key("P-256", h->p), &subject,
                             apr_time_now() - MONTH, h->p);
    refused(h, cadena_of(h, key), key, other, NPIE_P_LETTER_SIGNER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_renewal_unmarked),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_principal_only),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_other_signer),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
