/* SPDX-License-Identifier: Apache-2.0
 * npiectl backup --verify: would a restore find what was written?
 */
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "base/file.h"
#include "ctl/show.h"
#include "ledger/walk.h"
#include "pki/digest.h"

/* A verification under way. */
typedef struct work_t {
    npie_ctl_t *ctl;
    const char *folder;
    json_t *manifest;
    apr_hash_t *known;  /* names of the manifest */
    json_t *findings;
    npie_err_t *err;
    apr_pool_t *p;
} work_t;

static void find(work_t *work, const char *name, const char *what)
{
    json_array_append_new(work->findings, json_string(apr_pstrcat(
        work->p, name, ": ", what, NULL)));
}

static const char *path_of(const work_t *work, const char *name)
{
    return apr_pstrcat(work->p, work->folder, "/", name, NULL);
}

static apr_status_t read_manifest(work_t *work)
{
    const char *path = path_of(work, NPIE_CTL_MANIFEST);
    json_error_t wrong;
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, work->ctl, path,
                                         NPIE_CTL_MANIFEST_MAX, work->err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    work->manifest = json_loadb((const char *)bytes.data, bytes.len, 0,
                                &wrong);
    if (json_integer_value(json_object_get(work->manifest, "version")) != 1
        || !json_is_array(json_object_get(work->manifest, "files"))) {
        return npie_err_set(work->err, NPIE_EDAMAGED, NPIE_P_NONE, "%s: it is "
                            "not whole: this backup was not finished, or is "
                            "of a newer npiectl", path);
    }
    return APR_SUCCESS;
}

/* One file of the manifest. */
static void check_file(work_t *work, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *want = json_string_value(json_object_get(one, "sha256"));
    char hex[NPIE_SHA256_HEX_SIZE] = "";
    apr_off_t len = 0;
    int fd;

    if (name == NULL || want == NULL || strstr(name, "..") != NULL) {
        find(work, NPIE_CTL_MANIFEST, "a line without a name or a digest");
        return;
    }
    apr_hash_set(work->known, name, APR_HASH_KEY_STRING, name);
    fd = open(path_of(work, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        find(work, name, strerror(errno));
        return;
    }
    if (npie_sha256_hex_fd(hex, &len, fd) != APR_SUCCESS
        || strcmp(hex, want) != 0) {
        find(work, name, "it is not what was written");
    }
    close(fd);
}

/* Files that nobody wrote. */
static void look_below(work_t *work, const char *name)
{
    apr_finfo_t finfo;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, path_of(work, name), work->p) != APR_SUCCESS) {
        find(work, *name == '\0' ? "." : name, "the folder cannot be read");
        return;
    }
    while (apr_dir_read(&finfo, APR_FINFO_NAME | APR_FINFO_TYPE, dir)
           == APR_SUCCESS) {
        const char *one = *name == '\0' ? apr_pstrdup(work->p, finfo.name)
            : apr_pstrcat(work->p, name, "/", finfo.name, NULL);

        if (strcmp(finfo.name, ".") == 0 || strcmp(finfo.name, "..") == 0
            || strcmp(one, NPIE_CTL_MANIFEST) == 0) {
            continue;
        }
        if (finfo.filetype == APR_DIR) {
            look_below(work, one);
        }
        else if (apr_hash_get(work->known, one, APR_HASH_KEY_STRING) == NULL) {
            find(work, one, "nobody wrote it");
        }
    }
    apr_dir_close(dir);
}

/* The certificates that the backup has itself. */
static const apr_array_header_t *authorities(const work_t *work)
{
    apr_array_header_t *files = apr_array_make(work->p, 4,
                                               sizeof(const char *));
    const json_t *list = json_object_get(work->manifest, "authorities");
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one) {
        if (json_is_string(one)) {
            APR_ARRAY_PUSH(files, const char *) =
                path_of(work, json_string_value(one));
        }
    }
    return files;
}

static apr_status_t check_ledger(work_t *work)
{
    const char *name = NPIE_CTL_BACKUP_LEDGER;
    npie_ledger_walk_t walk = { .ask = NULL };
    npie_ledger_report_t report;
    npie_ledger_copy_t copy;
    apr_status_t rv;

    if (apr_hash_get(work->known, name, APR_HASH_KEY_STRING) == NULL) {
        return APR_SUCCESS;
    }
    rv = npie_ledger_copy_open(&copy, path_of(work, name), work->err, work->p);
    if (rv == APR_SUCCESS) {
        rv = npie_chain_create(&walk.chain, authorities(work), work->err,
                               work->p);
    }
    if (rv == APR_SUCCESS) {
        walk.copy = &copy;
        rv = npie_ledger_walk(&report, &walk, work->err, work->p);
    }
    if (rv != APR_SUCCESS) {
        find(work, name, work->err->detail);
    }
    else if (report.findings.list->nelts > 0) {
        find(work, name, "it is not what was written: see npiectl ledger "
                         "verify");
    }
    return APR_SUCCESS;
}

static void check_registry(work_t *work)
{
    const char *name = NPIE_CTL_BACKUP_REGISTRY;
    npie_ctl_copy_t copy;

    if (apr_hash_get(work->known, name, APR_HASH_KEY_STRING) != NULL
        && npie_ctl_copy_check(&copy, path_of(work, name), work->err, work->p)
               != APR_SUCCESS) {
        find(work, name, work->err->detail);
    }
}

static void show(work_t *work)
{
    static const npie_ctl_column_t columns[] = {
        { "made", "Made" }, { "count", "Files" },
        { "entries", "Entries of the ledger" },
        { "audit_row", "Audit to row" }, { "keys", "With keys" },
        { "good", "Good" }, { NULL, NULL }
    };
    json_t *m = work->manifest;
    size_t i;
    json_t *one;

    npie_ctl_show_record(work->ctl, json_pack(
        "{s: O?, s: I, s: O?, s: O?, s: O?, s: b, s: O}", "made",
        json_object_get(m, "made"), "count", (json_int_t)json_array_size(
            json_object_get(m, "files")), "entries",
        json_object_get(m, "entries"), "audit_row",
        json_object_get(m, "audit_row"), "keys", json_object_get(m, "keys"),
        "good", json_array_size(work->findings) == 0, "findings",
        work->findings), columns);
    json_array_foreach(work->findings, i, one) {
        npie_ctl_say(work->ctl, "Found: %s", json_string_value(one));
    }
}

static apr_status_t check_all(work_t *work)
{
    size_t i;
    json_t *one;
    apr_status_t rv = read_manifest(work);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    json_array_foreach(json_object_get(work->manifest, "files"), i, one) {
        check_file(work, one);
    }
    look_below(work, "");
    check_registry(work);
    rv = check_ledger(work);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(work);
    return json_array_size(work->findings) == 0 ? APR_SUCCESS
        : npie_err_set(work->err, NPIE_EDAMAGED, NPIE_P_NONE, "%s: %d findings: "
                       "keep it, and use another backup", work->folder,
                       (int)json_array_size(work->findings));
}

apr_status_t npie_ctl_backup_verify(npie_ctl_t *ctl, const char *folder,
                                    npie_err_t *err)
{
    work_t work = { .ctl = ctl, .folder = folder, .err = err, .p = ctl->p,
                    .known = apr_hash_make(ctl->p),
                    .findings = json_array() };
    apr_status_t rv = npie_ctl_operand(ctl, 1) == NULL ? check_all(&work)
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--verify takes the "
                       "folder alone");

    json_decref(work.findings);
    json_decref(work.manifest);
    return rv;
}
