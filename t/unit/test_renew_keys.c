/* SPDX-License-Identifier: Apache-2.0
 * renew/credential.h and renew/key.h: files of many programs open, what is
 * made here opens elsewhere, signatures hold.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "pki/cms.h"
#include "pki/cms_make.h"
#include "pki/csr.h"
#include "renew/credential.h"
#include "renew/disk.h"
#include "renew/key.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ITERATIONS 1000

static npie_secret_t *secret(const char *text, apr_pool_t *p)
{
    npie_secret_t *made = npie_secret_make(p);

    made->len = strlen(text);
    memcpy(made->text, text, made->len);
    return made;
}

static const char *corpus(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, NPIE_TOP "/t/browser/pfx/", name, NULL);
}

static npie_bytes_t read_file(const char *path, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };

    assert_int_equal(npie_disk_read(&bytes, path, NPIE_CREDENTIAL_MAX, NULL,
                                    p), APR_SUCCESS);
    return bytes;
}

static apr_status_t open_pfx(npie_credential_t *credential, npie_bytes_t pfx,
                             const char *password, npie_err_t *err,
                             apr_pool_t *p)
{
    const npie_credential_file_t file = { "", pfx };

    return npie_credential_open(credential, &file, 1, secret(password, p),
                                err, p);
}

static void opens(npie_bytes_t pfx, const char *password, const char *name,
                  apr_pool_t *p)
{
    npie_credential_t credential;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (open_pfx(&credential, pfx, password, &err, p) != APR_SUCCESS) {
        fail_msg("%s: %d %s", name, err.problem, err.detail);
    }
    assert_int_equal(EVP_PKEY_eq(credential.key,
                                 X509_get0_pubkey(credential.cert->x509)), 1);
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuses(npie_bytes_t pfx, const char *password,
                    npie_problem_t problem, apr_pool_t *p)
{
    npie_credential_t credential;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(open_pfx(&credential, pfx, password, &err, p),
                     NPIE_EINPUT);
    assert_int_equal(err.problem, problem);
    assert_int_equal(ERR_peek_error(), 0);
}

/* SignedData (RFC 5652) that has no content: it once ended npie-renew. */
#define HOLLOW "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

/* Every file of the corpus; the password is the second column, which is left
 * out when it is empty. */
static void test_corpus(void **state)
{
    char *text, *line, *last, *fields;
    npie_bytes_t list = read_file(corpus("manifest.tsv", *state), *state);
    int count = 0, at = 0;

    text = apr_pstrmemdup(*state, (const char *)list.data, list.len);
    apr_strtok(text, "\n", &last);
    while ((line = apr_strtok(NULL, "\n", &last)) != NULL) {
        char *name = apr_strtok(line, "\t", &fields);
        char *password = apr_strtok(NULL, "\t", &fields);
        apr_pool_t *p;

        if (at++ % (int)unit_stride(15) != 0) {
            continue;
        }
        apr_pool_create(&p, *state);
        opens(read_file(corpus(name, p), p),
              strcmp(password, "openssl") == 0 ? "" : password, name, p);
        apr_pool_destroy(p);
        ++count;
    }
    assert_true(count >= (unit_stride(15) == 1 ? 25 : 2));
}

