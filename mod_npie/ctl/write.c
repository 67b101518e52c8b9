/* SPDX-License-Identifier: Apache-2.0
 * Files that are whole or not there.
 */
#include "ctl/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

int npie_ctl_write_new(const char *path, npie_bytes_t bytes, mode_t mode)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
    apr_size_t done = 0;
    int saved;

    if (fd < 0) {
        return 0;
    }
    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.data + done, bytes.len - done);

        if (n < 0 && errno != EINTR) {
            break;
        }
        done += n > 0 ? (apr_size_t)n : 0;
    }
    saved = done == bytes.len && fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && saved == 0) {
        saved = errno;
    }
    if (saved != 0) {
        unlink(path);
    }
    errno = saved;
    return saved == 0;
}

int npie_ctl_write_over(const char *path, npie_bytes_t bytes, mode_t mode,
                        apr_pool_t *ptemp)
{
    const char *whole = apr_psprintf(ptemp, "%s.%ld", path, (long)getpid());
    int saved;

    if (!npie_ctl_write_new(whole, bytes, mode)) {
        return 0;
    }
    if (rename(whole, path) == 0) {
        return 1;
    }
    saved = errno;
    unlink(whole);
    errno = saved;
    return 0;
}
