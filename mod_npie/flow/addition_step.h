/* SPDX-License-Identifier: Apache-2.0
 * What the moves of additional certificates have in common. For this room
 * alone.
 */
#ifndef NPIE_FLOW_ADDITION_STEP_H
#define NPIE_FLOW_ADDITION_STEP_H

#include "flow/addition.h"
#include "flow/step.h"

/** Notes ADDITIONAL_GONE; NPIE_ECONFLICT. */
apr_status_t npie_addition_gone(npie_err_t *err);

/** Fills a view from a request's row.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_addition_see(npie_addition_view_t *view, npie_flow_t *flow,
                               npie_addition_t *addition, npie_err_t *err);

/** Is this a principal certificate that may ask? Reads the place.
 * @return APR_SUCCESS with the place; NPIE_EPOLICY, NPIE_ECONFLICT */
apr_status_t npie_addition_permit(npie_place_t *place, npie_flow_t *flow,
                                  const npie_who_t *who, npie_err_t *err);

/** Commits when rv is APR_SUCCESS, else rolls back and hands rv on. */
apr_status_t npie_addition_end(npie_flow_t *flow, apr_status_t rv,
                               npie_err_t *err);

/** Writes a request in another state, and the audit row. */
apr_status_t npie_addition_write(npie_flow_t *flow, npie_addition_t *addition,
                                 npie_addition_state_t next, const char *actor,
                                 const char *event, npie_err_t *err);

/** Queues a mail to the colleague, in the open transaction; nothing without a
 * mail server. */
apr_status_t npie_addition_mail(npie_flow_t *flow,
                                const npie_addition_t *addition,
                                npie_mail_kind_t kind, npie_err_t *err);

/** The same to the employer's registered address; nothing where that is
 * none. */
apr_status_t npie_addition_tell(npie_flow_t *flow,
                                const npie_addition_t *addition,
                                npie_mail_kind_t kind, npie_err_t *err);

/** Does a mail of this kind go to a colleague, with a link? */
int npie_addition_mail_links(npie_mail_kind_t kind);

/**
 * Makes a link of a mail to a colleague.
 * @param ptoken set in the flow's pool; puntil to when it ends
 * @return APR_SUCCESS; APR_EOF: nobody needs it any more; NPIE_EBACKEND
 */
apr_status_t npie_addition_link_make(const char **ptoken, apr_time_t *puntil,
                                     npie_flow_t *flow,
                                     const npie_outbox_t *mail,
                                     const npie_addition_view_t *view,
                                     npie_err_t *err);

#endif
