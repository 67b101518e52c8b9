/* SPDX-License-Identifier: Apache-2.0
 * renew/verify.h: npie-renew takes no certificate and signs no letter that is
 * not its own.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "renew/verify.h"
#include "unit/forge.h"
#include "unit/letter_sample.h"

/* What is handed out, and what is at hand. */
typedef struct scene_t {
    identity_t *ca, *other_ca;
    npie_cert_t *old;
    npie_credential_t fresh;
    const char *trust;
} scene_t;

/* A certificate of A064878710 or of another, until that day. */
static npie_bytes_t certificate(const identity_t *key, const identity_t *ca,
                                const char *rp10, int until, apr_pool_t *p)
{
    identity_t id = { .key = key->key };
    forge_t forge = {
        .common_name = "Ana", .issuer = ca, .extensions = FORGE_LEAF,
        .entries = { { NID_organizationalUnitName, V_ASN1_UTF8STRING, rp10,
                       0 } },
        .from = -40, .until = until,
    };

    forge_certificate(&id, &forge, p);
    X509_free(id.x509);
    return id.der;
}

static identity_t *authority(const char *name, apr_pool_t *p)
{
    forge_t forge = { .common_name = name, .extensions = FORGE_CA,
                      .from = -50, .until = 90 };
    identity_t *id = identity_key("P-256", p);

    forge_certificate(id, &forge, p);
    return id;
}

static npie_cert_t *parse(npie_bytes_t der, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, der, NULL, p), APR_SUCCESS);
    return cert;
}

static scene_t scene(apr_pool_t *p)
{
    scene_t s = { .ca = authority("Raíz", p) };

    s.other_ca = authority("Otra", p);
    s.old = parse(certificate(identity_key("P-256", p), s.ca, "A064878710",
                              -1, p), p);
    s.fresh.key = identity_key("P-256", p)->key;
    s.trust = forge_file("ca.pem", unit_bytes(
        npie_cert_pem(parse(s.ca->der, p), p)), p);
    return s;
}

static apr_status_t take(scene_t *s, npie_bytes_t der, const identity_t *ca,
                         const char *trust, apr_pool_t *p)
{
    apr_array_header_t *chain = apr_array_make(p, 1, sizeof(npie_bytes_t));
    const npie_issued_t issued = { .der = der, .chain = chain, .name = "" };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    APR_ARRAY_PUSH(chain, npie_bytes_t) = ca->der;
    rv = npie_verify_certificate(&s->fresh, &issued, s->old, trust, &err, p);
    assert_int_equal(err.problem, rv == APR_SUCCESS ? NPIE_P_NONE
                                                    : NPIE_P_CERT_NOT_OURS);
    return rv;
}

static void test_certificate(void **state)
{
    apr_pool_t *p = *state;
    scene_t s = scene(p);
    const identity_t own = { .key = s.fresh.key };
    const identity_t *stranger = identity_key("P-256", p);
    npie_bytes_t good = certificate(&own, s.ca, "A064878710", 30, p);
    const char *const trusts[] = { NULL, s.trust };

    for (int i = 0; i < 2; ++i) {
        assert_int_equal(take(&s, good, s.ca, trusts[i], p), APR_SUCCESS);
        assert_int_equal(take(&s, certificate(stranger, s.ca, "A064878710", 30,
                                              p), s.ca, trusts[i], p),
                         NPIE_ESIGNATURE);
        assert_int_equal(take(&s, certificate(&own, s.ca, "Y392655210", 30,
                                              p), s.ca, trusts[i], p),
                         NPIE_ESIGNATURE);
        assert_int_equal(take(&s, certificate(&own, s.ca, "A064878710", -2,
                                              p), s.ca, trusts[i], p),
                         NPIE_ESIGNATURE);
        assert_int_equal(take(&s, good, s.other_ca, trusts[i], p),
                         i == 0 ? NPIE_ESIGNATURE : APR_SUCCESS);
        assert_int_equal(take(&s, unit_bytes("none"), s.ca, trusts[i], p),
                         NPIE_ESIGNATURE);
    }
    /* A chain that holds in itself, of an authority that is not ours. */
    good = certificate(&own, s.other_ca, "A064878710", 30, p);
    assert_int_equal(take(&s, good, s.other_ca, NULL, p), APR_SUCCESS);
    assert_int_equal(take(&s, good, s.other_ca, s.trust, p),
                     NPIE_ESIGNATURE);
}

/* Of each value that a letter is held against, another. */
static void test_letter(void **state)
{
    static const struct {
        npie_letter_kind_t kind;
        const char *rp, *old_spki, *new_spki;
        apr_status_t status;
    } cases[] = {
        { NPIE_LETTER_RENEWAL, NULL, NULL, NULL, APR_SUCCESS },
        { NPIE_LETTER_TERMS, NULL, NULL, NULL, NPIE_EINPUT },
        { NPIE_LETTER_RENEWAL, "Y3926552104", NULL, NULL, NPIE_EINPUT },
        { NPIE_LETTER_RENEWAL, NULL, SAMPLE_NEW, NULL, NPIE_EINPUT },
        { NPIE_LETTER_RENEWAL, NULL, NULL, SAMPLE_OLD, NPIE_EINPUT },
    };
    apr_pool_t *p = *state;
    scene_t s = scene(p);
    npie_letter_art_t *art = sample_art(p);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        sample_t *sample = sample_make(cases[i].kind, p);
        npie_letter_file_t *file;

        sample->letter.old_spki = cases[i].old_spki != NULL
            ? cases[i].old_spki : s.old->spki_sha256;
        sample->letter.new_spki = cases[i].new_spki != NULL
            ? cases[i].new_spki : SAMPLE_NEW;
        if (cases[i].rp != NULL) {
            sample->employer.rp = cases[i].rp;
        }
        assert_int_equal(npie_verify_letter(
            &file, sample_draw(art, &sample->letter, p), NPIE_LETTER_RENEWAL,
            s.old, SAMPLE_NEW, NULL, p), cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_certificate), pool_test(test_letter),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
