/* SPDX-License-Identifier: Apache-2.0
 * Copying a live SQLite registry.
 */
#include "store/backup.h"

#include <apr_strings.h>

#include "store/registry_sql.h"
#include "store/schema.h"

/* The copy has no journal of kind WAL, and httpd wants one. */
static apr_status_t set_journal(const char *path, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_registry_t *copy;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    rv = npie_schema_connect(&copy, "sqlite3", path, err, ptemp);
    if (rv == APR_SUCCESS
        && npie_sql_ask(copy, "PRAGMA journal_mode = WAL", 0) == NULL) {
        rv = npie_sql_failed(copy, "setting the copy's journal", err);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

apr_status_t npie_registry_backup(npie_registry_t *registry, const char *path,
                                  npie_err_t *err)
{
    const char *sql = apr_pstrcat(
        registry->p, "VACUUM INTO '",
        apr_dbd_escape(registry->driver, registry->p, path, registry->handle),
        "'", NULL);
    int changed = 0;

    if (apr_dbd_query(registry->driver, registry->handle, &changed, sql)
        != 0) {
        return npie_sql_failed(registry, "copying it", err);
    }
    return set_journal(path, err, registry->p);
}
