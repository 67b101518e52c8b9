/* SPDX-License-Identifier: Apache-2.0
 * Names and values in Redis under the secrets of NPIESessionSecret.
 */
#include "store/session_sealed.h"
#include "store/session_share.h"

#include <apr_strings.h>

int npie_sealed_secrets(const npie_sessions_t *sessions)
{
    return npie_secretbox_count(npie_redis_box(sessions));
}

apr_status_t npie_sealed_name(npie_sealed_name_t *sealed,
                              const npie_sessions_t *sessions, int which,
                              const char *kind, const char *id,
                              npie_err_t *err, apr_pool_t *p)
{
    if (*id == '\0'
        || npie_secretbox_name(&sealed->slot, npie_redis_box(sessions), which,
                               kind, id) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "redis: a %s has no identifier, or no HMAC", kind);
    }
    sealed->name = apr_pstrcat(p, NPIE_SEALED_PREFIX, kind, ":",
                               sealed->slot.name, NULL);
    return APR_SUCCESS;
}

apr_status_t npie_sealed_set(npie_redis_batch_t *batch,
                             const npie_sessions_t *sessions,
                             const npie_sealed_name_t *sealed,
                             npie_bytes_t value, int seconds, npie_err_t *err)
{
    npie_bytes_t bytes;

    if (npie_secretbox_seal(&bytes, npie_redis_box(sessions), &sealed->slot,
                            value, batch->p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "redis: a value cannot be sealed");
    }
    npie_redis_command(batch, "on", "SET");
    npie_redis_word(batch, sealed->name);
    npie_redis_bytes(batch, bytes);
    npie_redis_word(batch, "EX");
    npie_redis_number(batch, seconds > 0 ? seconds : 1);
    return APR_SUCCESS;
}

/* Reads what is under one name. */
static apr_status_t get(npie_bytes_t *pvalue, npie_sessions_t *sessions,
                        const npie_sealed_name_t *sealed, int idle,
                        npie_err_t *err, apr_pool_t *p)
{
    npie_redis_batch_t batch;
    npie_bytes_t bytes;
    apr_status_t rv;

    npie_redis_init(&batch, p);
    npie_redis_command(&batch, "sn", idle > 0 ? "GETEX" : "GET");
    npie_redis_word(&batch, sealed->name);
    if (idle > 0) {
        npie_redis_word(&batch, "EX");
        npie_redis_number(&batch, idle);
    }
    rv = npie_share_run(&batch, sessions, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (batch.replies[0]->type == REDIS_REPLY_NIL) {
        npie_redis_done(&batch);
        return APR_NOTFOUND;
    }
    bytes.data = (const unsigned char *)batch.replies[0]->str;
    bytes.len = batch.replies[0]->len;
    rv = npie_secretbox_open(pvalue, npie_redis_box(sessions), &sealed->slot,
                             bytes, p);
    npie_redis_done(&batch);
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, APR_NOTFOUND, NPIE_P_SESSION,
                       "redis: the value of %s was changed or put there by "
                       "somebody else", sealed->name);
}

apr_status_t npie_sealed_get(npie_bytes_t *pvalue, npie_sessions_t *sessions,
                             const char *kind, const char *id, int idle,
                             npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = APR_NOTFOUND;
    npie_sealed_name_t sealed;

    for (int i = 0; rv == APR_NOTFOUND && i < npie_sealed_secrets(sessions);
         i++) {
        rv = npie_sealed_name(&sealed, sessions, i, kind, id, err, p);
        if (rv == APR_SUCCESS) {
            rv = get(pvalue, sessions, &sealed, idle, err, p);
        }
    }
    return rv;
}

apr_status_t npie_sealed_delete(apr_int64_t *pcount, npie_sessions_t *sessions,
                                const char *kind, const char *id,
                                npie_err_t *err, apr_pool_t *ptemp)
{
    npie_redis_batch_t batch;
    npie_sealed_name_t sealed;
    apr_status_t rv = APR_SUCCESS;

    *pcount = 0;
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "DEL");
    for (int i = 0; rv == APR_SUCCESS && i < npie_sealed_secrets(sessions);
         i++) {
        rv = npie_sealed_name(&sealed, sessions, i, kind, id, err, ptemp);
        if (rv == APR_SUCCESS) {
            npie_redis_word(&batch, sealed.name);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = npie_redis_run(&batch, sessions, err);
    }
    if (rv == APR_SUCCESS) {
        *pcount = batch.replies[0]->integer;
    }
    npie_redis_done(&batch);
    return rv;
}
