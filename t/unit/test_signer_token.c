/* SPDX-License-Identifier: Apache-2.0
 * The real npie-signer with its keys in a SoftHSM: certificates, seals,
 * revocation lists and OCSP answers; what it says when the token, the PIN or
 * the key is not what it should be; and a token that is taken away while it
 * serves.
 */
#include "unit/seal_scene.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/ocsp.h>

#include "pki/ocsp.h"
#include "unit/letter_sample.h"
#include "unit/signer_fixture.h"
#include "unit/soft_token.h"

#define CA_URI "pkcs11:token=one;object=npie-ca"
#define SEAL_URI "pkcs11:token=one;object=npie-seal;type=private"

/* A token with the scene's keys, and a signer that has them from there. */
typedef struct stage_t {
    soft_token_t *soft;
    fixture_ca_t ca;
    fixture_signer_t *signer;
} stage_t;

/* What the signer's user is to use is his. */
static void hand_over(const char *path, apr_pool_t *p)
{
    if (geteuid() == 0
        && system(apr_psprintf(p, "chown -R nobody '%s'", path)) != 0) {
        fail_msg("chown %s", path);
    }
}

static void import(const stage_t *stage, const identity_t *id,
                   const char *object, apr_pool_t *p)
{
    const char *file = apr_pstrcat(p, stage->soft->dir, "/import.pem", NULL);

    identity_write_key(id, file);
    soft_token_import(stage->soft, "one", file, object, p);
    unlink(file);
}

static const char *write_pin(const stage_t *stage, const char *pin, int mode,
                             apr_pool_t *p)
{
    const char *file = apr_pstrcat(p, stage->soft->dir, "/pin", NULL);

    unlink(file);
    fixture_write(file, unit_bytes(apr_pstrcat(p, pin, "\n", NULL)), mode);
    return file;
}

/* Another key, seal's key and PIN file than the fixture's. */
static void configure(stage_t *stage, const char *key, const char *seal_key,
                      const char *more, apr_pool_t *p)
{
    const npie_bytes_t conf = fixture_read(stage->signer->conf, p);
    char *rest, *text = apr_pstrdup(p, (const char *)conf.data);
    const char *out = "";

    for (char *line = apr_strtok(text, "\n", &rest); line != NULL;
         line = apr_strtok(NULL, "\n", &rest)) {
        if (strncmp(line, "Key ", 4) == 0) {
            line = apr_pstrcat(p, "Key ", key, NULL);
        }
        else if (strncmp(line, "SealKey ", 8) == 0) {
            line = apr_pstrcat(p, "SealKey ", seal_key, NULL);
        }
        out = apr_pstrcat(p, out, line, "\n", NULL);
    }
    fixture_write(stage->signer->conf, unit_bytes(apr_psprintf(
        p, "%sPKCS11Module " SOFT_MODULE "\nPKCS11Environment "
        "SOFTHSM2_CONF=%s\nPINFile %s/pin\n%s", out, stage->soft->conf,
        stage->soft->dir, more)), 0644);
}

static stage_t *set_up(apr_pool_t *p)
{
    stage_t *stage = apr_pcalloc(p, sizeof(*stage));

    stage->soft = soft_token_make("one", p);
    stage->ca.id = scene->ca;
    stage->ca.cert = fixture_parse(scene->ca->der, p);
    import(stage, scene->ca, "npie-ca", p);
    import(stage, scene->institute, "npie-seal", p);
    hand_over(stage->soft->tokens, p);
    write_pin(stage, SOFT_PIN, 0400, p);
    stage->signer = fixture_signer(&stage->ca, fixture_seal(scene->institute,
                                                            p), p);
    /* httpd hands nothing on. */
    unsetenv("SOFTHSM2_CONF");
    return stage;
}

static stage_t *started(apr_pool_t *p)
{
    stage_t *stage = set_up(p);

    configure(stage, CA_URI, SEAL_URI, "", p);
    fixture_signer_start(stage->signer);
    return stage;
}

static apr_status_t issue(npie_bytes_t *der, const stage_t *stage,
                          npie_err_t *err, apr_pool_t *p)
{
    return npie_signer_issue(der, &stage->signer->client,
                             fixture_csr(scene->new, p), scene->letter[1],
                             err, p);
}

