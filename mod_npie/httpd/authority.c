/* SPDX-License-Identifier: Apache-2.0
 * The CRL and the CA certificate by HTTP (RFC 5280 section 4.2.1.13, RFC
 * 2585).
 */
#include "httpd/authority.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/answer.h"
#include "httpd/notice.h"
#include "pki/digest.h"
#include "signer/client.h"

/* A child asks npie-signer this often at most; a revocation must not take
 * longer to be seen. */
#define KEEP apr_time_from_msec(500)

/* After it did not answer one thread, the others that waited do not ask. */
#define REST apr_time_from_sec(2)

/* The last that npie-signer gave to this child. */
struct npie_authority_kept_t {
    apr_thread_mutex_t *turn;
    apr_pool_t *p; /* of the bytes */
    npie_signer_crl_t crl;
    apr_time_t asked;  /* 0 = never */
    apr_time_t failed; /* when it last did not answer; 0 = it did */
};

void npie_authority_child_init(apr_pool_t *pchild, server_rec *s)
{
    for (server_rec *t = s; t != NULL; t = t->next) {
        npie_runtime_t *runtime = npie_runtime_get(t);
        struct npie_authority_kept_t *kept;
        apr_status_t rv;

        if (runtime == NULL || runtime->authority != NULL) {
            continue;
        }
        kept = apr_pcalloc(pchild, sizeof(*kept));
        rv = apr_thread_mutex_create(&kept->turn, APR_THREAD_MUTEX_DEFAULT,
                                     pchild);
        if (rv == APR_SUCCESS) {
            rv = apr_pool_create(&kept->p, pchild);
        }
        if (rv != APR_SUCCESS) {
            npie_notice(APLOG_MARK, rv, t, NULL, NPIE_N_CRL_MUTEX, NULL);
            continue;
        }
        runtime->authority = kept;
    }
}

static npie_bytes_t copy(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_bytes_t out = { apr_pmemdup(p, bytes.data, bytes.len), bytes.len };

    return out;
}

/* Was that less than so long ago? */
static int is_within(apr_time_t then, apr_interval_time_t span, apr_time_t now)
{
    return then != 0 && now >= then && now - then < span;
}

static apr_status_t ask(struct npie_authority_kept_t *kept,
                        const npie_runtime_t *runtime, request_rec *r,
                        apr_time_t now, npie_err_t *err)
{
    const npie_signer_t signer =
        npie_signer_within(&runtime->signer, NPIE_SIGNER_PUBLIC_TIMEOUT);
    npie_signer_crl_t fresh;
    apr_status_t rv = npie_signer_crl(&fresh, &signer, err, r->pool);

    if (rv != APR_SUCCESS) {
        kept->failed = apr_time_now();
        return rv;
    }
    apr_pool_clear(kept->p);
    kept->crl = fresh;
    kept->crl.crl = copy(fresh.crl, kept->p);
    kept->crl.ca = copy(fresh.ca, kept->p);
    kept->asked = now;
    kept->failed = 0;
    return rv;
}

/* Has what is kept brought up to date, the turn held. A signer that does not
 * answer is forgiven as long as the last CRL holds. */
static apr_status_t renew(struct npie_authority_kept_t *kept,
                          const npie_runtime_t *runtime, request_rec *r,
                          npie_err_t *err)
{
    const apr_time_t now = apr_time_now();
    apr_status_t rv;

    if (is_within(kept->asked, KEEP, now)) {
        return APR_SUCCESS;
    }
    rv = is_within(kept->failed, REST, now)
        ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN,
                       "npie-signer did not answer a moment ago")
        : ask(kept, runtime, r, now, err);
    if (rv == APR_SUCCESS) {
        return rv;
    }
    if (kept->asked == 0 || now >= kept->crl.next_update) {
        return rv;
    }
    npie_answer_log(r, err);
    return APR_SUCCESS;
}

static apr_status_t get(npie_signer_crl_t *crl, request_rec *r,
                        npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    struct npie_authority_kept_t *kept = runtime->authority;
    apr_status_t rv;

    if (kept == NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "this child keeps no CRL");
    }
    apr_thread_mutex_lock(kept->turn);
    rv = renew(kept, runtime, r, err);
    if (rv == APR_SUCCESS) {
        *crl = kept->crl;
        crl->crl = copy(kept->crl.crl, r->pool);
        crl->ca = copy(kept->crl.ca, r->pool);
    }
    apr_thread_mutex_unlock(kept->turn);
    return rv;
}

int npie_authority_is_handler(const char *handler)
{
    return handler != NULL && (strcmp(handler, "npie-crl") == 0
                               || strcmp(handler, "npie-ca") == 0
                               || strcmp(handler, "npie-ocsp") == 0);
}

int npie_authority_serves(const request_rec *r)
{
    return npie_authority_is_handler(r->handler);
}

/* Sends bytes that are good until a time (0: for a day). */
static int send_public(request_rec *r, const char *type, npie_bytes_t bytes,
                       apr_time_t modified, apr_time_t until)
{
    char digest[NPIE_SHA256_HEX_SIZE];
    char *date = apr_palloc(r->pool, APR_RFC822_DATE_LEN);
    int status;

    if (npie_sha256_hex(digest, bytes) != APR_SUCCESS) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    apr_rfc822_date(date, until);
    apr_table_setn(r->headers_out, "Expires", date);
    apr_table_setn(r->headers_out, "Cache-Control",
                   "public, no-transform, must-revalidate");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "ETag",
                   apr_psprintf(r->pool, "\"%.32s\"", digest));
    ap_update_mtime(r, modified);
    ap_set_last_modified(r);
    ap_set_content_type(r, type);
    status = ap_meets_conditions(r);
    if (status != OK) {
        return status;
    }
    ap_set_content_length(r, (apr_off_t)bytes.len);
    if (!r->header_only) {
        ap_rwrite(bytes.data, (int)bytes.len, r);
    }
    return OK;
}

int npie_authority_handler(request_rec *r)
{
    npie_signer_crl_t crl = { { NULL, 0 }, { NULL, 0 }, 0, 0 };
    npie_err_t err;
    int status;

    if (!npie_authority_serves(r) || strcmp(r->handler, "npie-ocsp") == 0) {
        return DECLINED;
    }
    status = npie_answer_may_read(r);
    if (status != OK) {
        return status;
    }
    if (get(&crl, r, &err) != APR_SUCCESS) {
        npie_answer_log(r, &err);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    return strcmp(r->handler, "npie-crl") == 0
        ? send_public(r, "application/pkix-crl", crl.crl, crl.this_update,
                      crl.next_update)
        : send_public(r, "application/pkix-cert", crl.ca, crl.this_update,
                      crl.next_update);
}
