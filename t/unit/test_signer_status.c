/* SPDX-License-Identifier: Apache-2.0
 * What npie-signer says of revoked certificates, and what it takes for one.
 */
#include "unit/forge.h"
#include "unit/signer_fixture.h"

#include <signal.h>

#include <apr_strings.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <openssl/ocsp.h>

#include "base/wire.h"
#include "pki/ocsp.h"

#define HOUR apr_time_from_sec(3600)

/* One for all tests. */
static fixture_ca_t *ca;
static fixture_ca_t *stranger;

static npie_cert_t *certificate(fixture_ca_t *by, apr_time_t issued,
                                apr_pool_t *p)
{
    return fixture_employer(by, identity_key("P-256", p), &fixture_subject,
                            issued, p)->cert;
}

/* One that names our authority as its issuer, by a key that is not its. */
static npie_cert_t *forged(apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    identity_t same_name = { .key = stranger->id->key,
                             .x509 = ca->id->x509 };
    const forge_t forge = { .common_name = "Ana", .issuer = &same_name,
                            .extensions = FORGE_LEAF, .serial = "4d4d" };

    forge_certificate(id, &forge, p);
    return fixture_parse(id->der, p);
}

static apr_status_t tell(const fixture_signer_t *signer,
                         const npie_cert_t *cert, int reason,
                         apr_time_t since, npie_err_t *err, apr_pool_t *p)
{
    const npie_signer_revoke_t revoke = {
        cert->der, (npie_reason_t)reason, apr_time_now(), since, NULL
    };

    return npie_signer_revoke(&signer->client, &revoke, err, p);
}

static X509_CRL *list(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_signer_crl_t got;
    npie_err_t err = { 0 };
    const unsigned char *at;
    X509_CRL *crl;

    if (npie_signer_crl(&got, &signer->client, &err, p) != APR_SUCCESS) {
        fail_msg("no CRL: %s", err.detail);
    }
    at = got.crl.data;
    crl = d2i_X509_CRL(NULL, &at, (long)got.crl.len);
    assert_non_null(crl);
    assert_ptr_equal(at, got.crl.data + got.crl.len);
    assert_int_equal(X509_CRL_get_version(crl), 1);
    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(ca->cert->x509)),
                     1);
    /* Backdated, for clients whose clocks are a little behind. */
    assert_true(got.this_update <= apr_time_now() - apr_time_from_sec(299));
    assert_true(got.this_update > apr_time_now() - HOUR);
    assert_true(got.next_update > apr_time_now());
    assert_int_equal(got.ca.len, ca->cert->der.len);
    return crl;
}

static long number_of(const X509_CRL *crl)
{
    ASN1_INTEGER *value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL,
                                               NULL);
    const long number = ASN1_INTEGER_get(value);

    ASN1_INTEGER_free(value);
    return number;
}

/* The reason it is listed for, 0 for none; -1: it is not listed. */
static long reason_of(X509_CRL *crl, const npie_cert_t *cert)
{
    ASN1_ENUMERATED *value;
    X509_REVOKED *revoked = NULL;
    long reason;

    if (X509_CRL_get0_by_cert(crl, &revoked, cert->x509) != 1) {
        return -1;
    }
    value = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
    reason = value != NULL ? ASN1_ENUMERATED_get(value) : 0;
    ASN1_ENUMERATED_free(value);
    return reason;
}