/* openssl verify agrees. */
static void judge(const stage_t *stage, npie_bytes_t der, apr_pool_t *p)
{
    npie_cert_t *cert = fixture_parse(der, p);
    const char *file = apr_pstrcat(p, stage->soft->dir, "/issued.pem", NULL);

    fixture_write(file, unit_bytes(npie_cert_pem(cert, p)), 0644);
    if (system(apr_psprintf(p, "openssl verify -partial_chain -trusted "
                            "'%s/ca.crt' '%s' > /dev/null",
                            stage->signer->dir, file)) != 0) {
        fail_msg("openssl verify");
    }
    unlink(file);
}

static void judge_crl(const stage_t *stage, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_crl_t got;
    const unsigned char *at;
    X509_CRL *crl;

    if (npie_signer_crl(&got, &stage->signer->client, &err, p)
        != APR_SUCCESS) {
        fail_msg("crl: %s", err.detail);
    }
    at = got.crl.data;
    crl = d2i_X509_CRL(NULL, &at, (long)got.crl.len);
    assert_non_null(crl);
    assert_int_equal(X509_CRL_verify(
        crl, X509_get0_pubkey(stage->ca.cert->x509)), 1);
    X509_CRL_free(crl);
}

static npie_bytes_t ocsp_question(const stage_t *stage, npie_bytes_t der,
                                  apr_pool_t *p)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    npie_cert_t *cert = fixture_parse(der, p);
    unsigned char *data = NULL;
    npie_bytes_t bytes;
    int len;

    assert_non_null(OCSP_request_add0_id(request, OCSP_cert_to_id(
        EVP_sha1(), cert->x509, stage->ca.cert->x509)));
    len = i2d_OCSP_REQUEST(request, &data);
    assert_true(len > 0);
    bytes.data = apr_pmemdup(p, data, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    OPENSSL_free(data);
    OCSP_REQUEST_free(request);
    return bytes;
}

static apr_status_t ask_ocsp(npie_signer_ocsp_t *answer, const stage_t *stage,
                             npie_bytes_t der, npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 1, sizeof(npie_bytes_t));

    APR_ARRAY_PUSH(known, npie_bytes_t) = der;
    return npie_signer_ocsp(answer, &stage->signer->client,
                            ocsp_question(stage, der, p), known, err, p);
}

/* The answer is by a key that the CA's vouches for. */
static void judge_ocsp(const stage_t *stage, npie_bytes_t der, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_ocsp_t answer;
    X509_STORE *store = X509_STORE_new();
    const unsigned char *at;
    OCSP_RESPONSE *response;
    OCSP_BASICRESP *basic;

    if (ask_ocsp(&answer, stage, der, &err, p) != APR_SUCCESS) {
        fail_msg("ocsp: %s", err.detail);
    }
    at = answer.response.data;
    response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer.response.len);
    assert_int_equal(OCSP_response_status(response),
                     OCSP_RESPONSE_STATUS_SUCCESSFUL);
    basic = OCSP_response_get1_basic(response);
    X509_STORE_add_cert(store, stage->ca.cert->x509);
    assert_int_equal(OCSP_basic_verify(basic, NULL, store, 0), 1);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    X509_STORE_free(store);
}

static apr_status_t seal(const stage_t *stage, npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t section;
    apr_status_t rv = npie_signer_seal(&section, &stage->signer->client,
                                       scene->letter[1], err, p);

    if (rv == APR_SUCCESS) {
        assert_int_equal(seal_look(seal_joined(scene->letter[1], section, p),
                                   p)->outcome, NPIE_OUTCOME_SEALED);
    }
    return rv;
}

