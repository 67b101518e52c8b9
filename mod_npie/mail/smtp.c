/* SPDX-License-Identifier: Apache-2.0
 * Delivers a mail to the mail server with libcurl.
 */
#include "mail/smtp.h"

#include <apr_strings.h>
#include <curl/curl.h>

#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "mail/smtp_verdict.h"
#include "model/field.h"

/* Seconds to wait for the reply to QUIT, when the result is known already. */
#define GOODBYE 5L

static apr_status_t cleanup_curl(void *baton)
{
    (void)baton;
    curl_global_cleanup();
    return APR_SUCCESS;
}

apr_status_t npie_smtp_init(npie_err_t *err, apr_pool_t *p)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "mail: libcurl cannot be initialised");
    }
    apr_pool_cleanup_register(p, NULL, cleanup_curl, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

/* One attempt, the baton of its callbacks. */
typedef struct attempt_t {
    CURL *curl;
    const npie_smtp_t *smtp;
    npie_bytes_t message;
    apr_size_t at;     /* bytes of it handed over */
    int needs_utf8;
    int has_utf8;      /* the server offers SMTPUTF8 */
    int logged_in;
    int more;          /* the reply goes on in the next line */
    int over;          /* QUIT is said: its answer tells nothing of the mail */
    npie_smtp_reason_t reason; /* why we ourselves stopped */
    npie_smtp_talk_t talk;
} attempt_t;

/* Receives one line of the server's reply. */
static void take_line(attempt_t *a, const char *line, apr_size_t len)
{
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';

    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n')) {
        --len;
    }
    if (!a->more) {
        a->talk.len = 0;
    }
    a->more = len > 3 && line[3] == '-';
    a->talk.code = code;
    npie_smtp_talk_add(&a->talk, line, len);
    if (code == 220) {
        a->has_utf8 = 0;
    } else if (code == 250 && len >= 12
               && strncasecmp(line + 4, "SMTPUTF8", 8) == 0) {
        a->has_utf8 = 1;
    } else if (code == 235) {
        a->logged_in = 1;
    }
    if (code >= 400 || a->talk.ended) {
        curl_easy_setopt(a->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, GOODBYE);
    }
}

static int is_reply(const char *data, apr_size_t len)
{
    return len >= 3 && data[0] >= '2' && data[0] <= '5' && data[1] >= '0'
        && data[1] <= '9' && data[2] >= '0' && data[2] <= '9';
}

static size_t on_reply(char *data, size_t size, size_t n, void *baton)
{
    attempt_t *a = baton;

    if (!a->over && is_reply(data, size * n)) {
        take_line(a, data, size * n);
    }
    return size * n;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size,
                    void *baton)
{
    attempt_t *a = baton;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && size >= 4
        && memcmp(data, "QUIT", 4) == 0) {
        a->over = 1;
    }
    return 0;
}

/* Sends the message, unless the server lacks a required extension: libcurl
 * would send anyway, and offers no earlier point to stop. Aborting here closes
 * the connection before the end of the mail, so the server discards it. */
static size_t on_read(char *buffer, size_t size, size_t n, void *baton)
{
    attempt_t *a = baton;
    apr_size_t len = a->message.len - a->at;

    if (a->needs_utf8 && !a->has_utf8) {
        a->reason = NPIE_SMTP_NO_UTF8;
        return CURL_READFUNC_ABORT;
    }
    if (a->smtp->user != NULL && !a->logged_in) {
        a->reason = NPIE_SMTP_LOGIN;
        return CURL_READFUNC_ABORT;
    }
    if (len > size * n) {
        len = size * n;
    }
    memcpy(buffer, a->message.data + a->at, len);
    a->at += len;
    a->talk.ended = a->at == a->message.len;
    return len;
}

static const char *make_url(const npie_smtp_t *smtp, apr_pool_t *p)
{
    int v6 = strchr(smtp->host, ':') != NULL;

    return apr_psprintf(p, "%s://%s%s%s:%d/%s",
                        smtp->security == NPIE_SMTP_TLS ? "smtps" : "smtp",
                        v6 ? "[" : "", smtp->host, v6 ? "]" : "", smtp->port,
                        smtp->ehlo == NULL ? "" : smtp->ehlo);
}

static void set_server(CURL *curl, const npie_smtp_t *smtp, apr_pool_t *p)
{
    long ms = (long)apr_time_as_msec(smtp->timeout);

    curl_easy_setopt(curl, CURLOPT_URL, make_url(smtp, p));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    /* Ignore proxies in the environment. */
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, ms / 1000 + 1);
    /* Close now, within the time limits of this attempt. */
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     smtp->security == NPIE_SMTP_PLAIN ? (long)CURLUSESSL_NONE
                                                       : (long)CURLUSESSL_ALL);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (smtp->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, smtp->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (smtp->user != NULL) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD,
                         smtp->password == NULL ? "" : smtp->password);
    }
}

static CURLcode perform(attempt_t *a, char *failure, const char *from,
                        const char *to, apr_pool_t *p)
{
    CURL *curl = a->curl;
    struct curl_slist *recipients = curl_slist_append(
        NULL, apr_pstrcat(p, "<", to, ">", NULL));
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (recipients != NULL) {
        set_server(curl, a->smtp, p);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, failure);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_reply);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
        curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
        curl_easy_setopt(curl, CURLOPT_DEBUGDATA, a);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(curl, CURLOPT_READDATA, a);
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                         (curl_off_t)a->message.len);
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                         apr_pstrcat(p, "<", from, ">", NULL));
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        rc = curl_easy_perform(curl);
    }
    curl_slist_free_all(recipients);
    return rc;
}

/* Sends with addresses in their wire form. */
static apr_status_t send_wire(npie_smtp_result_t *result,
                              const npie_smtp_t *smtp, const char *from,
                              const char *to, npie_bytes_t message,
                              apr_pool_t *p)
{
    char failure[CURL_ERROR_SIZE] = "";
    attempt_t a;
    CURLcode rc;

    memset(&a, 0, sizeof(a));
    a.smtp = smtp;
    a.message = message;
    a.needs_utf8 = npie_field_email_is_utf8(from) || npie_field_email_is_utf8(to);
    a.curl = curl_easy_init();
    if (a.curl == NULL) {
        npie_smtp_told(result, NPIE_SMTP_FAILED, "libcurl has no memory");
        return NPIE_EBACKEND;
    }
    rc = perform(&a, failure, from, to, p);
    curl_easy_cleanup(a.curl);
    return npie_smtp_judge(result, smtp, &a.talk, a.reason, (int)rc,
                           *failure == '\0' ? curl_easy_strerror(rc) : failure,
                           p);
}

apr_status_t npie_smtp_send(npie_smtp_result_t *result,
                            const npie_smtp_t *smtp, const char *from,
                            const char *to, npie_bytes_t message,
                            apr_pool_t *p)
{
    const char *wire_from = NULL;
    const char *wire_to = NULL;
    npie_err_t err;
    apr_status_t rv;

    memset(result, 0, sizeof(*result));
    if (smtp->security == NPIE_SMTP_PLAIN && !npie_smtp_is_local(smtp->host)) {
        npie_smtp_told(result, NPIE_SMTP_UNSAFE,
                       "no mail in the clear to another machine");
        return NPIE_EBACKEND;
    }
    rv = npie_field_email_wire(&wire_from, from, &err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_field_email_wire(&wire_to, to, &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_smtp_told(result, NPIE_SMTP_FAILED, err.detail);
        return rv;
    }
    return send_wire(result, smtp, wire_from, wire_to, message, p);
}
