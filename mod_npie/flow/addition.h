/* SPDX-License-Identifier: Apache-2.0
 * Additional certificates: asked for by whoever holds the principal one, their
 * key made by the colleague, signed for with letter 3, issued. Every move is
 * one transaction, and safe to repeat.
 */
#ifndef NPIE_FLOW_ADDITION_H
#define NPIE_FLOW_ADDITION_H

#include "flow/mail.h"
#include "flow/revoke.h"
#include "flow/standing.h"

/** How often the mail with a colleague's link may be sent for one request, and
 * how long to wait in between, seconds. */
#define NPIE_ADDITION_MAILS_MAX (NPIE_MAIL_AGAIN_MAX + 1)
#define NPIE_ADDITION_MAIL_SECONDS NPIE_MAIL_AGAIN_SECONDS

/** What is typed for a new one. */
typedef struct npie_addition_fields_t {
    const char *holder;
    const char *email;
    const char *purpose;
} npie_addition_fields_t;

/** Which field is wrong: FIELD_EMPTY, FIELD_LONG, ENCODING, EMAIL. */
typedef struct npie_addition_check_t {
    npie_problem_t holder, email, purpose; /**< NPIE_P_NONE = good */
} npie_addition_check_t;

/**
 * Checks and trims what was typed; NULL is as "".
 * @param fields set to trimmed values in p when all are good
 * @param check always set
 * @return APR_SUCCESS; NPIE_EINPUT
 */
apr_status_t npie_flow_addition_check(npie_addition_fields_t *fields,
                                      npie_addition_check_t *check,
                                      const char *holder, const char *email,
                                      const char *purpose, apr_pool_t *p);

/* The moves of whoever holds the principal certificate. They return
 * APR_SUCCESS when done or done before; NPIE_EPOLICY (PRINCIPAL_ONLY,
 * ADDITIONAL_LIMIT, TOO_MANY, MAIL_LIMIT, CERT_*); NPIE_ECONFLICT (NOT_NOW;
 * ADDITIONAL_GONE: no such request of this employer, or at another step);
 * NPIE_EINPUT, NPIE_ESIGNATURE with the problem to show; NPIE_EBACKEND to try
 * again; NPIE_EPROTO, NPIE_EINTERNAL. After anything but APR_SUCCESS nothing
 * has changed. */

/** Asks for a new one, by checked fields. With a mail server and `mail` the
 * colleague is sent a link to make the key. */
apr_status_t npie_flow_addition_request(apr_int64_t *pid, npie_flow_t *flow,
                                        const npie_who_t *who,
                                        const npie_addition_fields_t *fields,
                                        int mail, npie_err_t *err);

/** Asks again for what has lapsed or was revoked: the same person, address and
 * purpose, by a link to the colleague.
 * @param addition row of the request, or 0
 * @param certificate with addition 0: row of an additional certificate */
apr_status_t npie_flow_addition_again(apr_int64_t *pid, npie_flow_t *flow,
                                      const npie_who_t *who,
                                      apr_int64_t addition,
                                      apr_int64_t certificate,
                                      npie_err_t *err);

/** Mends the colleague's address before a key is made: begins the request again
 * with it and takes the other back, whose link opens nothing any more. With a
 * mail server the colleague is sent a new link.
 * @return as all; also NPIE_EINPUT (EMAIL, EMAIL_SAME) */
apr_status_t npie_flow_addition_readdress(apr_int64_t *pid, npie_flow_t *flow,
                                          const npie_who_t *who,
                                          apr_int64_t addition,
                                          const char *email, npie_err_t *err);

/** Takes back a request that is not issued. */
apr_status_t npie_flow_addition_withdraw(npie_flow_t *flow,
                                         const npie_who_t *who, apr_int64_t id,
                                         npie_err_t *err);

/** The employer's signature over letter 3, as npie_flow_sign(). */
apr_status_t npie_flow_addition_sign(npie_flow_t *flow, const npie_who_t *who,
                                     apr_int64_t id, npie_bytes_t cms,
                                     npie_bytes_t file,
                                     npie_letter_check_t *check,
                                     npie_err_t *err);

/** Has the certificate made of a request that is signed for, and tells the
 * colleague by mail. */
apr_status_t npie_flow_addition_issue(npie_flow_t *flow, const npie_who_t *who,
                                      apr_int64_t id, npie_err_t *err);

/** Revokes an additional certificate (cessationOfOperation) as
 * npie_flow_revoke() does. */
apr_status_t npie_flow_addition_revoke(npie_revoke_done_t *revoked,
                                       npie_flow_t *flow,
                                       const npie_who_t *who,
                                       apr_int64_t certificate,
                                       npie_err_t *err);

/**
 * The colleague's request for a certificate: fixes letter 3. The same key
 * again is done before.
 * @param view the request, as found by link or by its employer
 * @param actor for the audit, whoever holds the principal certificate; NULL:
 *        the colleague came by the link, and the employer is told by mail
 * @param csr DER or PEM; key_sha256 hex, may be ""
 * @return as the moves above; NPIE_EINPUT, NPIE_EPOLICY of the request (CSR,
 *         NEW_KEY_WEAK, NEW_KEY_SEEN)
 */
apr_status_t npie_flow_addition_key(npie_flow_t *flow,
                                    const npie_addition_view_t *view,
                                    const char *actor, npie_bytes_t csr,
                                    const char *key_sha256, npie_err_t *err);

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

/** A colleague's link. */
typedef struct npie_addition_open_t {
    npie_problem_t problem; /**< why it opens nothing: LINK_CUT, LINK_UNKNOWN,
                                 LINK_ADDITIONAL; else 0 and the rest is set */
    npie_addition_purpose_t purpose;
    npie_addition_view_t view;
} npie_addition_open_t;

/**
 * What a colleague's token opens. Only reads.
 * @param token NUL ended, any bytes
 * @return APR_SUCCESS, also when it opens nothing; NPIE_EBACKEND
 */
apr_status_t npie_flow_addition_open(npie_addition_open_t *open,
                                     npie_flow_t *flow, const char *token,
                                     npie_err_t *err);

#endif
