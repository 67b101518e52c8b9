/* SPDX-License-Identifier: Apache-2.0
 * One request to an address by libcurl.
 */
#include "tsa/fetch_url.h"

#include <string.h>

#include <apr_strings.h>
#include <curl/curl.h>

/* What has come so far. */
typedef struct coming_t {
    unsigned char *data;
    apr_size_t len;
    apr_size_t room;
    apr_pool_t *p;
} coming_t;

static size_t take(char *data, size_t size, size_t count, void *baton)
{
    coming_t *coming = baton;
    const apr_size_t len = size * count;

    if (len > NPIE_TSA_URL_MAX - coming->len) {
        return 0;
    }
    if (len > coming->room - coming->len) {
        const apr_size_t room = 2 * (coming->len + len);
        unsigned char *more = apr_palloc(coming->p, room);

        if (coming->len > 0) {
            memcpy(more, coming->data, coming->len);
        }
        coming->data = more;
        coming->room = room;
    }
    memcpy(coming->data + coming->len, data, len);
    coming->len += len;
    return len;
}

static void set(CURL *curl, const npie_tsa_url_t *url, int strict)
{
    const long ms = (long)apr_time_as_msec(url->timeout);

    curl_easy_setopt(curl, CURLOPT_URL, url->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    /* This machine is asked, or one beside it. */
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, strict ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, strict ? 2L : 0L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, url->connect ? 1L : 0L);
    if (url->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, url->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (url->body.data != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         (const char *)url->body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)url->body.len);
    }
}

/* The server's own certificate, the first of its chain. */
static const char *certificate_of(CURL *curl, apr_pool_t *p)
{
    struct curl_certinfo *info = NULL;
    const struct curl_slist *at;

    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK
        || info == NULL || info->num_of_certs < 1) {
        return NULL;
    }
    for (at = info->certinfo[0]; at != NULL; at = at->next) {
        if (strncmp(at->data, "Cert:", 5) == 0) {
            return apr_pstrdup(p, at->data + 5);
        }
    }
    return NULL;
}

/* One attempt. @return NULL, or the reason in p that nothing came */
static const char *attempt(CURLcode *prc, npie_tsa_reply_t *reply, CURL *curl,
                           const npie_tsa_url_t *url, int strict,
                           apr_pool_t *p)
{
    struct curl_slist *headers = url->type == NULL ? NULL
        : curl_slist_append(NULL, apr_pstrcat(p, "Content-Type: ", url->type,
                                              NULL));
    coming_t coming = { .p = p };
    char failure[CURL_ERROR_SIZE] = "";
    long status = 0;

    set(curl, url, strict);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &coming);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, failure);
    *prc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    reply->status = (int)status;
    reply->body = (npie_bytes_t){ coming.data, coming.len };
    if (*prc == CURLE_OK) {
        reply->certificate = certificate_of(curl, p);
        return NULL;
    }
    return apr_pstrdup(p, *failure != '\0' ? failure
                                           : curl_easy_strerror(*prc));
}

apr_status_t npie_tsa_url_ask(npie_tsa_reply_t *reply,
                              const npie_tsa_url_t *url, npie_err_t *err,
                              apr_pool_t *p)
{
    CURL *curl = curl_easy_init();
    CURLcode rc;
    const char *why;

    memset(reply, 0, sizeof(*reply));
    if (curl == NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "libcurl has no memory");
    }
    why = attempt(&rc, reply, curl, url, 1, p);
    if (rc == CURLE_PEER_FAILED_VERIFICATION && url->connect) {
        const char *distrust = why;

        curl_easy_reset(curl);
        why = attempt(&rc, reply, curl, url, 0, p);
        reply->distrust = distrust;
    }
    curl_easy_cleanup(curl);
    return why == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_NONE, "%s: %s", url->url,
                       why);
}
