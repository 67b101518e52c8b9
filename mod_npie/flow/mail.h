/* SPDX-License-Identifier: Apache-2.0
 * The renewal's mails and the links in them: asked for again, corrected,
 * opened, used.
 */
#ifndef NPIE_FLOW_MAIL_H
#define NPIE_FLOW_MAIL_H

#include "flow/sent.h"

/** A link's token: random bytes, and base64url characters of it. */
#define NPIE_LINK_BYTES 24
#define NPIE_LINK_LENGTH 32

/** What a token is. */
typedef enum npie_link_state_t {
    NPIE_LINK_GOOD,
    NPIE_LINK_USED,
    NPIE_LINK_EXPIRED,
    NPIE_LINK_SUPERSEDED, /**< other data, another key */
    NPIE_LINK_OVER,       /**< the renewal has ended; STOP: or is issued */
    NPIE_LINK_CUT,        /**< other length or alphabet than a token has */
    NPIE_LINK_UNKNOWN
} npie_link_state_t;

/** A link as its page shows it. */
typedef struct npie_link_view_t {
    npie_link_state_t state;
    npie_problem_t problem;      /**< why it is not GOOD, else 0 */
    npie_link_purpose_t purpose; /**< not for CUT and UNKNOWN */
    npie_renewal_t *renewal;     /**< NULL for CUT and UNKNOWN */
    npie_certificate_t *old;     /**< the renewal's, or NULL */
} npie_link_view_t;

/**
 * What a token is. Only reads, so that programs which open the links of a
 * mail do no harm.
 * @param token NUL ended, any bytes
 * @return APR_SUCCESS with the view filled, whatever its state; NPIE_EBACKEND
 */
apr_status_t npie_flow_link_open(npie_link_view_t *view, npie_flow_t *flow,
                                 const char *token, npie_err_t *err);

/* The two moves that a link makes; its token is the proof, they need no
 * session. They return as the moves of flow/flow.h, and NPIE_EPOLICY with the
 * link's problem when it is not good, or of the other purpose. */

/** CONTINUE: the renewal's address is confirmed. */
apr_status_t npie_flow_link_confirm(npie_flow_t *flow, const char *token,
                                    npie_err_t *err);

/** STOP: cancels the renewal and ends the sessions of its old certificate.
 * Where these cannot be ended the link stays good: NPIE_EBACKEND. */
apr_status_t npie_flow_link_stop(npie_flow_t *flow, const char *token,
                                 npie_err_t *err);

/** Goes on without the link; NPIE_ECONFLICT where it is required. */
apr_status_t npie_flow_mail_skip(npie_flow_t *flow, const npie_who_t *who,
                                 npie_err_t *err);

/** Sends the link once more. NPIE_EPOLICY: MAIL_LIMIT, or TOO_MANY within a
 * minute of the last one. */
apr_status_t npie_flow_mail_resend(npie_flow_t *flow, const npie_who_t *who,
                                   npie_err_t *err);

/**
 * Corrects the renewal's address and sends the link there; those sent before
 * open nothing any more, and the registered address is told. Letter 1 and the
 * certificate keep the address that was signed.
 * @param email one address, checked by npie_flow_contact_check()
 * @return also NPIE_EINPUT (EMAIL, EMAIL_SAME), NPIE_EPOLICY (MAIL_LIMIT)
 */
apr_status_t npie_flow_mail_readdress(npie_flow_t *flow, const npie_who_t *who,
                                      const char *email, npie_err_t *err);

/** Sends the link of an additional certificate to the colleague once more, to
 * make the key or to obtain the certificate. Returns as the moves of
 * flow/addition.h. */
apr_status_t npie_flow_addition_resend(npie_flow_t *flow,
                                       const npie_who_t *who, apr_int64_t id,
                                       npie_err_t *err);

#endif
