/* SPDX-License-Identifier: Apache-2.0
 * pki/cms.h: which signatures hold, whoever made them, and that nothing else
 * passes.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "pki/cms.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONTENT "Carta de Aceptaci\xC3\xB3n de Renovaci\xC3\xB3n\r\n\n"

/* What most tests need: a CA, trusted, and an employer whose certificate ran
 * out half a year ago. */
typedef struct scene_t {
    identity_t *ca;
    identity_t *ana;
    npie_cms_rules_t rules;
    apr_pool_t *p;
} scene_t;

static identity_t *make_employer(const identity_t *ca, const char *kind,
                                 const char *serial, apr_pool_t *p)
{
    identity_t *id = identity_key(kind, p);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                      .issuer = ca, .from = -400, .until = -200,
                      .serial = serial };

    forge_certificate(id, &forge, p);
    return id;
}

static void set_trust(scene_t *scene, const identity_t *ca)
{
    apr_array_header_t *files = apr_array_make(scene->p, 1,
                                               sizeof(const char *));
    npie_trust_t *trust = NULL;
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, ca->der, NULL, scene->p), 0);
    APR_ARRAY_PUSH(files, const char *) =
        forge_file("ca.pem", unit_bytes(npie_cert_pem(cert, scene->p)),
                   scene->p);
    assert_int_equal(npie_trust_load(&trust, files, NULL, scene->p), 0);
    scene->rules.trust = trust;
}

static scene_t make_scene(const char *kind, apr_pool_t *p)
{
    scene_t scene = { identity_key("P-256", p), NULL, { .min_bits = 1024 }, p };
    forge_t forge = { .common_name = "Raíz", .extensions = FORGE_CA,
                      .from = -900, .until = 900 };

    forge_certificate(scene.ca, &forge, p);
    scene.ana = make_employer(scene.ca, kind, "1234", p);
    set_trust(&scene, scene.ca);
    return scene;
}

/* Verifies over CONTENT, and sees that the outcome is whole. */
static void expect(const scene_t *scene, npie_bytes_t cms,
                   apr_status_t status, npie_problem_t problem)
{
    npie_bytes_t content = unit_bytes(CONTENT);
    npie_cert_t *signer = (npie_cert_t *)scene;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_cms_verify(&signer, cms, &content, 1,
                                      &scene->rules, &err, scene->p);

    if (rv != status || err.problem != problem) {
        fail_msg("%d, problem %d: %s", rv, err.problem, err.detail);
    }
    assert_int_equal(ERR_peek_error(), 0);
    if (status == APR_SUCCESS || problem == NPIE_P_UNTRUSTED
        || problem == NPIE_P_KEY_WEAK) {
        assert_non_null(signer);
        assert_string_equal(signer->common_name, "Ana");
    } else {
        assert_null(signer);
    }
}

static void holds(const scene_t *scene, npie_bytes_t cms)
{
    expect(scene, cms, APR_SUCCESS, NPIE_P_NONE);
}

static void no_cms(const scene_t *scene, npie_bytes_t cms)
{
    expect(scene, cms, NPIE_EINPUT, NPIE_P_SIGNATURE);
}

static void no_signature(const scene_t *scene, npie_bytes_t cms)
{
    expect(scene, cms, NPIE_ESIGNATURE, NPIE_P_SIGNATURE);
}

static npie_bytes_t sign(const scene_t *scene, unsigned flags)
{
    return identity_cms(scene->ana, unit_bytes(CONTENT), flags, scene->p);
}

static void test_kinds(void **state)
{
    static const char *const kinds[] = {
        "RSA-1024", "RSA-2048", "P-256", "P-384"
    };

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        scene_t scene = make_scene(kinds[i], *state);

        holds(&scene, sign(&scene, 0));
        holds(&scene, sign(&scene, CMS_CADES));
        holds(&scene, sign(&scene, CMS_CADES | CMS_NOSMIMECAP));
        holds(&scene, sign(&scene, CMS_USE_KEYID));
    }
}

