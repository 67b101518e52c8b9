/* SPDX-License-Identifier: Apache-2.0
 * Reading and writing of files.
 */
#include "renew/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/file.h"

apr_status_t npie_disk_read(npie_bytes_t *bytes, const char *path,
                            apr_size_t max, npie_err_t *err, apr_pool_t *p)
{
    struct stat st;
    apr_status_t rv = stat(path, &st) != 0 ? errno
        : S_ISREG(st.st_mode) ? npie_file_read(bytes, path, max, p) : EINVAL;

    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, rv == ENOENT ? APR_NOTFOUND : NPIE_EINPUT,
                       rv == APR_ENOSPC ? NPIE_P_FILE_UNKNOWN
                                        : NPIE_P_FILE_READ,
                       "%s: %s", path, npie_file_why(rv, max, p));
}

static int write_all(int fd, npie_bytes_t bytes)
{
    ssize_t put;

    while (bytes.len > 0) {
        put = write(fd, bytes.data, bytes.len);
        if (put < 0 && errno != EINTR) {
            return 0;
        }
        if (put > 0) {
            bytes.data += put;
            bytes.len -= (apr_size_t)put;
        }
    }
    return 1;
}

static const char *folder_of(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? "."
        : apr_pstrmemdup(p, path, (apr_size_t)(slash - path) + 1);
}

/* A file without a name, or where there are none such, one with another name,
 * which is then in *ptemp. Its mode is 0600 whatever the umask says. */
static int open_new(char **ptemp, const char *path, apr_pool_t *p)
{
    int fd = -1;

    *ptemp = NULL;
#ifdef O_TMPFILE
    fd = open(folder_of(path, p), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 && fchmod(fd, 0600) != 0) {
        close(fd);
        fd = -1;
    }
#endif
    if (fd < 0) {
        *ptemp = apr_pstrcat(p, path, ".XXXXXX", NULL);
        fd = mkostemp(*ptemp, O_CLOEXEC);
    }
    return fd;
}

/* Gives the finished file its name, unless something has that name. */
static int name_it(int fd, const char *temp, const char *path, apr_pool_t *p)
{
    if (temp == NULL) {
        return linkat(AT_FDCWD, apr_psprintf(p, "/proc/self/fd/%d", fd),
                      AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
    }
    if (link(temp, path) == 0) {
        return 1;
    }
#ifdef RENAME_NOREPLACE
    /* File systems without links, as on memory sticks. */
    if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) {
        return renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE)
            == 0;
    }
#endif
    return 0;
}

/* A new name lasts when its folder is on the disk. */
static void sync_folder(const char *path, apr_pool_t *p)
{
    int fd = open(folder_of(path, p), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static apr_status_t in_the_way(npie_err_t *err, const char *path)
{
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_FILE_EXISTS, "%s", path);
}

apr_status_t npie_disk_write_new(const char *path, npie_bytes_t bytes,
                                 npie_err_t *err, apr_pool_t *p)
{
    int fd, why = 0;
    char *temp;

    if (npie_disk_is_there(path)) {
        return in_the_way(err, path);
    }
    fd = open_new(&temp, path, p);
    if (fd < 0 || !write_all(fd, bytes) || fsync(fd) != 0
        || !name_it(fd, temp, path, p)) {
        why = errno;
    }
    if (fd >= 0) {
        close(fd);
        if (temp != NULL) {
            unlink(temp);
        }
    }
    if (why == EEXIST) {
        return in_the_way(err, path);
    }
    if (why != 0) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_FILE_WRITE, "%s: %s",
                            path, strerror(why));
    }
    sync_folder(path, p);
    return APR_SUCCESS;
}

int npie_disk_is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

int npie_disk_is_open(const char *path)
{
    struct stat st;

    return stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}
