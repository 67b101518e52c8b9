/* SPDX-License-Identifier: Apache-2.0
 * store/session.h when Redis is gone, restarted, full, slow, guarded by a
 * password, or answers nonsense.
 */
#include "unit/sessions.h"

#include <apr_thread_proc.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Puts bytes under a key's name, whatever they are. */
static void set_value(sessions_fixture_t *f, const char *name,
                      const char *data, size_t len)
{
    char *escaped = apr_palloc(f->p, 4 * len + 1);

    for (size_t i = 0; i < len; i++) {
        sprintf(escaped + 4 * i, "\\%03u", (unsigned char)data[i]);
    }
    escaped[4 * len] = '\0';
    sessions_cli(f, apr_psprintf(f->p, "eval \"return redis.call('set',"
                                 " KEYS[1], '%s')\" 1 %s", escaped, name));
}

/* The bytes under a key's name. */
static npie_bytes_t value_of(sessions_fixture_t *f, const char *name)
{
    const char *hex = sessions_cli(f, apr_psprintf(f->p,
        "--raw eval \"return (redis.call('get', KEYS[1]):gsub('.',"
        " function(c) return string.format('%%02x', c:byte()) end))\" 1 %s",
        name));
    size_t len = strspn(hex, "0123456789abcdef") / 2;
    unsigned char *data = apr_palloc(f->p, len);
    npie_bytes_t bytes = { data, len };

    for (size_t i = 0; i < len; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        data[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return bytes;
}

/* @param name KEY_B's in Redis */
static void assert_unreadable(sessions_fixture_t *f, const char *name,
                              const char *data, size_t len)
{
    npie_session_t *got = NULL;

    set_value(f, name, data, len);
    memset(&f->err, 0, sizeof(f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_B, 60, NOW, &f->err,
                                   f->p));
    assert_null(got);
    assert_int_equal(f->err.problem, NPIE_P_SESSION);
}

static void test_garbage_values(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *name;
    npie_bytes_t good, other;
    char *bad;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    other = value_of(f, sessions_key(f, "session"));
    sessions_cli(f, "flushall");
    assert_ok(f, npie_session_put(f->sessions, KEY_B, &session, 60, &f->err,
                                  f->p));
    name = sessions_key(f, "session");
    good = value_of(f, name);
    set_value(f, name, (const char *)good.data, good.len);
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_B, 60, NOW, &f->err,
                                  f->p));
    assert_string_equal(got->name, session.name);

    /* The session of somebody else, under this name. */
    assert_unreadable(f, name, (const char *)other.data, other.len);
    assert_unreadable(f, name, "", 0);
    assert_unreadable(f, name, "x", 1);
    assert_unreadable(f, name, (const char *)good.data, good.len - 1);
    assert_unreadable(f, name, (const char *)good.data, good.len / 2);
    bad = apr_pcalloc(f->p, good.len + 1);
    memcpy(bad, good.data, good.len);
    assert_unreadable(f, name, bad, good.len + 1);
    for (size_t i = 0; i < good.len; i += good.len / 23) {
        bad[i] ^= 1;
        assert_unreadable(f, name, bad, good.len);
        bad[i] ^= 1;
    }
}

/* Gives a name a value of another type. */
static void make_wrong(sessions_fixture_t *f, const char *name,
                       const char *command)
{
    sessions_cli(f, apr_pstrcat(f->p, "del ", name, NULL));
    sessions_cli(f, apr_pstrcat(f->p, command, " ", name, " x", NULL));
}

static void test_wrong_types(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *text = NULL;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos", "x", 60, &f->err,
                                f->p));
    make_wrong(f, sessions_key(f, "session"), "rpush");
    make_wrong(f, sessions_key(f, "draft"), "rpush");
    make_wrong(f, sessions_key(f, "holder"), "append");
    assert_status(f, NPIE_EBACKEND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_non_null(strstr(f->err.detail, "WRONGTYPE"));
    assert_int_equal(f->err.problem, NPIE_P_SESSIONS_DOWN);
    assert_status(f, NPIE_EBACKEND,
                  npie_session_put(f->sessions, KEY_B, &session, 60, &f->err,
                                   f->p));
    assert_status(f, NPIE_EBACKEND,
                  npie_session_end_all(f->sessions, SPKI, NULL, &f->err,
                                       f->p));
    assert_status(f, NPIE_EBACKEND,
                  npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                 f->p));
    sessions_cli(f, "flushall");
    assert_ok(f, npie_session_put(f->sessions, KEY_B, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_B, 60, NOW, &f->err,
                                  f->p));
}

/* A thread that keeps a connection of the pool busy for a while. */
static void *APR_THREAD_FUNC look(apr_thread_t *thread, void *baton)
{
    npie_sessions_t *sessions = baton;
    apr_pool_t *p;

    (void)thread;
    apr_pool_create(&p, NULL);
    npie_sessions_ping(sessions, NULL, p);
    apr_pool_destroy(p);
    return NULL;
}

