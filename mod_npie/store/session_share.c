/* SPDX-License-Identifier: Apache-2.0
 * Look-ups of a process's threads over one connection.
 */
#include "store/session_share.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

/* Most look-ups of one round trip, and that wait at once. */
#define SLOTS 64

/* A leader that takes longer than this is not waited for. */
#define SLOW apr_time_from_msec(20)

typedef enum state_t {
    QUEUED,   /* waits to be sent */
    LEADS,    /* waits to be sent, and its thread is to do it */
    SENT,     /* its answer is under way */
    ANSWERED,
    FAILED,   /* there was none */
    LEFT      /* sent, and its thread does not wait any more */
} state_t;

/* A look-up. All but the condition is read and written with the mutex held;
 * batch only while the look-up is queued, its thread may be gone later. */
typedef struct slot_t {
    apr_thread_cond_t *cond;
    state_t state;
    npie_redis_batch_t *batch;
    redisReply *reply;
    struct slot_t *next; /* in the queue, or among those free */
} slot_t;

struct npie_share_t {
    apr_thread_mutex_t *mutex;
    slot_t slots[SLOTS];
    slot_t *free;
    slot_t *first, *last; /* the queue */
    int led;              /* 1: a thread leads, or was told to */
};

apr_status_t npie_share_create(npie_share_t **pshare, apr_pool_t *p)
{
    npie_share_t *share = apr_pcalloc(p, sizeof(*share));
    apr_status_t rv = apr_thread_mutex_create(&share->mutex,
                                              APR_THREAD_MUTEX_DEFAULT, p);

    for (int i = 0; rv == APR_SUCCESS && i < SLOTS; ++i) {
        rv = apr_thread_cond_create(&share->slots[i].cond, p);
        share->slots[i].next = share->free;
        share->free = &share->slots[i];
    }
    *pshare = share;
    return rv;
}

static void release(npie_share_t *share, slot_t *slot)
{
    slot->next = share->free;
    share->free = slot;
}

static slot_t *enqueue(npie_share_t *share, npie_redis_batch_t *batch)
{
    slot_t *slot = share->free;

    if (slot == NULL) {
        return NULL;
    }
    share->free = slot->next;
    slot->state = QUEUED;
    slot->batch = batch;
    slot->reply = NULL;
    slot->next = NULL;
    if (share->first == NULL) {
        share->first = slot;
    }
    else {
        share->last->next = slot;
    }
    share->last = slot;
    return slot;
}

static void dequeue(npie_share_t *share, const slot_t *slot)
{
    slot_t **link = &share->first;
    slot_t *before = NULL;

    while (*link != slot) {
        before = *link;
        link = &before->next;
    }
    *link = slot->next;
    if (share->last == slot) {
        share->last = before;
    }
}

/* All of the queue, formatted into the connection's buffer: the threads may
 * leave then. Without a connection they are failed. Returns how many. */
static int take_queue(slot_t *sent[SLOTS], npie_share_t *share,
                      redisContext *context)
{
    int count = 0;

    for (slot_t *slot = share->first; slot != NULL; slot = slot->next) {
        if (context != NULL) {
            npie_redis_append(context, slot->batch);
        }
        slot->state = SENT;
        sent[count++] = slot;
    }
    share->first = share->last = NULL;
    return count;
}

/* Answers, or failures, to those who wait; who has left frees its slot here. */
static void hand_out(npie_share_t *share, slot_t *const sent[],
                     redisReply *const replies[], int count, const slot_t *own)
{
    for (int i = 0; i < count; ++i) {
        slot_t *slot = sent[i];

        if (slot->state == LEFT) {
            if (replies[i] != NULL) {
                freeReplyObject(replies[i]);
            }
            release(share, slot);
            continue;
        }
        slot->reply = replies[i];
        slot->state = replies[i] != NULL ? ANSWERED : FAILED;
        if (slot != own) {
            apr_thread_cond_signal(slot->cond);
        }
    }
}

/* One round trip, with the mutex held but for what takes long; the first of
 * those who have come meanwhile leads next. */
static void lead(npie_share_t *share, npie_sessions_t *sessions,
                 const slot_t *own)
{
    redisReply *replies[SLOTS] = { NULL };
    slot_t *sent[SLOTS];
    redisContext *context;
    void *borrowed;
    int count, answered = 0;

    apr_thread_mutex_unlock(share->mutex);
    context = npie_redis_borrow(&borrowed, sessions);
    apr_thread_mutex_lock(share->mutex);
    count = take_queue(sent, share, context);
    if (context != NULL) {
        apr_thread_mutex_unlock(share->mutex);
        while (answered < count
               && redisGetReply(context, (void **)&replies[answered])
                      == REDIS_OK && replies[answered] != NULL) {
            ++answered;
        }
        npie_redis_return(sessions, borrowed, answered == count);
        apr_thread_mutex_lock(share->mutex);
    }
    hand_out(share, sent, replies, count, own);
    share->led = share->first != NULL;
    if (share->led) {
        share->first->state = LEADS;
        apr_thread_cond_signal(share->first->cond);
    }
}

/* Until there is an answer or a failure; NULL when it was not waited for. */
static slot_t *await(npie_share_t *share, npie_sessions_t *sessions,
                     slot_t *slot)
{
    apr_status_t rv = APR_SUCCESS;

    while ((slot->state == QUEUED || slot->state == SENT)
           && rv == APR_SUCCESS) {
        rv = apr_thread_cond_timedwait(slot->cond, share->mutex, SLOW);
    }
    switch (slot->state) {
    case LEADS:
        lead(share, sessions, slot);
        return slot;
    case QUEUED:
        dequeue(share, slot);
        release(share, slot);
        return NULL;
    case SENT:
        slot->state = LEFT;
        return NULL;
    default:
        return slot;
    }
}

apr_status_t npie_share_run(npie_redis_batch_t *batch,
                            npie_sessions_t *sessions, npie_err_t *err)
{
    const apr_interval_time_t began = npie_ticks();
    npie_share_t *share = npie_redis_share(sessions);
    slot_t *slot;

    apr_thread_mutex_lock(share->mutex);
    slot = enqueue(share, batch);
    if (slot != NULL && share->led) {
        slot = await(share, sessions, slot);
    }
    else if (slot != NULL) {
        share->led = 1;
        lead(share, sessions, slot);
    }
    if (slot != NULL) {
        batch->replies[0] = slot->reply;
        release(share, slot);
    }
    apr_thread_mutex_unlock(share->mutex);
    if (batch->replies[0] != NULL && npie_redis_fits(batch)) {
        npie_redis_timed(sessions, began);
        return APR_SUCCESS;
    }
    npie_redis_done(batch);
    return npie_redis_run(batch, sessions, err);
}