/* Signs CONTENT with the openssl program and these arguments. */
static npie_bytes_t by_openssl(const scene_t *scene, const char *arguments)
{
    const char *out = NULL;

    forge_file("content", unit_bytes(CONTENT), scene->p);
    forge_file("ana.der", scene->ana->der, scene->p);
    identity_write_key(scene->ana, forge_path("ana.key", scene->p));
    if (forge_run(&out, scene->p,
                  "openssl x509 -inform DER -in ana.der -out ana.pem && "
                  "openssl cms -sign -binary -in content -signer ana.pem "
                  "-inkey ana.key -outform DER -out cms.der %s",
                  arguments) != 0) {
        fail_msg("%s", out);
    }
    return forge_read("cms.der", scene->p);
}

static void test_openssl_takes(void **state)
{
    static const char *const arguments[] = {
        "", "-cades", "-md sha384", "-md sha512 -cades", "-keyid",
        "-keyopt rsa_padding_mode:pss -cades", "-certfile ca.pem",
        "-keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha512 -md sha384"
    };
    scene_t scene = make_scene("RSA-2048", *state);

    for (size_t i = 0; i < COUNT(arguments); ++i) {
        holds(&scene, by_openssl(&scene, arguments[i]));
    }
}

static void test_openssl_refuses(void **state)
{
    scene_t scene = make_scene("RSA-2048", *state);
    identity_t *other = make_employer(scene.ca, "RSA-2048", "5678", *state);
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, other->der, NULL, *state), 0);
    forge_file("other.pem", unit_bytes(npie_cert_pem(cert, *state)), *state);
    identity_write_key(other, forge_path("other.key", *state));
    no_cms(&scene, by_openssl(&scene, "-signer other.pem -inkey other.key"));
    no_cms(&scene, by_openssl(&scene, "-nodetach"));
    no_cms(&scene, by_openssl(&scene, "-nocerts"));
    no_cms(&scene, by_openssl(&scene, "-econtent_type 1.2.3.4"));
    no_signature(&scene, by_openssl(&scene, "-noattr"));
    no_signature(&scene, by_openssl(&scene, "-md sha1"));
    no_signature(&scene, by_openssl(&scene, "-md md5"));
    no_signature(&scene, by_openssl(&scene, "-md sha224"));
}

/* Other kinds of CMS, and what is none. */
static void test_other_content(void **state)
{
    scene_t scene = make_scene("RSA-2048", *state);
    unsigned char *zeros = apr_pcalloc(*state, 70000);
    npie_bytes_t bytes = { zeros, 70000 };

    by_openssl(&scene, "");
    assert_int_equal(forge_run(NULL, *state, "openssl cms -encrypt -in "
                               "content -outform DER -out other.der "
                               "ana.pem"), 0);
    no_cms(&scene, forge_read("other.der", *state));
    assert_int_equal(forge_run(NULL, *state, "openssl cms -digest_create "
                               "-in content -outform DER -out other.der"), 0);
    no_cms(&scene, forge_read("other.der", *state));
    assert_int_equal(forge_run(NULL, *state, "openssl crl2pkcs7 -nocrl "
                               "-certfile ana.pem -outform DER -out "
                               "other.der"), 0);
    no_cms(&scene, forge_read("other.der", *state));
    no_cms(&scene, unit_bytes("hola"));
    no_cms(&scene, bytes);
    bytes.len = 10;
    no_cms(&scene, bytes);
    bytes.len = 0;
    no_cms(&scene, bytes);
}

static void test_pieces(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    npie_bytes_t cms = sign(&scene, CMS_CADES);
    npie_bytes_t pieces[3] = { unit_bytes(CONTENT), { NULL, 0 }, { NULL, 0 } };
    npie_cert_t *signer = NULL;
    apr_size_t len = pieces[0].len;

    for (apr_size_t cut = 0; cut <= len; cut += unit_stride(37)) {
        pieces[0].len = cut;
        pieces[2].data = pieces[0].data + cut;
        pieces[2].len = len - cut;
        assert_int_equal(npie_cms_verify(&signer, cms, pieces, 3,
                                         &scene.rules, NULL, *state), 0);
        assert_string_equal(signer->serial, "1234");
    }
}

