/* SPDX-License-Identifier: Apache-2.0
 * The server's JSON taken apart: where the renewal is, the certificate, a
 * problem (RFC 9457).
 */
#ifndef NPIE_RENEW_ANSWER_H
#define NPIE_RENEW_ANSWER_H

#include <apr_tables.h>
#include <jansson.h>

#include "base/bytes.h"
#include "base/status.h"

/** A place of the renewal; "" or 0 where the server says nothing. Strings
 * live in the pool. */
typedef struct npie_whereabouts_t {
    const char *page;       /**< "carta", "application", ... */
    const char *next;       /**< what is to be done: "make-key", ... */
    const char *next_href;  /**< where, absolute on the server */
    const char *csrf;
    const char *rp;         /**< 11 characters */
    const char *user;
    const char *name;
    const char *email;
    const char *phone;
    const char *fax;
    const char *key_name;
    const char *key_kind;   /**< "RSA-3072" */
    const char *new_spki;   /**< of the key in this renewal, hex */
    int mail_refused;       /**< 1: the mail with the link was, for good */
    const char *mail_said;  /**< by the mail server that refused it */
    int problem;            /**< number, 0 = none */
    const char *title;      /**< of the problem */
    const char *remedy;
} npie_whereabouts_t;

/** A certificate handed out. */
typedef struct npie_issued_t {
    npie_bytes_t der;
    apr_array_header_t *chain; /**< of npie_bytes_t, DER, nearest first */
    const char *name;          /**< "RP10_2" */
} npie_issued_t;

/**
 * Reads JSON and sees that each text in it is clean: what is shown at a
 * terminal must not steer it.
 * @param pjson given back with p
 * @return APR_SUCCESS; NPIE_EPROTO (ANSWER)
 */
apr_status_t npie_answer_json_read(json_t **pjson, npie_bytes_t text,
                                   npie_err_t *err, apr_pool_t *p);

/**
 * Reads a problem.
 * @param ptitle, premedy the server's words, in p
 * @param status the HTTP status, from 400
 * @return NPIE_EINPUT, NPIE_EPOLICY, NPIE_ECONFLICT or NPIE_EBACKEND with the
 *         number; NPIE_EPROTO (ANSWER) when it is no problem
 */
apr_status_t npie_answer_problem_read(const char **ptitle,
                                      const char **premedy, npie_bytes_t text,
                                      int status, npie_err_t *err,
                                      apr_pool_t *p);

/** Takes a place apart. @return APR_SUCCESS; NPIE_EPROTO (ANSWER) */
apr_status_t npie_answer_whereabouts(npie_whereabouts_t *stage,
                                     const json_t *json, npie_err_t *err,
                                     apr_pool_t *p);

/** Takes a certificate apart. @return APR_SUCCESS; NPIE_EPROTO (ANSWER) */
apr_status_t npie_answer_issued(npie_issued_t *issued, const json_t *json,
                                npie_err_t *err, apr_pool_t *p);

/** A text member; "" when there is none. Borrowed from json. */
const char *npie_answer_text(const json_t *json, const char *name);

#endif