/* Makes the pool connect as often as it may, by asking while Redis waits. */
static void fill_pool(sessions_fixture_t *f)
{
    apr_thread_t *threads[4];
    apr_status_t ended;

    sessions_cli(f, "client pause 600 all");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, look,
                                           f->sessions, f->p), 0);
    }
    for (int i = 0; i < 4; i++) {
        apr_thread_join(&ended, threads[i]);
    }
    assert_non_null(strstr(sessions_cli(f, "info clients"),
                           "connected_clients:5"));
}

static void test_restart(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    apr_int64_t count;

    fill_pool(f);
    assert_int_equal(npie_backend_run("redis-stop"), 0);
    assert_int_equal(npie_backend_run("redis-start"), 0);
    /* Every connection of the pool is dead now; nobody notices. */
    for (int i = 0; i < 6; i++) {
        assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60,
                                      &f->err, f->p));
        assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW,
                                      &f->err, f->p));
    }
    assert_int_equal(npie_backend_run("redis-stop"), 0);
    for (int i = 0; i < 6; i++) {
        assert_status(f, NPIE_EBACKEND,
                      npie_session_get(&got, f->sessions, KEY_A, 60, NOW,
                                       &f->err, f->p));
        assert_int_equal(f->err.problem, NPIE_P_SESSIONS_DOWN);
        assert_status(f, NPIE_EBACKEND,
                      npie_rate_count(&count, f->sessions, "x", 60, &f->err,
                                      f->p));
    }
    assert_int_equal(npie_backend_run("redis-start"), 0);
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
}

static void test_killed_clients(void **state)
{
    sessions_fixture_t *f = *state;

    fill_pool(f);
    sessions_cli(f, "client kill type normal skipme yes");
    for (int i = 0; i < 5; i++) {
        assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    }
}

static void test_slow(void **state)
{
    sessions_fixture_t *f = *state;
    apr_time_t began;

    f->redis.timeout = apr_time_from_msec(600);
    f->sessions = sessions_open(f);
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    sessions_cli(f, "client pause 2000 all");
    began = apr_time_now();
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    /* Not asked twice. */
    assert_in_range(apr_time_as_msec(apr_time_now() - began), 590, 1150);
    apr_sleep(apr_time_from_msec(2000));
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
}

static void test_all_in_use(void **state)
{
    sessions_fixture_t *f = *state;
    apr_thread_t *thread;
    apr_status_t ended;

    f->redis.timeout = apr_time_from_msec(500);
    f->redis.connections = 1;
    f->sessions = sessions_open(f);
    sessions_cli(f, "client pause 1500 all");
    assert_int_equal(apr_thread_create(&thread, NULL, look, f->sessions, f->p),
                     0);
    apr_sleep(apr_time_from_msec(100));
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    apr_thread_join(&ended, thread);
    apr_sleep(apr_time_from_msec(1500));
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
}

static void test_full(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();

    sessions_cli(f, "config set maxmemory 1");
    assert_status(f, NPIE_EBACKEND,
                  npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                   f->p));
    assert_non_null(strstr(f->err.detail, "OOM"));
    sessions_cli(f, "config set maxmemory 0");
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
}

static void test_password(void **state)
{
    sessions_fixture_t *f = *state;

    sessions_cli(f, "acl setuser npie on '>geheim' '~npie:1:*' +@all");
    sessions_cli(f, "acl setuser default on '>andere' resetkeys");
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    assert_non_null(strstr(f->err.detail, "NOAUTH"));
    f->redis.password = "falsch";
    f->sessions = sessions_open(f);
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    assert_non_null(strstr(f->err.detail, "WRONGPASS"));
    assert_null(strstr(f->err.detail, "falsch"));
    f->redis.password = "andere";
    f->sessions = sessions_open(f);
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    f->redis.user = "npie";
    f->redis.password = "geheim";
    f->redis.database = 3;
    f->sessions = sessions_open(f);
    assert_ok(f, npie_once_put(f->sessions, KEY_A, 60, &f->err, f->p));
    sessions_cli(f, "--user npie --pass geheim --no-auth-warning acl setuser"
                    " default on nopass allkeys");
    assert_int_equal(atoi(sessions_cli(f, "-n 3 dbsize")),
                     1);
    assert_int_equal(atoi(sessions_cli(f, "-n 0 dbsize")), 0);
    f->redis.database = 99;
    f->sessions = sessions_open(f);
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
}

