/* SPDX-License-Identifier: Apache-2.0
 * The ledger in PostgreSQL, for any number of machines: conf/sql/ledger. What
 * libpq is asked, and when the database is away.
 */
#include "ledger/store.h"

#include <string.h>

#include <apr_strings.h>

#include "ledger/link_pgsql.h"

#define SCHEMA "1"

struct npie_ledger_store_t {
    npie_pgsql_link_t *link;
};

#define MARKS "SELECT m.name, coalesce(m.expires, 0), e.number, e.line " \
    "FROM npie_ledger.mark m JOIN npie_ledger.entry e ON e.number = m.number "
#define RANGE MARKS "WHERE m.name >= $1 AND m.name < $2 " \
    "AND ($3::bigint = 0 AND $4::bigint = 0 OR m.expires >= $3 " \
    "OR m.number > $4) "

/* All or nothing, in one message. */
static const char append_text[] =
    "WITH e AS (INSERT INTO npie_ledger.entry (number, line) "
    "VALUES ($1, $2) RETURNING number) "
    "INSERT INTO npie_ledger.mark (name, number, expires) "
    "SELECT m.name, e.number, nullif(m.expires, 0) FROM e, "
    "unnest($3::text[], $4::bigint[]) AS m (name, expires)";
static const char head_text[] =
    "SELECT NULL, 0, number, line FROM npie_ledger.entry "
    "ORDER BY number DESC LIMIT 1";
static const char find_text[] = MARKS "WHERE m.name = $1";
static const char read_text[] =
    "SELECT NULL, 0, number, line FROM npie_ledger.entry WHERE number >= $1 "
    "ORDER BY number LIMIT $2";
static const char list_text[] = RANGE "AND m.name > $5 ORDER BY m.name "
                                "LIMIT $6";
static const char list_back_text[] = RANGE "AND ($5 = '' OR m.name < $5) "
                                     "ORDER BY m.name DESC LIMIT $6";

/* What a new connection is asked: one row, of this version and these rights.
 * Who could change an entry is not to be used every day. */
static const char rights_text[] =
    "SELECT coalesce((SELECT max(version)::text FROM npie_ledger.schema), ''), "
    "has_table_privilege('npie_ledger.entry', 'INSERT') "
    "AND has_table_privilege('npie_ledger.mark', 'INSERT') "
    "AND has_table_privilege('npie_ledger.entry', 'SELECT') "
    "AND has_table_privilege('npie_ledger.mark', 'SELECT'), "
    "has_table_privilege('npie_ledger.entry', 'UPDATE, DELETE, TRUNCATE') "
    "OR has_table_privilege('npie_ledger.mark', 'UPDATE, DELETE, TRUNCATE'), "
    "current_user";

static npie_ledger_status_t check(const npie_pgsql_rows_t *rows,
                                  const char **detail, apr_pool_t *p)
{
    const char *user = npie_pgsql_value(rows, 0, 3);

    if (strcmp(npie_pgsql_value(rows, 0, 0), SCHEMA) != 0) {
        *detail = apr_pstrcat(p, "the schema npie_ledger has version ",
                              npie_pgsql_value(rows, 0, 0), ", and this "
                              "npie-ledger needs " SCHEMA, NULL);
        return NPIE_LEDGER_FAILED;
    }
    if (*npie_pgsql_value(rows, 0, 1) != 't') {
        *detail = apr_psprintf(p, "role %s may not insert into and read entry "
                               "and mark of the schema npie_ledger", user);
        return NPIE_LEDGER_FAILED;
    }
    if (*npie_pgsql_value(rows, 0, 2) != 'f') {
        *detail = apr_psprintf(p, "role %s may change or remove entries: use "
                               "one that may insert and read, and nothing "
                               "else", user);
        return NPIE_LEDGER_FAILED;
    }
    return NPIE_LEDGER_OK;
}

/* Asks the database; a new connection is checked before. */
static npie_ledger_status_t ask(npie_pgsql_rows_t **prows,
                                npie_ledger_store_t *store, const char *text,
                                const char *const *values, int count,
                                const char **detail, apr_pool_t *p)
{
    int fresh;
    npie_ledger_status_t status = npie_pgsql_reach(&fresh, store->link, detail,
                                                   p);

    if (status == NPIE_LEDGER_OK && fresh) {
        npie_pgsql_rows_t *rows;

        status = npie_pgsql_ask(&rows, store->link, rights_text, NULL, 0,
                                detail, p);
        if (status == NPIE_LEDGER_OK) {
            status = check(rows, detail, p);
        }
        else if (status == NPIE_LEDGER_FAILED) {
            *detail = apr_pstrcat(p, *detail, ": make the schema with "
                                  "ledger/0001-ledger.sql", NULL);
        }
        if (status != NPIE_LEDGER_OK) {
            npie_pgsql_leave(store->link);
        }
    }
    return status != NPIE_LEDGER_OK ? status
        : npie_pgsql_ask(prows, store->link, text, values, count, detail, p);
}

