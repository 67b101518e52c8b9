/* SPDX-License-Identifier: Apache-2.0
 * The ledger in PostgreSQL: signers that share it, one that is killed at every
 * moment, a database that goes away or fails over.
 */
#include "unit/ledger_scene.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ledger/ask.h"
#include "unit/backend.h"

#define KILLS 16

/* A ledger of its own for each test. */
static const char *new_ledger(apr_pool_t *p)
{
    static int n;
    const char *dir = npie_backend_directory();

    n++;
    assert_int_equal(system(apr_psprintf(
        p, "psql -q -h %s/pgsql -U npie -d postgres -c 'CREATE DATABASE "
        "ledger%d' && psql -q -v ON_ERROR_STOP=1 -h %s/pgsql -U npie -d "
        "ledger%d < " NPIE_TOP "/conf/sql/ledger/0001-ledger.sql >/dev/null",
        dir, n, dir, n)), 0);
    return apr_psprintf(p, "pgsql:host=%s/pgsql,%s/standby dbname=ledger%d "
                        "user=npie_ledger", dir, dir, n);
}

static fixture_signer_t *signer_on(const fixture_ca_t *ca, const char *place,
                                   apr_pool_t *p)
{
    fixture_signer_t *signer = fixture_signer(ca, "", p);

    ledger_place(signer, place, p);
    return signer;
}

/* npiectl finds nothing wrong, from the place of this signer. */
static void assert_good(const fixture_signer_t *signer, apr_pool_t *p)
{
    const char *conf = apr_pstrcat(p, signer->dir, "/npiectl.conf", NULL);
    const char *out = apr_pstrcat(p, signer->dir, "/verified", NULL);

    fixture_write(conf, unit_bytes(apr_pstrcat(p, "SignerConfig ",
                                               signer->conf, "\n", NULL)),
                  0644);
    if (system(apr_psprintf(p, NPIE_BUILD "/npiectl -c %s ledger verify >%s "
                            "2>&1", conf, out)) != 0) {
        fail_msg("%s", (const char *)fixture_read(out, p).data);
    }
}

static void test_two(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *a = signer_on(ca, new_ledger(p), p);
    fixture_signer_t *b = ledger_second(ca, a, p);

    ledger_two(ca, a, b, p);
    assert_int_equal(fixture_records(a, p), 1);
    assert_good(a, p);
    assert_good(b, p);
}

