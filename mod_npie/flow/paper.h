/* SPDX-License-Identifier: Apache-2.0
 * A signed letter wherever the registry keeps it, with its seal and its
 * timestamps.
 */
#ifndef NPIE_FLOW_PAPER_H
#define NPIE_FLOW_PAPER_H

#include "flow/flow.h"
#include "store/addition.h"
#include "store/stamping.h"

/** A signed letter. */
typedef struct npie_paper_t {
    npie_sealing_of_t of;
    apr_int64_t folio;
    npie_bytes_t pdf;
    apr_int64_t employer;
    apr_int64_t renewal; /**< 0: letter 3 */
} npie_paper_t;

/** A letter as its employer is to have it. */
typedef struct npie_acuse_t {
    npie_bytes_t pdf;      /**< dated, sealed, signed or unsigned */
    apr_time_t sealed_at;  /**< 0: it carries no seal */
    apr_time_t dated_at;   /**< the time that its first timestamp proves; 0: it
                                carries none */
} npie_acuse_t;

/** Reads the rest of a paper whose of and folio are set.
 * @return APR_SUCCESS; APR_NOTFOUND; NPIE_EBACKEND */
apr_status_t npie_paper_read(npie_paper_t *paper, npie_flow_t *flow,
                             npie_err_t *err);

/** Reads the letter as its employer is to have it: with its seal, and with the
 * timestamps that are there.
 * @return APR_SUCCESS; APR_NOTFOUND: it is not sealed; NPIE_EBACKEND */
apr_status_t npie_paper_sealed(npie_acuse_t *acuse, const npie_paper_t *paper,
                               npie_flow_t *flow, npie_err_t *err);

/**
 * The first timestamp of a letter as a file of its own: an RFC 3161 token,
 * DER, over what the timestamp's ByteRange in the letter names.
 * @return APR_SUCCESS; APR_NOTFOUND: the letter has none
 */
apr_status_t npie_paper_token(npie_bytes_t *ptoken, const npie_acuse_t *acuse,
                              apr_pool_t *p);

/** One behind the other, in p. */
npie_bytes_t npie_paper_joined(npie_bytes_t file, npie_bytes_t section,
                               apr_pool_t *p);

#endif
