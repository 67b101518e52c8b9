/* SPDX-License-Identifier: Apache-2.0
 * The ledger in a file of SQLite's: for one machine.
 */
#include "ledger/store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <sqlite3.h>

/* Another process may be appending. */
#define BUSY_MS 2000
#define OPEN_TRIES 20
#define OPEN_PAUSE apr_time_from_msec(50)

enum {
    BEGIN, COMMIT, ROLLBACK, LAST, ADD_ENTRY, ADD_MARK, HEAD, FIND, READ, LIST,
    LIST_BACK, STATEMENTS
};

#define MARKS "SELECT m.name, m.expires, e.number, e.line FROM mark m JOIN entry e " \
    "ON e.number = m.number WHERE m.name >= ?1 AND m.name < ?2 " \
    "AND (?3 = 0 AND ?4 = 0 OR m.expires >= ?3 OR m.number > ?4) "

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [LAST] = "SELECT coalesce(max(number), 0) FROM entry",
    [ADD_ENTRY] = "INSERT INTO entry (number, line) VALUES (?1, ?2)",
    [ADD_MARK] = "INSERT INTO mark (name, number, expires) VALUES (?1, ?2, ?3)",
    [HEAD] = "SELECT NULL, 0, number, line FROM entry ORDER BY number DESC "
             "LIMIT 1",
    [FIND] = "SELECT m.name, m.expires, e.number, e.line FROM mark m "
             "JOIN entry e ON e.number = m.number WHERE m.name = ?1",
    [READ] = "SELECT NULL, 0, number, line FROM entry WHERE number >= ?1 "
             "ORDER BY number LIMIT ?2",
    [LIST] = MARKS "AND m.name > ?5 ORDER BY m.name LIMIT ?6",
    [LIST_BACK] = MARKS "AND (?5 = '' OR m.name < ?5) ORDER BY m.name DESC "
                  "LIMIT ?6",
};

/* What is written stays as it is: against accidents. Who can write the file
 * can do away with this too, and is found by the chain. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY,"
    " line TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY,"
    " number INTEGER NOT NULL REFERENCES entry (number),"
    " expires INTEGER) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS mark_number ON mark (number);"
    "CREATE TRIGGER IF NOT EXISTS entry_stays_u BEFORE UPDATE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries stay as they are'); END;"
    "CREATE TRIGGER IF NOT EXISTS entry_stays_d BEFORE DELETE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries stay as they are'); END;"
    "CREATE TRIGGER IF NOT EXISTS mark_stays_u BEFORE UPDATE ON mark"
    " BEGIN SELECT RAISE(ABORT, 'marks stay as they are'); END;"
    "CREATE TRIGGER IF NOT EXISTS mark_stays_d BEFORE DELETE ON mark"
    " BEGIN SELECT RAISE(ABORT, 'marks stay as they are'); END;"
    "PRAGMA application_id = 1313885525; PRAGMA user_version = 1; COMMIT;";

struct npie_ledger_store_t {
    sqlite3 *db;
    const char *path;
    sqlite3_stmt *statements[STATEMENTS];
};

/* A full or locked disk may be there later. */
static npie_ledger_status_t failed(npie_ledger_store_t *store,
                                   const char **detail, apr_pool_t *p)
{
    const int code = sqlite3_errcode(store->db) & 0xff;

    *detail = apr_pstrcat(p, store->path, ": ", sqlite3_errmsg(store->db),
                          NULL);
    return code == SQLITE_BUSY || code == SQLITE_FULL
        || code == SQLITE_CANTOPEN ? NPIE_LEDGER_AWAY : NPIE_LEDGER_FAILED;
}

static apr_status_t shut(void *data)
{
    npie_ledger_store_t *store = data;

    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    return APR_SUCCESS;
}

static int prepare(npie_ledger_store_t *store)
{
    for (int i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(store->db, texts[i], -1,
                               SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK) {
            return 0;
        }
    }
    return 1;
}

/* Is there a folder that it can be made in? */
static int has_folder(const char *path)
{
    char folder[NPIE_LEDGER_PLACE_MAX];

    apr_cpystrn(folder, path, sizeof(folder));
    strrchr(folder, '/')[1] = '\0';
    return access(folder, W_OK | X_OK) == 0;
}

