/* SPDX-License-Identifier: Apache-2.0
 * The anchor's file: one line, of one length, written over.
 */
#include "signer/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "signer/say.h"

#define DIGITS 20
#define LINE_SIZE (DIGITS + NPIE_SHA256_HEX_SIZE + 1) /* blank and line end */

static apr_status_t wrong(const npie_anchor_t *anchor, const char *what,
                          npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s",
                        anchor->path, what);
}

static apr_status_t shut(void *data)
{
    close(((npie_anchor_t *)data)->fd);
    return APR_SUCCESS;
}

static int parse(npie_anchor_t *anchor, const char *line)
{
    if (strspn(line, "0123456789") != DIGITS || line[DIGITS] != ' '
        || strspn(line + DIGITS + 1, "0123456789abcdef")
           != NPIE_SHA256_HEX_SIZE - 1) {
        return 0;
    }
    anchor->number = (apr_uint64_t)apr_atoi64(line);
    apr_cpystrn(anchor->digest, line + DIGITS + 1, sizeof(anchor->digest));
    return anchor->number > 0;
}

apr_status_t npie_anchor_open(npie_anchor_t *anchor, const char *path,
                              int read_only, npie_err_t *err, apr_pool_t *p)
{
    char line[LINE_SIZE + 1];
    struct stat st;
    ssize_t n;

    memset(anchor, 0, sizeof(*anchor));
    anchor->path = apr_pstrdup(p, path);
    anchor->fd = open(path, (read_only ? O_RDONLY : O_RDWR | O_CREAT)
                      | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (anchor->fd < 0) {
        return read_only && errno == ENOENT ? APR_SUCCESS
            : wrong(anchor, strerror(errno), err);
    }
    apr_pool_cleanup_register(p, anchor, shut, apr_pool_cleanup_null);
    if (fstat(anchor->fd, &st) != 0 || !S_ISREG(st.st_mode)
        || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return wrong(anchor, "it must be a file that only its owner can write",
                     err);
    }
    n = pread(anchor->fd, line, LINE_SIZE, 0);
    line[n > 0 ? n : 0] = '\0';
    return n == 0 || (n == LINE_SIZE && parse(anchor, line)) ? APR_SUCCESS
        : wrong(anchor, "it is not what was written: remove it, and the "
                "whole ledger is read once more", err);
}

void npie_anchor_set(npie_anchor_t *anchor, apr_uint64_t number,
                     const char *digest)
{
    char line[LINE_SIZE + 1];

    anchor->number = number;
    apr_cpystrn(anchor->digest, digest, sizeof(anchor->digest));
    apr_snprintf(line, sizeof(line), "%020" APR_UINT64_T_FMT " %s\n", number,
                 digest);
    if (anchor->fd >= 0
        && pwrite(anchor->fd, line, LINE_SIZE, 0) != LINE_SIZE) {
        npie_signer_say("error", "%s: %s", anchor->path, strerror(errno));
    }
}
