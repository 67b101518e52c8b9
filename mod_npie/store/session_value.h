/* SPDX-License-Identifier: Apache-2.0
 * A session as the bytes that Redis keeps.
 */
#ifndef NPIE_STORE_SESSION_VALUE_H
#define NPIE_STORE_SESSION_VALUE_H

#include "store/session.h"

/** The bytes of a session, in p.
 * @param key what it is kept under, 64 hex digits: it is among the bytes */
npie_bytes_t npie_session_encode(const char *key,
                                 const npie_session_t *session, apr_pool_t *p);

/**
 * The session of bytes that npie_session_encode() made.
 * @param session filled, strings in p; undefined on failure
 * @param key what was asked for: an answer meant for somebody else is refused
 * @return APR_SUCCESS; NPIE_EPROTO when they are of another version or another
 *         key, cut, longer, or hold what a session cannot
 */
apr_status_t npie_session_decode(npie_session_t *session, const char *key,
                                 npie_bytes_t bytes, apr_pool_t *p);

#endif
