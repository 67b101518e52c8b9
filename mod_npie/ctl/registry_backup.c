/* SPDX-License-Identifier: Apache-2.0
 * npiectl registry backup: a checked copy of a registry that is in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl/backup.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/schema.h"

const npie_ctl_option_t npie_ctl_registry_backup_options[] = {
    { NULL, NULL, NULL }
};

/* An empty file of the owner's alone, which SQLite fills. */
static apr_status_t create(const char *path, npie_err_t *err)
{
    const int fd = *path == '/'
        ? open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
               S_IRUSR | S_IWUSR) : -1;

    if (*path != '/') {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "%s: the path must be absolute", path);
    }
    if (fd < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                            strerror(errno));
    }
    close(fd);
    return APR_SUCCESS;
}

apr_status_t npie_ctl_copy_check(npie_ctl_copy_t *copy, const char *path,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_registry_t *registry;
    apr_pool_t *ptemp;
    apr_status_t rv;
    int found = 0;

    apr_pool_create(&ptemp, p);
    rv = npie_registry_open(&registry, "sqlite3", path, err, ptemp);
    if (rv == APR_SUCCESS) {
        rv = npie_schema_verify(&copy->findings, registry, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_audit_verify(&copy->audit, registry, NULL, NULL, err, p);
        found = copy->findings->nelts;
    }
    if (rv == APR_SUCCESS && found + copy->audit.findings.list->nelts > 0) {
        rv = npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE,
                          "%s was written, and it is damaged as the registry "
                          "is: see npiectl registry check and npiectl audit "
                          "verify", path);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

apr_status_t npie_ctl_copy_make(npie_ctl_copy_t *copy,
                                npie_registry_t *registry, const char *path,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = create(path, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_registry_backup(registry, path, err);
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_copy_check(copy, path, err, p);
    }
    if (rv != APR_SUCCESS && rv != NPIE_EDAMAGED) {
        unlink(path);
    }
    return rv;
}

static void show(npie_ctl_t *ctl, const char *path, const npie_ctl_copy_t *copy)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "bytes", "Bytes" },
        { "audit_row", "Audit to row" }, { "audit_hash", "Its hash" },
        { NULL, NULL }
    };
    struct stat st = { .st_size = 0 };

    stat(path, &st);
    npie_ctl_show_record(ctl, json_pack(
        "{s: s, s: I, s: I, s: s}", "file", path, "bytes",
        (json_int_t)st.st_size, "audit_row",
        (json_int_t)copy->audit.head.sequence, "audit_hash",
        copy->audit.head.hash), columns);
}

apr_status_t npie_ctl_registry_backup(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = npie_ctl_operand(ctl, 0);
    npie_registry_t *registry;
    npie_ctl_copy_t copy;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS && strcmp(ctl->settings->driver, "sqlite3") != 0) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "the registry is in "
                          "PostgreSQL: use pg_dump --format=custom, or "
                          "pg_basebackup with an archive of its WAL");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_copy_make(&copy, registry, path, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        show(ctl, path, &copy);
    }
    return rv;
}