/* Marks that are asked for beyond 2038. */
static void test_list(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = signer_on(ca, new_ledger(p), p);
    const apr_time_t far = apr_time_from_sec(APR_INT64_C(4942080000));
    npie_ledger_range_t range = { .prefix = "revoked:", .after = "",
                                  .expires = far, .above = 1000, .most = 10 };
    npie_ledger_ask_t *child;
    apr_array_header_t *list;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(signer);
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                   p), APR_SUCCESS);
    child = ledger_child(signer, p);
    if (npie_ledger_list(&list, child, &range, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    assert_int_equal(list->nelts, 0);
    range.above = 1;
    assert_int_equal(npie_ledger_list(&list, child, &range, &err, p),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    range.last_first = range.bare = 1;
    assert_int_equal(npie_ledger_list(&list, child, &range, &err, p),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(list, 0, npie_ledger_row_t).line, "");
    assert_true(APR_ARRAY_IDX(list, 0, npie_ledger_row_t).expires > 0);
    fixture_signer_stop(signer, SIGTERM);
}

/* Asks a signer that is killed after a while, in a process of its own. */
static void ask_and_kill(fixture_signer_t *signer,
                         const fixture_employer_t *employer,
                         const identity_t *key, apr_int64_t folio,
                         apr_interval_time_t after, apr_pool_t *p)
{
    const pid_t pid = fork();
    npie_bytes_t cert;

    if (pid == 0) {
        ledger_renew(&cert, signer, employer, key, folio, NULL, p);
        _exit(0);
    }
    apr_sleep(after);
    assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Whenever one dies, the other one gives the certificate, and there is one. */
static void test_killed(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *a = signer_on(ca, new_ledger(p), p);
    fixture_signer_t *b = ledger_second(ca, a, p);
    apr_interval_time_t took;
    npie_bytes_t one, other;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(a);
    fixture_alive(a, 0);
    fixture_signer_start(b);
    fixture_alive(b, 0);
    took = apr_time_now();
    assert_int_equal(ledger_renew(&one, a, fixture_expired(ca, p),
                                  identity_key("P-256", p), 1, &err, p),
                     APR_SUCCESS);
    took = apr_time_now() - took;
    for (int i = 0; i < KILLS; i++) {
        fixture_employer_t *employer = fixture_expired(ca, p);
        identity_t *key = identity_key("P-256", p);

        ask_and_kill(a, employer, key, i + 2, took * i / (KILLS - 2), p);
        assert_int_equal(ledger_renew(&one, b, employer, key, i + 2, &err, p),
                         APR_SUCCESS);
        assert_int_equal(fixture_records(b, p), i + 2);
        fixture_signer_start(a);
        fixture_alive(a, i + 2);
        assert_int_equal(ledger_renew(&other, a, employer, key, i + 2, &err,
                                      p), APR_SUCCESS);
        assert_int_equal(one.len, other.len);
        assert_memory_equal(one.data, other.data, one.len);
        if (i % 4 == 0) {
            const npie_cert_t *cert = fixture_parse(one, p);

            assert_int_equal(ledger_revoke(i % 8 == 0 ? a : b, cert, &err, p),
                             APR_SUCCESS);
            ledger_assert_same(a, b, p);
            assert_int_equal(fixture_status(a, cert, ca, ca, 0, p),
                             fixture_status(b, cert, ca, ca, 0, p));
        }
    }
    assert_good(a, p);
    assert_good(b, p);
    fixture_signer_stop(a, SIGTERM);
    fixture_signer_stop(b, SIGTERM);
}

/* Nothing is decided while the database is away; what was read is said. */
static void test_away(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = signer_on(ca, new_ledger(p), p);
    const npie_cert_t *cert = fixture_expired(ca, p)->cert;
    npie_signer_crl_t crl, again;
    npie_bytes_t made;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = NPIE_EBACKEND;

    fixture_signer_start(signer);
    assert_int_equal(ledger_revoke(signer, cert, &err, p), APR_SUCCESS);
    crl = ledger_crl(signer, p);
    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                   p), NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
    assert_int_equal(ledger_renew(&made, signer, fixture_expired(ca, p),
                                  identity_key("P-256", p), 9, &err, p),
                     NPIE_EBACKEND);
    again = ledger_crl(signer, p);
    assert_int_equal(crl.crl.len, again.crl.len);
    assert_memory_equal(crl.crl.data, again.crl.data, crl.crl.len);
    assert_int_equal(fixture_status(signer, cert, ca, ca, 0, p), 1);
    /* One that starts meanwhile waits for it, and says so. */
    fixture_signer_stop(signer, SIGTERM);
    fixture_signer_start(signer);
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                   p), NPIE_EBACKEND);
    assert_true(fixture_said(signer, "PostgreSQL: connection", p));
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    for (int i = 0; i < 300 && rv != APR_SUCCESS; i++) {
        apr_sleep(apr_time_from_msec(100));
        rv = ledger_revoke(signer, fixture_expired(ca, p)->cert, &err, p);
    }
    assert_int_equal(rv, APR_SUCCESS);
    assert_true(fixture_said(signer, "the ledger is there again", p));
    assert_good(signer, p);
    fixture_signer_stop(signer, SIGTERM);
}

