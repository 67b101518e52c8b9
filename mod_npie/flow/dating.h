/* SPDX-License-Identifier: Apache-2.0
 * Timestamps of an outside authority on sealed letters, one after the other.
 * Nobody waits for them: the employer has the sealed letter at once, and the
 * dated one when it is there.
 */
#ifndef NPIE_FLOW_DATING_H
#define NPIE_FLOW_DATING_H

#include "flow/flow.h"
#include "flow/stamper.h"

/** How long before the authority's certificate ends a further timestamp is
 * due. */
#define NPIE_DATING_AHEAD apr_time_from_sec(90 * 86400)
/** A letter comes back into the queue so long after the authority failed. */
#define NPIE_DATING_LATER apr_time_from_sec(10)
/** When a letter is tried again that takes no timestamp, or whose further one
 * would prove nothing for longer. */
#define NPIE_DATING_AGAIN apr_time_from_sec(86400)

/** What was done. */
typedef struct npie_dating_t {
    apr_int64_t folio;       /**< the letter; 0: none was due */
    int count;               /**< its timestamps, the new one among them */
    npie_timestamp_t *stamp; /**< the new one */
    int alone;               /**< after a failure, 1: it is this letter's, and
                                  the next one may fare better */
} npie_dating_t;

/**
 * Dates the sealed letter that has waited longest. The answer is verified, and
 * the whole letter with it, before anything is stored; after any failure the
 * letter waits as it was, with the reason in its row.
 * @param again 0: a letter without a timestamp; 1: one whose authority's
 *        certificate ends soon
 * @param due letters are taken that are due by then; usually flow->now
 * @return APR_SUCCESS; APR_NOTFOUND: none is due; NPIE_ECONFLICT: somebody
 *         else dated it meanwhile; NPIE_EPOLICY (NPIE_P_NONE): the authority's
 *         certificate ends no later than the one that made the last timestamp,
 *         so that nothing is gained; NPIE_EINPUT (LETTER): it takes none; as
 *         npie_stamper_date(); NPIE_EBACKEND of the registry
 */
apr_status_t npie_flow_date_next(npie_dating_t *dating, npie_flow_t *flow,
                                 const npie_stamper_t *stamper, int again,
                                 apr_time_t due, npie_err_t *err);

#endif
