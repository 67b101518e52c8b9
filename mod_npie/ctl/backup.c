/* SPDX-License-Identifier: Apache-2.0
 * npiectl backup: everything that an installation needs, in a folder.
 */
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/ledger_book.h"
#include "ctl/show.h"
#include "ledger/copy.h"

const npie_ctl_option_t npie_ctl_backup_options[] = {
    { "keys", NULL, "private keys and other secrets too" },
    { "verify", NULL, "check the folder instead of making it" },
    { NULL, NULL, NULL }
};

/* A backup being made. */
typedef struct work_t {
    npie_ctl_t *ctl;
    npie_ctl_files_t files;
    npie_ctl_book_t book;  /* ask and config NULL: no SignerConfig */
    FILE *manifest;        /* opened as who began */
    npie_ctl_copy_t copy;
    apr_uint64_t entries;  /* of the ledger */
    int has_registry;      /* 1: data/registry.db */
    npie_err_t *err;
} work_t;

static apr_status_t fault(work_t *work, const char *path)
{
    return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                        strerror(errno));
}

static const char *path_of(const work_t *work, const char *name)
{
    return apr_pstrcat(work->ctl->p, work->files.folder, "/", name, NULL);
}

/* Root lets User through to data/, which is User's, and to nothing else. */
static apr_status_t make_folder(work_t *work)
{
    const char *folder = work->files.folder;
    const char *data = path_of(work, "data");
    const char *user = work->ctl->settings->user;
    const struct passwd *pw = geteuid() == 0 && user != NULL
        ? getpwnam(user) : NULL;
    const char *manifest = path_of(work, NPIE_CTL_MANIFEST);
    int fd;

    if (mkdir(folder, S_IRWXU) != 0) {
        return fault(work, folder);
    }
    if (mkdir(data, S_IRWXU) != 0
        || mkdir(path_of(work, "files"), S_IRWXU) != 0
        || (pw != NULL && (chown(data, pw->pw_uid, pw->pw_gid) != 0
                           || chmod(folder, S_IRWXU | S_IXGRP | S_IXOTH)
                              != 0))) {
        return fault(work, data);
    }
    fd = open(manifest, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
              S_IRUSR | S_IWUSR);
    work->manifest = fd < 0 ? NULL : fdopen(fd, "w");
    return work->manifest != NULL ? APR_SUCCESS : fault(work, manifest);
}

static apr_status_t copy_list(work_t *work, const apr_array_header_t *paths)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && paths != NULL && i < paths->nelts;
         i++) {
        rv = npie_ctl_files_copy(&work->files, APR_ARRAY_IDX(paths, i,
                                                             const char *),
                                 1, work->err);
    }
    return rv;
}

static apr_status_t copy_one(work_t *work, const char *path, int wanted)
{
    return path == NULL ? APR_SUCCESS
        : npie_ctl_files_copy(&work->files, path, wanted, work->err);
}

/* What npie-signer.conf names. */
static apr_status_t copy_signer(work_t *work)
{
    const npie_signer_config_t *config = work->book.config;
    const char *const paths[] = {
        config->certificate_file, config->seal_certificate_file,
    };
    /* Made when npie-signer starts for the first time. */
    const char *ledger = apr_pstrcat(work->ctl->p, config->state,
                                     "/ledger.key", NULL);
    const char *const secrets[] = {
        config->key.file, config->seal_key.file,
        access(ledger, F_OK) == 0 ? ledger : NULL,
    };
    apr_status_t rv = copy_list(work, config->trust_files);

    if (rv == APR_SUCCESS) {
        rv = copy_list(work, config->trust_crls);
    }
    for (int i = 0; rv == APR_SUCCESS && i < 2; i++) {
        rv = copy_one(work, paths[i], 1);
    }
    for (int i = 0; rv == APR_SUCCESS && i < 3; i++) {
        rv = copy_one(work, secrets[i], 0);
    }
    return rv;
}

/* Settings, what they name, and what the operands name. */
static apr_status_t copy_files(work_t *work)
{
    const npie_ctl_settings_t *s = work->ctl->settings;
    const char *conf = npie_ctl_option_or(work->ctl, "config", NPIE_CTL_CONF);
    apr_status_t rv = copy_one(work, conf, 1);

    if (rv == APR_SUCCESS) {
        rv = copy_one(work, s->signer_config, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_list(work, s->trust);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_list(work, s->trust_crl);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_list(work, s->seal);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_one(work, s->timestamp_trust, 1);
    }
    if (rv == APR_SUCCESS && work->book.config != NULL) {
        rv = copy_signer(work);
    }
    for (int i = 1; rv == APR_SUCCESS
         && npie_ctl_operand(work->ctl, i) != NULL; i++) {
        rv = copy_one(work, npie_ctl_operand(work->ctl, i), 0);
    }
    return rv;
}

static apr_status_t copy_ledger(work_t *work)
{
    const char *path = path_of(work, NPIE_CTL_BACKUP_LEDGER);
    const int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
                        S_IRUSR | S_IWUSR);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    apr_status_t rv;

    if (out == NULL) {
        return fault(work, path);
    }
    rv = npie_ledger_copy_write(&work->entries, out, work->book.ask, work->err,
                                work->ctl->p);
    if (rv == APR_SUCCESS && fsync(fileno(out)) != 0) {
        rv = fault(work, path);
    }
    fclose(out);
    return rv == APR_SUCCESS
        ? npie_ctl_files_note(&work->files, NPIE_CTL_BACKUP_LEDGER, work->err)
        : rv;
}

