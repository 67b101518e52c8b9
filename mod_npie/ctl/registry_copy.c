/* SPDX-License-Identifier: Apache-2.0
 * npiectl registry copy: from SQLite to PostgreSQL.
 */
#include <string.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/audit.h"
#include "store/copy.h"

const npie_ctl_option_t npie_ctl_registry_copy_options[] = {
    { NULL, NULL, NULL }
};

/* The registry of an operand, written as in npiectl.conf. */
static apr_status_t address(npie_ctl_settings_t **psettings,
                            const npie_ctl_t *ctl, int n, const char *driver,
                            npie_err_t *err)
{
    npie_ctl_settings_t *settings = apr_pmemdup(ctl->p, ctl->settings,
                                                sizeof(*settings));
    const char *value = npie_ctl_operand(ctl, n);
    const char *wrong = npie_ctl_settings_set(settings, "Registry", value);

    *psettings = settings;
    if (wrong == NULL && strcmp(settings->driver, driver) != 0) {
        wrong = n == 0 ? "only a registry in SQLite can be copied"
                       : "only PostgreSQL can be copied to";
    }
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s",
                       n == 0 ? "FROM" : "TO", wrong);
}

/* Nobody else has it open until this ends. */
static apr_status_t open_source(npie_registry_t **pfrom, npie_ctl_t *ctl,
                                const char *path, npie_err_t *err)
{
    int version = 0;
    apr_status_t rv = npie_ctl_become(ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_copy_source(pfrom, &version, path, err, ctl->p);
    }
    if (rv == NPIE_EBACKEND && strstr(err->detail, " is locked") != NULL) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE, "%s: another "
                            "program has it open: stop httpd on every machine "
                            "that uses it", path);
    }
    if (rv == APR_SUCCESS && version != NPIE_SCHEMA_VERSION) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: the registry "
                            "has version %d, not %d: see npiectl registry "
                            "upgrade", path, version, NPIE_SCHEMA_VERSION);
    }
    return rv;
}

/* The transaction: all rows, and one in the audit that tells of them. */
static apr_status_t copy(apr_array_header_t **ptables, apr_int64_t *prows,
                         npie_ctl_t *ctl, npie_registry_t *from,
                         npie_registry_t *to, npie_err_t *err)
{
    apr_status_t rv = npie_registry_copy(ptables, from, to, err);

    *prows = 0;
    for (int i = 0; rv == APR_SUCCESS && i < (*ptables)->nelts; i++) {
        *prows += APR_ARRAY_IDX(*ptables, i, npie_copy_table_t).rows;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_audit(to, ctl->now, ctl->actor, "registry-copy",
                        apr_psprintf(ctl->p, "from sqlite3 to pgsql, %"
                                     APR_INT64_T_FMT " rows", *prows), err);
    }
    return npie_ctl_end(to, rv == APR_SUCCESS, rv, err);
}

static void show(npie_ctl_t *ctl, const apr_array_header_t *tables,
                 apr_int64_t rows)
{
    static const npie_ctl_column_t columns[] = {
        { "table", "Table" }, { "rows", "Rows" }, { "sha256", "SHA-256" },
        { NULL, NULL }
    };
    json_t *list = json_array();

    for (int i = 0; i < tables->nelts; i++) {
        const npie_copy_table_t *t = &APR_ARRAY_IDX(tables, i,
                                                    npie_copy_table_t);

        json_array_append_new(list, json_pack(
            "{s: s, s: I, s: s}", "table", t->name, "rows",
            (json_int_t)t->rows, "sha256", t->sha256));
    }
    npie_ctl_show_list(ctl, list, columns, "");
    npie_ctl_say(ctl, "%" APR_INT64_T_FMT " rows copied and compared. Set "
                 "DBDriver and DBDParams of httpd and Registry of "
                 "npiectl.conf before you start httpd, and move the old file "
                 "away.", rows);
}

/* What the source's chain was, the copy's is: a fault is told, as after
 * npiectl audit verify. */
static apr_status_t verify(npie_ctl_t *ctl, npie_registry_t *to,
                           npie_err_t *err)
{
    npie_audit_report_t report;
    apr_status_t rv = npie_audit_verify(&report, to, NULL, NULL, err, ctl->p);

    return rv != APR_SUCCESS || report.findings.list->nelts == 0 ? rv
        : npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE,
                       "the registry was copied, and its audit has faults, as "
                       "the source's has: npiectl audit verify shows them");
}

apr_status_t npie_ctl_registry_copy(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_ctl_settings_t *source;
    npie_ctl_settings_t *target;
    npie_registry_t *from;
    npie_registry_t *to;
    apr_array_header_t *tables;
    apr_int64_t rows;
    apr_status_t rv = address(&source, ctl, 0, "sqlite3", err);

    if (rv == APR_SUCCESS) {
        rv = address(&target, ctl, 1, "pgsql", err);
    }
    if (rv == APR_SUCCESS) {
        rv = open_source(&from, ctl, source->params, err);
    }
    if (rv == APR_SUCCESS) {
        ctl->settings = target;
        rv = npie_ctl_begin(&to, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = copy(&tables, &rows, ctl, from, to, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(ctl, tables, rows);
    return verify(ctl, to, err);
}
