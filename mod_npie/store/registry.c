/* SPDX-License-Identifier: Apache-2.0
 * Opening the registry, and its transactions.
 */
#include "store/registry.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include <string.h>

#include "store/registry_audit.h"
#include "store/registry_file.h"
#include "store/registry_sql.h"

apr_status_t npie_registry_open(npie_registry_t **pregistry, const char *driver,
                                const char *params, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_registry_t *registry = apr_pcalloc(p, sizeof(*registry));
    apr_status_t rv;

    registry->p = p;
    registry->prepared = apr_hash_make(p);
    rv = npie_sql_connect(registry, driver, params, err);
    if (rv == APR_SUCCESS) {
        rv = npie_sql_prepare(registry, err);
    }
    if (rv == APR_SUCCESS) {
        *pregistry = registry;
    }
    return rv;
}

apr_status_t npie_registry_check(npie_registry_t *registry, npie_err_t *err)
{
    npie_args_t args;
    apr_int64_t version = 0;
    apr_status_t rv;

    npie_args_init(&args, registry);
    rv = npie_sql_number(&version, registry, NPIE_SQL_SCHEMA, &args, err);
    if (rv == APR_SUCCESS && version != NPIE_SCHEMA_VERSION) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: schema version %d is needed, %d found:"
                            " npiectl registry upgrade",
                            NPIE_SCHEMA_VERSION, (int)version);
    }
    return rv;
}

static void take_turn(npie_registry_t *registry)
{
    if (registry->turn != NULL && npie_sql_is_sqlite(registry)) {
        apr_thread_mutex_lock(registry->turn);
    }
}

static void give_turn(npie_registry_t *registry)
{
    if (registry->turn != NULL && npie_sql_is_sqlite(registry)) {
        apr_thread_mutex_unlock(registry->turn);
    }
}

static apr_status_t abandon(void *baton)
{
    npie_registry_end(baton, 0, NULL);
    return APR_SUCCESS;
}

/* Begins, on a connection that has been looked at or is thought to be good. */
static apr_status_t begin(npie_registry_t *registry, int look, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    if (registry->transaction) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "registry: a transaction within a transaction");
    }
    take_turn(registry);
    rv = look ? npie_registry_check(registry, err)
              : npie_sqlite_ready(registry, err);
    if (rv == APR_SUCCESS) {
        /* Not apr_dbd_transaction_start(): its pgsql driver writes through
         * NULL when BEGIN fails, and its sqlite3 driver leaves the
         * connection in a transaction that never began. */
        rv = npie_sql_run(registry, npie_sql_is_sqlite(registry)
                                        ? "BEGIN IMMEDIATE"
                                        : "BEGIN", err);
    }
    if (rv != APR_SUCCESS) {
        /* In case an earlier one could not be ended. */
        npie_sql_run(registry, "ROLLBACK", NULL);
        give_turn(registry);
        return rv;
    }
    registry->transaction = 1;
    registry->failed = 0;
    registry->audit = NULL;
    apr_pool_cleanup_register(registry->p, registry, abandon,
                              apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t npie_registry_begin(npie_registry_t *registry, npie_err_t *err)
{
    return begin(registry, 1, err);
}

apr_status_t npie_registry_end(npie_registry_t *registry, int commit,
                               npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    if (!registry->transaction) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "registry: no transaction to end");
    }
    apr_pool_cleanup_kill(registry->p, registry, abandon);
    if (commit && registry->failed) {
        rv = npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN, "%s",
                          registry->failure);
    }
    if (commit && !registry->failed) {
        rv = npie_audit_flush(registry, err);
        if (rv == APR_SUCCESS) {
            rv = npie_sql_run(registry, "COMMIT", err);
        }
    }
    /* After a failed COMMIT SQLite may still be in the transaction; where it
     * is not, the refusal of this ROLLBACK means nothing. */
    if (!commit || rv != APR_SUCCESS) {
        npie_sql_run(registry, "ROLLBACK", NULL);
    }
    registry->transaction = 0;
    registry->failed = 0;
    npie_frame_ended(registry, commit && rv == APR_SUCCESS);
    give_turn(registry);
    return rv;
}

/* SQLite writes no page that stays as it was from the beginning: one up, and
 * one down. */
static apr_status_t write_nothing(void *baton, npie_err_t *err)
{
    npie_registry_t *registry = baton;
    apr_status_t rv = APR_SUCCESS;

    for (int by = 1; rv == APR_SUCCESS && by >= -1; by -= 2) {
        npie_args_t args;

        npie_args_init(&args, registry);
        npie_args_number(&args, by);
        rv = npie_sql_change(registry, NPIE_SQL_WRITE_TRIAL, &args,
                             NPIE_EBACKEND, err);
    }
    return rv;
}

apr_status_t npie_registry_write_trial(npie_registry_t *registry,
                                       npie_err_t *err)
{
    return npie_registry_write(registry, 0, write_nothing, registry, err);
}

/* Begins and locks an employer's row, which is only there when the schema is
 * the right one: no need to look before. Rolled back when it fails. */
static apr_status_t hold(npie_registry_t *registry, apr_int64_t employer,
                         npie_err_t *err)
{
    apr_status_t rv = begin(registry, 0, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_sql_change_id(registry, NPIE_SQL_EMPLOYER_HOLD, employer, err);
    if (rv != APR_SUCCESS) {
        npie_registry_end(registry, 0, NULL);
    }
    return rv;
}

apr_status_t npie_registry_write(npie_registry_t *registry,
                                 apr_int64_t employer, npie_registry_fn *write,
                                 void *baton, npie_err_t *err)
{
    apr_status_t rv;

    if (employer == 0 || registry->transaction) {
        rv = npie_registry_begin(registry, err);
    }
    else {
        /* What a look finds wrong is why; what it mends is tried again. */
        rv = hold(registry, employer, err);
        if (rv != APR_SUCCESS) {
            apr_status_t looked = npie_registry_check(registry, err);

            rv = looked == APR_SUCCESS ? hold(registry, employer, err)
                                       : looked;
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = write(baton, err);
    if (rv != APR_SUCCESS) {
        npie_registry_end(registry, 0, NULL);
        return rv;
    }
    return npie_registry_end(registry, 1, err);
}

apr_status_t npie_audit(npie_registry_t *registry, apr_time_t when,
                        const char *actor, const char *event,
                        const char *detail, npie_err_t *err)
{
    const int own = !registry->transaction;
    npie_audit_row_t *row;

    if (own) {
        apr_status_t rv = npie_registry_begin(registry, err);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (registry->audit == NULL) {
        registry->audit = apr_array_make(registry->p, 2, sizeof(*row));
    }
    row = apr_array_push(registry->audit);
    memset(row, 0, sizeof(*row));
    row->at = when;
    row->actor = apr_pstrdup(registry->p, actor);
    row->event = apr_pstrdup(registry->p, event);
    row->detail = apr_pstrdup(registry->p, detail);
    return own ? npie_registry_end(registry, 1, err) : APR_SUCCESS;
}
