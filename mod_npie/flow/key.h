/* SPDX-License-Identifier: Apache-2.0
 * What comes along with a new key. For this room alone.
 */
#ifndef NPIE_FLOW_KEY_H
#define NPIE_FLOW_KEY_H

#include <apr_pools.h>

/** A key file's SHA-256 in lower-case hex, in p, or ""; NULL when hex is
 * neither. */
const char *npie_key_digest(const char *hex, apr_pool_t *p);

#endif