/* A message made without certificates, with this one put in. */
static npie_bytes_t with_certificate(npie_bytes_t bytes, const identity_t *id,
                                     apr_pool_t *p)
{
    const unsigned char *at = bytes.data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.len);
    unsigned char *der = NULL;
    int len;

    assert_non_null(cms);
    assert_int_equal(CMS_add1_cert(cms, id->x509), 1);
    len = i2d_CMS_ContentInfo(cms, &der);
    assert_true(len > 0);
    bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    return bytes;
}

/* The signature is by somebody else's key, or not over these attributes. */
static void test_false_signature(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    identity_t *mallory;
    npie_bytes_t cms = sign(&scene, CMS_CADES);
    unsigned char *copy = apr_pmemdup(*state, cms.data, cms.len);
    unsigned char *time;

    copy[cms.len - 1] ^= 1;
    cms.data = copy;
    no_signature(&scene, cms);
    copy[cms.len - 1] ^= 1;
    holds(&scene, cms);
    /* signingTime: the last digit of the second. */
    time = memmem(copy, cms.len, "\x01\x09\x05\x31\x0f\x17\x0d", 7);
    assert_non_null(time);
    time[7 + 11] ^= 1;
    no_signature(&scene, cms);
    /* By a key whose certificate has the same issuer and serial. */
    mallory = make_employer(scene.ca, "P-256", "1234", *state);
    cms = identity_cms(mallory, unit_bytes(CONTENT), CMS_NOCERTS, *state);
    no_signature(&scene, with_certificate(cms, scene.ana, *state));
    holds(&scene, with_certificate(cms, mallory, *state));
}

/* The signer names one digest, the algorithm of the signature another. */
static void test_two_digests(void **state)
{
    static const unsigned char ecdsa_sha256[] = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
    };
    scene_t scene = make_scene("P-256", *state);
    npie_bytes_t cms = sign(&scene, CMS_CADES);
    unsigned char *copy = apr_pmemdup(*state, cms.data, cms.len);
    unsigned char *at = copy + cms.len - sizeof(ecdsa_sha256);

    while (memcmp(at, ecdsa_sha256, sizeof(ecdsa_sha256)) != 0) {
        --at;
        assert_true(at > copy);
    }
    cms.data = copy;
    holds(&scene, cms);
    at[sizeof(ecdsa_sha256) - 1] = 0x03;
    no_signature(&scene, cms);
}

static void test_other_bytes(void **state)
{
    scene_t scene = make_scene("P-256", *state);

    expect(&scene, identity_cms(scene.ana, unit_bytes("otra carta"),
                                CMS_CADES, *state),
           NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED);
    expect(&scene, identity_cms(scene.ana, unit_bytes(""), 0, *state),
           NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED);
}

static void test_padding(void **state)
{
    scene_t scene = make_scene("RSA-2048", *state);
    npie_bytes_t cms = sign(&scene, 0), padded;
    unsigned char *room = apr_pcalloc(*state, 65537);

    memcpy(room, cms.data, cms.len);
    padded.data = room;
    for (padded.len = cms.len; padded.len < 16384; padded.len += 1777) {
        holds(&scene, padded);
    }
    padded.len = 65536;
    holds(&scene, padded);
    padded.len = 65537;
    no_cms(&scene, padded);
    room[16000] = 1;
    padded.len = 16384;
    no_cms(&scene, padded);
    padded.len = 16001;
    no_cms(&scene, padded);
    padded.len = 16000;
    holds(&scene, padded);
}

