/* SPDX-License-Identifier: Apache-2.0
 * Requests to a timestamp authority by libcurl.
 */
#include "tsa/fetch.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>
#include <curl/curl.h>

#define ASKS "Content-Type: application/timestamp-query"
#define ANSWERS "application/timestamp-reply"

/** What has come so far. */
typedef struct answer_t {
    unsigned char *data;
    apr_size_t len;
} answer_t;

static size_t take(char *data, size_t size, size_t count, void *baton)
{
    answer_t *answer = baton;
    const apr_size_t len = size * count;

    if (len > NPIE_TIMESTAMP_MAX - answer->len) {
        return 0;
    }
    memcpy(answer->data + answer->len, data, len);
    answer->len += len;
    return len;
}

static void set_server(CURL *curl, const npie_tsa_server_t *server)
{
    const long ms = (long)apr_time_as_msec(server->timeout);

    curl_easy_setopt(curl, CURLOPT_URL, server->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, ms);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (server->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (server->user != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD,
                         server->password != NULL ? server->password : "");
    }
}

/** What is wrong with an answer that came; NULL: nothing. */
static const char *answer_fault(CURL *curl, apr_pool_t *p)
{
    const char *type = NULL;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (status != 200) {
        return apr_psprintf(p, "it answered %ld", status);
    }
    return type != NULL && strncasecmp(type, ANSWERS, strlen(ANSWERS)) == 0
        ? NULL : "its answer is not " ANSWERS;
}

static apr_status_t perform(answer_t *answer, CURL *curl,
                            const npie_tsa_server_t *server,
                            npie_bytes_t request, npie_err_t *err,
                            apr_pool_t *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, ASKS);
    char failure[CURL_ERROR_SIZE] = "";
    const char *fault = "libcurl has no memory";
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (headers != NULL) {
        set_server(curl, server);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)request.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request.len);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, failure);
        rc = curl_easy_perform(curl);
        fault = rc == CURLE_OK ? answer_fault(curl, p)
            : *failure != '\0' ? failure : curl_easy_strerror(rc);
    }
    curl_slist_free_all(headers);
    return fault == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_TIMESTAMP,
                       "timestamp authority %s: %s", server->url, fault);
}

apr_status_t npie_tsa_ask(npie_bytes_t *ptoken,
                          const npie_tsa_server_t *server,
                          const npie_bytes_t *content, int npieces,
                          npie_err_t *err, apr_pool_t *p)
{
    answer_t answer = { apr_palloc(p, NPIE_TIMESTAMP_MAX), 0 };
    CURL *curl = curl_easy_init();
    npie_bytes_t request;
    apr_status_t rv;

    if (curl == NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "libcurl has no memory");
    }
    rv = npie_timestamp_ask(&request, content, npieces, server->policy, err,
                            p);
    if (rv == APR_SUCCESS) {
        rv = perform(&answer, curl, server, request, err, p);
    }
    curl_easy_cleanup(curl);
    return rv != APR_SUCCESS ? rv : npie_timestamp_take(
        ptoken, (npie_bytes_t){ answer.data, answer.len }, request, err, p);
}
