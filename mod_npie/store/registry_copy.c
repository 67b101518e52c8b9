/* SPDX-License-Identifier: Apache-2.0
 * Copying a registry from SQLite to PostgreSQL. The tables and columns come
 * from the catalogs of both databases, so that a new schema step needs nothing
 * here.
 */
#include "store/copy.h"

#include <apr_strings.h>

#include <string.h>

#include "pki/digest.h"
#include "store/registry_file.h"
#include "store/registry_sql.h"
#include "store/schema.h"

/* Rows held in memory at once: an old letter is about 250 kB of base64. */
#define PAGE "100"
#define COLUMNS_MAX 64

/* Of a column, as both catalogs say it. */
enum { TEXT = 0, NUMBER = 1, BINARY = 2 };

typedef struct column_t {
    const char *name;
    int kind;
    int key;      /* position in the primary key, from 1; 0: not of it */
    int numbered; /* 1: PostgreSQL gives it numbers of a sequence */
} column_t;

typedef struct table_t {
    npie_copy_table_t *result;
    const char *name;
    apr_array_header_t *columns; /* of column_t, by name */
} table_t;

/* The tables of one database, as they are read. */
typedef struct catalog_t {
    apr_pool_t *p;
    apr_array_header_t *tables; /* of table_t */
    const char *described;      /* all of it that must be the same */
} catalog_t;

/* Both answer: table, column, kind, key, has it a sequence. */
static const char sqlite_catalog[] =
    "SELECT m.name, c.name, CASE c.type WHEN 'INTEGER' THEN 1 WHEN 'BLOB'"
    " THEN 2 WHEN 'ANY' THEN 2 ELSE 0 END, c.pk, 0 FROM sqlite_master m,"
    " pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY 1, 2";
static const char pgsql_catalog[] =
    "SELECT t.relname, a.attname, CASE WHEN a.atttypid IN (20, 21, 23) THEN 1"
    " WHEN a.atttypid = 17 THEN 2 ELSE 0 END, coalesce(array_position(k.conkey, a.attnum), 0),"
    " CASE WHEN a.attidentity = '' THEN 0 ELSE 1 END FROM pg_class t"
    " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0"
    " AND NOT a.attisdropped"
    " LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'"
    " WHERE t.relnamespace = current_schema()::regnamespace"
    " AND t.relkind IN ('r', 'p') ORDER BY t.relname COLLATE \"C\","
    " a.attname COLLATE \"C\"";

static void take_column(void *baton, npie_row_t *row)
{
    catalog_t *catalog = baton;
    const char *name = apr_pstrdup(catalog->p, npie_row_text(row));
    table_t *table = catalog->tables->nelts == 0 ? NULL
        : &APR_ARRAY_IDX(catalog->tables, catalog->tables->nelts - 1, table_t);
    column_t *column;

    if (table == NULL || strcmp(table->name, name) != 0) {
        table = apr_array_push(catalog->tables);
        table->name = name;
        table->columns = apr_array_make(catalog->p, 16, sizeof(column_t));
    }
    column = apr_array_push(table->columns);
    column->name = apr_pstrdup(catalog->p, npie_row_text(row));
    column->kind = (int)npie_row_number(row);
    column->key = (int)npie_row_number(row);
    column->numbered = (int)npie_row_number(row);
    row->bad |= table->columns->nelts > COLUMNS_MAX;
    catalog->described = apr_psprintf(
        catalog->p, "%s %s.%s %d %d", catalog->described, name, column->name,
        column->kind, column->key);
}

static apr_status_t read_catalog(catalog_t *catalog, npie_registry_t *registry,
                                 npie_err_t *err)
{
    catalog->p = registry->p;
    catalog->tables = apr_array_make(registry->p, 20, sizeof(table_t));
    catalog->described = "";
    return npie_sql_rows(registry, npie_sql_is_sqlite(registry)
                             ? sqlite_catalog : pgsql_catalog,
                         take_column, catalog, "reading its tables", err);
}

/* What is asked of SQLite for a binary column: PostgreSQL's text of it. What
 * was written before schema 9 is no blob, and stays as it is. */
