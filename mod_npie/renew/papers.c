/* SPDX-License-Identifier: Apache-2.0
 * Names and contents of the files beside the new PFX.
 */
#include "renew/papers.h"

#include <string.h>

#include <apr_strings.h>

#include "renew/disk.h"

#define PENDING ".llave"
#define COPIES 9
#define PAPER_MAX (4 * 1024 * 1024)

void npie_papers_name(npie_papers_t *papers, const char *out, apr_pool_t *p)
{
    const char *slash = strrchr(out, '/');
    const char *dot = strrchr(out, '.');

    papers->out = out;
    papers->pending = apr_pstrcat(p, out, PENDING, NULL);
    papers->stem = dot == NULL || (slash != NULL && dot < slash) || dot == out
        ? out : apr_pstrmemdup(p, out, (apr_size_t)(dot - out));
}

static const char *paper_path(const npie_papers_t *papers, const char *what,
                              int copy, apr_pool_t *p)
{
    return copy == 1 ? apr_pstrcat(p, papers->stem, "-", what, ".pdf", NULL)
        : apr_psprintf(p, "%s-%s-%d.pdf", papers->stem, what, copy);
}

static int holds(const char *path, npie_bytes_t bytes, apr_pool_t *p)
{
    npie_bytes_t there;

    return npie_disk_read(&there, path, PAPER_MAX, NULL, p) == APR_SUCCESS
        && there.len == bytes.len
        && memcmp(there.data, bytes.data, bytes.len) == 0;
}

apr_status_t npie_papers_save(const char **ppath, const npie_papers_t *papers,
                              const char *what, npie_bytes_t bytes,
                              npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = NPIE_ECONFLICT;

    for (int copy = 1; rv == NPIE_ECONFLICT && copy <= COPIES; ++copy) {
        *ppath = paper_path(papers, what, copy, p);
        if (holds(*ppath, bytes, p)) {
            return APR_SUCCESS;
        }
        rv = npie_disk_write_new(*ppath, bytes, err, p);
    }
    return rv;
}

int npie_papers_have(const npie_papers_t *papers, const char *what,
                     apr_pool_t *p)
{
    return npie_disk_is_there(paper_path(papers, what, 1, p));
}

apr_status_t npie_papers_renewed(npie_credential_t *fresh,
                                 const npie_papers_t *papers,
                                 const npie_cert_t *old,
                                 const npie_secret_t *password,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_credential_file_t file = { papers->out, { NULL, 0 } };
    apr_status_t rv = npie_disk_read(&file.bytes, papers->out,
                                     NPIE_CREDENTIAL_MAX, NULL, p);

    if (rv == APR_SUCCESS) {
        rv = npie_credential_open(fresh, &file, 1, password, NULL, p);
    }
    return rv == APR_SUCCESS && strcmp(fresh->cert->rp10, old->rp10) == 0
        && fresh->cert->not_after > old->not_after ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFLICT, NPIE_P_FILE_EXISTS, "%s",
                       papers->out);
}
