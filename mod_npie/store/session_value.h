/* SPDX-License-Identifier: Apache-2.0
 * A session as the bytes that Redis keeps.
 */
#ifndef NPIE_STORE_SESSION_VALUE_H
#define NPIE_STORE_SESSION_VALUE_H

#include "store/session.h"

/** The bytes of a session, in p. */
npie_bytes_t npie_session_encode(const npie_session_t *session, apr_pool_t *p);

/**
 * The session of bytes that npie_session_encode() made.
 * @param session filled, strings in p; undefined on failure
 * @return APR_SUCCESS; NPIE_EPROTO when they are of another version, cut,
 *         longer, or hold what a session cannot
 */
apr_status_t npie_session_decode(npie_session_t *session, npie_bytes_t bytes,
                                 apr_pool_t *p);

#endif