static void test_revoke(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const npie_cert_t *one = certificate(ca, apr_time_now() - HOUR, p);
    const npie_cert_t *two = certificate(ca, apr_time_now() - HOUR, p);
    npie_err_t err = { 0 };
    X509_CRL *crl;

    fixture_signer_start(signer);
    crl = list(signer, p);
    assert_int_equal(number_of(crl), 1);
    assert_int_equal(reason_of(crl, one), -1);
    X509_CRL_free(crl);
    crl = list(signer, p);
    assert_int_equal(number_of(crl), 1);
    X509_CRL_free(crl);
    assert_int_equal(tell(signer, one, NPIE_REASON_KEY_COMPROMISE,
                          apr_time_now() - HOUR, &err, p), APR_SUCCESS);
    assert_int_equal(tell(signer, two, NPIE_REASON_UNSPECIFIED, 0, &err, p),
                     APR_SUCCESS);
    /* Again, and for another reason: nothing changes. */
    assert_int_equal(tell(signer, one, NPIE_REASON_SUPERSEDED, 0, &err, p),
                     APR_SUCCESS);
    crl = list(signer, p);
    assert_int_equal(number_of(crl), 2);
    assert_int_equal(reason_of(crl, one), NPIE_REASON_KEY_COMPROMISE);
    assert_int_equal(reason_of(crl, two), 0);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 2);
    X509_CRL_free(crl);

    /* Killed and started again it has forgotten nothing: it is the same. */
    fixture_signer_stop(signer, SIGKILL);
    fixture_signer_start(signer);
    crl = list(signer, p);
    assert_int_equal(number_of(crl), 2);
    assert_int_equal(reason_of(crl, one), NPIE_REASON_KEY_COMPROMISE);
    assert_int_equal(reason_of(crl, two), 0);
    X509_CRL_free(crl);
    fixture_signer_stop(signer, SIGTERM);
}

static void test_refused(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const npie_cert_t *own = certificate(ca, apr_time_now() - HOUR, p);
    npie_signer_revoke_t revoke = { own->der, NPIE_REASON_CESSATION,
                                    apr_time_now(), 0, NULL };
    npie_err_t err = { 0 };
    X509_CRL *crl;

    fixture_signer_start(signer);
    assert_int_equal(tell(signer, certificate(stranger,
                                              apr_time_now() - HOUR, p),
                          NPIE_REASON_CESSATION, 0, &err, p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_UNTRUSTED);
    assert_int_equal(tell(signer, forged(p), NPIE_REASON_CESSATION, 0, &err,
                          p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_UNTRUSTED);
    for (int i = 0; i < 12; ++i) {
        if (npie_reason_name(i) == NULL) {
            assert_int_equal(tell(signer, own, i, 0, &err, p), NPIE_EPOLICY);
        }
    }
    revoke.revoked = apr_time_from_sec((apr_int64_t)1 << 41);
    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, p),
                     NPIE_EPOLICY);
    revoke.revoked = apr_time_now();
    revoke.certificate = unit_bytes("no certificate");
    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, p),
                     NPIE_EPOLICY);
    crl = list(signer, p);
    assert_int_equal(reason_of(crl, own), -1);
    X509_CRL_free(crl);
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

/* A clock ahead of the signer's must not keep a certificate off the list. */
static void test_ahead(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const npie_cert_t *own = certificate(ca, apr_time_now() - HOUR, p);
    const npie_signer_revoke_t revoke = { own->der, NPIE_REASON_KEY_COMPROMISE,
                                          apr_time_now() + HOUR,
                                          apr_time_now() + HOUR, NULL };
    npie_err_t err = { 0 };
    X509_REVOKED *entry = NULL;
    X509_CRL *crl;

    fixture_signer_start(signer);
    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, p),
                     APR_SUCCESS);
    crl = list(signer, p);
    assert_int_equal(X509_CRL_get0_by_cert(crl, &entry, own->x509), 1);
    assert_true(X509_cmp_current_time(X509_REVOKED_get0_revocationDate(entry))
                < 0);
    X509_CRL_free(crl);
    fixture_signer_stop(signer, SIGTERM);
}

/* What the signer has replaced itself may be revoked at any rate, the rest
 * is on hold: who has broken into httpd could revoke a whole authority at once. */