static const char *binary_text(const column_t *c, apr_pool_t *p)
{
    return apr_psprintf(p, "CASE typeof(\"%s\") WHEN 'blob' THEN '\\x'"
                        " || lower(hex(\"%s\")) ELSE \"%s\" END", c->name,
                        c->name, c->name);
}

/* What is inserted: placeholders with commas between. */
static const char *value_list(const table_t *table, apr_pool_t *p)
{
    static const char *const places[] = {
        [TEXT] = "%s", [NUMBER] = "%lld", [BINARY] = "%s::bytea"
    };
    apr_array_header_t *list = apr_array_make(p, 16, sizeof(const char *));

    for (int i = 0; i < table->columns->nelts; i++) {
        APR_ARRAY_PUSH(list, const char *) =
            places[APR_ARRAY_IDX(table->columns, i, column_t).kind];
    }
    return apr_array_pstrcat(p, list, ',');
}

/* What is read: names, quoted, with commas between. */
static const char *column_list(const table_t *table,
                               const npie_registry_t *registry, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));

    for (int i = 0; i < table->columns->nelts; i++) {
        const column_t *c = &APR_ARRAY_IDX(table->columns, i, column_t);

        APR_ARRAY_PUSH(names, const char *) =
            c->kind == BINARY && npie_sql_is_sqlite(registry)
                ? binary_text(c, p) : apr_psprintf(p, "\"%s\"", c->name);
    }
    return apr_array_pstrcat(p, names, ',');
}

/* The columns of the primary key in its order, with the comparison of bytes
 * where a text is one.
 * @param values NULL, or a row's values: the literals of them instead */
static const char *key_list(const table_t *table, const char *const *values,
                            const npie_registry_t *registry, apr_pool_t *p)
{
    const char *list = "";

    for (int n = 1, found = 1; found; n++) {
        found = 0;
        for (int i = 0; i < table->columns->nelts; i++) {
            const column_t *c = &APR_ARRAY_IDX(table->columns, i, column_t);
            const char *comma = n == 1 ? "" : ", ";

            if (c->key != n) {
                continue;
            }
            found = 1;
            list = values == NULL
                ? apr_psprintf(p, "%s%s\"%s\"%s", list, comma, c->name,
                               c->kind == NUMBER || npie_sql_is_sqlite(registry)
                                   ? "" : " COLLATE \"C\"")
                : c->kind == NUMBER ? apr_pstrcat(p, list, comma, values[i], NULL)
                : apr_pstrcat(p, list, comma, "'",
                              apr_dbd_escape(registry->driver, p, values[i],
                                             registry->handle), "'", NULL);
        }
    }
    return list;
}

/* What is done with each row that is read. */
typedef struct reading_t {
    const table_t *table;
    npie_registry_t *to;          /* NULL: it is only read */
    apr_dbd_prepared_t *insert;
    npie_err_t *err;
    apr_status_t rv;              /* of the first row that failed */
    apr_int64_t rows;
    int page;                     /* rows of this page */
    char sha256[NPIE_SHA256_HEX_SIZE];
    const char *last[COLUMNS_MAX]; /* the page's last row */
} reading_t;

/* The digest of all rows before goes into the next. */
static apr_status_t add_digest(reading_t *reading, apr_pool_t *p)
{
    const int count = reading->table->columns->nelts;
    apr_array_header_t *pieces = apr_array_make(p, 2 * count + 1,
                                                sizeof(const char *));
    npie_bytes_t bytes;
    char *text;

    APR_ARRAY_PUSH(pieces, const char *) = reading->sha256;
    for (int i = 0; i < count; i++) {
        const char *value = reading->last[i];

        APR_ARRAY_PUSH(pieces, const char *) = value == NULL ? " -"
            : apr_psprintf(p, " %" APR_SIZE_T_FMT ":", strlen(value));
        APR_ARRAY_PUSH(pieces, const char *) = value == NULL ? "" : value;
    }
    text = apr_array_pstrcat(p, pieces, 0);
    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return npie_sha256_hex(reading->sha256, bytes);
}