/* A message filled up with certificates beyond what is taken. */
static void test_too_long(void **state)
{
    scene_t scene = make_scene("RSA-2048", *state);
    const char *pem = "";

    for (int i = 0; i < 60; ++i) {
        npie_cert_t *cert = NULL;
        identity_t *id = make_employer(scene.ca, "P-256", "7", *state);

        assert_int_equal(npie_cert_parse(&cert, id->der, NULL, *state), 0);
        pem = apr_pstrcat(*state, pem, npie_cert_pem(cert, *state), NULL);
    }
    forge_file("many.pem", unit_bytes(pem), *state);
    no_cms(&scene, by_openssl(&scene, "-certfile many.pem"));
}

static void test_untrusted(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    scene_t other = make_scene("P-256", *state);
    npie_bytes_t cms = sign(&scene, CMS_CADES);

    holds(&scene, cms);
    scene.rules.trust = other.rules.trust;
    expect(&scene, cms, NPIE_ESIGNATURE, NPIE_P_UNTRUSTED);
}

static void test_weak_key(void **state)
{
    scene_t scene = make_scene("RSA-1024", *state);

    scene.rules.min_bits = 1025;
    expect(&scene, sign(&scene, 0), NPIE_EPOLICY, NPIE_P_KEY_WEAK);
}

/* The chain below a trusted root comes with the message. */
static void test_intermediate(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    identity_t *sub = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Sub", .extensions = FORGE_CA,
                      .issuer = scene.ca, .from = -600, .until = 600 };
    npie_cert_t *cert = NULL;

    forge_certificate(sub, &forge, *state);
    assert_int_equal(npie_cert_parse(&cert, sub->der, NULL, *state), 0);
    forge_file("sub.pem", unit_bytes(npie_cert_pem(cert, *state)), *state);
    scene.ana = make_employer(sub, "P-256", "77", *state);
    expect(&scene, sign(&scene, 0), NPIE_ESIGNATURE, NPIE_P_UNTRUSTED);
    holds(&scene, by_openssl(&scene, "-certfile sub.pem -cades"));
}

static void test_signing_certificate(void **state)
{
    scene_t scene = make_scene("P-256", *state);

    scene.rules.require_signing_certificate = 1;
    no_signature(&scene, sign(&scene, 0));
    holds(&scene, sign(&scene, CMS_CADES));
    holds(&scene, by_openssl(&scene, "-cades -md sha512"));
}

/* Another certificate for the same key, with the same issuer and serial: the
 * signature holds for it too, but a signer who named his certificate meant
 * only that one. */
static void test_substituted_certificate(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    npie_bytes_t plain = sign(&scene, CMS_NOCERTS);
    npie_bytes_t named = sign(&scene, CMS_NOCERTS | CMS_CADES);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                      .issuer = scene.ca, .from = -399, .until = -150,
                      .serial = "1234" };

    holds(&scene, with_certificate(named, scene.ana, *state));
    forge_certificate(scene.ana, &forge, *state);
    holds(&scene, with_certificate(plain, scene.ana, *state));
    no_signature(&scene, with_certificate(named, scene.ana, *state));
}

/* The message with one byte of its signed attributes changed, at this offset
 * of the pattern's first occurrence, and the attributes signed again. The key
 * is RSA, so that the signature, which comes last, keeps its length. */
static npie_bytes_t resigned(const scene_t *scene, const void *pattern,
                             size_t pattern_len, size_t offset,
                             unsigned char change)
{
    static const char content_type[] = "\x30\x18\x06\x09\x2a\x86\x48\x86\xf7"
        "\x0d\x01\x09\x03\x31";
    npie_bytes_t bytes = sign(scene, CMS_CADES | CMS_NOSMIMECAP);
    unsigned char *der = apr_pmemdup(scene->p, bytes.data, bytes.len);
    unsigned char *attributes = memmem(der, bytes.len, content_type,
                                       sizeof(content_type) - 1);
    unsigned char *place;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len, signature_len = 256;

    assert_non_null(attributes);
    attributes -= 3;
    assert_memory_equal(attributes, "\xA0\x81", 2);
    len = attributes[2] + 3u;
    place = memmem(attributes, len, pattern, pattern_len);
    assert_non_null(place);
    place[offset] ^= change;
    /* RFC 5652 section 5.4: signed with the tag of a SET OF. */
    attributes[0] = 0x31;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
                                        scene->ana->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der + bytes.len - signature_len,
                                    &signature_len, attributes, len), 1);
    attributes[0] = 0xA0;
    EVP_MD_CTX_free(ctx);
    bytes.data = der;
    return bytes;
}

