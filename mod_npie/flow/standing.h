/* SPDX-License-Identifier: Apache-2.0
 * Requests for additional certificates as they stand. Only reads.
 */
#ifndef NPIE_FLOW_STANDING_H
#define NPIE_FLOW_STANDING_H

#include "flow/flow.h"
#include "store/addition.h"

/** A request, or an additional certificate that came here another way. */
typedef struct npie_addition_view_t {
    npie_addition_t *addition;       /**< or NULL */
    npie_certificate_t *certificate; /**< or NULL before issued */
    npie_standing_t standing;
    apr_time_t until; /**< REQUESTED, KEYED, AUTHORISED: when it lapses */
    npie_outbox_t *mail; /**< the newest with a link for the colleague, in a
                              list of those that it is for; or NULL */
} npie_addition_view_t;

/** An employer's requests and additional certificates, newest first, as an
 * array of npie_addition_view_t * (may be empty), without csr and pdf.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_flow_additions(apr_array_header_t **plist, npie_flow_t *flow,
                                 apr_int64_t employer, npie_err_t *err);

/** One request of this employer.
 * @return APR_SUCCESS; NPIE_ECONFLICT (ADDITIONAL_GONE): no such request;
 *         NPIE_EBACKEND */
apr_status_t npie_flow_addition_find(npie_addition_view_t *view,
                                     npie_flow_t *flow, apr_int64_t employer,
                                     apr_int64_t id, npie_err_t *err);

/** One additional certificate of this employer; view->addition is NULL.
 * @return as npie_flow_addition_find() */
apr_status_t npie_standing_certificate(npie_addition_view_t *view,
                                       npie_flow_t *flow, apr_int64_t employer,
                                       apr_int64_t certificate,
                                       npie_err_t *err);

/** Fills a view from a request's row.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_standing_see(npie_addition_view_t *view, npie_flow_t *flow,
                               npie_addition_t *addition, npie_err_t *err);

/** Notes ADDITIONAL_GONE; NPIE_ECONFLICT. */
apr_status_t npie_standing_gone(npie_err_t *err);

/** May this place's holder ask for additional certificates: a valid, newest
 * principal certificate whose terms are signed? */
int npie_flow_addition_may(const npie_place_t *place);

#endif
