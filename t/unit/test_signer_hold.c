/* SPDX-License-Identifier: Apache-2.0
 * What httpd asks to revoke in bulk is on hold until an admin says what becomes
 * of it; with openssl's program as the judge.
 */
#include "unit/ledger_scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/ocsp.h>

#include "base/wire.h"
#include "signer/protocol.h"

static fixture_ca_t *ca;
static fixture_ca_t *elder;

static apr_status_t tell(int *held, const fixture_signer_t *signer,
                         const npie_cert_t *cert, npie_reason_t reason,
                         apr_pool_t *p)
{
    const npie_signer_revoke_t revoke = { cert->der, reason, apr_time_now(), 0,
                                          held };
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    *held = -1;
    return npie_signer_revoke(&signer->client, &revoke, &err, p);
}

/* What openssl's program reads in the CRL about a certificate, in p; "" when
 * it is not on it. */
static const char *openssl_says(const fixture_signer_t *signer,
                                const npie_cert_t *cert, apr_pool_t *p)
{
    const char *file = apr_pstrcat(p, signer->dir, "/judged.crl", NULL);
    char text[4096] = "";
    FILE *out;

    fixture_write(file, ledger_crl(signer, p).crl, 0644);
    out = popen(apr_psprintf(p, "openssl crl -inform DER -in %s -noout -text |"
                             " grep -A6 'Serial Number: 0*%s$' | sed '1d;"
                             "/Serial Number/,$d;/Signature Alg/,$d' |"
                             " tr -s ' \\n' ' '", file, cert->serial), "r");
    assert_non_null(out);
    text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
    assert_int_equal(pclose(out), 0);
    return apr_pstrdup(p, text);
}

/* Holds ended by hand: what it prints, in p. */
static const char *by_hand(const fixture_signer_t *signer, const char *option,
                           int status, apr_pool_t *p)
{
    char text[4096] = "";
    FILE *out = popen(apr_psprintf(p, "%s/npie-signer -f %s %s 2>>%s",
                                   NPIE_BUILD, signer->conf, option,
                                   signer->said), "r");

    assert_non_null(out);
    text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
    assert_int_equal(WEXITSTATUS(pclose(out)), status);
    return apr_pstrdup(p, text);
}

static apr_uint64_t count_held(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_signer_state_t state;
    npie_err_t err;

    assert_int_equal(npie_signer_ping(&state, &signer->client, &err, p),
                     APR_SUCCESS);
    return state.held;
}

static npie_cert_t *certificate(fixture_ca_t *by, apr_pool_t *p)
{
    return fixture_employer(by, identity_key("P-256", p), &fixture_subject,
                            apr_time_now() - apr_time_from_sec(3600), p)->cert;
}

