/* SPDX-License-Identifier: Apache-2.0
 * What the unit programs of the session store share: a Redis of their own, a
 * store on it, and a session to put there.
 */
#ifndef NPIE_UNIT_SESSIONS_H
#define NPIE_UNIT_SESSIONS_H

#include "unit/unit.h"

#include <apr_strings.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/session.h"
#include "unit/backend.h"

#define NOW apr_time_from_sec(1795000000)
#define KEY_A "a000000000000000000000000000000000000000000000000000000000000001"
#define KEY_B "b000000000000000000000000000000000000000000000000000000000000002"
#define SPKI "c000000000000000000000000000000000000000000000000000000000000003"

/* A test's pool and store. */
typedef struct sessions_fixture_t {
    apr_pool_t *p;
    npie_redis_t redis;
    npie_secrets_t secrets;
    npie_sessions_t *sessions;
    npie_err_t err;
} sessions_fixture_t;

/* A store as f->redis says. */
static inline npie_sessions_t *sessions_open(sessions_fixture_t *f)
{
    npie_sessions_t *sessions = NULL;

    assert_int_equal(npie_sessions_create(&sessions, &f->redis, &f->secrets,
                                          f->p),
                     APR_SUCCESS);
    return sessions;
}

/* Runs redis-cli with these arguments on the test's Redis.
 * @return its output, in f->p */
static inline char *sessions_cli(sessions_fixture_t *f, const char *arguments)
{
    char buf[8192];
    size_t len;
    FILE *out = popen(apr_psprintf(f->p, "redis-cli -s %s/redis.sock %s",
                                   npie_backend_directory(), arguments), "r");

    assert_non_null(out);
    len = fread(buf, 1, sizeof(buf) - 1, out);
    buf[len] = '\0';
    assert_int_equal(pclose(out), 0);
    return apr_pstrdup(f->p, buf);
}

/* The one key of a kind in Redis, in f->p. */
static inline const char *sessions_key(sessions_fixture_t *f, const char *kind)
{
    char *names = sessions_cli(f, apr_psprintf(f->p, "--raw keys 'npie:1:%s:*'",
                                               kind));

    assert_int_equal(strcspn(names, "\n") + 1, strlen(names));
    names[strcspn(names, "\n")] = '\0';
    return names;
}

/* Seconds that the one key of a kind lives on. */
static inline int sessions_ttl(sessions_fixture_t *f, const char *kind)
{
    return atoi(sessions_cli(f, apr_pstrcat(f->p, "ttl ",
                                            sessions_key(f, kind), NULL)));
}

static inline int sessions_setup(void **state)
{
    sessions_fixture_t *f = calloc(1, sizeof(*f));

    apr_pool_create(&f->p, NULL);
    f->redis.socket = apr_pstrcat(f->p, npie_backend_directory(),
                                  "/redis.sock", NULL);
    f->redis.timeout = apr_time_from_sec(3);
    f->redis.connections = 4;
    f->secrets.count = 1;
    memset(f->secrets.bytes[0], 0x5a, NPIE_SECRET_BYTES);
    f->sessions = sessions_open(f);
    sessions_cli(f, "flushall");
    *state = f;
    return 0;
}

static inline int sessions_teardown(void **state)
{
    sessions_fixture_t *f = *state;

    apr_pool_destroy(f->p);
    free(f);
    return 0;
}

/* A test that finds a sessions_fixture_t in *state. */
#define sessions_test(function)                                              \
    cmocka_unit_test_setup_teardown(function, sessions_setup,                \
                                    sessions_teardown)

static inline npie_session_t sessions_sample(void)
{
    npie_session_t session = {
        .access = NPIE_ACCESS_RENEWAL, .problem = 0, .employer = 7,
        .certificate = 1LL << 40, .user = "A064878710",
        .name = "Cañería & Ñandú, S.A.", .rp = "A0648787107",
        .rfc = "AUA881212566", .common_name = "María Muñoz", .email = "",
        .serial = "3030", .spki = SPKI, .csrf = "t_o-ken",
        .not_before = NOW - 5, .not_after = NOW + 5, .event = 0,
        .created = NOW, .expires = NOW + apr_time_from_sec(3600),
    };

    return session;
}

/* Group setup and teardown: Redis runs for the whole program. */
static inline int sessions_start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return npie_backend_run("redis-start");
}

static inline int sessions_stop(void **state)
{
    int failed = npie_backend_run("redis-stop");

    (void)state;
    npie_backend_remove();
    return failed;
}

static inline int sessions_main(const struct CMUnitTest *tests, size_t count)
{
    int failures;

    apr_initialize();
    failures = _cmocka_run_group_tests("sessions", tests, count,
                                       sessions_start, sessions_stop);
    apr_terminate();
    return failures;
}

#endif
