/* SPDX-License-Identifier: Apache-2.0
 * pki/cms_chain.h: with the root alone, openssl verifies a signature that was
 * made without its chain, once it is completed.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "pki/cms.h"
#include "pki/cms_chain.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONTENT "Carta de Aceptaci\xC3\xB3n"

/* A root, an issuing authority below it, a person below that. */
typedef struct scene_t {
    identity_t *root, *issuing, *ana;
    npie_trust_t *trust;
    apr_pool_t *p;
} scene_t;

static const char *pem_file(const char *name, const identity_t *id,
                            apr_pool_t *p)
{
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, id->der, NULL, p), APR_SUCCESS);
    return forge_file(name, unit_bytes(npie_cert_pem(cert, p)), p);
}

static scene_t make_scene(apr_pool_t *p)
{
    scene_t scene = { identity_key("P-256", p), identity_key("P-256", p),
                      identity_key("P-256", p), NULL, p };
    forge_t root = { .common_name = "Raíz", .extensions = FORGE_CA,
                     .from = -900, .until = 900 };
    forge_t issuing = { .common_name = "Emisora", .extensions = FORGE_CA,
                        .issuer = scene.root, .from = -900, .until = 900 };
    forge_t ana = { .common_name = "Ana", .extensions = FORGE_LEAF,
                    .issuer = scene.issuing, .from = -30, .until = 30 };
    apr_array_header_t *files = apr_array_make(p, 2, sizeof(const char *));

    forge_certificate(scene.root, &root, p);
    forge_certificate(scene.issuing, &issuing, p);
    forge_certificate(scene.ana, &ana, p);
    APR_ARRAY_PUSH(files, const char *) = pem_file("root.pem", scene.root, p);
    APR_ARRAY_PUSH(files, const char *) = pem_file("issuing.pem",
                                                   scene.issuing, p);
    assert_int_equal(npie_trust_load(&scene.trust, files, NULL, p),
                     APR_SUCCESS);
    forge_file("content", unit_bytes(CONTENT), p);
    return scene;
}

static int openssl_verifies(const scene_t *scene, npie_bytes_t cms)
{
    forge_file("cms.der", cms, scene->p);
    return forge_run(NULL, scene->p, "openssl cms -verify -binary -inform DER "
                     "-in cms.der -content content -CAfile root.pem "
                     "-purpose any -out /dev/null 2>&1") == 0;
}

static npie_bytes_t complete(const scene_t *scene, npie_bytes_t cms)
{
    npie_bytes_t done = { NULL, 0 };

    assert_int_equal(npie_cms_complete(&done, cms, scene->trust, NULL,
                                       scene->p), APR_SUCCESS);
    assert_int_equal(ERR_peek_error(), 0);
    return done;
}

static void test_complete(void **state)
{
    scene_t scene = make_scene(*state);
    npie_cms_rules_t rules = { .trust = scene.trust, .min_bits = 1024 };
    npie_bytes_t content = unit_bytes(CONTENT);
    npie_cert_t *signer = NULL;
    npie_bytes_t bare, whole, again;

    for (int cades = 0; cades < 2; ++cades) {
        bare = identity_cms(scene.ana, content, cades ? CMS_CADES : 0,
                            *state);
        assert_false(openssl_verifies(&scene, bare));
        whole = complete(&scene, bare);
        assert_true(whole.len > bare.len);
        assert_true(openssl_verifies(&scene, whole));
        assert_int_equal(npie_cms_verify(&signer, whole, &content, 1, &rules,
                                         NULL, *state), APR_SUCCESS);
        assert_true(npie_cms_same_signature(bare, whole));
        /* What is complete stays as it is. */
        again = complete(&scene, whole);
        assert_ptr_equal(again.data, whole.data);
        assert_int_equal(again.len, whole.len);
    }
}

static void test_left_alone(void **state)
{
    scene_t scene = make_scene(*state);
    npie_bytes_t content = unit_bytes(CONTENT);
    npie_bytes_t cms = identity_cms(scene.ana, content, 0, *state);
    identity_t *stranger = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF };
    npie_bytes_t other;

    /* Of nobody known. */
    forge_certificate(stranger, &forge, *state);
    other = identity_cms(stranger, content, 0, *state);
    assert_ptr_equal(complete(&scene, other).data, other.data);
    assert_false(npie_cms_same_signature(cms, other));
}

/* With certificates of strangers in it until no room is left for one more. */
static npie_bytes_t crowded(const scene_t *scene, npie_bytes_t cms)
{
    const unsigned char *at = cms.data;
    CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)cms.len);
    apr_size_t room = scene->issuing->der.len - 1;
    unsigned char *der = NULL;
    int len = 0;

    assert_non_null(info);
    while ((apr_size_t)i2d_CMS_ContentInfo(info, NULL) + room
           <= NPIE_CMS_MAX) {
        identity_t *stranger = identity_key("P-256", scene->p);
        forge_t forge = { .common_name = "Otra", .extensions = FORGE_LEAF };

        forge_certificate(stranger, &forge, scene->p);
        assert_int_equal(CMS_add1_cert(info, stranger->x509), 1);
    }
    len = i2d_CMS_ContentInfo(info, &der);
    cms.data = apr_pmemdup(scene->p, der, (apr_size_t)len);
    cms.len = (apr_size_t)len;
    OPENSSL_free(der);
    CMS_ContentInfo_free(info);
    return cms;
}

/* What is made can be verified: it is never longer than a verifier takes. */
static void test_no_room(void **state)
{
    scene_t scene = make_scene(*state);
    npie_cms_rules_t rules = { .trust = scene.trust, .min_bits = 1024 };
    npie_bytes_t content = unit_bytes(CONTENT);
    npie_bytes_t full = crowded(&scene, identity_cms(scene.ana, content, 0,
                                                     *state));
    npie_cert_t *signer = NULL;

    assert_true(full.len <= NPIE_CMS_MAX);
    assert_int_equal(npie_cms_verify(&signer, full, &content, 1, &rules, NULL,
                                     *state), APR_SUCCESS);
    assert_ptr_equal(complete(&scene, full).data, full.data);
}

static void test_no_cms(void **state)
{
    scene_t scene = make_scene(*state);
    npie_bytes_t cases[] = { { NULL, 0 }, unit_bytes("no CMS at all"),
                             scene.ana->der };
    npie_bytes_t cms = identity_cms(scene.ana, unit_bytes(CONTENT), 0, *state);
    npie_bytes_t done;

    for (size_t i = 0; i < COUNT(cases); ++i) {
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        assert_int_equal(npie_cms_complete(&done, cases[i], scene.trust,
                                           &err, *state), NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_SIGNATURE);
        assert_false(npie_cms_same_signature(cms, cases[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_complete), pool_test(test_left_alone),
        pool_test(test_no_room), pool_test(test_no_cms),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