/* Those that a reader may stumble over; see t/browser/cases/README. */
static void test_odd_files(void **state)
{
    static const struct {
        const char *first;
        const char *second; /* NULL: a PFX alone */
        const char *password;
    } cases[] = {
        { "sin-iteraciones.pfx", NULL, "Prueba123" },
        { "pfx-bmp-latin1.pfx", NULL, "A\u00f1o-nuevo-2026" },
        { "pfx-bmp-latin1.pfx", NULL, "An\u0303o-nuevo-2026" },
        { "pfx-widened-utf8.pfx", NULL, "A\u00f1o-nuevo-2026" },
        { "ejemplo.cer", "ejemplo.key", "Prueba-2026" },
        { "ejemplo.key", "ejemplo.cer", "Prueba-2026" },
        { "ejemplo.cer", "key-latin1.key", "A\u00f1o-nuevo-2026" },
        { "chain-ca-first.pem", "ejemplo.key", "Prueba-2026" },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        const char *names[] = { cases[i].first, cases[i].second };
        npie_credential_file_t files[2];
        npie_credential_t credential;
        npie_err_t err = { 0, NPIE_P_NONE, "" };
        int count = 0;

        for (; count < 2 && names[count] != NULL; ++count) {
            files[count].name = names[count];
            files[count].bytes = read_file(
                corpus(apr_pstrcat(*state, "../cases/", names[count], NULL),
                       *state), *state);
        }
        if (npie_credential_open(&credential, files, count,
                                 secret(cases[i].password, *state), &err,
                                 *state) != APR_SUCCESS) {
            fail_msg("%s: %d %s", names[0], err.problem, err.detail);
        }
        assert_int_equal(npie_credential_open(
                             &credential, files, count,
                             secret("A\u00f1o-nuevo-2027", *state), &err,
                             *state), NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_PASSWORD);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void test_wrong_files(void **state)
{
    npie_bytes_t pfx = read_file(corpus("o-legacy-rc2-40-1024-single.pfx",
                                        *state), *state);
    npie_bytes_t part = pfx;
    unsigned char *copy = apr_pcalloc(*state, pfx.len + 8);
    npie_bytes_t changed = { copy, pfx.len };

    memcpy(copy, pfx.data, pfx.len);
    refuses(pfx, "otra", NPIE_P_PASSWORD, *state);
    refuses(pfx, "", NPIE_P_PASSWORD, *state);
    part.len = pfx.len / 2;
    refuses(part, "Prueba123", NPIE_P_FILE_DAMAGED, *state);
    refuses(unit_bytes("%PDF-1.4\n"), "Prueba123", NPIE_P_FILE_UNKNOWN,
            *state);
    refuses(unit_bytes(""), "Prueba123", NPIE_P_FILE_UNKNOWN, *state);
    refuses(unit_bytes(HOLLOW), "Prueba123", NPIE_P_FILE_UNKNOWN, *state);
    /* The last byte of the MAC's digest is before its salt and count. */
    copy[pfx.len - 20] ^= 1;
    refuses(changed, "Prueba123", NPIE_P_FILE_DAMAGED, *state);
    /* Windows leaves zeros behind. */
    copy[pfx.len - 20] ^= 1;
    changed.len += 8;
    opens(changed, "Prueba123", "zeros after it", *state);
}

static void test_keys(void **state)
{
    static const char *const kinds[] = { "P-256", "P-384", "RSA-2048" };
    const npie_key_rules_t rules = { 2048, 1, 1, NULL };
    const npie_secret_t *password = secret("Llave nueva 27", *state);

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        EVP_PKEY *key, *again;
        npie_csr_t *csr;
        npie_bytes_t pem;
        char *request;
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        if (unit_stride(2) != 1 && strcmp(kinds[i], "RSA-2048") == 0) {
            key = identity_key(kinds[i], *state)->key;
        }
        else {
            assert_int_equal(npie_key_make(&key, kinds[i], &err, *state), 0);
        }
        assert_int_equal(npie_key_request(&request, key, "A064878710_2", &err,
                                          *state), 0);
        assert_int_equal(npie_csr_parse(&csr, unit_bytes(request), &rules,
                                        &err, *state), 0);
        assert_int_equal(strncmp(kinds[i], csr->key_type,
                                 strlen(csr->key_type)), 0);
        assert_int_equal(npie_key_write(&pem, key, password, ITERATIONS, &err,
                                        *state), 0);
        assert_int_equal(npie_key_read(&again, pem, password, &err, *state),
                         0);
        assert_int_equal(EVP_PKEY_eq(key, again), 1);
        assert_int_equal(npie_key_read(&again, pem, secret("otra", *state),
                                       &err, *state), NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_PASSWORD);
    }
    assert_false(npie_key_is_kind("RSA-1024"));
    assert_false(npie_key_is_kind("DSA"));
}

/* An employer under a CA of this test. */
static void make_pair(identity_t **ca, npie_credential_t *employer,
                      const char *kind, apr_pool_t *p)
{
    identity_t *id = identity_key(kind, p);
    forge_t top = { .common_name = "Raíz", .extensions = FORGE_CA,
                    .from = -900, .until = 900 };
    forge_t leaf = { .common_name = "Ana", .extensions = FORGE_LEAF,
                     .from = -400, .until = -200 };

    *ca = identity_key("P-256", p);
    forge_certificate(*ca, &top, p);
    leaf.issuer = *ca;
    forge_certificate(id, &leaf, p);
    employer->key = id->key;
    assert_int_equal(npie_cert_parse(&employer->cert, id->der, NULL, p), 0);
}

static void test_pfx_made(void **state)
{
    apr_array_header_t *chain = apr_array_make(*state, 1,
                                               sizeof(npie_bytes_t));
    npie_credential_t employer, again;
    npie_bytes_t pfx;
    const char *said;
    identity_t *ca;

    make_pair(&ca, &employer, "P-256", *state);
    APR_ARRAY_PUSH(chain, npie_bytes_t) = ca->der;
    assert_int_equal(npie_credential_make_pfx(&pfx, &employer, chain,
                                              "A064878710_2",
                                              secret("Llave nueva 27", *state),
                                              ITERATIONS, NULL, *state), 0);
    assert_int_equal(open_pfx(&again, pfx, "Llave nueva 27", NULL, *state), 0);
    assert_int_equal(EVP_PKEY_eq(employer.key, again.key), 1);
    assert_string_equal(again.cert->common_name, "Ana");
    refuses(pfx, "Llave nueva 26", NPIE_P_PASSWORD, *state);
    forge_file("new.pfx", pfx, *state);
    assert_int_equal(forge_run(&said, *state, "openssl pkcs12 -info -noenc "
                               "-in new.pfx -passin 'pass:Llave nueva 27' "
                               "2>&1"), 0);
    assert_non_null(strstr(said, "MAC: sha256, Iteration 1000"));
    assert_non_null(strstr(said, "MAC length: 32, salt length: 16"));
    assert_non_null(strstr(said, "PBES2, PBKDF2, AES-256-CBC, Iteration 1000"));
    assert_non_null(strstr(said, "friendlyName: A064878710_2"));
    assert_int_equal(forge_run(NULL, *state, "test $(openssl pkcs12 -nokeys "
                               "-in new.pfx -passin 'pass:Llave nueva 27' | "
                               "grep -c BEGIN) = 2"), 0);
}

static void test_signature(void **state)
{
    static const char *const kinds[] = { "RSA-2048", "P-256", "P-384" };
    const npie_bytes_t content[] = { unit_bytes("uno "), unit_bytes("dos") };

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        apr_array_header_t *files = apr_array_make(*state, 1,
                                                   sizeof(const char *));
        npie_cms_rules_t rules = { .min_bits = 1024,
                                   .require_signing_certificate = 1 };
        npie_credential_t employer;
        npie_cert_t *signer, *root;
        npie_trust_t *trust;
        identity_t *ca;
        npie_bytes_t cms;
        const unsigned char *at;
        CMS_ContentInfo *info;
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        make_pair(&ca, &employer, kinds[i], *state);
        assert_int_equal(npie_cert_parse(&root, ca->der, NULL, *state), 0);
        APR_ARRAY_PUSH(files, const char *) = forge_file(
            apr_psprintf(*state, "ca%d.pem", (int)i),
            unit_bytes(npie_cert_pem(root, *state)), *state);
        assert_int_equal(npie_trust_load(&trust, files, NULL, *state), 0);
        rules.trust = trust;
        assert_int_equal(npie_cms_make(&cms, employer.key, employer.cert,
                                       NULL, content, 2, &err, *state), 0);
        if (npie_cms_verify(&signer, cms, content, 2, &rules, &err, *state)
            != APR_SUCCESS) {
            fail_msg("%s: %s", kinds[i], err.detail);
        }
        at = cms.data;
        info = d2i_CMS_ContentInfo(NULL, &at, (long)cms.len);
        assert_non_null(info);
        assert_int_equal(CMS_signed_get_attr_by_NID(
            sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(info), 0),
            NID_pkcs9_signingTime, -1), -1);
        CMS_ContentInfo_free(info);
        assert_int_equal(npie_cms_verify(&signer, cms, content, 1, &rules,
                                         &err, *state), NPIE_ESIGNATURE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_corpus),
        pool_test(test_odd_files),
        pool_test(test_wrong_files),
        pool_test(test_keys),
        pool_test(test_pfx_made),
        pool_test(test_signature),
    };
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
    int failed;

    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(standard);
    return failed;
}