/* Those beyond the rate, on both machines. */
static void hold_two(const npie_cert_t *many[3], const fixture_signer_t *a,
                     const fixture_signer_t *b, apr_pool_t *p)
{
    int held;

    assert_int_equal(tell(&held, a, many[0], NPIE_REASON_KEY_COMPROMISE, p),
                     APR_SUCCESS);
    assert_int_equal(held, 0);
    assert_int_equal(tell(&held, a, many[1], NPIE_REASON_KEY_COMPROMISE, p),
                     APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_int_equal(tell(&held, a, many[2], NPIE_REASON_CESSATION, p),
                     APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_true(fixture_said(a, " alert: more revocations than RevokeRate", p));
    /* Asked again, of whichever, it is the same hold. */
    assert_int_equal(tell(&held, b, many[1], NPIE_REASON_SUPERSEDED, p),
                     APR_SUCCESS);
    assert_int_equal(held, 1);
    ledger_assert_same(a, b, p);
    assert_int_equal(count_held(b, p), 2);
}

static void assert_good(const fixture_signer_t *signer,
                        const npie_cert_t *cert, apr_pool_t *p)
{
    assert_string_equal(openssl_says(signer, cert, p), "");
    assert_int_equal(fixture_status(signer, cert, ca, ca, 1, p),
                     V_OCSP_CERTSTATUS_GOOD);
}

/* What httpd asks at a login. */
static int standing(const fixture_signer_t *signer, const npie_cert_t *cert,
                    apr_pool_t *p)
{
    npie_reason_t reason = NPIE_REASON_UNSPECIFIED;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    int revoked = -1;

    assert_int_equal(npie_signer_standing(&revoked, &reason, &signer->client,
                                          cert->der, &err, p), APR_SUCCESS);
    return revoked ? (int)reason : -1;
}

static void assert_revoked(const fixture_signer_t *signer,
                           const npie_cert_t *cert, const char *reason,
                           apr_pool_t *p)
{
    assert_non_null(strstr(openssl_says(signer, cert, p), reason));
    assert_int_equal(fixture_status(signer, cert, ca, ca, 1, p),
                     V_OCSP_CERTSTATUS_REVOKED);
}

static void restart(fixture_signer_t *signer)
{
    fixture_signer_stop(signer, SIGTERM);
    fixture_signer_start(signer);
}

static void test_hold(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *a = fixture_signer(ca, "RevokeRate 1 1h\n", p);
    fixture_signer_t *b = ledger_second(ca, a, p);
    const npie_cert_t *many[3] = { certificate(ca, p), certificate(ca, p),
                                   certificate(ca, p) };
    int held;

    fixture_signer_start(a);
    fixture_alive(a, 0);
    fixture_signer_start(b);
    hold_two(many, a, b, p);
    assert_revoked(b, many[0], "Key Compromise", p);
    assert_revoked(b, many[1], "Certificate Hold", p);
    assert_revoked(a, many[2], "Certificate Hold", p);
    assert_int_equal(standing(b, many[0], p), NPIE_REASON_KEY_COMPROMISE);
    assert_int_equal(standing(b, many[1], p), NPIE_REASON_HOLD);
    assert_int_equal(standing(a, certificate(ca, p), p), -1);
    restart(b);
    ledger_assert_same(a, b, p);
    /* Lifted, while both run. */
    assert_non_null(strstr(by_hand(a, apr_pstrcat(p, "-u ", many[1]->serial,
                                                  NULL), 0, p),
                           apr_pstrcat(p, " ", many[1]->serial,
                                       " keyCompromise\n", NULL)));
    assert_good(b, many[1], p);
    assert_good(a, many[1], p);
    assert_int_equal(standing(b, many[1], p), -1);
    ledger_assert_same(a, b, p);
    assert_int_equal(count_held(a, p), 1);
    /* What was lifted cannot be confirmed any more, and is lifted only once. */
    by_hand(a, apr_pstrcat(p, "-c ", many[1]->serial, NULL), 254, p);
    assert_true(fixture_said(a, "is lifted already", p));
    assert_non_null(strstr(by_hand(a, apr_pstrcat(p, "-u ", many[1]->serial,
                                                  NULL), 0, p),
                           many[1]->serial));
    by_hand(a, apr_pstrcat(p, "-u ", many[0]->serial, NULL), 254, p);
    assert_true(fixture_said(a, "is not on hold", p));
    /* The rest, for good: with the reason that httpd gave. */
    assert_non_null(strstr(by_hand(b, "-c all", 0, p), many[2]->serial));
    assert_string_equal(by_hand(b, "-c all", 0, p), "");
    assert_revoked(a, many[2], "Cessation Of Operation", p);
    by_hand(b, apr_pstrcat(p, "-u ", many[2]->serial, NULL), 254, p);
    assert_int_equal(count_held(a, p), 0);
    /* It may be held once more, and lifted. */
    assert_int_equal(tell(&held, a, many[1], NPIE_REASON_KEY_COMPROMISE, p),
                     APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_revoked(b, many[1], "Certificate Hold", p);
    by_hand(b, "-u all", 0, p);
    assert_good(a, many[1], p);
    restart(a);
    restart(b);
    assert_good(b, many[1], p);
    ledger_assert_same(a, b, p);
    fixture_signer_stop(a, SIGTERM);
    fixture_signer_stop(b, SIGTERM);
}

/* A key on hold renews nothing, of whatever authority it is; once the hold is
 * lifted it does. And its hold is final when a letter has replaced it. */
static void test_renewing(void **state)
{
    apr_pool_t *p = *state;
    char *trust = apr_pstrdup(p, "/tmp/npie-trust-XXXXXX");
    fixture_employer_t *old = fixture_expired(elder, p);
    fixture_employer_t *other = fixture_expired(ca, p);
    fixture_signer_t *signer;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;
    int held;

    close(mkstemp(trust));
    fixture_write(trust, unit_bytes(npie_cert_pem(elder->cert, p)), 0644);
    signer = fixture_signer(ca, apr_psprintf(
        p, "RevokeRate 1 1h\nTrust %s\n", trust), p);
    fixture_signer_start(signer);
    assert_int_equal(tell(&held, signer, certificate(ca, p),
                          NPIE_REASON_KEY_COMPROMISE, p), APR_SUCCESS);
    assert_int_equal(tell(&held, signer, old->cert,
                          NPIE_REASON_KEY_COMPROMISE, p), APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_int_equal(ledger_renew(&cert, signer, old, identity_key("P-256", p),
                                  5, &err, p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_CERT_REVOKED);
    assert_int_equal(standing(signer, old->cert, p), NPIE_REASON_HOLD);
    by_hand(signer, "-u all", 0, p);
    assert_int_equal(ledger_renew(&cert, signer, old, identity_key("P-256", p),
                                  5, &err, p), APR_SUCCESS);
    /* On hold, and then superseded by a letter: no admin is needed. */
    assert_int_equal(ledger_renew(&cert, signer, other, identity_key("P-256",
                                                                     p),
                                  6, &err, p), APR_SUCCESS);
    assert_int_equal(tell(&held, signer, other->cert,
                          NPIE_REASON_KEY_COMPROMISE, p), APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_int_equal(tell(&held, signer, other->cert, NPIE_REASON_SUPERSEDED,
                          p), APR_SUCCESS);
    assert_int_equal(held, 0);
    assert_int_equal(count_held(signer, p), 0);
    fixture_signer_stop(signer, SIGTERM);
    unlink(trust);
}

/* What was made upon a letter, and is on hold, is no certificate made in vain:
 * its old key gets no second one. */
static void test_in_vain(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "RevokeRate 1 1h\n", p);
    fixture_employer_t *old = fixture_expired(ca, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert, another;
    int held;

    fixture_signer_start(signer);
    assert_int_equal(ledger_renew(&cert, signer, old, identity_key("P-256", p),
                                  5, &err, p), APR_SUCCESS);
    tell(&held, signer, certificate(ca, p), NPIE_REASON_UNSPECIFIED, p);
    assert_int_equal(tell(&held, signer, fixture_parse(cert, p),
                          NPIE_REASON_CESSATION, p), APR_SUCCESS);
    assert_int_equal(held, 1);
    assert_int_equal(ledger_renew(&another, signer, old,
                                  identity_key("P-256", p), 6, &err, p),
                     NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_CERT_SUPERSEDED);
    by_hand(signer, "-c all", 0, p);
    assert_int_equal(ledger_renew(&another, signer, old,
                                  identity_key("P-256", p), 6, &err, p),
                     APR_SUCCESS);
    fixture_signer_stop(signer, SIGTERM);
}

/* httpd has no message by which a hold ends. */
static void test_httpd(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ca, "RevokeRate 1 1h\n", p);
    const npie_cert_t *one = certificate(ca, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    int held;

    fixture_signer_start(signer);
    tell(&held, signer, certificate(ca, p), NPIE_REASON_UNSPECIFIED, p);
    assert_int_equal(tell(&held, signer, one, NPIE_REASON_CESSATION, p),
                     APR_SUCCESS);
    for (int reason = 0; reason <= 10; reason++) {
        const npie_signer_revoke_t revoke = {
            one->der, (npie_reason_t)reason, apr_time_now(), 0, &held
        };

        held = 1;
        npie_signer_revoke(&signer->client, &revoke, &err, p);
        assert_int_equal(held, 1);
    }
    for (int op = 10; op < 64; op++) {
        npie_wire_reader_t r;

        assert_int_not_equal(npie_signer_ask(&r, &signer->client,
                                             (npie_signer_op_t)op, one->der,
                                             &err, p), APR_SUCCESS);
    }
    assert_revoked(signer, one, "Certificate Hold", p);
    fixture_signer_stop(signer, SIGTERM);
}

static int setup(void **state)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    *state = p;
    ca = fixture_ca("CA de prueba", p);
    elder = fixture_ca("CA anterior", p);
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
        pool_test(test_hold), pool_test(test_renewing),
        pool_test(test_in_vain), pool_test(test_httpd),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, setup, teardown);
}
