/* SPDX-License-Identifier: Apache-2.0
 * See asset.h.
 */
#include "httpd/asset.h"

#include <apr_strings.h>

#include "httpd/accept.h"
#include "httpd/answer.h"

/* An installation writes a file and its compressed ones in any order; a file
 * that was changed since is newer by more. */
#define INSTALLED_WITHIN apr_time_from_sec(3600)

static const struct {
    const char *coding;
    const char *suffix;
} packings[] = { { "br", ".br" }, { "gzip", ".gz" } };

/* Is there a compressed one of this file? */
static int find(apr_finfo_t *found, const char **pname, const request_rec *r,
                const char *suffix)
{
    *pname = apr_pstrcat(r->pool, r->filename, suffix, NULL);
    return apr_stat(found, *pname, APR_FINFO_MIN, r->pool) == APR_SUCCESS
        && found->filetype == APR_REG
        && found->mtime + INSTALLED_WITHIN >= r->finfo.mtime;
}

static void choose(request_rec *r)
{
    int best = 0, is_any = 0;
    const char *name = NULL;
    apr_finfo_t finfo;

    for (apr_size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); ++i) {
        const int quality = npie_accept_coding(r, packings[i].coding);
        const char *candidate;
        apr_finfo_t found;

        if (!find(&found, &candidate, r, packings[i].suffix)) {
            continue;
        }
        is_any = 1;
        if (quality > best) {
            best = quality;
            name = candidate;
            finfo = found;
            r->content_encoding = packings[i].coding;
        }
    }
    if (is_any) {
        apr_table_mergen(r->headers_out, "Vary", "Accept-Encoding");
    }
    if (name != NULL) {
        r->filename = apr_pstrdup(r->pool, name);
        r->finfo = finfo;
    }
}

int npie_asset_serve(request_rec *r)
{
    npie_answer_headers(r);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-cache");
    apr_table_unset(r->err_headers_out, "Vary");
    npie_answer_error_pages(r);
    if (r->finfo.filetype == APR_REG && r->content_encoding == NULL) {
        choose(r);
    }
    return DECLINED;
}