static void test_rate(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "RevokeRate 3 1h\n", p);
    fixture_employer_t *old = fixture_expired(ca, p);
    identity_t *key = identity_key("P-256", p);
    const npie_cert_t *many[5];
    npie_err_t err = { 0 };
    npie_bytes_t cert;
    X509_CRL *crl;

    fixture_signer_start(signer);
    for (int i = 0; i < 5; ++i) {
        many[i] = certificate(ca, apr_time_now() - HOUR, p);
    }
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(tell(signer, many[i], NPIE_REASON_KEY_COMPROMISE, 0,
                              &err, p), APR_SUCCESS);
    }
    for (int i = 3; i < 5; ++i) {
        assert_int_equal(tell(signer, many[i], NPIE_REASON_SUPERSEDED, 0,
                              &err, p), APR_SUCCESS);
    }
    assert_true(fixture_said(signer, " alert: more revocations than RevokeRate"
                             " allows", p));
    /* Again costs nothing. */
    assert_int_equal(tell(signer, many[0], NPIE_REASON_SUPERSEDED, 0, &err,
                          p), APR_SUCCESS);
    assert_int_equal(npie_signer_issue(&cert, &signer->client,
                                       fixture_csr(key, p),
                                       fixture_signed(fixture_letter(
                                           fixture_cadena(old, key, 1, p), p),
                                           old, p), &err, p), APR_SUCCESS);
    assert_int_equal(tell(signer, old->cert, NPIE_REASON_SUPERSEDED, 0, &err,
                          p), APR_SUCCESS);
    crl = list(signer, p);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 6);
    assert_int_equal(reason_of(crl, many[2]), NPIE_REASON_KEY_COMPROMISE);
    assert_int_equal(reason_of(crl, many[3]), NPIE_REASON_HOLD);
    assert_int_equal(reason_of(crl, old->cert), NPIE_REASON_SUPERSEDED);
    X509_CRL_free(crl);
    fixture_signer_stop(signer, SIGTERM);
}

/* RFC 5280 section 3.3: a certificate that has ended leaves the list, but not
 * before it has stood on one made after its end. */
static void test_expired(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const npie_cert_t *ended =
        certificate(ca, apr_time_now() - 24 * 220 * HOUR, p);
    const npie_cert_t *valid = certificate(ca, apr_time_now() - HOUR, p);
    npie_err_t err = { 0 };
    X509_CRL *crl;

    assert_true(ended->not_after < apr_time_now());
    fixture_signer_start(signer);
    assert_int_equal(tell(signer, ended, NPIE_REASON_SUPERSEDED, 0, &err, p),
                     APR_SUCCESS);
    crl = list(signer, p);
    assert_int_equal(reason_of(crl, ended), NPIE_REASON_SUPERSEDED);
    X509_CRL_free(crl);
    assert_int_equal(tell(signer, valid, NPIE_REASON_SUPERSEDED, 0, &err, p),
                     APR_SUCCESS);
    crl = list(signer, p);
    assert_int_equal(reason_of(crl, ended), -1);
    assert_int_equal(reason_of(crl, valid), NPIE_REASON_SUPERSEDED);
    X509_CRL_free(crl);
    fixture_signer_stop(signer, SIGTERM);
}

static int status_of(const fixture_signer_t *signer, const npie_cert_t *cert,
                     const fixture_ca_t *by, int proof, apr_pool_t *p)
{
    return fixture_status(signer, cert, by, ca, proof, p);
}

