/* SPDX-License-Identifier: Apache-2.0
 * HTTPS through libcurl.
 */
#include "renew/http.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <curl/curl.h>

#include "renew/answer.h"
#include "renew/language.h"

#define BODY_MAX (4 * 1024 * 1024)
#define HOPS_MAX 4
#define CONNECT_SECONDS 20L
/* Of all waiting that the server asks for in one request. */
#define WAIT_MAX 180
#define WAIT_DEFAULT 5
#define TOKEN_HEADER "NPIE-Token: "
#define USER_AGENT "npie-renew/" PACKAGE_VERSION

struct npie_http_t {
    CURLSH *share;      /* cookies, connections, TLS sessions */
    CURL *curl;         /* of one exchange */
    const npie_options_t *options;
    const char *base;   /* https://host/npie/ */
    const char *origin; /* https://host */
    const npie_say_t *say;
    apr_pool_t *last;   /* of the last problem's words */
    npie_problem_t problem;
    const char *title;
    const char *remedy;
    char error[CURL_ERROR_SIZE];
};

/** One exchange. */
typedef struct exchange_t {
    const char *url;
    const char *body;   /* NULL: GET */
    const char *csrf;
    int json;           /* an answer in JSON is wanted */
    char *data;         /* what came, in p */
    apr_size_t len, size;
    long status;
    int is_json;        /* by its type */
    apr_pool_t *p;
} exchange_t;

static apr_status_t close_curl(void *baton)
{
    npie_http_t *http = baton;

    curl_easy_cleanup(http->curl);
    curl_share_cleanup(http->share);
    curl_global_cleanup();
    return APR_SUCCESS;
}

static size_t take(char *data, size_t size, size_t count, void *baton)
{
    exchange_t *x = baton;
    apr_size_t len = size * count;

    if (x->len + len > BODY_MAX) {
        return 0;
    }
    if (x->len + len > x->size) {
        char *more;

        x->size = 2 * (x->len + len);
        more = apr_palloc(x->p, x->size);
        if (x->len > 0) {
            memcpy(more, x->data, x->len);
        }
        x->data = more;
    }
    memcpy(x->data + x->len, data, len);
    x->len += len;
    return len;
}

/* scheme://host:port of an address. */
static const char *origin_of(const char *url, apr_pool_t *p)
{
    const char *path = strchr(url + strlen("https://"), '/');

    return path == NULL ? url
        : apr_pstrmemdup(p, url, (apr_size_t)(path - url));
}

static int set_up(CURL *curl, npie_http_t *http)
{
    const npie_options_t *options = http->options;
    int done = curl != NULL
        && curl_easy_setopt(curl, CURLOPT_SHARE, http->share) == CURLE_OK
        && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK
        && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK
        && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK
        && curl_easy_setopt(curl, CURLOPT_COOKIEFILE, "") == CURLE_OK
        && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)options->timeout);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, USER_AGENT);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    if (done && options->cacert != NULL) {
        done = curl_easy_setopt(curl, CURLOPT_CAINFO, options->cacert)
            == CURLE_OK;
    }
    return done;
}

static int share_all(CURLSH *share)
{
    return share != NULL
        && curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE)
           == CURLSHE_OK
        && curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT)
           == CURLSHE_OK
        && curl_share_setopt(share, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

/* A handle of its own for each exchange: libcurl counts how often a connection
 * that it kept turned out dead, over all of a handle's life, and gives up at
 * the sixth. A server that closes connections while keys are made brings a
 * list of employers there. */
static int fresh_handle(npie_http_t *http)
{
    curl_easy_cleanup(http->curl);
    http->curl = curl_easy_init();
    return set_up(http->curl, http);
}

apr_status_t npie_http_open(npie_http_t **phttp, const npie_options_t *options,
                            const npie_say_t *say, npie_err_t *err,
                            apr_pool_t *p)
{
    npie_http_t *http = apr_pcalloc(p, sizeof(*http));

    *phttp = http;
    http->base = options->url;
    http->origin = origin_of(options->url, p);
    http->say = say;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "libcurl cannot be initialised");
    }
    http->options = options;
    http->share = curl_share_init();
    apr_pool_cleanup_register(p, http, close_curl, apr_pool_cleanup_null);
    if (!share_all(http->share) || !fresh_handle(http)
        || apr_pool_create(&http->last, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "libcurl lacks what is wanted of it");
    }
    return APR_SUCCESS;
}

void npie_http_forget(npie_http_t *http)
{
    curl_easy_setopt(http->curl, CURLOPT_COOKIELIST, "ALL");
}

void npie_http_words(const char **ptitle, const char **premedy,
                     const npie_http_t *http, npie_problem_t problem)
{
    int known = http->problem == problem;

    *ptitle = known ? http->title : NULL;
    *premedy = known ? http->remedy : NULL;
}

static apr_status_t no_answer(const npie_http_t *http, CURLcode code,
                              npie_err_t *err)
{
    const char *why = http->error[0] != '\0' ? http->error
                                             : curl_easy_strerror(code);

    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_TLS, "%s", why);
    case CURLE_WRITE_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return npie_err_set(err, NPIE_EPROTO, NPIE_P_ANSWER, "%s", why);
    default:
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_UNREACHABLE, "%s",
                            why);
    }
}

static struct curl_slist *headers_of(const exchange_t *x)
{
    struct curl_slist *list = curl_slist_append(NULL, x->json
        ? "Accept: application/json" : "Accept: */*");