/* First the registry: the ledger is never older than it then, so that npiectl
 * registry reconcile finds what came in between. */
static apr_status_t copy_data(work_t *work)
{
    npie_ctl_t *ctl = work->ctl;
    const int in_file = ctl->settings->driver != NULL
        && strcmp(ctl->settings->driver, "sqlite3") == 0;
    npie_registry_t *registry;
    apr_status_t rv = APR_SUCCESS;

    if (work->book.config != NULL) {
        rv = npie_ctl_book_open(&work->book, ctl, 1, work->err);
    }
    if (rv == APR_SUCCESS && in_file) {
        rv = npie_ctl_registry(&registry, ctl, work->err);
        if (rv == APR_SUCCESS) {
            rv = npie_ctl_copy_make(&work->copy, registry, path_of(
                work, NPIE_CTL_BACKUP_REGISTRY), work->err, ctl->p);
        }
        if (rv == APR_SUCCESS) {
            work->has_registry = 1;
            rv = npie_ctl_files_note(&work->files, NPIE_CTL_BACKUP_REGISTRY,
                                     work->err);
        }
    }
    return rv == APR_SUCCESS && work->book.config != NULL ? copy_ledger(work)
                                                          : rv;
}

static json_t *authorities(const work_t *work)
{
    const apr_array_header_t *files = work->book.authorities;
    json_t *list = json_array();

    for (int i = 0; files != NULL && i < files->nelts; i++) {
        json_array_append_new(list, json_string(apr_pstrcat(
            work->ctl->p, "files", APR_ARRAY_IDX(files, i, const char *),
            NULL)));
    }
    return list;
}

/* A backup without its whole manifest is none. */
static apr_status_t write_manifest(work_t *work, const json_t *manifest)
{
    const char *path = path_of(work, NPIE_CTL_MANIFEST);
    const int bad = json_dumpf(manifest, work->manifest, JSON_INDENT(1)) != 0
        || fflush(work->manifest) != 0 || fsync(fileno(work->manifest)) != 0;

    return bad ? fault(work, path) : APR_SUCCESS;
}

static json_t *manifest_json(work_t *work)
{
    return json_pack(
        "{s: i, s: s, s: b, s: b, s: o, s: o, s: I, s: o, s: O, s: O}",
        "version", 1, "made", npie_text_time(work->ctl->now, work->ctl->p),
        "keys", work->files.keys, "registry", work->has_registry, "audit_row",
        work->has_registry
            ? json_integer((json_int_t)work->copy.audit.head.sequence)
            : json_null(), "audit_hash", work->has_registry
            ? json_string(work->copy.audit.head.hash) : json_null(), "entries",
        (json_int_t)work->entries, "authorities", authorities(work), "files",
        work->files.list, "left_out", work->files.left_out);
}

static void show(work_t *work, const json_t *manifest)
{
    static const npie_ctl_column_t columns[] = {
        { "folder", "Folder" }, { "count", "Files" },
        { "entries", "Entries of the ledger" },
        { "audit_row", "Audit to row" }, { "keys", "With keys" },
        { NULL, NULL }
    };
    json_t *record = json_pack(
        "{s: s, s: I, s: I, s: O, s: b, s: O, s: O}", "folder",
        work->files.folder, "count", (json_int_t)json_array_size(
            work->files.list), "entries", (json_int_t)work->entries,
        "audit_row", json_object_get(manifest, "audit_row"), "keys",
        work->files.keys, "files", work->files.list, "left_out",
        work->files.left_out);
    const char *name;
    size_t i;
    json_t *one;

    npie_ctl_show_record(work->ctl, record, columns);
    json_array_foreach(work->files.left_out, i, one) {
        name = json_string_value(one);
        npie_ctl_say(work->ctl, "Left out, a secret: %s", name);
    }
    if (!work->has_registry) {
        npie_ctl_warn("the registry is not in SQLite: use pg_dump --format="
                      "custom, or pg_basebackup with an archive of its WAL");
    }
}

static apr_status_t make(work_t *work)
{
    json_t *manifest;
    apr_status_t rv = APR_SUCCESS;

    if (work->ctl->settings->signer_config != NULL) {
        rv = npie_ctl_book_read(&work->book, work->ctl, 1, work->err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_folder(work);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_files(work);
    }
    if (rv == APR_SUCCESS) {
        rv = copy_data(work);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    manifest = manifest_json(work);
    rv = write_manifest(work, manifest);
    if (rv == APR_SUCCESS) {
        show(work, manifest);
    }
    json_decref(manifest);
    return rv;
}

apr_status_t npie_ctl_backup(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *folder = npie_ctl_operand(ctl, 0);
    work_t work = { .ctl = ctl, .err = err,
                    .files = { .ctl = ctl, .folder = folder } };
    apr_status_t rv;

    if (*folder != '/' || strstr(folder, "/../") != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: the path must "
                            "be absolute, without ..", folder);
    }
    if (npie_ctl_option(ctl, "verify") != NULL) {
        return npie_ctl_backup_verify(ctl, folder, err);
    }
    work.files.keys = npie_ctl_option(ctl, "keys") != NULL;
    work.files.list = json_array();
    work.files.left_out = json_array();
    rv = make(&work);
    if (work.manifest != NULL) {
        fclose(work.manifest);
    }
    json_decref(work.files.list);
    json_decref(work.files.left_out);
    return rv;
}
