/* SPDX-License-Identifier: Apache-2.0
 * The pool of Redis connections and how commands go over one.
 */
#include "store/session_redis.h"
#include "store/session_sentinel.h"

#include <apr_lib.h>
#include <apr_reslist.h>
#include <apr_strings.h>

#include <errno.h>
#include <string.h>

struct npie_sessions_t {
    npie_redis_t redis;
    struct timeval timeout;
    apr_reslist_t *connections;
    npie_secretbox_t *box;
    npie_sentinel_t *sentinel; /* NULL: none */
    struct npie_share_t *share;
};

/* What the pool holds: a connection, or the place for one. */
typedef struct connection_t {
    redisContext *context; /* NULL until it is needed */
    unsigned generation;   /* of the master that it is of */
} connection_t;

static apr_status_t make_place(void **resource, void *params, apr_pool_t *p)
{
    (void)params;
    *resource = apr_pcalloc(p, sizeof(connection_t));
    return APR_SUCCESS;
}

static void disconnect(connection_t *connection)
{
    if (connection->context != NULL) {
        redisFree(connection->context);
        connection->context = NULL;
    }
}

static apr_status_t clear_place(void *resource, void *params, apr_pool_t *p)
{
    (void)params;
    (void)p;
    disconnect(resource);
    return APR_SUCCESS;
}

apr_status_t npie_redis_create(npie_sessions_t **psessions,
                               const npie_redis_t *redis,
                               const npie_secrets_t *secrets,
                               struct npie_share_t *share, apr_pool_t *p)
{
    static const npie_secrets_t none = { .count = 0 };
    npie_sessions_t *sessions = apr_pcalloc(p, sizeof(*sessions));
    const int most = redis->connections > 0 ? redis->connections : 1;
    apr_interval_time_t timeout = redis->timeout;
    apr_status_t rv;

