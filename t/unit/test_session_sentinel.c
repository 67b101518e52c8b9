/* SPDX-License-Identifier: Apache-2.0
 * store/session.h with Redis's Sentinels: a master that dies, one that is cut
 * off and comes back, and no Sentinel at all.
 */
#include "unit/unit.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/session.h"
#include "store/session_address.h"
#include "unit/backend.h"

/* The ports: two Redis, three Sentinels. */
typedef struct fixture_t {
    apr_pool_t *p;
    int ports[5];
    npie_sessions_t *sessions;
    npie_err_t err;
} fixture_t;

static int start(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));
    const char *address, *wrong;
    npie_redis_t redis = { .timeout = apr_time_from_msec(500),
                           .connections = 4 };
    FILE *in;

    apr_pool_create(&f->p, NULL);
    if (npie_backend_run("sentinel-start") != 0) {
        return 1;
    }
    in = fopen(apr_pstrcat(f->p, npie_backend_directory(), "/sentinel/ports",
                           NULL), "r");
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%d %d %d %d %d", &f->ports[0], &f->ports[1],
                            &f->ports[2], &f->ports[3], &f->ports[4]), 5);
    fclose(in);
    address = apr_psprintf(f->p, "sentinel://127.0.0.1:%d,127.0.0.1:%d,"
                           "127.0.0.1:%d/npie", f->ports[2], f->ports[3],
                           f->ports[4]);
    wrong = npie_redis_parse(&redis, address, f->p);
    assert_null(wrong);
    assert_int_equal(redis.sentinels, 3);
    assert_int_equal(npie_sessions_create(&f->sessions, &redis, NULL, f->p),
                     APR_SUCCESS);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_t *f = *state;
    int failed = npie_backend_run("sentinel-stop");

    apr_pool_destroy(f->p);
    free(f);
    npie_backend_remove();
    return failed;
}

/* What redis-cli says at one of the ports, its first line. */
static const char *said(fixture_t *f, int port, const char *command)
{
    char line[512] = "";
    FILE *out = popen(apr_psprintf(f->p, "redis-cli -p %d --raw %s", port,
                                   command), "r");

    assert_non_null(out);
    if (fgets(line, sizeof(line), out) == NULL) {
        line[0] = '\0';
    }
    while (fgetc(out) != EOF) {
    }
    pclose(out);
    line[strcspn(line, "\r\n")] = '\0';
    return apr_pstrdup(f->p, line);
}

static pid_t pid_of(fixture_t *f, int port)
{
    FILE *in = fopen(apr_psprintf(f->p, "%s/sentinel/%s/pid",
                                  npie_backend_directory(),
                                  port == f->ports[0] ? "one" : "two"), "r");
    int pid = 0;

    assert_non_null(in);
    assert_int_equal(fscanf(in, "%d", &pid), 1);
    fclose(in);
    return (pid_t)pid;
}

/* Waits until the Sentinels have another master. */
static void wait_for_switch(fixture_t *f, int from)
{
    for (int i = 0; i < 300; i++) {
        const char *where = said(f, f->ports[4], "sentinel"
                                 " get-master-addr-by-name npie | tail -n 1");

        if (*where != '\0' && atoi(where) != from) {
            return;
        }
        apr_sleep(apr_time_from_msec(50));
    }
    fail_msg("no failover from port %d", from);
}

/* Notes things that are good once until it works again.
 * @return how long that took */
static apr_interval_time_t until_it_works(fixture_t *f, const char *id)
{
    const apr_time_t begin = apr_time_now();

    while (npie_once_put(f->sessions, id, 600, &f->err, f->p) != APR_SUCCESS) {
        if (apr_time_now() - begin > apr_time_from_sec(20)) {
            fail_msg("%s", f->err.detail);
        }
        apr_sleep(apr_time_from_msec(20));
    }
    return apr_time_now() - begin;
}

/* The master is killed: what it had is still there, and its replica is found
 * within two seconds of the Sentinels' decision. */
static void test_killed(void **state)
{
    fixture_t *f = *state;
    apr_interval_time_t took;

    assert_ok(f, npie_once_put(f->sessions, "before", 600, &f->err, f->p));
    assert_string_equal(said(f, f->ports[0], "wait 1 2000"), "1");
    assert_int_equal(kill(pid_of(f, f->ports[0]), SIGKILL), 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_once_put(f->sessions, "during", 600, &f->err, f->p));
    wait_for_switch(f, f->ports[0]);
    took = until_it_works(f, "after");
    assert_in_range(took, 0, apr_time_from_sec(2));
    assert_string_equal(said(f, f->ports[1], "dbsize"), "2");
    assert_ok(f, npie_once_take(f->sessions, "before", &f->err, f->p));
}

#define WORKERS 4 /* as many as there are connections */

/* A thread that writes until a time. */
typedef struct worker_t {
    npie_sessions_t *sessions;
    apr_time_t end;
    int number;
    int written;
    int failed;
} worker_t;

