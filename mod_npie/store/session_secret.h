/* SPDX-License-Identifier: Apache-2.0
 * The file of the secrets that seal what is kept in Redis: one a line, 64 hex
 * digits, the one in use first. Blank lines and lines from '#' on are passed
 * over.
 */
#ifndef NPIE_STORE_SESSION_SECRET_H
#define NPIE_STORE_SESSION_SECRET_H

#include <apr_user.h>

#include "pki/secretbox.h"
#include "store/session.h"

/**
 * Reads the file.
 * @param psecrets in p, cleansed with it
 * @return NULL, or a sentence that says what is wrong with it and what to do
 */
const char *npie_session_secret_read(npie_secrets_t **psecrets,
                                     const char *path, apr_pool_t *p);

/**
 * The text of a file with a new secret in front of those that are kept.
 * @param before the secrets so far, or NULL; the newest of them is kept
 * @return APR_SUCCESS; NPIE_EINTERNAL or the system's: no random bytes
 */
apr_status_t npie_session_secret_next(npie_bytes_t *text,
                                      const npie_secrets_t *before,
                                      apr_pool_t *p);

/**
 * Can anybody but root and uid write this Redis? Not when it is a unix socket
 * that belongs to uid and that nobody else may write to, or that is not there
 * yet, in a directory of which the same holds.
 * @return NULL, or why it must have a secret
 */
const char *npie_session_secret_lack(const npie_redis_t *redis,
                                     apr_uid_t uid, apr_pool_t *p);

#endif
