/* SPDX-License-Identifier: Apache-2.0
 * Reading to the end.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

/* What is read of a pipe at first, in bytes. */
#define GUESS 65536

/** Bytes that are cleansed before they are given back. */
typedef struct held_t {
    unsigned char *data;
    apr_size_t len, size;
} held_t;

static apr_status_t forget(void *baton)
{
    held_t *held = baton;

    if (held->data != NULL) {
        explicit_bzero(held->data, held->size);
        free(held->data);
    }
    held->data = NULL;
    return APR_SUCCESS;
}

/* Room for at least one more byte and the NUL. */
static apr_status_t grow(held_t *held, apr_size_t size)
{
    held_t more = { malloc(size), held->len, size };

    if (more.data == NULL) {
        return APR_ENOMEM;
    }
    if (held->len > 0) {
        memcpy(more.data, held->data, held->len);
    }
    forget(held);
    *held = more;
    return APR_SUCCESS;
}

/* What a file is likely to have, so that it is read in one go. */
static apr_size_t likely(int fd, apr_size_t max)
{
    struct stat st;
    apr_size_t size = GUESS;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0) {
        size = (apr_uint64_t)st.st_size < max ? (apr_size_t)st.st_size : max;
    }
    return size + 2;
}

apr_status_t npie_file_read_fd(npie_bytes_t *bytes, int fd, apr_size_t max,
                               apr_pool_t *p)
{
    held_t *held = apr_pcalloc(p, sizeof(*held));
    apr_status_t rv = grow(held, likely(fd, max));
    ssize_t got = 1;

    *bytes = (npie_bytes_t){ NULL, 0 };
    apr_pool_cleanup_register(p, held, forget, apr_pool_cleanup_null);
    while (rv == APR_SUCCESS && got != 0) {
        if (held->len + 1 == held->size) {
            rv = grow(held, held->size * 2);
            continue;
        }
        got = read(fd, held->data + held->len, held->size - held->len - 1);
        held->len += got > 0 ? (apr_size_t)got : 0;
        rv = held->len > max ? APR_ENOSPC
            : got < 0 && errno != EINTR ? errno : APR_SUCCESS;
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    held->data[held->len] = '\0';
    bytes->data = held->data;
    bytes->len = held->len;
    return APR_SUCCESS;
}

apr_status_t npie_file_read(npie_bytes_t *bytes, const char *path,
                            apr_size_t max, apr_pool_t *p)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    apr_status_t rv;

    *bytes = (npie_bytes_t){ NULL, 0 };
    if (fd < 0) {
        return errno;
    }
    rv = npie_file_read_fd(bytes, fd, max, p);
    close(fd);
    return rv;
}

const char *npie_file_why(apr_status_t rv, apr_size_t max, apr_pool_t *p)
{
    char text[120];

    return rv == APR_ENOSPC
        ? apr_psprintf(p, "longer than %" APR_SIZE_T_FMT " bytes", max)
        : apr_pstrdup(p, apr_strerror(rv, text, sizeof(text)));
}
