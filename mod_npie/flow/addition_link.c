/* SPDX-License-Identifier: Apache-2.0
 * The links that colleagues are sent: made, and looked up.
 */
#include "flow/addition.h"

#include <string.h>

#include "flow/token.h"

apr_status_t npie_addition_link_make(const char **ptoken, apr_time_t *puntil,
                                     npie_flow_t *flow,
                                     const npie_outbox_t *mail,
                                     const npie_addition_view_t *view,
                                     npie_err_t *err)
{
    const int key = mail->kind == NPIE_MAIL_ADDITIONAL;
    char hash[NPIE_SHA256_HEX_SIZE];
    npie_addition_link_t link = {
        .hash = hash, .addition = mail->addition, .outbox = mail->id,
        .purpose = key ? NPIE_ADDITION_KEY : NPIE_ADDITION_OBTAIN,
        .created = flow->now,
        .expires = key ? view->until
                       : flow->now + flow->policy->renewal_timeout,
    };
    apr_status_t rv;

    if (view->standing !=
        (key ? NPIE_STANDING_REQUESTED : NPIE_STANDING_ACTIVE)) {
        return APR_EOF;
    }
    *puntil = link.expires;
    rv = npie_token_make(ptoken, hash, err, flow->p);
    return rv == APR_SUCCESS
               ? npie_addition_link_insert(flow->registry, &link, err) : rv;
}

static npie_problem_t judge(const npie_addition_open_t *open,
                            const npie_addition_link_t *link, apr_time_t now)
{
    if (now >= link->expires ||
        open->view.standing > NPIE_STANDING_ACTIVE ||
        (link->purpose == NPIE_ADDITION_OBTAIN &&
         open->view.standing != NPIE_STANDING_ACTIVE)) {
        return NPIE_P_LINK_ADDITIONAL;
    }
    return NPIE_P_NONE;
}

apr_status_t npie_flow_addition_open(npie_addition_open_t *open,
                                     npie_flow_t *flow, const char *token,
                                     npie_err_t *err)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    npie_addition_link_t *link;
    npie_addition_t *addition;
    apr_status_t rv;

    memset(open, 0, sizeof(*open));
    if (!npie_token_is(token)) {
        open->problem = NPIE_P_LINK_CUT;
        return APR_SUCCESS;
    }
    rv = npie_token_digest(hash, token, err);
    if (rv == APR_SUCCESS) {
        rv = npie_addition_link_find(&link, flow->registry, hash, err);
    }
    if (rv == APR_NOTFOUND) {
        open->problem = NPIE_P_LINK_UNKNOWN;
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_addition_get(&addition, flow->registry, link->addition, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_standing_see(&open->view, flow, addition, err);
    }
    if (rv == APR_SUCCESS) {
        open->purpose = link->purpose;
        open->problem = judge(open, link, flow->now);
    }
    return rv;
}
