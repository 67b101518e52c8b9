/* SPDX-License-Identifier: Apache-2.0
 * Handing a mail to the mail server, through libcurl.
 */
#ifndef NPIE_MAIL_SMTP_H
#define NPIE_MAIL_SMTP_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** How the connection is protected. */
typedef enum npie_smtp_security_t {
    NPIE_SMTP_STARTTLS, /**< required: nothing is said before it */
    NPIE_SMTP_TLS,      /**< from the first byte */
    NPIE_SMTP_PLAIN     /**< none; to this machine only */
} npie_smtp_security_t;

/** A mail server, and how to log in. Strings NUL ended; NULL = not given.
 * Read-only while in use; threads may share it. */
typedef struct npie_smtp_t {
    const char *host;      /**< name or address, IPv6 without brackets */
    int port;
    npie_smtp_security_t security;
    const char *user;      /**< or NULL: no login */
    const char *password;  /**< with user */
    const char *ca_file;   /**< PEM, or NULL: the system's authorities */
    const char *ehlo;      /**< our host name, or NULL: the machine's */
    apr_interval_time_t timeout; /**< microseconds, of one whole attempt */
} npie_smtp_t;

/** Why a mail was not taken. Its name is stored with the mail. */
typedef enum npie_smtp_reason_t {
    NPIE_SMTP_NONE,        /**< "": it was taken */
    NPIE_SMTP_UNREACHABLE, /**< "unreachable": no connection, or no such host */
    NPIE_SMTP_TIMEOUT,     /**< "timeout" */
    NPIE_SMTP_CLOSED,      /**< "closed": the server hung up; where it had all
                                of the mail it may have taken it */
    NPIE_SMTP_UNSAFE,      /**< "unsafe": no STARTTLS, or no TLS with it */
    NPIE_SMTP_CERTIFICATE, /**< "certificate": not one of that host */
    NPIE_SMTP_LOGIN,       /**< "login": refused, or not offered */
    NPIE_SMTP_DEFERRED,    /**< "deferred": it said 4xx */
    NPIE_SMTP_REFUSED,     /**< "refused": it said 5xx to this mail */
    NPIE_SMTP_NO_UTF8,     /**< "no-utf8": letters beyond ASCII before the @,
                                and the server has no SMTPUTF8 */
    NPIE_SMTP_FAILED,      /**< "failed": anything else */
    NPIE_SMTP_REASONS      /**< how many */
} npie_smtp_reason_t;

/** What became of a mail. */
typedef struct npie_smtp_result_t {
    npie_smtp_reason_t reason;
    int code;       /**< the server's last reply code, 0 = none */
    char said[200]; /**< its text with the code before it, else what failed,
                         English; clean UTF-8, one line, no secrets, never "" */
} npie_smtp_result_t;

/** The stored text of a reason, static; "?" out of range. */
const char *npie_smtp_reason_name(npie_smtp_reason_t reason);

/**
 * Prepares libcurl, once in a process, before its threads.
 * @param p undone when it is cleared
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_smtp_init(npie_err_t *err, apr_pool_t *p);

/**
 * Reads smtp://host[:port] (STARTTLS, port 587), smtps://host[:port] (TLS,
 * port 465) or smtp+plain://host[:port] (port 25). Sets host, port and
 * security, nothing else.
 * @return APR_SUCCESS; NPIE_ECONFIG, also for smtp+plain to another machine
 */
apr_status_t npie_smtp_parse(npie_smtp_t *smtp, const char *url,
                             npie_err_t *err, apr_pool_t *p);

/**
 * Does the host name stand for this machine alone (localhost, 127.x, ::1)?
 * No other may be spoken to in the clear. 1 = yes.
 */
int npie_smtp_is_local(const char *host);

/**
 * Sends one mail to one recipient over a connection of its own. Thread-safe.
 * Blocks, for smtp->timeout at most, and somewhat longer to say goodbye.
 * @param result filled in whatever is returned
 * @param from, to addresses, UTF-8; a domain beyond ASCII goes in its ASCII
 *        form
 * @param message as npie_message_write() made it
 * @return APR_SUCCESS: the server has taken it. NPIE_EBACKEND: try again
 *         later. NPIE_EPOLICY: the server has refused it for good, or cannot
 *         carry it (REFUSED, NO_UTF8). NPIE_EINPUT: an address is none
 *         (FAILED)
 */
apr_status_t npie_smtp_send(npie_smtp_result_t *result,
                            const npie_smtp_t *smtp, const char *from,
                            const char *to, npie_bytes_t message,
                            apr_pool_t *p);

#endif