/* The user that session.h tells the admin to make is enough. */
static void test_least_user(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *text = NULL;
    apr_int64_t count = 0;

    sessions_cli(f, "acl setuser little on '>klein' '~npie:1:*' -@all +del"
                    " +expire +get +getex +incr +ping +sadd +select +set"
                    " +smembers +srem");
    f->redis.user = "little";
    f->redis.password = "klein";
    f->redis.database = 1;
    f->sessions = sessions_open(f);
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                  f->p));
    assert_ok(f, npie_session_end_all(f->sessions, SPKI, NULL, &f->err, f->p));
    assert_ok(f, npie_session_end(f->sessions, KEY_A, &f->err, f->p));
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos", "x", 9, &f->err,
                                f->p));
    assert_ok(f, npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                f->p));
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos", NULL, 9, &f->err,
                                f->p));
    assert_ok(f, npie_once_put(f->sessions, KEY_A, 9, &f->err, f->p));
    assert_ok(f, npie_once_take(f->sessions, KEY_A, &f->err, f->p));
    assert_ok(f, npie_rate_count(&count, f->sessions, "x", 9, &f->err, f->p));
}

/* A server that reads a while and then says one thing, whatever was asked. */
typedef struct liar_t {
    int listener;
    const char *says;
    size_t len;
} liar_t;

static void *APR_THREAD_FUNC lie(apr_thread_t *thread, void *baton)
{
    const liar_t *liar = baton;
    char buf[4096];
    int fd = accept(liar->listener, NULL, NULL);

    (void)thread;
    if (fd >= 0) {
        if (read(fd, buf, sizeof(buf)) > 0) {
            (void)send(fd, liar->says, liar->len, MSG_NOSIGNAL);
        }
        apr_sleep(apr_time_from_msec(150));
        close(fd);
    }
    return NULL;
}

static apr_status_t ask_liar(sessions_fixture_t *f, const char *says,
                             size_t len)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    liar_t liar = { socket(AF_UNIX, SOCK_STREAM, 0), says, len };
    npie_session_t *got = NULL;
    apr_thread_t *thread;
    apr_status_t ended;
    apr_status_t rv;

    apr_snprintf(address.sun_path, sizeof(address.sun_path), "%s/liar.sock",
                 npie_backend_directory());
    unlink(address.sun_path);
    assert_int_equal(bind(liar.listener, (struct sockaddr *)&address,
                          sizeof(address)), 0);
    assert_int_equal(listen(liar.listener, 5), 0);
    f->redis.socket = address.sun_path;
    f->redis.timeout = apr_time_from_msec(100);
    f->sessions = sessions_open(f);
    assert_int_equal(apr_thread_create(&thread, NULL, lie, &liar, f->p), 0);
    rv = npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err, f->p);
    apr_thread_join(&ended, thread);
    close(liar.listener);
    return rv;
}

static void test_nonsense(void **state)
{
    sessions_fixture_t *f = *state;
    static const char *const nonsense[] = {
        "", "\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n", ":1\r\n",
        "*0\r\n", "*-5\r\n", "*1000000\r\n", "*1\r\n$1\r\nx\r\n",
        "$99999999999999999999\r\n", "$9223372036854775807\r\n", "$-7\r\nab",
        "$5\r\nab", "-\r\n", "-LOADING Redis is loading\r\n",
        "-ERR unknown command `AUTH`, with args beginning with: `geheim`\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "%2\r\n", ">1\r\n+x\r\n", ":99999999999999999999999999\r\n",
    };

    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        apr_status_t rv = ask_liar(f, nonsense[i], strlen(nonsense[i]));

        if (rv != NPIE_EBACKEND) {
            fail_msg("%s: %d", nonsense[i], rv);
        }
        assert_int_equal(f->err.problem, NPIE_P_SESSIONS_DOWN);
        assert_null(strstr(f->err.detail, "geheim"));
    }
    assert_int_equal(ask_liar(f, "$-1\r\n", 5), APR_NOTFOUND);
    assert_int_equal(ask_liar(f, "$3\r\nabcXX", 9), APR_NOTFOUND);
    assert_int_equal(ask_liar(f, "$3\r\na\0b\r\n", 9), APR_NOTFOUND);
    assert_int_equal(ask_liar(f, "\0\0\0\0", 4), NPIE_EBACKEND);
}

static void test_tcp(void **state)
{
    sessions_fixture_t *f = *state;

    f->redis.socket = NULL;
    f->redis.host = "127.0.0.1";
    f->redis.port = 1; /* nothing listens there */
    f->sessions = sessions_open(f);
    assert_status(f, NPIE_EBACKEND,
                  npie_sessions_ping(f->sessions, &f->err, f->p));
    f->redis.port = 20000 + (int)(getpid() % 20000);
    sessions_cli(f, apr_psprintf(f->p, "config set port %d", f->redis.port));
    f->sessions = sessions_open(f);
    assert_ok(f, npie_sessions_ping(f->sessions, &f->err, f->p));
    sessions_cli(f, "config set port 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sessions_test(test_garbage_values), sessions_test(test_wrong_types),
        sessions_test(test_restart), sessions_test(test_killed_clients),
        sessions_test(test_slow), sessions_test(test_all_in_use),
        sessions_test(test_full), sessions_test(test_password),
        sessions_test(test_least_user),
        sessions_test(test_nonsense), sessions_test(test_tcp),
    };

    return sessions_main(tests, sizeof(tests) / sizeof(tests[0]));
}
