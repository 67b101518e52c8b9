/* SPDX-License-Identifier: Apache-2.0
 * Reading request bodies.
 */
#include "httpd/body.h"

#include <apr_strings.h>

#include "httpd/json_body.h"

#define CHUNK 8192

static apr_status_t too_large(npie_err_t *err, apr_size_t limit)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_TOO_LARGE,
                        "more than %" APR_SIZE_T_FMT " bytes", limit);
}

/* All of a body that is no longer than limit. The buffer grows with what
 * arrives, not with what was announced. */
static apr_status_t read_all(npie_bytes_t *body, request_rec *r,
                             apr_size_t limit, npie_err_t *err)
{
    apr_size_t size = CHUNK, len = 0;
    char *buf = apr_palloc(r->pool, size);
    long n;

    while ((n = ap_get_client_block(r, buf + len, size - len)) > 0) {
        len += (apr_size_t)n;
        if (len > limit) {
            return too_large(err, limit);
        }
        if (len == size) {
            char *larger = apr_palloc(r->pool, size * 2);

            memcpy(larger, buf, len);
            buf = larger;
            size *= 2;
        }
    }
    if (n < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the body broke off");
    }
    body->data = (unsigned char *)buf;
    body->len = len;
    return APR_SUCCESS;
}

static apr_status_t begin(request_rec *r, apr_size_t limit, npie_err_t *err)
{
    if (ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK) != OK) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the body's length or coding is unusable");
    }
    if (r->remaining > (apr_off_t)limit) {
        return too_large(err, limit);
    }
    return APR_SUCCESS;
}

apr_status_t npie_body_bytes(npie_bytes_t *body, request_rec *r,
                             apr_size_t limit, npie_err_t *err)
{
    apr_status_t rv = begin(r, limit, err);

    body->data = NULL;
    body->len = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return ap_should_client_block(r) ? read_all(body, r, limit, err)
                                     : APR_SUCCESS;
}

apr_status_t npie_body_form(npie_form_t **pform, request_rec *r,
                            apr_size_t limit, npie_err_t *err)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    npie_bytes_t body;
    apr_status_t rv = begin(r, limit, err);

    *pform = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!ap_should_client_block(r)) {
        *pform = npie_form_create(r->pool);
        return APR_SUCCESS;
    }
    if (!npie_form_takes(type) && !npie_json_body_is(type)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_MEDIA_TYPE,
                            "neither a form nor application/json");
    }
    rv = read_all(&body, r, limit, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return npie_json_body_is(type)
        ? npie_json_body_parse(pform, body, err, r->pool)
        : npie_form_parse(pform, type, body, err, r->pool);
}