    sessions->share = share;
    sessions->redis = *redis;
    sessions->redis.connections = most;
    sessions->redis.socket = apr_pstrdup(p, redis->socket);
    sessions->redis.host = apr_pstrdup(p, redis->host);
    sessions->redis.user = apr_pstrdup(p, redis->user);
    sessions->redis.password = apr_pstrdup(p, redis->password);
    sessions->redis.master = apr_pstrdup(p, redis->master);
    /* hiredis and apr_reslist both take zero for "for ever". */
    if (timeout < apr_time_from_msec(1)) {
        timeout = apr_time_from_msec(1);
    }
    sessions->timeout.tv_sec = (time_t)apr_time_sec(timeout);
    sessions->timeout.tv_usec = (suseconds_t)apr_time_usec(timeout);
    rv = npie_secretbox_create(&sessions->box,
                               secrets != NULL ? secrets : &none, p);
    if (rv == APR_SUCCESS && redis->sentinels > 0) {
        rv = npie_sentinel_create(&sessions->sentinel, &sessions->redis, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Every place is made now: later, when threads share p with others,
     * nothing must be allocated from it. */
    rv = apr_reslist_create(&sessions->connections, most, most, most, 0,
                            make_place, clear_place, NULL, p);
    if (rv == APR_SUCCESS) {
        apr_reslist_timeout_set(sessions->connections, timeout);
        *psessions = sessions;
    }
    return rv;
}

struct npie_session_cache_t *npie_redis_cache(apr_interval_time_t *page,
                                              const npie_sessions_t *sessions)
{
    *page = sessions->redis.cache_age;
    return sessions->redis.cache;
}

struct npie_share_t *npie_redis_share(const npie_sessions_t *sessions)
{
    return sessions->share;
}

const npie_secretbox_t *npie_redis_box(const npie_sessions_t *sessions)
{
    return sessions->box;
}

void npie_redis_init(npie_redis_batch_t *batch, apr_pool_t *p)
{
    memset(batch, 0, sizeof(*batch));
    batch->p = p;
}

void npie_redis_done(npie_redis_batch_t *batch)
{
    for (int i = 0; i < NPIE_REDIS_COMMANDS_MAX; i++) {
        if (batch->replies[i] != NULL) {
            freeReplyObject(batch->replies[i]);
            batch->replies[i] = NULL;
        }
    }
}

void npie_redis_command(npie_redis_batch_t *batch, const char *types,
                        const char *name)
{
    batch->types[batch->count] = types;
    batch->words[batch->count] = apr_array_make(batch->p, 8,
                                                sizeof(npie_bytes_t));
    batch->count++;
    npie_redis_word(batch, name);
}

void npie_redis_bytes(npie_redis_batch_t *batch, npie_bytes_t bytes)
{
    APR_ARRAY_PUSH(batch->words[batch->count - 1], npie_bytes_t) = bytes;
}

void npie_redis_word(npie_redis_batch_t *batch, const char *word)
{
    npie_bytes_t bytes = { (const unsigned char *)word, strlen(word) };

    npie_redis_bytes(batch, bytes);
}

void npie_redis_number(npie_redis_batch_t *batch, apr_int64_t number)
{
    npie_redis_word(batch,
                    apr_psprintf(batch->p, "%" APR_INT64_T_FMT, number));
}

static apr_status_t down(npie_err_t *err, const char *what, const char *why)
{
    return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                        "redis: %s: %s", what, why);
}

/* An error reply's first word, "OOM", "LOADING": the rest may quote what was
 * sent, a password among it. */
static apr_status_t refused(npie_err_t *err, const char *what,
                            const redisReply *reply)
{
    char code[24];
    apr_size_t i = 0;

    while (i + 1 < sizeof(code) && i < reply->len
           && apr_isupper(reply->str[i])) {
        code[i] = reply->str[i];
        i++;
    }
    code[i] = '\0';
    return down(err, what, i > 0 ? code : "an error reply");
}

static void note(const npie_sessions_t *sessions, npie_redis_event_t event)
{
    if (sessions->redis.event != NULL) {
        sessions->redis.event(event);
    }
}

/* Runs one command of the greeting of a new connection. */
static apr_status_t greet(redisContext *context, int argc, const char **argv,
                          npie_err_t *err)
{
    redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
    apr_status_t rv = APR_SUCCESS;

    if (reply == NULL) {
        return down(err, argv[0], context->errstr);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        rv = refused(err, argv[0], reply);
    }
    else if (reply->type != REDIS_REPLY_STATUS) {
        rv = down(err, argv[0], "another kind of reply");
    }
    freeReplyObject(reply);
    return rv;
}

/* A master that was replaced does not know it yet, or does and is a replica:
 * nothing is written to the one that says so. */
static apr_status_t check_role(redisContext *context, npie_err_t *err)
{
    redisReply *reply = redisCommand(context, "ROLE");
    apr_status_t rv = APR_SUCCESS;

    if (reply == NULL) {
        return down(err, "ROLE", context->errstr);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        rv = refused(err, "ROLE", reply);
    }
    else if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0
             || reply->element[0]->type != REDIS_REPLY_STRING
             || strcmp(reply->element[0]->str, "master") != 0) {
        rv = down(err, "ROLE", "it is no master");
    }
    freeReplyObject(reply);
    return rv;
}

static apr_status_t introduce(const npie_redis_t *redis, redisContext *context,
                              npie_err_t *err)
{
    const char *argv[3] = { "AUTH", redis->user, redis->password };
    char database[16];
    apr_status_t rv = APR_SUCCESS;

    if (redis->password != NULL && redis->user != NULL) {
        rv = greet(context, 3, argv, err);
    }
    else if (redis->password != NULL) {
        argv[1] = redis->password;
        rv = greet(context, 2, argv, err);
    }
    if (rv == APR_SUCCESS && redis->database > 0) {
        apr_snprintf(database, sizeof(database), "%d", redis->database);
        argv[0] = "SELECT";
        argv[1] = database;
        rv = greet(context, 2, argv, err);
    }
    return rv == APR_SUCCESS && redis->sentinels > 0
        ? check_role(context, err) : rv;
}

/* Where to connect to: what is configured, or what the Sentinels say.
 * @param doubt 1: what they said was wrong */
static apr_status_t find(npie_master_t *master,
                         const npie_sessions_t *sessions, int doubt,
                         npie_err_t *err)
{
    if (sessions->sentinel != NULL) {
        return npie_sentinel_master(master, sessions->sentinel, doubt, err);
    }
    apr_cpystrn(master->host, sessions->redis.host == NULL
                                  ? "" : sessions->redis.host,
                sizeof(master->host));
    master->port = sessions->redis.port;
    master->generation = 0;
    return APR_SUCCESS;
}

