/* SPDX-License-Identifier: Apache-2.0
 * What an attempt at a mail came to, told from what libcurl and the server
 * said. Inside mail/ only.
 */
#ifndef NPIE_MAIL_SMTP_VERDICT_H
#define NPIE_MAIL_SMTP_VERDICT_H

#include "mail/smtp.h"

/** The server's last reply but that to QUIT, and how far the mail got. */
typedef struct npie_smtp_talk_t {
    int code;          /**< 0 = it said nothing */
    char reply[512];   /**< its lines, "250 Queued as 17", any bytes */
    apr_size_t len;    /**< bytes of it */
    int ended;         /**< 1: it was given all of the message */
} npie_smtp_talk_t;

/** Adds a line of the server's, without its end, as far as there is room. */
void npie_smtp_talk_add(npie_smtp_talk_t *talk, const char *line,
                        apr_size_t len);

/** Fills in a result without a reply of the server's.
 * @param what any bytes, NUL ended */
void npie_smtp_told(npie_smtp_result_t *result, npie_smtp_reason_t reason,
                    const char *what);

/**
 * Fills in the result of an attempt.
 * @param stopped why we ourselves stopped it, or NPIE_SMTP_NONE
 * @param rc libcurl's CURLcode; failure what it says of it
 * @return as npie_smtp_send()
 */
apr_status_t npie_smtp_judge(npie_smtp_result_t *result,
                             const npie_smtp_t *smtp,
                             const npie_smtp_talk_t *talk,
                             npie_smtp_reason_t stopped, int rc,
                             const char *failure, apr_pool_t *p);

#endif
