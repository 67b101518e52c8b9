/* SPDX-License-Identifier: Apache-2.0
 * Delivery of mails to the mail server with libcurl.
 */
#ifndef NPIE_MAIL_SMTP_H
#define NPIE_MAIL_SMTP_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"
#include "mail/smtp_server.h"
#include "mail/smtp_verdict.h"

/**
 * Initialises libcurl. Call once per process, before its threads start.
 * @param p clearing it cleans up libcurl
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_smtp_init(npie_err_t *err, apr_pool_t *p);

/**
 * Sends one mail to one recipient over a new connection. Thread-safe. Blocks
 * for at most smtp->timeout, plus the time for QUIT.
 * @param result always set
 * @param from, to addresses, UTF-8; a non-ASCII domain is sent as A-labels
 * @param message bytes of npie_message_write()
 * @return APR_SUCCESS: accepted. NPIE_EBACKEND: retry later. NPIE_EPOLICY: the
 *         server rejected it permanently or cannot carry it (REFUSED,
 *         NO_UTF8). NPIE_EINPUT: malformed address (FAILED)
 */
apr_status_t npie_smtp_send(npie_smtp_result_t *result,
                            const npie_smtp_t *smtp, const char *from,
                            const char *to, npie_bytes_t message,
                            apr_pool_t *p);

#endif