static apr_status_t connect_to(connection_t *connection,
                               const npie_sessions_t *sessions,
                               const npie_master_t *master, npie_err_t *err)
{
    const npie_redis_t *redis = &sessions->redis;
    redisContext *context;
    apr_status_t rv;

    if (redis->socket != NULL) {
        context = redisConnectUnixWithTimeout(redis->socket,
                                              sessions->timeout);
    }
    else {
        context = redisConnectWithTimeout(master->host, master->port,
                                          sessions->timeout);
    }
    if (context == NULL) {
        return down(err, "connect", "out of memory");
    }
    if (context->err != 0) {
        rv = down(err, "connect", context->errstr);
    }
    else if (redisSetTimeout(context, sessions->timeout) != REDIS_OK) {
        rv = down(err, "connect", "the timeout cannot be set");
    }
    else {
        rv = introduce(redis, context, err);
    }
    if (rv != APR_SUCCESS) {
        redisFree(context);
        return rv;
    }
    if (redis->socket == NULL) {
        redisEnableKeepAlive(context);
    }
    note(sessions, NPIE_REDIS_CONNECTED);
    connection->context = context;
    connection->generation = master->generation;
    return APR_SUCCESS;
}

static void append(redisContext *context, const apr_array_header_t *words,
                   apr_pool_t *p)
{
    const char **argv = apr_palloc(p, (apr_size_t)words->nelts * sizeof(*argv));
    size_t *lens = apr_palloc(p, (apr_size_t)words->nelts * sizeof(*lens));

    for (int i = 0; i < words->nelts; i++) {
        const npie_bytes_t *word = &APR_ARRAY_IDX(words, i, npie_bytes_t);

        argv[i] = (const char *)word->data;
        lens[i] = word->len;
    }
    redisAppendCommandArgv(context, words->nelts, argv, lens);
}

static int is_array_of_strings(const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i] == NULL
            || reply->element[i]->type != REDIS_REPLY_STRING) {
            return 0;
        }
    }
    return 1;
}

static int fits(const redisReply *reply, const char *types)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
        return strchr(types, 's') != NULL;
    case REDIS_REPLY_NIL:
        return strchr(types, 'n') != NULL;
    case REDIS_REPLY_INTEGER:
        return strchr(types, 'i') != NULL;
    case REDIS_REPLY_STATUS:
        return strchr(types, 'o') != NULL;
    case REDIS_REPLY_ARRAY:
        return strchr(types, 'a') != NULL && is_array_of_strings(reply);
    default:
        return 0;
    }
}

/* One try on one connection.
 * @param pdead set to 1 when the connection was closed at the other end */
static apr_status_t attempt(npie_redis_batch_t *batch, redisContext *context,
                            int *pdead, npie_err_t *err)
{
    const char *name;

    for (int i = 0; i < batch->count; i++) {
        append(context, batch->words[i], batch->p);
    }
    for (int i = 0; i < batch->count; i++) {
        void *reply = NULL;

        name = (const char *)
            APR_ARRAY_IDX(batch->words[i], 0, npie_bytes_t).data;
        errno = 0;
        if (redisGetReply(context, &reply) != REDIS_OK || reply == NULL) {
            *pdead = context->err == REDIS_ERR_EOF
                || (context->err == REDIS_ERR_IO && errno != EAGAIN);
            return down(err, name, context->errstr);
        }
        batch->replies[i] = reply;
        if (batch->replies[i]->type == REDIS_REPLY_ERROR) {
            /* It has become a replica: nothing was done. */
            *pdead = strncmp(batch->replies[i]->str, "READONLY", 8) == 0;
            return refused(err, name, batch->replies[i]);
        }
        if (!fits(batch->replies[i], batch->types[i])) {
            return down(err, name, "another kind of reply");
        }
    }
    return APR_SUCCESS;
}

/* A new connection, to another master where the one that was known is not
 * there any more. */
