/* SPDX-License-Identifier: Apache-2.0
 * Derives the result of a delivery attempt.
 */
#include "mail/smtp_verdict.h"

#include <apr_strings.h>
#include <curl/curl.h>

#include <string.h>

#include "base/text.h"

const char *npie_smtp_reason_name(npie_smtp_reason_t reason)
{
    static const char *const names[NPIE_SMTP_REASONS] = {
        [NPIE_SMTP_NONE] = "",
        [NPIE_SMTP_UNREACHABLE] = "unreachable",
        [NPIE_SMTP_TIMEOUT] = "timeout",
        [NPIE_SMTP_CLOSED] = "closed",
        [NPIE_SMTP_UNSAFE] = "unsafe",
        [NPIE_SMTP_CERTIFICATE] = "certificate",
        [NPIE_SMTP_LOGIN] = "login",
        [NPIE_SMTP_DEFERRED] = "deferred",
        [NPIE_SMTP_REFUSED] = "refused",
        [NPIE_SMTP_NO_UTF8] = "no-utf8",
        [NPIE_SMTP_FAILED] = "failed",
    };

    return (int)reason >= 0 && reason < NPIE_SMTP_REASONS ? names[reason] : "?";
}

void npie_smtp_talk_add(npie_smtp_talk_t *talk, const char *line,
                        apr_size_t len)
{
    apr_size_t room = sizeof(talk->reply) - talk->len;

    /* Only the first line of a stored reply keeps its code. */
    if (talk->len > 0) {
        line += len < 4 ? len : 4;
        len -= len < 4 ? len : 4;
        if (room > 0) {
            talk->reply[talk->len++] = ' ';
            --room;
        }
    }
    if (len > room) {
        len = room;
    }
    memcpy(talk->reply + talk->len, line, len);
    if (talk->len == 0 && len > 3) {
        talk->reply[3] = ' ';
    }
    talk->len += len;
}

/* Copies bytes as one line of clean UTF-8, as much as fits. Invalid bytes
 * become question marks. */
static void copy_clean(char *out, apr_size_t size, const char *text,
                       apr_size_t len)
{
    while (len > 0) {
        apr_size_t n = 1;

        while (n <= 4 && n <= len && !npie_text_is_clean(text, n)) {
            ++n;
        }
        if (n > 4 || n > len) {
            n = 0;
        }
        if ((n == 0 ? 1 : n) >= size) {
            break;
        }
        if (n == 0) {
            *out++ = '?';
            --size;
        } else {
            memcpy(out, text, n);
            out += n;
            size -= n;
        }
        text += n == 0 ? 1 : n;
        len -= n == 0 ? 1 : n;
    }
    *out = '\0';
}

void npie_smtp_told(npie_smtp_result_t *result, npie_smtp_reason_t reason,
                    const char *what)
{
    result->reason = reason;
    copy_clean(result->said, sizeof(result->said), what, strlen(what));
}

static int contains(const npie_smtp_talk_t *talk, const char *text)
{
    apr_size_t len = strlen(text);

    for (apr_size_t i = 0; len > 0 && i + len <= talk->len; ++i) {
        if (memcmp(talk->reply + i, text, len) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Tells whether the reply contains the password, in plain text or as AUTH LOGIN
 * or AUTH PLAIN sent it. */
static int tells_secret(const npie_smtp_talk_t *talk, const npie_smtp_t *smtp,
                        apr_pool_t *p)
{
    npie_bytes_t bytes;
    char *plain;

    if (smtp->user == NULL || smtp->password == NULL) {
        return 0;
    }
    bytes.data = (const unsigned char *)smtp->password;
    bytes.len = strlen(smtp->password);
    if (contains(talk, smtp->password)
        || contains(talk, npie_text_base64_encode(bytes, p))) {
        return 1;
    }
    plain = apr_psprintf(p, ".%s.%s", smtp->user, smtp->password);
    bytes.len = strlen(plain);
    plain[0] = '\0';
    plain[1 + strlen(smtp->user)] = '\0';
    bytes.data = (const unsigned char *)plain;
    return contains(talk, npie_text_base64_encode(bytes, p));
}

static void tell_reply(npie_smtp_result_t *result,
                       const npie_smtp_talk_t *talk, const npie_smtp_t *smtp,
                       apr_pool_t *p)
{
    if (tells_secret(talk, smtp, p)) {
        apr_snprintf(result->said, sizeof(result->said),
                     "%d and text that repeats the password", talk->code);
        return;
    }
    copy_clean(result->said, sizeof(result->said), talk->reply, talk->len);
}

/* Returns the reason that the server's reply gives, or else that the server
 * closed the connection or violated the protocol. */
static npie_smtp_reason_t by_reply(const npie_smtp_talk_t *talk, CURLcode rc)
{
    if (talk->code == 530) {
        return NPIE_SMTP_LOGIN;
    }
    if (talk->code >= 500) {
        /* CURLE_SEND_ERROR: to MAIL, RCPT or DATA. Elsewhere it is about us
         * and not about this mail, and the admin can change it. */
        return rc == CURLE_SEND_ERROR || talk->ended ? NPIE_SMTP_REFUSED
                                                     : NPIE_SMTP_FAILED;
    }
    if (talk->code >= 400) {
        return NPIE_SMTP_DEFERRED;
    }
    return rc == CURLE_WEIRD_SERVER_REPLY ? NPIE_SMTP_FAILED : NPIE_SMTP_CLOSED;
}

static npie_smtp_reason_t reason_of(const npie_smtp_talk_t *talk, CURLcode rc)
{
    switch (rc) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return NPIE_SMTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return NPIE_SMTP_TIMEOUT;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
        return NPIE_SMTP_UNSAFE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return NPIE_SMTP_CERTIFICATE;
    case CURLE_LOGIN_DENIED:
        return NPIE_SMTP_LOGIN;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
        return by_reply(talk, rc);
    default:
        return NPIE_SMTP_FAILED;
    }
}

apr_status_t npie_smtp_judge(npie_smtp_result_t *result,
                             const npie_smtp_t *smtp,
                             const npie_smtp_talk_t *talk,
                             npie_smtp_reason_t stopped, int rc,
                             const char *failure, apr_pool_t *p)
{
    result->code = talk->code;
    if (rc == CURLE_OK) {
        tell_reply(result, talk, smtp, p);
        return APR_SUCCESS;
    }
    if (stopped == NPIE_SMTP_NO_UTF8) {
        npie_smtp_told(result, stopped, "the address has letters beyond ASCII "
                       "before its @, and the server offers no SMTPUTF8");
        return NPIE_EPOLICY;
    }
    if (stopped == NPIE_SMTP_LOGIN) {
        npie_smtp_told(result, stopped, "a user is set, and the server offers "
                       "no login");
        return NPIE_EBACKEND;
    }
    npie_smtp_told(result, reason_of(talk, (CURLcode)rc), failure);
    if (talk->code >= 400) {
        tell_reply(result, talk, smtp, p);
    }
    return result->reason == NPIE_SMTP_REFUSED ? NPIE_EPOLICY : NPIE_EBACKEND;
}
