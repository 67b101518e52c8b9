/* SPDX-License-Identifier: Apache-2.0
 * A session as the bytes that Redis keeps.
 */
#ifndef NPIE_STORE_SESSION_VALUE_H
#define NPIE_STORE_SESSION_VALUE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** What a session's holder may do. Stored as this character. */
typedef enum npie_access_t {
    NPIE_ACCESS_REFUSED = 'x',    /**< only the page that says why */
    NPIE_ACCESS_RENEWAL = 'r',    /**< the renewal's pages and nothing else */
    NPIE_ACCESS_TERMS = 't',      /**< letter 2 is to be signed first */
    NPIE_ACCESS_APPLICATION = 'a' /**< the application, and the pages */
} npie_access_t;

/** A session: who proved which key. Strings clean UTF-8, never NULL. */
typedef struct npie_session_t {
    npie_access_t access;
    int problem;               /**< REFUSED: the problem's number */
    apr_int64_t employer;      /**< registry row, 0 = unknown */
    apr_int64_t certificate;   /**< registry row, 0 = unknown */
    int additional;            /**< 1: it is an additional one */
    const char *user;
    const char *name;          /**< razón social */
    const char *rp;            /**< 11 characters */
    const char *rfc;
    const char *common_name;   /**< of the certificate */
    const char *email;         /**< the colleague's, when additional */
    const char *serial;        /**< upper-case hex */
    const char *spki;          /**< SHA-256 of the proved key, 64 hex digits */
    const char *csrf;          /**< token for forms */
    apr_time_t not_before;     /**< certificate, UTC microseconds */
    apr_time_t not_after;
    apr_time_t event;          /**< REFUSED: when it was revoked, superseded */
    apr_time_t created;
    apr_time_t expires;        /**< absolute end whatever the activity */
} npie_session_t;

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
