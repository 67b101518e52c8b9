/* SPDX-License-Identifier: Apache-2.0
 * A renewal under way: what renewal.c and steps.c share.
 */
#ifndef NPIE_RENEW_STEPS_H
#define NPIE_RENEW_STEPS_H

#include "renew/answer.h"
#include "renew/credential.h"
#include "renew/http.h"
#include "renew/papers.h"

#define NPIE_STEPS_LETTERS 2

/** A renewal under way. */
typedef struct npie_steps_t {
    npie_http_t *http;
    const npie_job_t *job;
    const npie_options_t *options;
    const npie_say_t *say;
    npie_papers_t papers;
    npie_credential_t old;
    npie_credential_t fresh;  /**< key NULL: none yet; cert NULL: not issued */
    char new_spki[NPIE_SHA256_HEX_SIZE]; /**< of fresh.key */
    npie_bytes_t key_file;    /**< what papers.pending holds */
    npie_bytes_t signed_pdf[NPIE_STEPS_LETTERS]; /**< as signed here; len 0:
                                                      not in this run */
    npie_secret_t *old_password;
    const npie_secret_t *new_password;
    int corrected;            /**< 1: other data than asked for were */
    npie_whereabouts_t stage; /**< where the server says that we are */
    npie_err_t *err;
    apr_pool_t *p;
} npie_steps_t;

/**
 * Does what the stage asks for next; stage is then where that led to.
 * @return APR_SUCCESS; APR_NOTFOUND: there is no such step; else the failure
 */
apr_status_t npie_steps_next(npie_steps_t *s);

/** Makes the key again on the server. */
apr_status_t npie_steps_rekey(npie_steps_t *s);

/** Saves both letters as the server has them once all is done, sealed by the
 * institute, unless they are there. */
apr_status_t npie_steps_letters(npie_steps_t *s);

/** Takes an answer for the stage. */
apr_status_t npie_steps_take(npie_steps_t *s, const json_t *json);

#endif
