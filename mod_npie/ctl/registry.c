/* SPDX-License-Identifier: Apache-2.0
 * npiectl registry: making the tables, bringing them up to date, looking them
 * over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/schema.h"

#define STEPS_MAX 100
#define SQL_MAX (1024 * 1024)

const npie_ctl_option_t npie_ctl_registry_init_options[] = {
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_registry_upgrade_options[] = {
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_registry_check_options[] = {
    { NULL, NULL, NULL }
};

/* The schema's files by number, from 1; texts[0] is not used. */
typedef struct steps_t {
    const char *texts[STEPS_MAX];
    const char *paths[STEPS_MAX];
    int count; /* the highest number */
} steps_t;

static int is_sqlite(const npie_ctl_t *ctl)
{
    return strcmp(ctl->settings->driver, "sqlite3") == 0;
}

/* The number a file name begins with; 0 when it is no schema file. */
static int step_number(const char *name)
{
    apr_size_t len = strlen(name);

    return len > 9 && strspn(name, "0123456789") == 4 && name[4] == '-'
        && strcmp(name + len - 4, ".sql") == 0 ? atoi(name) : 0;
}

static apr_status_t read_step(steps_t *steps, npie_ctl_t *ctl,
                              const char *dir, const char *name,
                              npie_err_t *err)
{
    int n = step_number(name);
    npie_bytes_t bytes;
    apr_status_t rv;

    if (n == 0 || n >= STEPS_MAX) {
        return APR_SUCCESS;
    }
    if (steps->texts[n] != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: two files of number %04d", dir, n);
    }
    steps->paths[n] = apr_pstrcat(ctl->p, dir, "/", name, NULL);
    rv = npie_ctl_read_file(&bytes, ctl, steps->paths[n], SQL_MAX, err);
    if (rv == APR_SUCCESS) {
        steps->texts[n] = (const char *)bytes.data;
        steps->count = n > steps->count ? n : steps->count;
    }
    return rv;
}

/* All files of the driver's folder. */
static apr_status_t read_steps(steps_t *steps, npie_ctl_t *ctl,
                               npie_err_t *err)
{
    const char *path = apr_pstrcat(ctl->p, ctl->settings->sql, "/",
                                   is_sqlite(ctl) ? "sqlite" : "pgsql", NULL);
    apr_status_t rv;
    apr_finfo_t finfo;
    apr_dir_t *dir;

    memset(steps, 0, sizeof(*steps));
    rv = apr_dir_open(&dir, path, ctl->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: no schema files there: name their folder "
                            "with SQL in npiectl.conf", path);
    }
    while (rv == APR_SUCCESS
           && apr_dir_read(&finfo, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        rv = read_step(steps, ctl, path, finfo.name, err);
    }
    apr_dir_close(dir);
    for (int n = 1; rv == APR_SUCCESS && n <= NPIE_SCHEMA_VERSION; n++) {
        if (steps->texts[n] == NULL) {
            rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                              "%s: no file %04d-*.sql: install mod_npie's "
                              "schema files again", path, n);
        }
    }
    if (rv == APR_SUCCESS && steps->count > NPIE_SCHEMA_VERSION) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                          "%s: newer than this npiectl, which knows version "
                          "%d: use the npiectl installed with it",
                          steps->paths[steps->count], NPIE_SCHEMA_VERSION);
    }
    return rv;
}

/* The files with numbers above `from`, each its own transaction. */
static apr_status_t apply(npie_registry_t *registry, const steps_t *steps,
                          int from, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    for (int n = from + 1; rv == APR_SUCCESS && n <= steps->count; n++) {
        npie_err_t why = { 0, NPIE_P_NONE, "" };

        rv = npie_schema_apply(registry, steps->texts[n], n, &why);
        if (rv != APR_SUCCESS) {
            rv = npie_err_set(err, rv, why.problem, "%.100s: %.140s",
                              steps->paths[n], why.detail);
        }
    }
    return rv;
}

static void show_version(npie_ctl_t *ctl, int before, int now)
{
    static const npie_ctl_column_t columns[] = {
        { "registry", "Registry" }, { "before", "Version before" },
        { "version", "Version" }, { NULL, NULL }
    };

    npie_ctl_show_record(ctl, json_pack("{s: s, s: i, s: i}", "registry",
                                        is_sqlite(ctl) ? ctl->settings->params
                                                       : "pgsql",
                                        "before", before, "version", now),
                         columns);
}

/* A file for SQLite. An empty one was left by httpd, which makes what it does
 * not find; its group may go on reading it. */
static apr_status_t make_file(int *pmade, npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = ctl->settings->params;
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    struct stat st;

    *pmade = fd >= 0;
    if (fd < 0 && errno == EEXIST && stat(path, &st) == 0
        && S_ISREG(st.st_mode) && st.st_size == 0
        && chmod(path, st.st_mode & 0660) == 0) {
        return APR_SUCCESS;
    }
    if (fd < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s%s", path,
                            strerror(errno), errno == EEXIST
                                ? ": name another file, or npiectl registry "
                                  "upgrade for a registry of an older version"
                                : "");
    }
    close(fd);
    return APR_SUCCESS;
}