static void *APR_THREAD_FUNC write_on(apr_thread_t *thread, void *baton)
{
    worker_t *w = baton;
    apr_pool_t *p;

    (void)thread;
    apr_pool_create(&p, NULL);
    do {
        const char *id = apr_psprintf(p, "%d-%d-%" APR_TIME_T_FMT, w->number,
                                      w->written, w->end);
        if (npie_once_put(w->sessions, id, 600, NULL, p) == APR_SUCCESS) {
            w->written++;
        }
        else {
            w->failed++;
        }
    } while (apr_time_now() < w->end);
    apr_pool_destroy(p);
    return NULL;
}

/* Every connection of the pool at work until a time.
 * @return what was written; -1: a write failed */
static int write_with_all(fixture_t *f, apr_interval_time_t time)
{
    worker_t workers[WORKERS] = { { 0 } };
    apr_thread_t *threads[WORKERS];
    apr_status_t ended;
    int written = 0, failed = 0;

    for (int i = 0; i < WORKERS; i++) {
        workers[i].sessions = f->sessions;
        workers[i].end = apr_time_now() + time;
        workers[i].number = i;
        assert_int_equal(apr_thread_create(&threads[i], NULL, write_on,
                                           &workers[i], f->p), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        apr_thread_join(&ended, threads[i]);
        written += workers[i].written;
        failed += workers[i].failed;
    }
    return failed > 0 ? -1 : written;
}

/* It comes back as a replica; then the new master stops for a while, and the
 * first takes over. When the second goes on it takes itself for the master
 * until it is told: nothing is written to it. */
static void test_stale_master(void **state)
{
    fixture_t *f = *state;
    const pid_t second = pid_of(f, f->ports[1]);
    int before, written;

    assert_int_equal(system(apr_psprintf(f->p, "redis-server --port %d --bind"
        " 127.0.0.1 --daemonize yes --save '' --appendonly no --dir"
        " '%s/sentinel/one' --pidfile '%s/sentinel/one/pid' --logfile"
        " '%s/sentinel/one/log' --repl-diskless-sync-delay 0 --replicaof"
        " '127.0.0.1 %d' > /dev/null", f->ports[0], npie_backend_directory(),
        npie_backend_directory(), npie_backend_directory(), f->ports[1])), 0);
    for (int i = 0; i < 200 && strcmp(said(f, f->ports[1], "wait 1 100"), "1")
                                   != 0; i++) {
        apr_sleep(apr_time_from_msec(50));
    }
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    /* A replica that was away is not chosen until Sentinel has seen it. */
    for (int i = 0; i < 300 && strstr(said(f, f->ports[4],
             "sentinel replicas npie | paste -sd,"), "s_down") != NULL; i++) {
        apr_sleep(apr_time_from_msec(50));
    }
    /* A connection to the second in each place of the pool. */
    said(f, f->ports[1], "client pause 300 all");
    assert_in_range(write_with_all(f, 0), WORKERS, WORKERS);
    assert_int_equal(kill(second, SIGSTOP), 0);
    wait_for_switch(f, f->ports[1]);
    until_it_works(f, "third");
    before = atoi(said(f, f->ports[0], "dbsize"));
    assert_int_equal(kill(second, SIGCONT), 0);
    written = write_with_all(f, apr_time_from_msec(1500));
    assert_in_range(written, 10, 1000000);
    /* Until Sentinel is asked again, half a second at most, the old master can
     * take a few; without the rule it takes nearly all. */
    assert_in_range(atoi(said(f, f->ports[0], "dbsize")),
                    before + written - written / 20, before + written);
}

/* Without Sentinels nobody knows whether the master is one still. */
static void test_no_sentinel(void **state)
{
    fixture_t *f = *state;

    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    for (int i = 2; i < 4; i++) {
        said(f, f->ports[i], "shutdown");
    }
    apr_sleep(apr_time_from_msec(600));
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    said(f, f->ports[4], "shutdown");
    apr_sleep(apr_time_from_msec(600));
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    assert_non_null(strstr(f->err.detail, "no Sentinel answers"));
}

static void test_addresses(void **state)
{
    fixture_t *f = *state;
    static const char *const bad[] = {
        "sentinel://", "sentinel:///npie", "sentinel://a:1", "sentinel://a:1/",
        "sentinel://a/npie", "sentinel://a:1,b/npie", "sentinel://a:1/n pie",
        "sentinels://a:1/npie",
    };
    npie_redis_t redis = { .connections = 1 };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(npie_redis_parse(&redis, bad[i], f->p));
        assert_int_equal(redis.sentinels, 0);
    }
    assert_null(npie_redis_parse(&redis, "sentinel://[::1]:26379,b:1/npie-1"
                                 " connections=3", f->p));
    assert_int_equal(redis.sentinels, 2);
    assert_string_equal(redis.sentinel[0].host, "::1");
    assert_int_equal(redis.sentinel[0].port, 26379);
    assert_string_equal(redis.master, "npie-1");
    assert_int_equal(redis.connections, 3);
    assert_null(npie_redis_parse(&redis, "b:1", f->p));
    assert_int_equal(redis.sentinels, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_stale_master),
        cmocka_unit_test(test_no_sentinel),
    };
    int failures;

    signal(SIGPIPE, SIG_IGN);
    apr_initialize();
    failures = cmocka_run_group_tests_name("sentinel", tests, start, stop);
    apr_terminate();
    return failures;
}
