/* SPDX-License-Identifier: Apache-2.0
 * The result of a delivery attempt, derived from libcurl's code and the
 * server's reply. For mail/ only.
 */
#ifndef NPIE_MAIL_SMTP_VERDICT_H
#define NPIE_MAIL_SMTP_VERDICT_H

#include "mail/smtp.h"

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