static apr_status_t reconnect(connection_t *connection,
                              const npie_sessions_t *sessions,
                              npie_master_t *master, npie_err_t *err)
{
    const unsigned before = master->generation;
    apr_status_t rv = connect_to(connection, sessions, master, err);

    if (rv == APR_SUCCESS || sessions->sentinel == NULL) {
        return rv;
    }
    rv = find(master, sessions, 1, err);
    if (rv == APR_SUCCESS && master->generation == before) {
        return down(err, "connect", "the master does not answer, and the "
                    "Sentinels know no other one yet");
    }
    return rv != APR_SUCCESS ? rv
                             : connect_to(connection, sessions, master, err);
}

/* After any failure the connection is given up: replies may still be under
 * way on it. */
static apr_status_t run_on(npie_redis_batch_t *batch, connection_t *connection,
                           npie_sessions_t *sessions, npie_err_t *err)
{
    npie_master_t master;
    apr_status_t rv = find(&master, sessions, 0, err);
    int dead = 0;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (connection->generation != master.generation) {
        disconnect(connection);
    }
    if (connection->context != NULL) {
        rv = attempt(batch, connection->context, &dead, err);
        if (rv == APR_SUCCESS) {
            return rv;
        }
        npie_redis_done(batch);
        disconnect(connection);
        if (!dead) {
            return rv;
        }
        rv = find(&master, sessions, 1, err);
    }
    if (rv == APR_SUCCESS) {
        rv = reconnect(connection, sessions, &master, err);
    }
    if (rv == APR_SUCCESS) {
        rv = attempt(batch, connection->context, &dead, err);
        if (rv != APR_SUCCESS) {
            npie_redis_done(batch);
            disconnect(connection);
        }
    }
    return rv;
}

void npie_redis_append(redisContext *context, const npie_redis_batch_t *batch)
{
    append(context, batch->words[0], batch->p);
}

int npie_redis_fits(const npie_redis_batch_t *batch)
{
    return fits(batch->replies[0], batch->types[0]);
}

redisContext *npie_redis_borrow(void **pborrowed, npie_sessions_t *sessions)
{
    connection_t *connection;
    npie_master_t master;
    apr_status_t rv;

    if (apr_reslist_acquire(sessions->connections, pborrowed)
        != APR_SUCCESS) {
        return NULL;
    }
    connection = *pborrowed;
    rv = find(&master, sessions, 0, NULL);
    if (rv == APR_SUCCESS && connection->generation != master.generation) {
        disconnect(connection);
    }
    if (rv == APR_SUCCESS && connection->context == NULL) {
        rv = connect_to(connection, sessions, &master, NULL);
    }
    if (rv != APR_SUCCESS) {
        apr_reslist_release(sessions->connections, *pborrowed);
        return NULL;
    }
    return connection->context;
}

void npie_redis_return(npie_sessions_t *sessions, void *borrowed, int good)
{
    if (!good) {
        disconnect(borrowed);
    }
    apr_reslist_release(sessions->connections, borrowed);
}

static apr_status_t run(npie_redis_batch_t *batch, npie_sessions_t *sessions,
                        npie_err_t *err)
{
    void *resource = NULL;
    apr_status_t rv;

    if (apr_reslist_acquired_count(sessions->connections)
        >= (apr_uint32_t)sessions->redis.connections) {
        note(sessions, NPIE_REDIS_WAITED);
    }
    rv = apr_reslist_acquire(sessions->connections, &resource);
    if (rv != APR_SUCCESS) {
        note(sessions, NPIE_REDIS_FULL);
        return down(err, "connect", "every connection is in use");
    }
    rv = run_on(batch, resource, sessions, err);
    apr_reslist_release(sessions->connections, resource);
    if (rv != APR_SUCCESS) {
        note(sessions, NPIE_REDIS_FAILED);
    }
    return rv;
}

void npie_redis_timed(const npie_sessions_t *sessions,
                      apr_interval_time_t began)
{
    if (sessions->redis.timed != NULL) {
        sessions->redis.timed(npie_ticks() - began);
    }
}

apr_status_t npie_redis_run(npie_redis_batch_t *batch,
                            npie_sessions_t *sessions, npie_err_t *err)
{
    const apr_interval_time_t began = npie_ticks();
    const apr_status_t rv = run(batch, sessions, err);

    npie_redis_timed(sessions, began);
    return rv;
}