static void test_ocsp(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const npie_cert_t *one = certificate(ca, apr_time_now() - HOUR, p);
    const npie_cert_t *other = certificate(stranger, apr_time_now() - HOUR,
                                           p);
    npie_err_t err = { 0 };

    fixture_signer_start(signer);
    assert_int_equal(status_of(signer, one, ca, 0, p),
                     V_OCSP_CERTSTATUS_UNKNOWN);
    assert_int_equal(status_of(signer, one, ca, 1, p),
                     V_OCSP_CERTSTATUS_GOOD);
    /* Another's certificate, by whatever key. */
    assert_int_equal(status_of(signer, other, ca, 1, p), -1);
    assert_int_equal(status_of(signer, other, stranger, 1, p), -1);
    /* Nor does one prove anything that another key has signed. */
    assert_int_equal(status_of(signer, forged(p), ca, 1, p),
                     V_OCSP_CERTSTATUS_UNKNOWN);
    assert_int_equal(tell(signer, one, NPIE_REASON_KEY_COMPROMISE, 0, &err,
                          p), APR_SUCCESS);
    assert_int_equal(status_of(signer, one, ca, 1, p),
                     V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(status_of(signer, one, ca, 0, p),
                     V_OCSP_CERTSTATUS_REVOKED);
    fixture_signer_stop(signer, SIGTERM);
}

/* A request with a nonce of that length, DER. */
static npie_bytes_t with_nonce(npie_bytes_t request, int length,
                               apr_pool_t *p)
{
    unsigned char nonce[256];
    const unsigned char *at = request.data;
    OCSP_REQUEST *made = d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
    unsigned char *der = NULL;
    npie_bytes_t out;
    int len;

    memset(nonce, 0x5a, sizeof(nonce));
    assert_non_null(made);
    if (length == 0) {
        /* libcrypto takes 0 for a length of its own choice. */
        X509_EXTENSION *empty = X509V3_EXT_nconf(NULL, NULL,
            "1.3.6.1.5.5.7.48.1.2", "DER:0400");

        assert_int_equal(OCSP_REQUEST_add_ext(made, empty, -1), 1);
        X509_EXTENSION_free(empty);
    }
    else {
        assert_int_equal(OCSP_request_add1_nonce(made, nonce, length), 1);
    }
    len = i2d_OCSP_REQUEST(made, &der);
    assert_true(len > 0);
    out.data = apr_pmemdup(p, der, (apr_size_t)len);
    out.len = (apr_size_t)len;
    OPENSSL_free(der);
    OCSP_REQUEST_free(made);
    return out;
}

/* Is the request's nonce that of the answer? */
static int repeats(npie_bytes_t request, npie_bytes_t response)
{
    const unsigned char *at = request.data, *from = response.data;
    OCSP_REQUEST *asked = d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
    OCSP_RESPONSE *answer = d2i_OCSP_RESPONSE(NULL, &from,
                                              (long)response.len);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(answer);
    int same = basic != NULL && OCSP_check_nonce(asked, basic) == 1;

    OCSP_REQUEST_free(asked);
    OCSP_RESPONSE_free(answer);
    OCSP_BASICRESP_free(basic);
    return same;
}

/* RFC 9654: from 1 to 128 bytes. */
static void test_nonces(void **state)
{
    static const struct {
        int length;
        int taken;
    } cases[] = { { 0, 0 }, { 1, 1 }, { 32, 1 }, { 33, 1 }, { 128, 1 },
                  { 129, 0 } };
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    apr_array_header_t *none = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_bytes_t bare = { NULL, 0 };
    npie_err_t err = { 0 };

    fixture_signer_start(signer);
    assert_int_equal(npie_ocsp_make(&bare, bare, ca->cert->der, "SHA256",
                                    &err, p), APR_SUCCESS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        const npie_bytes_t request = with_nonce(bare, cases[i].length, p);
        npie_signer_ocsp_t answer;

        assert_int_equal(npie_signer_ocsp(&answer, &signer->client, request,
                                          none, &err, p), APR_SUCCESS);
        assert_int_equal(repeats(request, answer.response), cases[i].taken);
        if (cases[i].taken) {
            assert_true(answer.this_update
                        <= apr_time_now() - apr_time_from_sec(299));
        }
    }
    fixture_signer_stop(signer, SIGTERM);
}

/* Is the answer that one should try later? */
static int is_later(const fixture_signer_t *signer, npie_bytes_t request,
                    const npie_cert_t *proof, apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 1, sizeof(npie_bytes_t));
    const unsigned char *at;
    npie_signer_ocsp_t answer;
    npie_err_t err = { 0 };
    OCSP_RESPONSE *response;
    int later;

    if (proof != NULL) {
        APR_ARRAY_PUSH(known, npie_bytes_t) = proof->der;
    }
    assert_int_equal(npie_signer_ocsp(&answer, &signer->client, request,
                                      known, &err, p), APR_SUCCESS);
    at = answer.response.data;
    response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer.response.len);
    assert_non_null(response);
    later = OCSP_response_status(response) == OCSP_RESPONSE_STATUS_TRYLATER;
    OCSP_RESPONSE_free(response);
    return later;
}