/* Opens it and makes what is not there yet. */
static int try_open(npie_ledger_store_t *store, int read_only)
{
    /* None is there yet: then it is an empty one. */
    const int none = read_only && access(store->path, F_OK) != 0
                     && errno == ENOENT && has_folder(store->path);
    const int flags = read_only && !none ? SQLITE_OPEN_READONLY
        : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(none ? ":memory:" : store->path, &store->db,
                             flags, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(store->db, BUSY_MS);
        rc = sqlite3_exec(store->db, "PRAGMA temp_store = MEMORY;"
                          "PRAGMA mmap_size = 0;", NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK && !read_only) {
        rc = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL;"
                          "PRAGMA synchronous = FULL;", NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK && (!read_only || none)) {
        rc = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
    }
    return rc == SQLITE_OK && prepare(store);
}

static npie_ledger_status_t open_file(npie_ledger_store_t **pstore,
                                      const char *place, int read_only,
                                      const char **detail, apr_pool_t *p)
{
    npie_ledger_store_t *store = apr_pcalloc(p, sizeof(*store));

    store->path = apr_pstrdup(p, place);
    for (int i = 0; !try_open(store, read_only); i++) {
        /* Another process that is just ending takes its files away. */
        if (failed(store, detail, p) == NPIE_LEDGER_FAILED
            || i == OPEN_TRIES) {
            shut(store);
            return NPIE_LEDGER_FAILED;
        }
        shut(store);
        apr_sleep(OPEN_PAUSE);
    }
    apr_pool_cleanup_register(p, store, shut, apr_pool_cleanup_null);
    *pstore = store;
    return NPIE_LEDGER_OK;
}

static sqlite3_stmt *statement(npie_ledger_store_t *store, int which)
{
    sqlite3_stmt *stmt = store->statements[which];

    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return stmt;
}

/* Runs one that gives no rows that matter. */
static int run(sqlite3_stmt *stmt)
{
    const int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW;
}

static npie_ledger_status_t rows(npie_ledger_store_t *store,
                                 sqlite3_stmt *stmt, npie_ledger_row_fn *take,
                                 void *baton, const char **detail,
                                 apr_pool_t *p)
{
    int rc, go_on = 1;

    while (go_on && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(stmt, 3);

        go_on = take(baton, (const char *)sqlite3_column_text(stmt, 0),
                     sqlite3_column_int64(stmt, 1),
                     (apr_uint64_t)sqlite3_column_int64(stmt, 2),
                     line != NULL ? line : "");
    }
    if (go_on && rc != SQLITE_DONE) {
        const npie_ledger_status_t status = failed(store, detail, p);

        sqlite3_reset(stmt);
        return status;
    }
    sqlite3_reset(stmt);
    return NPIE_LEDGER_OK;
}

static int bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    return sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

/* Is this the number of the next entry? -1: not to be told. */
static int is_next(npie_ledger_store_t *store, apr_uint64_t number)
{
    sqlite3_stmt *stmt = statement(store, LAST);
    int is = -1;

    if (sqlite3_step(stmt) == SQLITE_ROW) {
        is = (apr_uint64_t)sqlite3_column_int64(stmt, 0) + 1 == number;
    }
    sqlite3_reset(stmt);
    return is;
}

static int add_mark(npie_ledger_store_t *store, apr_uint64_t number,
                    const npie_ledger_mark_t *mark)
{
    sqlite3_stmt *stmt = statement(store, ADD_MARK);

    bind_text(stmt, 1, mark->name);
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)number);
    if (mark->expires != 0) {
        sqlite3_bind_int64(stmt, 3, apr_time_sec(mark->expires));
    }
    return run(stmt);
}

/* Inside a transaction. */
static npie_ledger_status_t add(npie_ledger_store_t *store,
                                apr_uint64_t number, const char *line,
                                const apr_array_header_t *marks,
                                const char **detail, apr_pool_t *p)
{
    const int next = is_next(store, number);
    sqlite3_stmt *stmt = statement(store, ADD_ENTRY);

    if (next < 0) {
        return failed(store, detail, p);
    }
    if (!next) {
        *detail = apr_psprintf(p, "%" APR_UINT64_T_FMT " is not the next "
                               "number", number);
        return NPIE_LEDGER_TAKEN;
    }
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)number);
    bind_text(stmt, 2, line);
    if (!run(stmt)) {
        return failed(store, detail, p);
    }
    for (int i = 0; i < marks->nelts; i++) {
        const npie_ledger_mark_t *mark = &APR_ARRAY_IDX(marks, i, npie_ledger_mark_t);

        if (!add_mark(store, number, mark)) {
            if ((sqlite3_errcode(store->db) & 0xff) != SQLITE_CONSTRAINT) {
                return failed(store, detail, p);
            }
            *detail = apr_pstrcat(p, mark->name, " is there already", NULL);
            return NPIE_LEDGER_TAKEN;
        }
    }
    return NPIE_LEDGER_OK;
}

static npie_ledger_status_t append(npie_ledger_store_t *store,
                                   apr_uint64_t number, const char *line,
                                   const apr_array_header_t *marks,
                                   const char **detail, apr_pool_t *p)
{
    npie_ledger_status_t status;

    if (!run(statement(store, BEGIN))) {
        return failed(store, detail, p);
    }
    status = add(store, number, line, marks, detail, p);
    if (status == NPIE_LEDGER_OK && !run(statement(store, COMMIT))) {
        status = failed(store, detail, p);
    }
    if (status != NPIE_LEDGER_OK && sqlite3_get_autocommit(store->db) == 0) {
        run(statement(store, ROLLBACK));
    }
    return status;
}

static npie_ledger_status_t head(npie_ledger_store_t *store,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    return rows(store, statement(store, HEAD), take, baton, detail, p);
}

static npie_ledger_status_t find(npie_ledger_store_t *store, const char *mark,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    sqlite3_stmt *stmt = statement(store, FIND);

    bind_text(stmt, 1, mark);
    return rows(store, stmt, take, baton, detail, p);
}

static npie_ledger_status_t read_entries(npie_ledger_store_t *store,
                                         apr_uint64_t from, apr_uint32_t most,
                                         npie_ledger_row_fn *take, void *baton,
                                         const char **detail, apr_pool_t *p)
{
    sqlite3_stmt *stmt = statement(store, READ);

    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(stmt, 2, most);
    return rows(store, stmt, take, baton, detail, p);
}

static npie_ledger_status_t list(npie_ledger_store_t *store,
                                 const npie_ledger_range_t *range,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    sqlite3_stmt *stmt = statement(store, range->last_first ? LIST_BACK
                                                            : LIST);

    bind_text(stmt, 1, range->prefix);
    bind_text(stmt, 2, npie_ledger_prefix_end(range->prefix, p));
    sqlite3_bind_int64(stmt, 3, apr_time_sec(range->expires));
    sqlite3_bind_int64(stmt, 4, (sqlite3_int64)range->above);
    bind_text(stmt, 5, range->after);
    sqlite3_bind_int64(stmt, 6, range->most);
    return rows(store, stmt, take, baton, detail, p);
}

const npie_ledger_backend_t npie_ledger_sqlite = {
    "", open_file, append, head, find, read_entries, list
};
