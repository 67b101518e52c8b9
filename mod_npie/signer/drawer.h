/* SPDX-License-Identifier: Apache-2.0
 * Is a letter of the installed terms? Asked of npie-draw.
 */
#ifndef NPIE_SIGNER_DRAWER_H
#define NPIE_SIGNER_DRAWER_H

#include "draw/ask.h"
#include "pki/cert.h"
#include "signer/config.h"

/** npie-draw. One thread. */
typedef struct npie_drawer_t {
    npie_child_t *child;
    apr_uint64_t lost; /**< processes that ended over a letter, since the
                            start */
    char digest[NPIE_SHA256_HEX_SIZE]; /**< npie_letter_art_digest() */
} npie_drawer_t;

/** Starts npie-draw, as DrawUser, and has it read its files; to be called
 * before a key is read and privileges are dropped.
 * @return APR_SUCCESS; NPIE_ECONFIG; NPIE_EBACKEND: it has ended */
apr_status_t npie_drawer_start(npie_drawer_t *drawer,
                               const npie_signer_config_t *config,
                               npie_err_t *err, apr_pool_t *p);

/**
 * Refuses letter 1 or 3 unless it is the one that these keys and its own data
 * give.
 * @param letter as signed
 * @param old of the certificate that it is signed with
 * @param new_key BIT STRING DER, of the request
 * @return as npie_draw_judge()
 */
apr_status_t npie_drawer_letter(npie_drawer_t *drawer,
                                npie_bytes_t letter, const npie_cert_t *old,
                                npie_bytes_t new_key, npie_err_t *err,
                                apr_pool_t *p);

/** The same for letter 2.
 * @param made the certificate whose terms they are */
apr_status_t npie_drawer_terms(npie_drawer_t *drawer,
                               npie_bytes_t letter, const npie_cert_t *made,
                               npie_err_t *err, apr_pool_t *p);

#endif