    if (npie_language() != NULL) {
        list = curl_slist_append(list, apr_pstrcat(x->p, "Accept-Language: ",
                                                   npie_language()->language,
                                                   NULL));
    }
    if (x->body != NULL) {
        list = curl_slist_append(list, "Content-Type: application/json");
        list = curl_slist_append(list, "Expect:");
    }
    if (x->csrf != NULL) {
        list = curl_slist_append(list, apr_pstrcat(x->p, TOKEN_HEADER,
                                                   x->csrf, NULL));
    }
    return list;
}

static int says_json(CURL *curl)
{
    char *type = NULL;

    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    return type != NULL && strstr(type, "json") != NULL;
}

static apr_status_t perform(npie_http_t *http, exchange_t *x, npie_err_t *err)
{
    struct curl_slist *headers;
    CURLcode code;

    if (!fresh_handle(http)) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "libcurl has no handle left");
    }
    headers = headers_of(x);
    x->len = 0;
    http->error[0] = '\0';
    curl_easy_setopt(http->curl, CURLOPT_URL, x->url);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, x);
    if (x->body != NULL) {
        curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE,
                         (long)strlen(x->body));
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, x->body);
    }
    code = curl_easy_perform(http->curl);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        return no_answer(http, code, err);
    }
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &x->status);
    x->is_json = says_json(http->curl);
    return APR_SUCCESS;
}

/* Seconds that a busy server asks for; 0: it is not busy, or for too long. */
static int wait_asked(npie_http_t *http, const exchange_t *x, int waited)
{
    curl_off_t seconds = 0;

    if (x->status != 429 && x->status != 503) {
        return 0;
    }
    curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0) {
        seconds = WAIT_DEFAULT;
    }
    return waited + seconds <= WAIT_MAX ? (int)seconds : 0;
}

/* Where a redirection leads, when that is on this server; else NULL. */
static const char *next_hop(const npie_http_t *http, const exchange_t *x)
{
    apr_size_t len = strlen(http->origin);
    char *url = NULL;

    if (x->status != 301 && x->status != 302 && x->status != 303
        && x->status != 307 && x->status != 308) {
        return NULL;
    }
    curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &url);
    return url != NULL && strncmp(url, http->origin, len) == 0
        && url[len] == '/' ? apr_pstrdup(x->p, url) : NULL;
}

static apr_status_t converse(npie_http_t *http, exchange_t *x,
                             npie_err_t *err)
{
    int waited = 0, hops = 0, seconds;
    const char *next;

    apr_pool_clear(http->last);
    http->title = http->remedy = NULL;
    http->problem = NPIE_P_NONE;
    for (;;) {
        apr_status_t rv = perform(http, x, err);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        seconds = wait_asked(http, x, waited);
        next = next_hop(http, x);
        if (seconds > 0) {
            npie_say_step(http->say, NPIE_S_RENEW_BUSY, "segundos",
                          apr_itoa(x->p, seconds), NULL);
            apr_sleep(apr_time_from_sec(seconds));
            waited += seconds;
        }
        else if (next != NULL && hops++ < HOPS_MAX) {
            /* What an action leads to is got. */
            x->url = next;
            x->body = x->csrf = NULL;
        }
        else {
            return APR_SUCCESS;
        }
    }
}

static const char *address(const npie_http_t *http, const char *path,
                           apr_pool_t *p)
{
    return apr_pstrcat(p, path[0] == '/' ? http->origin : http->base, path,
                       NULL);
}

/* What came instead of the answer wanted. */
static apr_status_t not_ok(npie_http_t *http, const exchange_t *x,
                           npie_err_t *err)
{
    npie_bytes_t bytes = { (unsigned char *)x->data, x->len };
    apr_status_t rv;

    if (x->is_json && x->status >= 400) {
        rv = npie_answer_problem_read(&http->title, &http->remedy, bytes,
                                      (int)x->status, err, http->last);
        http->problem = err->problem;
        return rv;
    }
    if (x->status == 429 || x->status >= 500) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_UNREACHABLE,
                            "%s: HTTP %ld", x->url, x->status);
    }
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_ANSWER, "%s: HTTP %ld",
                        x->url, x->status);
}

static apr_status_t json_of(json_t **pjson, npie_http_t *http, exchange_t *x,
                            npie_err_t *err)
{
    npie_bytes_t bytes;
    apr_status_t rv;

    *pjson = NULL;
    x->json = 1;
    rv = converse(http, x, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (x->status != 200 || !x->is_json) {
        return not_ok(http, x, err);
    }
    bytes.data = (unsigned char *)x->data;
    bytes.len = x->len;
    return npie_answer_json_read(pjson, bytes, err, x->p);
}

apr_status_t npie_http_get(json_t **pjson, npie_http_t *http,
                           const char *path, npie_err_t *err, apr_pool_t *p)
{
    exchange_t x = { .url = address(http, path, p), .p = p };

    return json_of(pjson, http, &x, err);
}

apr_status_t npie_http_post(json_t **pjson, npie_http_t *http,
                            const char *path, json_t *body, const char *csrf,
                            npie_err_t *err, apr_pool_t *p)
{
    exchange_t x = { .url = address(http, path, p), .csrf = csrf, .p = p };
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    if (text == NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no memory for a request");
    }
    x.body = apr_pstrdup(p, text);
    free(text);
    return json_of(pjson, http, &x, err);
}

apr_status_t npie_http_file(npie_bytes_t *bytes, npie_http_t *http,
                            const char *path, npie_err_t *err, apr_pool_t *p)
{
    exchange_t x = { .url = address(http, path, p), .p = p };
    apr_status_t rv = converse(http, &x, err);

    if (rv == APR_SUCCESS && (x.status != 200 || x.len == 0)) {
        rv = not_ok(http, &x, err);
    }
    bytes->data = (unsigned char *)x.data;
    bytes->len = x.len;
    return rv;
}
