/* SPDX-License-Identifier: Apache-2.0
 * What the registry needs of an SQLite connection beyond its statements.
 */
#include "store/registry_sql.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include <string.h>

/* Milliseconds that SQLite itself waits for another process. Short, because
 * apr_dbd holds a lock over the whole process meanwhile; longer waits are
 * apr_dbd's own: 16 times 100 ms without that lock. */
#define BUSY_TIMEOUT "PRAGMA busy_timeout = 40"

/* What is remembered of a connection as long as it lives. */
typedef struct connection_t {
    const char *path; /* of the file, "" = in memory */
    apr_dev_t device;
    apr_ino_t inode;
} connection_t;

static apr_status_t stat_file(apr_finfo_t *finfo, const char *path,
                              npie_registry_t *registry)
{
    return apr_stat(finfo, path, APR_FINFO_IDENT, registry->p);
}

/* The settings that SQLite keeps no longer than a connection. Turning
 * foreign_keys on makes it forget the statements. */
static apr_status_t set_up(connection_t **pconnection,
                           npie_registry_t *registry, npie_err_t *err)
{
    apr_pool_t *p = apr_hash_pool_get(registry->prepared);
    connection_t *connection = apr_pcalloc(p, sizeof(*connection));
    const char *path = npie_sql_ask(registry, "PRAGMA database_list", 2);
    const char *keys = npie_sql_ask(registry, "PRAGMA foreign_keys", 0);
    apr_finfo_t finfo;
    apr_status_t rv;

    if (path == NULL || keys == NULL
        || npie_sql_ask(registry, BUSY_TIMEOUT, 0) == NULL) {
        return npie_sql_failed(registry, "setting up", err);
    }
    rv = npie_sql_run(registry, "PRAGMA synchronous = FULL", err);
    if (rv == APR_SUCCESS && strcmp(keys, "1") != 0) {
        rv = npie_sql_run(registry, "PRAGMA foreign_keys = ON", err);
        if (rv == APR_SUCCESS) {
            rv = npie_sql_prepare(registry, err);
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    connection->path = apr_pstrdup(p, path);
    if (*path != '\0') {
        if (stat_file(&finfo, path, registry) != APR_SUCCESS) {
            return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                                "registry: its file was removed");
        }
        connection->device = finfo.device;
        connection->inode = finfo.inode;
    }
    *pconnection = connection;
    return APR_SUCCESS;
}

apr_status_t npie_sqlite_ready(npie_registry_t *registry, npie_err_t *err)
{
    static const char name[] = "npie_sqlite";
    apr_pool_t *p = apr_hash_pool_get(registry->prepared);
    void *known = NULL;
    connection_t *connection;
    apr_finfo_t finfo;
    apr_status_t rv;

    if (!npie_sql_is_sqlite(registry)) {
        return APR_SUCCESS;
    }
    apr_pool_userdata_get(&known, name, p);
    connection = known;
    if (connection == NULL) {
        rv = set_up(&connection, registry, err);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        apr_pool_userdata_setn(connection, name, NULL, p);
        return APR_SUCCESS;
    }
    /* SQLite goes on writing into a file that was removed or replaced, and
     * what is committed there is lost. */
    if (*connection->path != '\0'
        && (stat_file(&finfo, connection->path, registry) != APR_SUCCESS
            || finfo.device != connection->device
            || finfo.inode != connection->inode)) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: its file was removed or replaced;"
                            " restart httpd once it is the right one");
    }
    return APR_SUCCESS;
}