/* The DER of the attributes' object identifiers. */
#define OID_CONTENT_TYPE "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
#define OID_DIGEST "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22\x04"
#define OID_DATA "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_CERTIFICATE "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"

static void test_attributes(void **state)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    scene_t scene = make_scene("RSA-2048", *state);

    assert_int_equal(X509_digest(scene.ana->x509, EVP_sha256(), hash, NULL),
                     1);
    holds(&scene, resigned(&scene, OID_DATA, 9, 0, 0));
    no_signature(&scene, resigned(&scene, OID_CONTENT_TYPE, 9, 8, 0x60));
    no_signature(&scene, resigned(&scene, OID_DATA, 9, 8, 0x03));
    no_signature(&scene, resigned(&scene, OID_DIGEST, 12, 8, 0x60));
    no_signature(&scene, resigned(&scene, OID_DIGEST, 12, 11, 0x08));
    expect(&scene, resigned(&scene, OID_DIGEST, 12, 14, 0x01),
           NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED);
    no_signature(&scene, resigned(&scene, hash, 32, 31, 0x80));
    holds(&scene, resigned(&scene, OID_CERTIFICATE, 11, 10, 0x40));
    scene.rules.require_signing_certificate = 1;
    holds(&scene, resigned(&scene, OID_DATA, 9, 0, 0));
    no_signature(&scene, resigned(&scene, OID_CERTIFICATE, 11, 10, 0x40));
}

/* Every cut, and every changed byte: refused, or the very same signature. */
static void test_hostile_bytes(void **state)
{
    scene_t scene = make_scene("P-256", *state);
    npie_bytes_t cms = sign(&scene, CMS_CADES), bytes;
    npie_bytes_t content = unit_bytes(CONTENT);
    npie_cert_t *signer = NULL;
    apr_pool_t *p = NULL;

    apr_pool_create(&p, *state);
    for (apr_size_t n = 0; n < cms.len; n += unit_stride(37)) {
        unsigned char *cut = malloc(n > 0 ? n : 1);

        memcpy(cut, cms.data, n);
        bytes.data = cut;
        bytes.len = n;
        assert_int_not_equal(npie_cms_verify(&signer, bytes, &content, 1,
                                             &scene.rules, NULL, p), 0);
        assert_null(signer);
        free(cut);
        apr_pool_clear(p);
    }
    for (apr_size_t n = 0; n < cms.len * 8; n += 3 * unit_stride(61)) {
        unsigned char *copy = apr_pmemdup(p, cms.data, cms.len);

        copy[n / 8] ^= (unsigned char)(1 << (n % 8));
        bytes.data = copy;
        bytes.len = cms.len;
        if (npie_cms_verify(&signer, bytes, &content, 1, &scene.rules, NULL,
                            p) == APR_SUCCESS) {
            assert_int_equal(signer->der.len, scene.ana->der.len);
            assert_memory_equal(signer->der.data, scene.ana->der.data,
                                scene.ana->der.len);
        }
        assert_int_equal(ERR_peek_error(), 0);
        apr_pool_clear(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_kinds), pool_test(test_openssl_takes),
        pool_test(test_openssl_refuses), pool_test(test_other_content),
        pool_test(test_pieces), pool_test(test_other_bytes),
        pool_test(test_false_signature), pool_test(test_two_digests),
        pool_test(test_padding), pool_test(test_too_long),
        pool_test(test_untrusted), pool_test(test_weak_key),
        pool_test(test_intermediate), pool_test(test_signing_certificate),
        pool_test(test_substituted_certificate), pool_test(test_attributes),
        pool_test(test_hostile_bytes),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