/* What is signed for one who asks has a rate of its own, and what is kept for
 * all goes on beyond it. */
static void test_ocsp_rate(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "OCSPRate 3 1h\n", p);
    const npie_cert_t *one = certificate(ca, apr_time_now() - HOUR, p);
    npie_bytes_t plain, nonce;
    npie_err_t err = { 0 };

    fixture_signer_start(signer);
    assert_int_equal(npie_ocsp_make(&plain, one->der, ca->cert->der, "SHA256",
                                    &err, p), APR_SUCCESS);
    nonce = with_nonce(plain, 32, p);
    assert_false(is_later(signer, nonce, one, p));
    assert_false(is_later(signer, nonce, NULL, p));
    assert_false(is_later(signer, plain, NULL, p));
    assert_true(is_later(signer, nonce, one, p));
    assert_true(is_later(signer, plain, NULL, p));
    for (int i = 0; i < 5; ++i) {
        assert_false(is_later(signer, plain, one, p));
    }
    assert_true(fixture_said(signer, "than OCSPRate allows", p));
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

/* Whose key it is: delegated by the authority asked, or not. */
static void test_ocsp_signer(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    npie_bytes_t request = { NULL, 0 };
    npie_signer_ocsp_t answer;
    npie_err_t err = { 0 };
    npie_cert_t *by = NULL;
    unsigned char *spoiled;

    fixture_signer_start(signer);
    assert_int_equal(npie_ocsp_make(&request, request, ca->cert->der,
                                    "SHA256", &err, p), APR_SUCCESS);
    assert_int_equal(npie_signer_ocsp(&answer, &signer->client, request,
                                      apr_array_make(p, 0,
                                                     sizeof(npie_bytes_t)),
                                      &err, p), APR_SUCCESS);
    fixture_signer_stop(signer, SIGTERM);
    assert_int_equal(npie_ocsp_signer(&by, answer.response, ca->cert->der,
                                      &err, p), APR_SUCCESS);
    assert_string_not_equal(by->serial, ca->cert->serial);
    assert_true(by->not_after > apr_time_now());
    assert_int_equal(npie_ocsp_signer(&by, answer.response,
                                      stranger->cert->der, &err, p),
                     NPIE_ESIGNATURE);
    spoiled = apr_pmemdup(p, answer.response.data, answer.response.len);
    for (apr_size_t i = 0; i < answer.response.len; i += 7) {
        const npie_bytes_t bytes = { spoiled, answer.response.len };

        spoiled[i] ^= 0x40;
        assert_int_not_equal(npie_ocsp_signer(&by, bytes, ca->cert->der,
                                              &err, p), APR_SUCCESS);
        spoiled[i] ^= 0x40;
    }
    assert_int_equal(npie_ocsp_signer(&by, npie_ocsp_error(NPIE_OCSP_LATER,
                                                           p),
                                      ca->cert->der, &err, p), NPIE_EINPUT);
}

static int setup(void **state)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    *state = p;
    ca = fixture_ca("CA de prueba", p);
    stranger = fixture_ca("Otra CA", p);
    return 0;
}

static int teardown(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_revoke), pool_test(test_refused),
        pool_test(test_ahead), pool_test(test_rate),
        pool_test(test_expired),
        pool_test(test_ocsp), pool_test(test_nonces),
        pool_test(test_ocsp_rate), pool_test(test_ocsp_signer),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, setup, teardown);
}
