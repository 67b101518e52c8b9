/* SPDX-License-Identifier: Apache-2.0
 * Delivery of mails to the mail server with libcurl.
 */
#ifndef NPIE_MAIL_SMTP_H
#define NPIE_MAIL_SMTP_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** Protection of the connection. */
typedef enum npie_smtp_security_t {
    NPIE_SMTP_STARTTLS, /**< required before anything else is sent */
    NPIE_SMTP_TLS,      /**< from the start */
    NPIE_SMTP_PLAIN     /**< none; to this machine only */
} npie_smtp_security_t;

/** A mail server and its login. Strings are NUL ended; NULL = not set.
 * Read-only while in use; threads may share it. */
typedef struct npie_smtp_t {
    const char *host;      /**< name or address, IPv6 without brackets */
    int port;
    npie_smtp_security_t security;
    const char *user;      /**< or NULL: no login */
    const char *password;  /**< with user */
    const char *ca_file;   /**< PEM, or NULL: the system's authorities */
    const char *ehlo;      /**< host name to announce, or NULL: the machine's */
    apr_interval_time_t timeout; /**< microseconds, of one whole attempt */
} npie_smtp_t;

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

/**
 * Initialises libcurl. Call once per process, before its threads start.
 * @param p clearing it cleans up libcurl
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_smtp_init(npie_err_t *err, apr_pool_t *p);

/**
 * Reads smtp://host[:port] (STARTTLS, port 587), smtps://host[:port] (TLS,
 * port 465) or smtp+plain://host[:port] (port 25). Sets host, port and
 * security only.
 * @return APR_SUCCESS; NPIE_ECONFIG: malformed, or smtp+plain to another
 *         machine
 */
apr_status_t npie_smtp_parse(npie_smtp_t *smtp, const char *url,
                             npie_err_t *err, apr_pool_t *p);

/**
 * Tells whether the host name is this machine (localhost, 127.x, ::1), the only
 * one allowed without TLS. 1 = yes.
 */
int npie_smtp_is_local(const char *host);

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