static void take_values(void *baton, npie_row_t *row)
{
    reading_t *reading = baton;
    const int count = reading->table->columns->nelts;
    npie_registry_t *to = reading->to;
    int changed = 0;

    if (reading->rv != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < count; i++) {
        reading->last[i] = npie_row_entry(row);
        if (APR_ARRAY_IDX(reading->table->columns, i, column_t).kind
            == BINARY) {
            reading->last[i] = npie_file_text(reading->last[i],
                                              row->registry->p);
        }
    }
    reading->rows++;
    reading->page++;
    reading->rv = add_digest(reading, row->registry->p);
    if (reading->rv != APR_SUCCESS) {
        npie_err_set(reading->err, reading->rv, NPIE_P_INTERNAL, "no digest");
    }
    else if (to != NULL
             && apr_dbd_pquery(to->driver, row->registry->p, to->handle,
                               &changed, reading->insert, count,
                               reading->last) != 0) {
        reading->rv = npie_sql_failed(
            to, apr_psprintf(row->registry->p, "row %" APR_INT64_T_FMT
                             " of %s", reading->rows, reading->table->name),
            reading->err);
    }
}

/* The next rows, in memory of their own. The keys of the last one are in
 * `after` then. */
static apr_status_t read_page(reading_t *reading, npie_registry_t *registry,
                              const char *sql, char **pafter,
                              npie_err_t *err)
{
    apr_pool_t *whole = registry->p;
    apr_status_t rv;
    apr_pool_t *p;

    apr_pool_create(&p, whole);
    registry->p = p;
    reading->page = 0;
    reading->err = err;
    rv = npie_sql_rows(registry, sql, take_values, reading,
                       reading->table->name, err);
    rv = rv == APR_SUCCESS ? reading->rv : rv;
    registry->p = whole;
    if (rv == APR_SUCCESS && reading->page > 0) {
        *pafter = apr_pstrdup(whole, key_list(reading->table, reading->last,
                                              registry, p));
    }
    apr_pool_destroy(p);
    return rv;
}

/* SQLite: apr_dbd reads all rows of an answer at once, so each page is asked
 * for by the keys behind the one before. */
static apr_status_t read_source(reading_t *reading, npie_registry_t *from,
                                npie_err_t *err)
{
    const table_t *table = reading->table;
    apr_pool_t *whole = from->p;
    char *after = NULL;
    apr_status_t rv;
    apr_pool_t *p;

    apr_pool_create(&p, whole);
    do {
        const char *keys = key_list(table, NULL, from, p);
        const char *sql = apr_pstrcat(
            p, "SELECT ", column_list(table, from, p), " FROM \"", table->name,
            "\"", after == NULL ? "" : " WHERE (", after == NULL ? "" : keys,
            after == NULL ? "" : ") > (", after == NULL ? "" : after,
            after == NULL ? "" : ")", " ORDER BY ", keys, " LIMIT " PAGE,
            NULL);

        from->p = p;
        rv = read_page(reading, from, sql, &after, err);
        from->p = whole;
    } while (rv == APR_SUCCESS && reading->page > 0);
    apr_pool_destroy(p);
    return rv;
}

/* PostgreSQL: a cursor sorts once, whatever the collation of the index is. */
static apr_status_t read_copy(reading_t *reading, npie_registry_t *to,
                              npie_err_t *err)
{
    const table_t *table = reading->table;
    char *after = NULL;
    apr_status_t rv = npie_sql_run(to, apr_pstrcat(
        to->p, "DECLARE npie_copy NO SCROLL CURSOR FOR SELECT ",
        column_list(table, to, to->p), " FROM \"", table->name, "\" ORDER BY ",
        key_list(table, NULL, to, to->p), NULL), err);

    if (rv == APR_SUCCESS) {
        do {
            rv = read_page(reading, to, "FETCH " PAGE " FROM npie_copy",
                           &after, err);
        } while (rv == APR_SUCCESS && reading->page > 0);
    }
    return rv == APR_SUCCESS ? npie_sql_run(to, "CLOSE npie_copy", err) : rv;
}

