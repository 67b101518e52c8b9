/* SPDX-License-Identifier: Apache-2.0
 * The mail server, as admins name it in configurations.
 */
#ifndef NPIE_MAIL_SMTP_SERVER_H
#define NPIE_MAIL_SMTP_SERVER_H

#include <apr_pools.h>
#include <apr_time.h>

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

#endif