static void test_serves(void **state)
{
    apr_pool_t *p = *state;
    stage_t *stage = started(p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t der;

    if (issue(&der, stage, &err, p)
        != APR_SUCCESS) {
        fail_msg("issue: %s", err.detail);
    }
    judge(stage, der, p);
    judge_crl(stage, p);
    judge_ocsp(stage, der, p);
    assert_int_equal(seal(stage, &err, p), APR_SUCCESS);
    fixture_alive(stage->signer, 1);
    assert_int_equal(fixture_signer_stop(stage->signer, SIGTERM), 0);
}

/* While it is away nothing is issued, nor noted as issued; what needs no key
 * goes on. Put in again it serves as before. */
static void test_taken_away(void **state)
{
    apr_pool_t *p = *state;
    stage_t *stage = started(p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_ocsp_t answer;
    npie_bytes_t der;

    fixture_alive(stage->signer, 0);
    soft_token_pull(stage->soft, p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(issue(&der, stage, &err, p),
                         NPIE_EBACKEND);
        assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
        assert_non_null(strstr(err.detail, "pkcs11:token=one"));
        assert_int_equal(ask_ocsp(&answer, stage, scene->old->der, &err, p),
                         NPIE_EBACKEND);
    }
    assert_int_equal(fixture_records(stage->signer, p), 0);
    fixture_alive(stage->signer, 0);
    soft_token_plug(stage->soft, p);
    if (issue(&der, stage, &err, p) != APR_SUCCESS) {
        fail_msg("plugged in again: %s", err.detail);
    }
    judge(stage, der, p);
    judge_crl(stage, p);
    soft_token_pull(stage->soft, p);
    assert_int_equal(seal(stage, &err, p), NPIE_EBACKEND);
    soft_token_plug(stage->soft, p);
    assert_int_equal(seal(stage, &err, p), APR_SUCCESS);
    fixture_alive(stage->signer, 1);
    assert_int_equal(fixture_records(stage->signer, p), 1);
    assert_true(fixture_said(stage->signer, "problem 92", p));
}

static int checked(const stage_t *stage, apr_pool_t *p)
{
    const int status = system(apr_psprintf(
        p, "'" NPIE_BUILD "/npie-signer' -t -f '%s' 2>> '%s'",
        stage->signer->conf,
        stage->signer->said));

    return WEXITSTATUS(status);
}

/* Neither -t nor a start takes it, and the PIN is told nobody. */
static void does_not_start(const stage_t *stage, const char *why,
                           apr_pool_t *p)
{
    unlink(stage->signer->said);
    assert_int_equal(checked(stage, p), 254);
    if (!fixture_said(stage->signer, why, p)) {
        fail_msg("-t did not say %s, but %s", why, (const char *)
                 fixture_read(stage->signer->said, p).data);
    }
    fixture_signer_start(stage->signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(stage->signer)), 254);
    assert_false(fixture_said(stage->signer, "161803", p));
}

/* A setting and the one complaint about it. */
static void test_configuration(void **state)
{
    apr_pool_t *p = *state;
    stage_t *stage = set_up(p);
    const npie_bytes_t plain = fixture_read(stage->signer->conf, p);
    static const struct {
        const char *key;
        const char *seal_key;
        const char *more;
        const char *why;
    } wrong[] = {
        { SEAL_URI, SEAL_URI, "", "not by the certificate's key" },
        { CA_URI, CA_URI, "", "not by the certificate's key" },
        { "pkcs11:token=one;object=none", SEAL_URI, "",
          "no such private key" },
        { "pkcs11:token=two;object=npie-ca", SEAL_URI, "",
          "no such token" },
        { "pkcs11:token=one;object=npie-ca?pin-value=161803", SEAL_URI, "",
          "a PIN has no place in it" },
        { CA_URI "?module-path=/nowhere.so", SEAL_URI, "", "/nowhere.so" },
        { CA_URI, SEAL_URI, "PKCS11Environment LD_PRELOAD=/x\n",
          "it is NAME=value" },
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fixture_write(stage->signer->conf, plain, 0644);
        configure(stage, wrong[i].key, wrong[i].seal_key, wrong[i].more, p);
        does_not_start(stage, wrong[i].why, p);
    }
    fixture_write(stage->signer->conf, plain, 0644);
    configure(stage, CA_URI, SEAL_URI, "", p);
    write_pin(stage, "161803", 0400, p);
    does_not_start(stage, "refuses this PIN", p);
    write_pin(stage, SOFT_PIN, 0444, p);
    does_not_start(stage, "it must be open to its owner only", p);
    write_pin(stage, SOFT_PIN, 0400, p);
    if (checked(stage, p) != 0) {
        fail_msg("%s", (const char *)fixture_read(stage->signer->said,
                                                  p).data);
    }
    fixture_write(stage->signer->conf, unit_bytes(apr_psprintf(
        p, "%sPINFile %s/pin\n", (const char *)plain.data,
        stage->soft->dir)), 0644);
    does_not_start(stage, "are for a Key or SealKey pkcs11:", p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_serves),
        pool_test(test_taken_away),
        pool_test(test_configuration),
    };

    return cmocka_run_group_tests_name("signer_token", tests, seal_setup,
                                       seal_teardown);
}
