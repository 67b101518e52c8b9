/* SPDX-License-Identifier: Apache-2.0
 * See ledger_scene.h.
 */
#include "unit/ledger_scene.h"

#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <apr_strings.h>

npie_ledger_ask_t *ledger_child(const fixture_signer_t *signer, apr_pool_t *p)
{
    const struct passwd *user = getpwnam("daemon");
    const npie_child_place_t place = {
        NPIE_BUILD "/npie-ledger", user->pw_uid, user->pw_gid,
        fixture_filters()
    };
    npie_ledger_ask_t *ask;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_ledger_start(&ask, &place, &err, p) != APR_SUCCESS
        || npie_ledger_open(ask, signer->ledger, 0, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return ask;
}

npie_signer_crl_t ledger_crl(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_signer_crl_t crl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_signer_crl(&crl, &signer->client, &err, p) != APR_SUCCESS) {
        fail_msg("CRL: %s", err.detail);
    }
    return crl;
}

apr_status_t ledger_revoke(const fixture_signer_t *signer,
                           const npie_cert_t *cert, npie_err_t *err,
                           apr_pool_t *p)
{
    const npie_signer_revoke_t what = { cert->der, NPIE_REASON_KEY_COMPROMISE,
                                        apr_time_now(), 0, NULL };

    return npie_signer_revoke(&signer->client, &what, err, p);
}

void ledger_assert_same(const fixture_signer_t *a,
                            const fixture_signer_t *b, apr_pool_t *p)
{
    const npie_signer_crl_t one = ledger_crl(a, p), other = ledger_crl(b, p);

    assert_int_equal(one.crl.len, other.crl.len);
    assert_memory_equal(one.crl.data, other.crl.data, one.crl.len);
}

void ledger_place(fixture_signer_t *signer, const char *place, apr_pool_t *p)
{
    char *conf = apr_pstrdup(p, (const char *)fixture_read(signer->conf,
                                                           p).data);
    char *line = strstr(conf, "Ledger ");

    *line = '\0';
    fixture_write(signer->conf, unit_bytes(apr_pstrcat(
        p, conf, "Ledger ", place, strchr(line + 1, '\n'), NULL)), 0644);
    signer->ledger = place;
}

fixture_signer_t *ledger_second(const fixture_ca_t *ca,
                                const fixture_signer_t *first, apr_pool_t *p)
{
    fixture_signer_t *second = fixture_signer(ca, "", p);

    ledger_place(second, first->ledger, p);
    return second;
}

apr_status_t ledger_renew(npie_bytes_t *cert, const fixture_signer_t *signer,
                          const fixture_employer_t *employer,
                          const identity_t *key, apr_int64_t folio,
                          npie_err_t *err, apr_pool_t *p)
{
    const npie_cadena_t *cadena = fixture_cadena(employer, key, folio, p);

    return npie_signer_issue(cert, &signer->client, fixture_csr(key, p),
                             fixture_signed(fixture_letter(cadena, p),
                                            employer, p), err, p);
}

void ledger_two(fixture_ca_t *ca, fixture_signer_t *a, fixture_signer_t *b,
                apr_pool_t *p)
{
    fixture_employer_t *employer = fixture_expired(ca, p);
    identity_t *key = identity_key("P-256", p);
    npie_bytes_t one, other;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(a);
    fixture_alive(a, 0);
    fixture_signer_start(b);
    assert_int_equal(ledger_renew(&one, a, employer, key, 5, &err, p), APR_SUCCESS);
    /* The same letter, whichever is asked; another folio, another key: none. */
    assert_int_equal(ledger_renew(&other, b, employer, key, 5, &err, p),
                     APR_SUCCESS);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.data, other.data, one.len);
    assert_int_equal(ledger_renew(&other, b, employer, key, 6, &err, p),
                     NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_NEW_KEY_SEEN);
    assert_int_equal(ledger_renew(&other, b, employer, identity_key("P-256", p), 6,
                           &err, p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_CERT_SUPERSEDED);
    ledger_assert_same(a, b, p);
    assert_int_equal(ledger_revoke(b, employer->cert, &err, p), APR_SUCCESS);
    ledger_assert_same(a, b, p);
    assert_int_equal(ledger_revoke(a, fixture_parse(one, p), &err, p), APR_SUCCESS);
    ledger_assert_same(b, a, p);
    /* One dies, and comes back when more has happened. */
    assert_true(WIFSIGNALED(fixture_signer_stop(a, SIGKILL)));
    assert_int_equal(ledger_renew(&other, b, employer, identity_key("P-256", p), 6,
                           &err, p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_CERT_REVOKED);
    ledger_crl(b, p);
    fixture_signer_start(a);
    ledger_assert_same(a, b, p);
    fixture_signer_stop(a, SIGTERM);
    fixture_signer_stop(b, SIGTERM);
}
