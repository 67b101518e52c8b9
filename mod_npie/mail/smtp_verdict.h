/* SPDX-License-Identifier: Apache-2.0
 * The result of a delivery attempt, derived from libcurl's code and the
 * server's reply. Result and reasons are for everybody, the rest for mail/.
 */
#ifndef NPIE_MAIL_SMTP_VERDICT_H
#define NPIE_MAIL_SMTP_VERDICT_H

#include <apr_pools.h>

#include "base/status.h"
#include "mail/smtp_server.h"

/** Reason why a mail was not accepted. The registry stores its name. */
typedef enum npie_smtp_reason_t {
    NPIE_SMTP_NONE,        /**< "": accepted */
    NPIE_SMTP_UNREACHABLE, /**< "unreachable": no connection, or no such host */
    NPIE_SMTP_TIMEOUT,     /**< "timeout" */
    NPIE_SMTP_CLOSED,      /**< "closed": the server closed the connection. If
                                it had the whole mail, it may have accepted
                                it */
    NPIE_SMTP_UNSAFE,      /**< "unsafe": no STARTTLS, or no TLS with it */
    NPIE_SMTP_CERTIFICATE, /**< "certificate": not valid for that host */
    NPIE_SMTP_LOGIN,       /**< "login": refused, or not offered */
    NPIE_SMTP_DEFERRED,    /**< "deferred": reply 4xx */
    NPIE_SMTP_REFUSED,     /**< "refused": reply 5xx to this mail */
    NPIE_SMTP_NO_UTF8,     /**< "no-utf8": the local part is not ASCII and the
                                server lacks SMTPUTF8 */
    NPIE_SMTP_FAILED,      /**< "failed": anything else */
    NPIE_SMTP_REASONS      /**< how many */
} npie_smtp_reason_t;

/** Result of a delivery attempt. */
typedef struct npie_smtp_result_t {
    npie_smtp_reason_t reason;
    int code;       /**< the server's last reply code, 0 = none */
    char said[200]; /**< code and text of the reply, or the failure in
                         English; clean UTF-8, one line, no secrets, never "" */
} npie_smtp_result_t;

/** Name of a reason, static; "?" out of range. */
const char *npie_smtp_reason_name(npie_smtp_reason_t reason);

/** The server's last reply, except the one to QUIT, and the progress. */
typedef struct npie_smtp_talk_t {
    int code;          /**< 0 = no reply */
    char reply[512];   /**< its lines, "250 Queued as 17", any bytes */
    apr_size_t len;    /**< bytes in reply */
    int ended;         /**< 1: the whole message was sent */
} npie_smtp_talk_t;

/** Appends a line of the reply, without line end, as far as it fits. */
void npie_smtp_talk_add(npie_smtp_talk_t *talk, const char *line,
                        apr_size_t len);

/** Sets a result for a failure without a reply.
 * @param what any bytes, NUL ended */
void npie_smtp_told(npie_smtp_result_t *result, npie_smtp_reason_t reason,
                    const char *what);

/**
 * Sets the result of an attempt.
 * @param stopped why this module stopped the attempt, or NPIE_SMTP_NONE
 * @param rc libcurl's CURLcode; failure: its text
 * @return as npie_smtp_send()
 */
apr_status_t npie_smtp_judge(npie_smtp_result_t *result,
                             const npie_smtp_t *smtp,
                             const npie_smtp_talk_t *talk,
                             npie_smtp_reason_t stopped, int rc,
                             const char *failure, apr_pool_t *p);

#endif