static apr_status_t copy_table(table_t *table, npie_registry_t *from,
                               npie_registry_t *to, npie_err_t *err)
{
    reading_t source = { .table = table, .to = to };
    reading_t copy = { .table = table };
    const char *sql = apr_psprintf(
        to->p, "INSERT INTO \"%s\" (%s) OVERRIDING SYSTEM VALUE VALUES (%s)",
        table->name, column_list(table, to, to->p),
        value_list(table, to->p));
    apr_status_t rv;

    if (apr_dbd_prepare(to->driver, to->p, to->handle, sql,
                        apr_pstrcat(to->p, "npie_copy_", table->name, NULL),
                        &source.insert) != 0) {
        return npie_sql_failed(to, table->name, err);
    }
    rv = read_source(&source, from, err);
    if (rv == APR_SUCCESS) {
        rv = read_copy(&copy, to, err);
    }
    if (rv == APR_SUCCESS && (source.rows != copy.rows
                              || strcmp(source.sha256, copy.sha256) != 0)) {
        rv = npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "the copy of %s "
                          "has %" APR_INT64_T_FMT " rows, SHA-256 %.16s, the "
                          "source %" APR_INT64_T_FMT ", %.16s", table->name,
                          copy.rows, copy.sha256, source.rows, source.sha256);
    }
    table->result->name = table->name;
    table->result->rows = copy.rows;
    memcpy(table->result->sha256, copy.sha256, sizeof(copy.sha256));
    return rv;
}

/* As npiectl registry init left it: rows of the schema's own, and no more. */
static apr_status_t check_empty(const catalog_t *catalog, npie_registry_t *to,
                                npie_err_t *err)
{
    static const char *const own[][2] = {
        { "schema", "" }, { "counter", " WHERE value <> 0" },
        { "audit_head", " WHERE sequence <> 0" }
    };

    for (int i = 0; i < catalog->tables->nelts; i++) {
        const char *name = APR_ARRAY_IDX(catalog->tables, i, table_t).name;
        const char *where = "";
        const char *count;
        int deleted = 0;

        for (int n = 0; n < 3; n++) {
            if (strcmp(name, own[n][0]) == 0) {
                where = own[n][1];
                deleted = 1;
            }
        }
        count = strcmp(name, "schema") == 0 ? "0" : npie_sql_ask(
            to, apr_psprintf(to->p, "SELECT count(*) FROM (SELECT 1 FROM"
                             " \"%s\"%s LIMIT 1) t", name, where), 0);
        if (count == NULL) {
            return npie_sql_failed(to, name, err);
        }
        if (strcmp(count, "0") != 0) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                                "the target is not empty: it has rows in %s: "
                                "copy into a registry just made by npiectl "
                                "registry init", name);
        }
        if (deleted && npie_sql_run(to, apr_psprintf(
                to->p, "DELETE FROM \"%s\"", name), err) != APR_SUCCESS) {
            return NPIE_EBACKEND;
        }
    }
    return APR_SUCCESS;
}

/* Renewals and letters refer to each other: references are looked at once all
 * rows are there.
 * @param how of ALTER CONSTRAINT */
static apr_status_t set_references(npie_registry_t *to, const char *how,
                                   npie_err_t *err)
{
    const char *sql = apr_pstrcat(
        to->p, "DO $$ DECLARE r record; BEGIN FOR r IN SELECT"
        " conrelid::regclass AS t, conname FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace ="
        " current_schema()::regnamespace LOOP EXECUTE format('ALTER TABLE %s"
        " ALTER CONSTRAINT %I ", how, "', r.t, r.conname); END LOOP; END $$",
        NULL);
    int changed = 0;

    return apr_dbd_query(to->driver, to->handle, &changed, sql) == 0
        ? APR_SUCCESS
        : npie_sql_failed(to, "references, as the owner of the tables", err);
}