/* As it was before: gone, or empty. */
static void remove_file(npie_ctl_t *ctl, int made)
{
    static const char *const ends[] = { "-wal", "-shm" };
    const char *path = ctl->settings->params;

    for (int i = 0; i < 2; i++) {
        unlink(apr_pstrcat(ctl->p, path, ends[i], NULL));
    }
    if (made) {
        unlink(path);
    }
    else if (truncate(path, 0) != 0) {
        npie_ctl_warn("%s: %s: remove it", path, strerror(errno));
    }
}

/* Connects in a pool of its own: an SQLite file must be closed before it is
 * removed. */
static apr_status_t init(npie_ctl_t *ctl, const steps_t *steps,
                         npie_err_t *err)
{
    npie_registry_t *registry;
    apr_pool_t *p;
    apr_status_t rv;
    int version = 0;

    apr_pool_create(&p, ctl->p);
    rv = npie_ctl_connect(&registry, &version, ctl, err, p);
    if (rv == APR_SUCCESS && version != 0) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                          "the database has a registry of version %d: "
                          "npiectl registry upgrade brings it up to date",
                          version);
    }
    if (rv == APR_SUCCESS) {
        rv = apply(registry, steps, 0, err);
    }
    apr_pool_destroy(p);
    return rv;
}

/* What init and upgrade begin with. */
static apr_status_t prepare(steps_t *steps, npie_ctl_t *ctl, npie_err_t *err)
{
    apr_status_t rv;

    if (ctl->settings->driver == NULL) {
        return npie_ctl_registry(&ctl->registry, ctl, err);
    }
    rv = read_steps(steps, ctl, err);
    return rv == APR_SUCCESS ? npie_ctl_become(ctl, err) : rv;
}

apr_status_t npie_ctl_registry_init(npie_ctl_t *ctl, npie_err_t *err)
{
    steps_t steps = { 0 };
    apr_status_t rv = prepare(&steps, ctl, err);
    int made = 0;

    if (rv == APR_SUCCESS && is_sqlite(ctl)) {
        rv = make_file(&made, ctl, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = init(ctl, &steps, err);
    if (rv == APR_SUCCESS) {
        show_version(ctl, 0, steps.count);
    }
    else if (is_sqlite(ctl)) {
        remove_file(ctl, made);
    }
    return rv;
}

/* In the audit, which may be of this very upgrade. */
static apr_status_t note_upgrade(npie_ctl_t *ctl, int before, int now,
                                 npie_err_t *err)
{
    npie_registry_t *registry;
    apr_status_t rv = npie_ctl_begin(&registry, ctl, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_audit(registry, ctl->now, ctl->actor, "registry-upgrade",
                    apr_psprintf(ctl->p, "version %d to %d", before, now),
                    err);
    return npie_ctl_end(registry, rv == APR_SUCCESS, rv, err);
}

apr_status_t npie_ctl_registry_upgrade(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_registry_t *registry;
    steps_t steps = { 0 };
    int version = 0;
    apr_status_t rv = prepare(&steps, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_connect(&registry, &version, ctl, err, ctl->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (version == 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "there is no "
                            "registry: npiectl registry init makes one");
    }
    if (version > steps.count) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "the registry has version %d, newer than this "
                            "npiectl, which knows %d: use the npiectl of the "
                            "mod_npie that made it", version, steps.count);
    }
    rv = apply(registry, &steps, version, err);
    if (rv == APR_SUCCESS && version < steps.count) {
        rv = note_upgrade(ctl, version, steps.count, err);
    }
    if (rv == APR_SUCCESS) {
        show_version(ctl, version, steps.count);
    }
    return rv;
}

static void show_check(npie_ctl_t *ctl, int version,
                       const apr_array_header_t *findings)
{
    static const npie_ctl_column_t columns[] = {
        { "version", "Version" }, { "expected", "Expected" },
        { "good", "Good" }, { NULL, NULL }
    };
    json_t *list = json_array();
    int n = findings->nelts;

    for (int i = 0; i < n; i++) {
        json_array_append_new(list, json_string(
            APR_ARRAY_IDX(findings, i, const char *)));
    }
    npie_ctl_show_record(ctl, json_pack(
        "{s: i, s: i, s: b, s: o}", "version", version, "expected",
        NPIE_SCHEMA_VERSION, "good", n == 0, "findings", list), columns);
    for (int i = 0; i < n; i++) {
        npie_ctl_say(ctl, "Found: %s",
                     APR_ARRAY_IDX(findings, i, const char *));
    }
}

apr_status_t npie_ctl_registry_check(npie_ctl_t *ctl, npie_err_t *err)
{
    apr_array_header_t *findings;
    npie_registry_t *registry;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_schema_verify(&findings, registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show_check(ctl, NPIE_SCHEMA_VERSION, findings);
    return findings->nelts == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE,
                       "the registry is damaged (%d findings): restore a "
                       "backup, or repair the rows listed above",
                       findings->nelts);
}
