/* SPDX-License-Identifier: Apache-2.0
 * Files of an installation, copied with their modes.
 */
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/file.h"
#include "ctl/write.h"
#include "pki/digest.h"

#define FILE_MAX (64 * 1024 * 1024)
#define DEPTH 16

static apr_status_t fault(npie_err_t *err, const char *path)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                        strerror(errno));
}

/* Every folder above a name, for root alone. */
static apr_status_t make_folders(const npie_ctl_files_t *files,
                                 const char *path, npie_err_t *err)
{
    char *name = apr_pstrdup(files->ctl->p, path);

    for (char *c = strchr(name + strlen(files->folder) + 1, '/'); c != NULL;
         c = strchr(c + 1, '/')) {
        *c = '\0';
        if (mkdir(name, S_IRWXU) != 0 && errno != EEXIST) {
            return fault(err, name);
        }
        *c = '/';
    }
    return APR_SUCCESS;
}

static int has_private_key(npie_bytes_t bytes)
{
    return bytes.len > 0
        && strstr((const char *)bytes.data, "PRIVATE KEY-----") != NULL;
}

static void note_left_out(npie_ctl_files_t *files, const char *path)
{
    size_t i;
    json_t *one;

    json_array_foreach(files->left_out, i, one) {
        if (strcmp(json_string_value(one), path) == 0) {
            return;
        }
    }
    json_array_append_new(files->left_out, json_string(path));
}

apr_status_t npie_ctl_files_note(npie_ctl_files_t *files, const char *name,
                                 npie_err_t *err)
{
    const char *path = apr_pstrcat(files->ctl->p, files->folder, "/", name,
                                   NULL);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char hex[NPIE_SHA256_HEX_SIZE];
    apr_off_t len = 0;
    apr_status_t rv = fd < 0 ? NPIE_EINPUT : npie_sha256_hex_fd(hex, &len, fd);

    if (rv != APR_SUCCESS) {
        rv = fault(err, path);
    }
    else {
        json_array_append_new(files->list, json_pack(
            "{s: s, s: s, s: I}", "name", name, "sha256", hex, "bytes",
            (json_int_t)len));
    }
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}

/* With the mode and owner of what it is a copy of, so that it can be put back
 * by cp; a secret for its owner alone. */
static apr_status_t write_file(npie_ctl_files_t *files, const char *name,
                               npie_bytes_t bytes, const struct stat *st,
                               npie_err_t *err)
{
    apr_pool_t *p = files->ctl->p;
    const char *to = apr_pstrcat(p, files->folder, "/", name, NULL);
    const mode_t mode = st->st_mode & (has_private_key(bytes) ? 0700 : 0755);
    apr_status_t rv = make_folders(files, to, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!npie_ctl_write_new(to, bytes, S_IRUSR | S_IWUSR)
        || (geteuid() == 0 && lchown(to, st->st_uid, st->st_gid) != 0)
        || chmod(to, mode) != 0) {
        return fault(err, to);
    }
    return npie_ctl_files_note(files, name, err);
}

static apr_status_t copy_file(npie_ctl_files_t *files, const char *path,
                              const struct stat *st, int wanted,
                              npie_err_t *err)
{
    const char *name = apr_pstrcat(files->ctl->p, "files", path, NULL);
    const int hidden = (st->st_mode & (S_IRGRP | S_IROTH)) == 0;
    npie_bytes_t bytes;
    struct stat there;
    apr_pool_t *ptemp;
    apr_status_t rv;

    if (lstat(apr_pstrcat(files->ctl->p, files->folder, "/", name, NULL),
              &there) == 0) {
        return APR_SUCCESS;
    }
    if (hidden && !wanted && !files->keys) {
        note_left_out(files, path);
        return APR_SUCCESS;
    }
    apr_pool_create(&ptemp, files->ctl->p);
    rv = npie_file_read(&bytes, path, FILE_MAX, ptemp);
    if (rv != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                          npie_file_why(rv, FILE_MAX, files->ctl->p));
    }
    else if (has_private_key(bytes) && !files->keys) {
        note_left_out(files, path);
    }
    else {
        rv = write_file(files, name, bytes, st, err);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

static apr_status_t copy_any(npie_ctl_files_t *files, const char *path,
                             const struct stat *st, int wanted, int depth,
                             npie_err_t *err);

static apr_status_t copy_folder(npie_ctl_files_t *files, const char *path,
                                int depth, npie_err_t *err)
{
    apr_pool_t *p = files->ctl->p;
    apr_dir_t *dir;
    apr_finfo_t finfo;
    apr_status_t rv = apr_dir_open(&dir, path, p);

    if (rv != APR_SUCCESS || depth == DEPTH) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: the folder "
                            "cannot be read, or is too deep", path);
    }
    while (rv == APR_SUCCESS
           && apr_dir_read(&finfo, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *one = apr_pstrcat(p, path, "/", finfo.name, NULL);
        struct stat st;

        if (strcmp(finfo.name, ".") == 0 || strcmp(finfo.name, "..") == 0
            || strcmp(one, files->folder) == 0) {
            continue;
        }
        rv = lstat(one, &st) != 0 ? fault(err, one)
            : copy_any(files, one, &st, 0, depth + 1, err);
    }
    apr_dir_close(dir);
    return rv;
}

static apr_status_t copy_any(npie_ctl_files_t *files, const char *path,
                             const struct stat *st, int wanted, int depth,
                             npie_err_t *err)
{
    if (S_ISDIR(st->st_mode)) {
        return copy_folder(files, path, depth, err);
    }
    return S_ISREG(st->st_mode) ? copy_file(files, path, st, wanted, err)
                                : APR_SUCCESS;
}

apr_status_t npie_ctl_files_copy(npie_ctl_files_t *files, const char *path,
                                 int wanted, npie_err_t *err)
{
    struct stat st;

    if (*path != '/' || strstr(path, "/../") != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: the path must "
                            "be absolute, without ..", path);
    }
    return stat(path, &st) != 0 ? fault(err, path)
        : copy_any(files, path, &st, wanted, 0, err);
}