/* A number that was ever given is not given again: SQLite keeps them. */
static apr_status_t set_sequences(const catalog_t *catalog,
                                  npie_registry_t *from, npie_registry_t *to,
                                  npie_err_t *err)
{
    for (int i = 0; i < catalog->tables->nelts; i++) {
        const table_t *table = &APR_ARRAY_IDX(catalog->tables, i, table_t);

        for (int n = 0; n < table->columns->nelts; n++) {
            const column_t *c = &APR_ARRAY_IDX(table->columns, n, column_t);
            const char *last;

            if (!c->numbered) {
                continue;
            }
            last = npie_sql_ask(from, apr_psprintf(
                from->p, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence"
                " WHERE name = '%s'", table->name), 0);
            if (last == NULL) {
                return npie_sql_failed(from, table->name, err);
            }
            if (strcmp(last, "0") != 0 && npie_sql_ask(to, apr_psprintf(
                    to->p, "SELECT setval(pg_get_serial_sequence('\"%s\"',"
                    " '%s'), %s)", table->name, c->name, last), 0) == NULL) {
                return npie_sql_failed(to, table->name, err);
            }
        }
    }
    return APR_SUCCESS;
}

/* Keeps others out, and the time-outs of DBDParams, which are meant for
 * requests. */
static apr_status_t hold(const catalog_t *catalog, npie_registry_t *to,
                         npie_err_t *err)
{
    const char *names = "";
    apr_status_t rv = npie_sql_run(to, "SET LOCAL statement_timeout = 0", err);

    if (rv == APR_SUCCESS) {
        rv = npie_sql_run(to, "SET LOCAL lock_timeout = '5s'", err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sql_run(to, "SET LOCAL idle_in_transaction_session_timeout"
                          " = 0", err);
    }
    for (int i = 0; i < catalog->tables->nelts; i++) {
        names = apr_psprintf(to->p, "%s%s\"%s\"", names, i == 0 ? "" : ", ",
                             APR_ARRAY_IDX(catalog->tables, i, table_t).name);
    }
    return rv != APR_SUCCESS ? rv : npie_sql_run(
        to, apr_pstrcat(to->p, "LOCK TABLE ", names, NULL), err);
}

apr_status_t npie_copy_source(npie_registry_t **pfrom, int *pversion,
                              const char *path, npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_schema_connect(pfrom, "sqlite3", path, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Before the first look into the file, or it is shared. */
    if (npie_sql_ask(*pfrom, "PRAGMA locking_mode = EXCLUSIVE", 0) == NULL) {
        return npie_sql_failed(*pfrom, "locking it", err);
    }
    rv = npie_sql_run(*pfrom, "BEGIN IMMEDIATE", err);
    return rv == APR_SUCCESS ? npie_schema_version(pversion, *pfrom, err) : rv;
}

static apr_status_t copy_all(apr_array_header_t *results, catalog_t *catalog,
                             npie_registry_t *from, npie_registry_t *to,
                             npie_err_t *err)
{
    apr_status_t rv = set_references(to, "DEFERRABLE INITIALLY DEFERRED", err);

    for (int i = 0; rv == APR_SUCCESS && i < catalog->tables->nelts; i++) {
        table_t *table = &APR_ARRAY_IDX(catalog->tables, i, table_t);

        table->result = apr_array_push(results);
        rv = copy_table(table, from, to, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sql_run(to, "SET CONSTRAINTS ALL IMMEDIATE", err);
    }
    if (rv == APR_SUCCESS) {
        rv = set_references(to, "NOT DEFERRABLE", err);
    }
    return rv == APR_SUCCESS ? set_sequences(catalog, from, to, err) : rv;
}

apr_status_t npie_registry_copy(apr_array_header_t **ptables,
                                npie_registry_t *from, npie_registry_t *to,
                                npie_err_t *err)
{
    catalog_t source;
    catalog_t target;
    apr_status_t rv = read_catalog(&source, from, err);

    *ptables = apr_array_make(to->p, 20, sizeof(npie_copy_table_t));
    if (rv == APR_SUCCESS) {
        rv = read_catalog(&target, to, err);
    }
    if (rv == APR_SUCCESS && strcmp(source.described, target.described) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "the target's "
                            "tables are not the source's: remove what mod_npie"
                            " did not make there");
    }
    if (rv == APR_SUCCESS) {
        rv = hold(&target, to, err);
    }
    if (rv == APR_SUCCESS) {
        rv = check_empty(&target, to, err);
    }
    return rv == APR_SUCCESS ? copy_all(*ptables, &target, from, to, err) : rv;
}