static npie_ledger_status_t give(npie_ledger_store_t *store, const char *text,
                                 const char *const *values, int count,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    npie_pgsql_rows_t *rows;
    npie_ledger_status_t status = ask(&rows, store, text, values, count,
                                      detail, p);

    for (int i = 0; status == NPIE_LEDGER_OK && i < npie_pgsql_count(rows);
         i++) {
        if (!take(baton, npie_pgsql_value(rows, i, 0),
                  apr_atoi64(npie_pgsql_value(rows, i, 1)),
                  (apr_uint64_t)apr_atoi64(npie_pgsql_value(rows, i, 2)),
                  npie_pgsql_value(rows, i, 3))) {
            break;
        }
    }
    return status;
}

static npie_ledger_status_t open_database(npie_ledger_store_t **pstore,
                                          const char *place, int read_only,
                                          const char **detail, apr_pool_t *p)
{
    npie_ledger_store_t *store = apr_palloc(p, sizeof(*store));
    npie_pgsql_rows_t *rows;

    store->link = npie_pgsql_link(place + strlen(npie_ledger_pgsql.scheme),
                                  read_only, p);
    *pstore = store;
    return ask(&rows, store, head_text, NULL, 0, detail, p);
}

static const char *number_text(apr_int64_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, number);
}

/* A text in quotes, as an element of an array. */
static const char *quoted(const char *text, apr_pool_t *p)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 3), *at = out;

    *at++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *at++ = '\\';
        }
        *at++ = *text;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

/* The names of marks, or when they expire, as PostgreSQL reads an array. */
static const char *array_of(const apr_array_header_t *marks, int names,
                            apr_pool_t *p)
{
    const char *text = "{";

    for (int i = 0; i < marks->nelts; i++) {
        const npie_ledger_mark_t *mark = &APR_ARRAY_IDX(marks, i,
                                                        npie_ledger_mark_t);

        text = apr_pstrcat(p, text, i == 0 ? "" : ",", names
                           ? quoted(mark->name, p)
                           : number_text(apr_time_sec(mark->expires), p),
                           NULL);
    }
    return apr_pstrcat(p, text, "}", NULL);
}

static npie_ledger_status_t append(npie_ledger_store_t *store,
                                   apr_uint64_t number, const char *line,
                                   const apr_array_header_t *marks,
                                   const char **detail, apr_pool_t *p)
{
    const char *const values[] = {
        number_text((apr_int64_t)number, p), line, array_of(marks, 1, p),
        array_of(marks, 0, p)
    };
    npie_pgsql_rows_t *rows;

    return ask(&rows, store, append_text, values, 4, detail, p);
}

static npie_ledger_status_t head(npie_ledger_store_t *store,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    return give(store, head_text, NULL, 0, take, baton, detail, p);
}

static npie_ledger_status_t find(npie_ledger_store_t *store, const char *mark,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    return give(store, find_text, &mark, 1, take, baton, detail, p);
}

static npie_ledger_status_t read_entries(npie_ledger_store_t *store,
                                         apr_uint64_t from, apr_uint32_t most,
                                         npie_ledger_row_fn *take, void *baton,
                                         const char **detail, apr_pool_t *p)
{
    const char *const values[] = {
        number_text((apr_int64_t)from, p), number_text(most, p)
    };

    return give(store, read_text, values, 2, take, baton, detail, p);
}

static npie_ledger_status_t list(npie_ledger_store_t *store,
                                 const npie_ledger_range_t *range,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p)
{
    const char *const values[] = {
        range->prefix, npie_ledger_prefix_end(range->prefix, p),
        number_text(apr_time_sec(range->expires), p),
        number_text((apr_int64_t)range->above, p), range->after,
        number_text(range->most, p)
    };

    return give(store, range->last_first ? list_back_text : list_text, values,
                6, take, baton, detail, p);
}

const npie_ledger_backend_t npie_ledger_pgsql = {
    "pgsql:", open_database, append, head, find, read_entries, list
};
