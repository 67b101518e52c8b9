/* SPDX-License-Identifier: Apache-2.0
 * Names and values in Redis under the secrets of NPIESessionSecret. Inside
 * store/session*.c only.
 *
 * After a change of the secret what was kept under an older one is still
 * found: reading and ending look under every secret, writing uses the first.
 */
#ifndef NPIE_STORE_SESSION_SEALED_H
#define NPIE_STORE_SESSION_SEALED_H

#include "pki/secretbox.h"
#include "store/session_redis.h"

/** What every name in Redis begins with. */
#define NPIE_SEALED_PREFIX "npie:1:"

/** A thing's name in Redis under one secret, and what seals its value. */
typedef struct npie_sealed_name_t {
    const char *name; /**< "npie:1:", kind, ':', 64 hex digits */
    npie_secretbox_slot_t slot; /**< slot.name: these digits alone */
} npie_sealed_name_t;

/** How many secrets there are, 1 at least. */
int npie_sealed_secrets(const npie_sessions_t *sessions);

/**
 * Names a thing.
 * @param which 0: under the secret in use; up to npie_sealed_secrets()
 * @param id any text; "" is no identifier
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_sealed_name(npie_sealed_name_t *sealed,
                              const npie_sessions_t *sessions, int which,
                              const char *kind, const char *id,
                              npie_err_t *err, apr_pool_t *p);

/**
 * Begins SET name value EX seconds.
 * @param seconds below 1 is 1: Redis takes no less
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_sealed_set(npie_redis_batch_t *batch,
                             const npie_sessions_t *sessions,
                             const npie_sealed_name_t *sealed,
                             npie_bytes_t value, int seconds,
                             npie_err_t *err);

/**
 * Reads a value.
 * @param pvalue in p, a NUL behind it
 * @param idle seconds it is to live on from now; 0: as it was
 * @return APR_SUCCESS; APR_NOTFOUND, with err set only when there is a value
 *         that was not sealed for this name; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_sealed_get(npie_bytes_t *pvalue, npie_sessions_t *sessions,
                             const char *kind, const char *id, int idle,
                             npie_err_t *err, apr_pool_t *p);

/**
 * Deletes a thing under every secret.
 * @param pcount how many there were
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_sealed_delete(apr_int64_t *pcount, npie_sessions_t *sessions,
                                const char *kind, const char *id,
                                npie_err_t *err, apr_pool_t *ptemp);

#endif
