/* SPDX-License-Identifier: Apache-2.0
 * Parses the URL of a mail server.
 */
#include "mail/smtp_server.h"

#include <apr_strings.h>

#include <string.h>

static const struct {
    const char *scheme;
    npie_smtp_security_t security;
    int port;
} schemes[] = {
    { "smtp://", NPIE_SMTP_STARTTLS, 587 },
    { "smtps://", NPIE_SMTP_TLS, 465 },
    { "smtp+plain://", NPIE_SMTP_PLAIN, 25 },
};

int npie_smtp_is_local(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0
        || (strncmp(host, "127.", 4) == 0
            && host[strspn(host, "0123456789.")] == '\0');
}

/* Splits [v6]:port or host:port. Returns the text after the host, or NULL. */
static const char *split(const char **phost, const char *text, apr_pool_t *p)
{
    apr_size_t n;

    if (*text == '[') {
        n = strspn(text + 1, "0123456789abcdefABCDEF:.");
        *phost = apr_pstrmemdup(p, text + 1, n);
        return n > 0 && text[n + 1] == ']' ? text + n + 2 : NULL;
    }
    n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789.-_");
    *phost = apr_pstrmemdup(p, text, n);
    return n > 0 ? text + n : NULL;
}

static int read_port(int *pport, const char *text)
{
    apr_size_t n = strspn(text, "0123456789");
    apr_int64_t port = n > 0 && n <= 5 ? apr_atoi64(text) : 0;

    *pport = (int)port;
    return text[n] == '\0' && port >= 1 && port <= 65535;
}

apr_status_t npie_smtp_parse(npie_smtp_t *smtp, const char *url,
                             npie_err_t *err, apr_pool_t *p)
{
    apr_size_t i = 0;
    const char *rest;

    while (i < sizeof(schemes) / sizeof(schemes[0])
           && strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) != 0) {
        ++i;
    }
    if (i == sizeof(schemes) / sizeof(schemes[0])) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s is no mail server; write smtp://host:587 or "
                            "smtps://host:465", url);
    }
    smtp->security = schemes[i].security;
    smtp->port = schemes[i].port;
    rest = split(&smtp->host, url + strlen(schemes[i].scheme), p);
    if (rest == NULL
        || (*rest != '\0'
            && (*rest != ':' || !read_port(&smtp->port, rest + 1)))) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: after %s there stands a host, and perhaps a "
                            "colon and a port", url, schemes[i].scheme);
    }
    if (smtp->security == NPIE_SMTP_PLAIN && !npie_smtp_is_local(smtp->host)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: smtp+plain is for this machine alone "
                            "(localhost, 127.0.0.1, [::1]); write smtp://, "
                            "which asks for STARTTLS", url);
    }
    return APR_SUCCESS;
}
