/* SPDX-License-Identifier: Apache-2.0
 * What a program can do next at each stage of a renewal: one table.
 */
#ifndef NPIE_HTTPD_JSON_MOVES_H
#define NPIE_HTTPD_JSON_MOVES_H

#include <apr_pools.h>
#include <jansson.h>

/** Stages, as bits. */
typedef enum npie_stage_t {
    NPIE_STAGE_OUT = 1 << 0,       /**< no session */
    NPIE_STAGE_REFUSED = 1 << 1,   /**< the certificate opens nothing */
    NPIE_STAGE_IDLE = 1 << 2,      /**< nothing to renew now */
    NPIE_STAGE_READY = 1 << 3,     /**< may begin a renewal */
    NPIE_STAGE_STARTED = 1 << 4,
    NPIE_STAGE_KEYED = 1 << 5,
    NPIE_STAGE_LINK = 1 << 6,      /**< signed; the mail's link must be opened */
    NPIE_STAGE_MAIL = 1 << 7,      /**< signed; the link may be opened */
    NPIE_STAGE_CONFIRMED = 1 << 8, /**< or signed where there is no mail */
    NPIE_STAGE_ISSUED = 1 << 9
} npie_stage_t;

/**
 * The request that goes on, as {name, href, method, fields}.
 * @param base the pages' path, ended by "/"
 * @return a new object, or NULL where nothing does
 */
json_t *npie_json_next(npie_stage_t stage, const char *base, apr_pool_t *p);

/** Everything else that can be done, an array of the same; may be empty.
 * @param mails whether the mail can be asked for again */
json_t *npie_json_actions(npie_stage_t stage, int mails, const char *base,
                          apr_pool_t *p);

/** The request that uses a link of a mail.
 * @param name "confirm" or "stop"; token: the link's, clean */
json_t *npie_json_link_move(const char *name, const char *token,
                            const char *base, apr_pool_t *p);

#endif
