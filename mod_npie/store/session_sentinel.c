/* SPDX-License-Identifier: Apache-2.0
 * Where Redis's master is, as its Sentinels say.
 */
#include "store/session_sentinel.h"

#include <hiredis/hiredis.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <stdlib.h>
#include <string.h>

/* What is known is good for so long. */
#define KEEP apr_time_from_msec(500)

/* And for so long where many threads at once find it wrong. */
#define DOUBT apr_time_from_msec(50)

/* A Sentinel that did not answer is left alone for so long: it would hold up
 * everybody twice a second. */
#define REST apr_time_from_sec(5)

/* Of one Sentinel's connect and answer, and least of what is configured. */
#define PATIENCE apr_time_from_msec(250)

typedef struct one_t {
    const npie_redis_host_t *at;
    redisContext *context; /* NULL until it is needed */
    apr_time_t rests_until;
} one_t;

struct npie_sentinel_t {
    const npie_redis_t *redis;
    struct timeval timeout;
    apr_thread_mutex_t *turn; /* held by who asks, and over what follows */
    one_t *all;
    apr_time_t asked;
    int answered;         /* 1: the last time one at least knew a master */
    npie_master_t master;
};

static apr_status_t destroy(void *data)
{
    npie_sentinel_t *sentinel = data;

    for (int i = 0; i < sentinel->redis->sentinels; i++) {
        if (sentinel->all[i].context != NULL) {
            redisFree(sentinel->all[i].context);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_sentinel_create(npie_sentinel_t **psentinel,
                                  const npie_redis_t *redis, apr_pool_t *p)
{
    npie_sentinel_t *sentinel = apr_pcalloc(p, sizeof(*sentinel));
    const apr_interval_time_t timeout = redis->timeout < PATIENCE
                                            ? redis->timeout : PATIENCE;

    sentinel->redis = redis;
    sentinel->timeout.tv_sec = (time_t)apr_time_sec(timeout);
    sentinel->timeout.tv_usec = (suseconds_t)apr_time_usec(timeout);
    sentinel->all = apr_pcalloc(p, (apr_size_t)redis->sentinels
                                       * sizeof(*sentinel->all));
    for (int i = 0; i < redis->sentinels; i++) {
        sentinel->all[i].at = &redis->sentinel[i];
    }
    apr_pool_cleanup_register(p, sentinel, destroy, apr_pool_cleanup_null);
    *psentinel = sentinel;
    return apr_thread_mutex_create(&sentinel->turn, APR_THREAD_MUTEX_DEFAULT,
                                   p);
}

/* A name's value in a reply of names and values; "" when it is not there. */
static const char *value_of(const redisReply *reply, const char *name)
{
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        if (reply->element[i]->type == REDIS_REPLY_STRING
            && reply->element[i + 1]->type == REDIS_REPLY_STRING
            && strcmp(reply->element[i]->str, name) == 0) {
            return reply->element[i + 1]->str;
        }
    }
    return "";
}

static redisReply *ask_one(npie_sentinel_t *sentinel, one_t *one)
{
    redisReply *reply = NULL;

    if (one->context == NULL) {
        one->context = redisConnectWithTimeout(one->at->host, one->at->port,
                                               sentinel->timeout);
    }
    if (one->context != NULL && one->context->err == 0
        && redisSetTimeout(one->context, sentinel->timeout) == REDIS_OK) {
        reply = redisCommand(one->context, "SENTINEL MASTER %s",
                             sentinel->redis->master);
    }
    if (reply == NULL && one->context != NULL) {
        redisFree(one->context);
        one->context = NULL;
    }
    return reply;
}

/* Once more where the connection had grown old. */
static redisReply *ask(npie_sentinel_t *sentinel, one_t *one)
{
    const int old = one->context != NULL;
    redisReply *reply = ask_one(sentinel, one);

    return reply == NULL && old ? ask_one(sentinel, one) : reply;
}

/* Takes what one says, unless another has said something newer. */
static void hear(npie_master_t *best, long long *pepoch,
                const redisReply *reply)
{
    const char *host;
    long long epoch;
    int port;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return;
    }
    host = value_of(reply, "ip");
    port = atoi(value_of(reply, "port"));
    epoch = atoll(value_of(reply, "config-epoch"));
    if (*host == '\0' || port <= 0 || strlen(host) >= sizeof(best->host)) {
        return;
    }
    if (epoch > *pepoch) {
        apr_cpystrn(best->host, host, sizeof(best->host));
        best->port = port;
        *pepoch = epoch;
    }
}

static int all_rest(const npie_sentinel_t *sentinel, apr_time_t now)
{
    for (int i = 0; i < sentinel->redis->sentinels; i++) {
        if (sentinel->all[i].rests_until <= now) {
            return 0;
        }
    }
    return 1;
}

/* Asks all that are not at rest, or all where all are. */
static void ask_all(npie_sentinel_t *sentinel)
{
    const apr_time_t now = apr_time_now();
    const int nobody = all_rest(sentinel, now);
    npie_master_t best = { "", 0, 0 };
    npie_master_t *known = &sentinel->master;
    long long epoch = -1;

    for (int i = 0; i < sentinel->redis->sentinels; i++) {
        one_t *one = &sentinel->all[i];
        redisReply *reply;

        if (one->rests_until > now && !nobody) {
            continue;
        }
        reply = ask(sentinel, one);
        one->rests_until = reply == NULL ? now + REST : 0;
        if (reply != NULL) {
            hear(&best, &epoch, reply);
            freeReplyObject(reply);
        }
    }
    if (epoch >= 0 && (strcmp(best.host, known->host) != 0
                       || best.port != known->port)) {
        best.generation = known->generation + 1;
        *known = best;
    }
    sentinel->asked = apr_time_now();
    sentinel->answered = epoch >= 0;
}

apr_status_t npie_sentinel_master(npie_master_t *master,
                                  npie_sentinel_t *sentinel, int doubt,
                                  npie_err_t *err)
{
    int answered;

    apr_thread_mutex_lock(sentinel->turn);
    if (apr_time_now() - sentinel->asked >= (doubt ? DOUBT : KEEP)) {
        ask_all(sentinel);
    }
    answered = sentinel->answered;
    *master = sentinel->master;
    apr_thread_mutex_unlock(sentinel->turn);
    return answered ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                       "redis: no Sentinel answers that knows the master '%s'",
                       sentinel->redis->master);
}
