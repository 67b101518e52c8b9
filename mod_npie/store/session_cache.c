/* SPDX-License-Identifier: Apache-2.0
 * Sessions that a process has looked up, for a moment.
 */
#include "store/session_cache.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <stdlib.h>
#include <string.h>

#include "base/ticks.h"

#define ENTRIES 1024
#define BYTES_MAX 1024
#define HEX_SIZE 65

typedef struct entry_t {
    char key[HEX_SIZE]; /* "" = empty */
    char spki[HEX_SIZE];
    apr_interval_time_t at;
    apr_size_t len;
    unsigned char data[BYTES_MAX];
} entry_t;

struct npie_session_cache_t {
    apr_thread_mutex_t *mutex;
    apr_uint64_t turn; /* counts what was ended */
    entry_t entries[ENTRIES];
};

apr_status_t npie_session_cache_create(npie_session_cache_t **pcache,
                                       apr_pool_t *p)
{
    *pcache = apr_pcalloc(p, sizeof(**pcache));
    return apr_thread_mutex_create(&(*pcache)->mutex,
                                   APR_THREAD_MUTEX_DEFAULT, p);
}

/* A key is a digest: its first digits spread well. */
static entry_t *entry_of(npie_session_cache_t *cache, const char *key)
{
    char head[5] = "";

    memcpy(head, key, 4);
    return &cache->entries[strtoul(head, NULL, 16) % ENTRIES];
}

npie_bytes_t npie_session_cache_get(apr_uint64_t *pturn,
                                    npie_session_cache_t *cache,
                                    const char *key, apr_interval_time_t age,
                                    apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };
    const entry_t *entry;

    *pturn = 0;
    if (cache == NULL) {
        return bytes;
    }
    entry = entry_of(cache, key);
    apr_thread_mutex_lock(cache->mutex);
    *pturn = cache->turn;
    if (strcmp(entry->key, key) == 0 && npie_ticks() - entry->at < age) {
        bytes.data = apr_pmemdup(p, entry->data, entry->len);
        bytes.len = entry->len;
    }
    apr_thread_mutex_unlock(cache->mutex);
    return bytes;
}

void npie_session_cache_put(npie_session_cache_t *cache, apr_uint64_t turn,
                            const char *key, const char *spki,
                            npie_bytes_t bytes)
{
    entry_t *entry;

    if (cache == NULL || bytes.len > BYTES_MAX) {
        return;
    }
    entry = entry_of(cache, key);
    apr_thread_mutex_lock(cache->mutex);
    if (turn == cache->turn) {
        apr_cpystrn(entry->key, key, sizeof(entry->key));
        apr_cpystrn(entry->spki, spki, sizeof(entry->spki));
        memcpy(entry->data, bytes.data, bytes.len);
        entry->len = bytes.len;
        entry->at = npie_ticks();
    }
    apr_thread_mutex_unlock(cache->mutex);
}

void npie_session_cache_end(npie_session_cache_t *cache, const char *key)
{
    entry_t *entry;

    if (cache == NULL) {
        return;
    }
    entry = entry_of(cache, key);
    apr_thread_mutex_lock(cache->mutex);
    cache->turn++;
    if (strcmp(entry->key, key) == 0) {
        entry->key[0] = '\0';
    }
    apr_thread_mutex_unlock(cache->mutex);
}

void npie_session_cache_end_all(npie_session_cache_t *cache, const char *spki)
{
    if (cache == NULL) {
        return;
    }
    apr_thread_mutex_lock(cache->mutex);
    cache->turn++;
    for (int i = 0; i < ENTRIES; ++i) {
        if (strcmp(cache->entries[i].spki, spki) == 0) {
            cache->entries[i].key[0] = '\0';
        }
    }
    apr_thread_mutex_unlock(cache->mutex);
}