/* The processes of the server that serve npie-ledger, as a list for kill. */
static const char *backends(apr_pool_t *p)
{
    FILE *out = popen(apr_psprintf(
        p, "psql -qAt -h %s/pgsql -U npie -d postgres -c \"SELECT pid FROM "
        "pg_stat_activity WHERE usename = 'npie_ledger'\"",
        npie_backend_directory()), "r");
    const char *list = "";
    long pid;

    assert_non_null(out);
    while (fscanf(out, "%ld", &pid) == 1) {
        list = apr_psprintf(p, "%s %ld", list, pid);
    }
    pclose(out);
    assert_string_not_equal(list, "");
    return list;
}

/* A server that does not answer, and keeps its connections, holds nobody for
 * longer than an answer may take. */
static void test_hangs(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = signer_on(ca, new_ledger(p), p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const char *pids;
    apr_time_t began;

    fixture_signer_start(signer);
    ledger_crl(signer, p);
    pids = backends(p);
    assert_int_equal(system(apr_pstrcat(p, "kill -STOP", pids, NULL)), 0);
    began = apr_time_now();
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                   p), NPIE_EBACKEND);
    assert_true(apr_time_now() - began < apr_time_from_sec(8));
    assert_int_equal(system(apr_pstrcat(p, "kill -CONT", pids, NULL)), 0);
    apr_sleep(apr_time_from_sec(1));
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                   p), APR_SUCCESS);
    assert_good(signer, p);
    fixture_signer_stop(signer, SIGTERM);
}

/* The standby has all that the server has. */
static void await_standby(apr_pool_t *p)
{
    const char *dir = npie_backend_directory();
    int same = 0;

    for (int i = 0; i < 300 && !same; i++) {
        apr_sleep(apr_time_from_msec(100));
        same = system(apr_psprintf(
            p, "test \"$(psql -qAt -h %s/pgsql -U npie -d postgres -c 'SELECT "
            "pg_current_wal_lsn()')\" = \"$(psql -qAt -h %s/standby -U npie -d "
            "postgres -c 'SELECT pg_last_wal_replay_lsn()')\"", dir, dir)) == 0;
    }
    assert_true(same);
}

/* The last test: the server does not come back. */
static void test_failover(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *a = signer_on(ca, new_ledger(p), p);
    fixture_signer_t *b = ledger_second(ca, a, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = NPIE_EBACKEND;
    npie_bytes_t made;

    assert_int_equal(npie_backend_run("standby-start"), 0);
    fixture_signer_start(a);
    fixture_alive(a, 0);
    fixture_signer_start(b);
    assert_int_equal(ledger_renew(&made, b, fixture_expired(ca, p),
                                  identity_key("P-256", p), 1, &err, p),
                     APR_SUCCESS);
    ledger_assert_same(a, b, p);
    await_standby(p);
    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_int_equal(npie_backend_run("standby-promote"), 0);
    for (int i = 0; i < 300 && rv != APR_SUCCESS; i++) {
        apr_sleep(apr_time_from_msec(100));
        rv = ledger_renew(&made, a, fixture_expired(ca, p),
                          identity_key("P-256", p), 2, &err, p);
    }
    assert_int_equal(rv, APR_SUCCESS);
    rv = NPIE_EBACKEND;
    for (int i = 0; i < 300 && rv != APR_SUCCESS; i++) {
        rv = ledger_revoke(b, fixture_parse(made, p), &err, p);
        apr_sleep(apr_time_from_msec(100));
    }
    assert_int_equal(rv, APR_SUCCESS);
    ledger_assert_same(a, b, p);
    assert_int_equal(fixture_status(a, fixture_parse(made, p), ca, ca, 0, p),
                     1);
    assert_good(a, p);
    fixture_signer_stop(a, SIGTERM);
    fixture_signer_stop(b, SIGTERM);
    assert_int_equal(npie_backend_run("standby-stop"), 0);
}

static int start_server(void **state)
{
    (void)state;
    return npie_backend_run("pgsql-start");
}

static int remove_server(void **state)
{
    (void)state;
    npie_backend_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_two), pool_test(test_list), pool_test(test_killed),
        pool_test(test_hangs), pool_test(test_away), pool_test(test_failover),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("ledger, pgsql", tests, start_server,
                                       remove_server);
}
