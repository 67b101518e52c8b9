/* SPDX-License-Identifier: Apache-2.0
 * Requests with an expired client certificate reach the renewal's pages and
 * nothing else.
 */
#include "httpd/ssl.h"

#include <apr_date.h>
#include <apr_strings.h>

#include "httpd/config.h"
#include "httpd/gate.h"

typedef enum judgement_t {
    FINE,       /* no certificate, or a valid one */
    EXPIRED,
    MISDIRECTED /* forgiven in the handshake by another server */
} judgement_t;

/* OpenSSL's "Nov  2 20:39:25 2026 GMT"; 0 for anything else. */
static apr_time_t read_time(const char *text, apr_pool_t *p)
{
    char *words[5] = { NULL }, *state = NULL;
    char *copy = apr_pstrdup(p, text);

    for (int i = 0; i < 5; ++i) {
        words[i] = apr_strtok(i == 0 ? copy : NULL, " ", &state);
        if (words[i] == NULL) {
            return 0;
        }
    }
    return apr_date_parse_rfc(apr_pstrcat(p, words[1], " ", words[0], " ",
                                          words[3], " ", words[2], " ",
                                          words[4], NULL));
}

/* By the clock of this request: a connection, or a session that was resumed,
 * may have begun before the certificate's end. A time that cannot be read is
 * over. */
static judgement_t judge_or_deny(request_rec *r)
{
    apr_interval_time_t forgiven = npie_conf_server(r->server)->tls_expired;
    int tolerated = npie_ssl_tolerated(r->connection);
    const char *text;
    apr_time_t end, now = apr_time_now();

    if (forgiven == 0) {
        return tolerated ? MISDIRECTED : FINE;
    }
    text = npie_ssl_variable(r, "SSL_CLIENT_V_END");
    if (*text == '\0') {
        return tolerated ? EXPIRED : FINE;
    }
    end = read_time(text, r->pool);
    if (!tolerated) {
        return now < end ? FINE : EXPIRED;
    }
    return forgiven > 0 && now - end >= forgiven ? MISDIRECTED : EXPIRED;
}

/* A look-up and a part of a page have nobody to be sent elsewhere. */
static int turn_away(request_rec *r)
{
    return r->main != NULL ? HTTP_FORBIDDEN : npie_gate_turn_expired(r);
}

/* Will this request be one for the pages' directories? A main request's path
 * is as the client wrote it at this time, escapes and all. */
static int leads_to_pages(request_rec *r)
{
    request_rec *found;
    int yes;

    if (r->main != NULL) {
        return npie_conf_engine(r);
    }
    if (r->uri == NULL || r->uri[0] != '/') {
        return 0;
    }
    found = ap_sub_req_lookup_uri(r->uri, r, NULL);
    yes = npie_conf_engine(found);
    ap_destroy_sub_req(found);
    return yes;
}

static int answer(request_rec *r, int (*is_for_pages)(request_rec *r))
{
    switch (judge_or_deny(r)) {
    case FINE:
        return DECLINED;
    case MISDIRECTED:
        return HTTP_MISDIRECTED_REQUEST;
    default:
        return is_for_pages(r) ? DECLINED : turn_away(r);
    }
}

int npie_ssl_quick(request_rec *r, int lookup)
{
    /* A look-up sends nothing; its sub-request comes here again to be run. */
    return lookup ? DECLINED : answer(r, leads_to_pages);
}

static int is_in_pages(request_rec *r)
{
    return npie_conf_engine(r);
}

int npie_ssl_check(request_rec *r)
{
    return answer(r, is_in_pages);
}
