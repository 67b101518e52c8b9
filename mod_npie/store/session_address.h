/* SPDX-License-Identifier: Apache-2.0
 * Where Redis is, as admins write it in configurations.
 */
#ifndef NPIE_STORE_SESSION_ADDRESS_H
#define NPIE_STORE_SESSION_ADDRESS_H

#include "store/session_pool.h"

/**
 * unix:/path, host:port or sentinel://host:port,.../master, then timeout=,
 * connections=, database=, user=, password-file= in any order.
 * @param out holds the defaults; changed on success alone; strings in p
 * @return NULL, or a sentence that says what is wrong and what is allowed
 */
const char *npie_redis_parse(npie_redis_t *out, const char *arg,
                             apr_pool_t *p);

#endif
