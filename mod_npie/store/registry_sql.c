/* SPDX-License-Identifier: Apache-2.0
 * Running the registry's statements through apr_dbd, whatever it answers.
 */
#include "store/registry_sql.h"

#include <apr_buckets.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include <string.h>

#include "base/text.h"

/* Names every table and reads none. */
#define ALL_TABLES "SELECT 1 FROM schema, counter, employer, certificate," \
    " seen_key, renewal, letter, frame, audit, audit_head, outbox, link" \
    " LIMIT 0"

void npie_args_init(npie_args_t *args, const npie_registry_t *registry)
{
    memset(args, 0, sizeof(*args));
    args->p = registry->p;
}

static void put(npie_args_t *args, const char *value)
{
    if (args->count < NPIE_SQL_ARGS_MAX) {
        args->values[args->count] = value;
    }
    args->count++;
}

void npie_args_text(npie_args_t *args, const char *text)
{
    put(args, text == NULL ? "" : text);
}

void npie_args_number(npie_args_t *args, apr_int64_t number)
{
    put(args, apr_psprintf(args->p, "%" APR_INT64_T_FMT, number));
}

void npie_args_reference(npie_args_t *args, apr_int64_t id)
{
    if (id == 0) {
        put(args, NULL);
        return;
    }
    npie_args_number(args, id);
}

void npie_args_time(npie_args_t *args, apr_time_t when)
{
    npie_args_reference(args, apr_time_sec(when));
}

void npie_args_bytes(npie_args_t *args, npie_bytes_t bytes)
{
    put(args, bytes.len == 0 ? "" : npie_text_base64_encode(bytes, args->p));
}

/* apr_dbd wants the number of bytes as text, and names of table and column
 * that only Oracle's driver reads. */
void npie_args_binary(npie_args_t *args, npie_bytes_t bytes)
{
    put(args, bytes.len == 0 ? "" : (const char *)bytes.data);
    put(args, apr_psprintf(args->p, "%" APR_SIZE_T_FMT, bytes.len));
    put(args, "");
    put(args, "");
}

/* The next column as the driver has it: valid only until the last row. */
static const char *next_entry(npie_row_t *row)
{
    const char *entry = apr_dbd_get_entry(row->registry->driver, row->row,
                                          row->column);

    row->column++;
    return entry == NULL ? "" : entry;
}

const char *npie_row_entry(npie_row_t *row)
{
    const char *entry = NULL;

    /* apr_dbd_get_entry() of PostgreSQL knows no NULL. */
    return apr_dbd_datum_get(row->registry->driver, row->row, row->column++,
                             APR_DBD_TYPE_STRING, &entry) == APR_SUCCESS
        ? apr_pstrdup(row->registry->p, entry) : NULL;
}

const char *npie_row_text(npie_row_t *row)
{
    return apr_pstrdup(row->registry->p, next_entry(row));
}

apr_int64_t npie_row_number(npie_row_t *row)
{
    const char *entry = next_entry(row);
    char *end = NULL;
    apr_int64_t number;

    if (*entry == '\0') {
        return 0;
    }
    errno = 0;
    number = apr_strtoi64(entry, &end, 10);
    if (errno != 0 || *end != '\0') {
        row->bad = 1;
        return 0;
    }
    return number;
}

apr_time_t npie_row_time(npie_row_t *row)
{
    apr_int64_t seconds = npie_row_number(row);

    if (seconds > APR_INT64_MAX / APR_USEC_PER_SEC
        || seconds < -(APR_INT64_MAX / APR_USEC_PER_SEC)) {
        row->bad = 1;
        return 0;
    }
    return apr_time_from_sec(seconds);
}

npie_bytes_t npie_row_bytes(npie_row_t *row)
{
    const char *entry = next_entry(row);
    npie_bytes_t bytes = { NULL, 0 };

    if (*entry != '\0'
        && npie_text_base64_decode(&bytes, entry, strlen(entry),
                                   row->registry->p) != APR_SUCCESS) {
        row->bad = 1;
    }
    return bytes;
}

/* A view of the next column, with its length. */
static npie_bytes_t next_binary(npie_row_t *row)
{
    apr_pool_t *p = row->registry->p;
    apr_bucket_brigade *brigade =
        apr_brigade_create(p, apr_bucket_alloc_create(p));
    const char *data = NULL;
    apr_size_t len = 0;

    if (apr_dbd_datum_get(row->registry->driver, row->row, row->column,
                          APR_DBD_TYPE_BLOB, brigade) == APR_SUCCESS) {
        apr_bucket_read(APR_BRIGADE_FIRST(brigade), &data, &len,
                        APR_BLOCK_READ);
    }
    /* The bytes are the driver's; the bucket would copy them at the end. */
    apr_brigade_destroy(brigade);
    row->column++;
    return (npie_bytes_t){ (const unsigned char *)data, len };
}

npie_bytes_t npie_row_binary(npie_row_t *row)
{
    const char *entry;
    unsigned char *data;
    size_t len, room;

    if (npie_sql_is_sqlite(row->registry)) {
        return next_binary(row);
    }
    /* apr_dbd asks PostgreSQL for text: "\\x" and hex digits. */
    entry = next_entry(row);
    if (*entry == '\0') {
        return (npie_bytes_t){ NULL, 0 };
    }
    room = strlen(entry) / 2;
    data = apr_palloc(row->registry->p, room);
    if (entry[0] != '\\' || entry[1] != 'x'
        || (entry[2] != '\0'
            && !OPENSSL_hexstr2buf_ex(data, room, &len, entry + 2, '\0'))) {
        row->bad = 1;
        return (npie_bytes_t){ NULL, 0 };
    }
    return (npie_bytes_t){ data, entry[2] != '\0' ? len : 0 };
}

int npie_row_name(npie_row_t *row, const char *const *names, int count)
{
    const char *entry = next_entry(row);
    int i = 0;

    while (i < count && strcmp(entry, names[i]) != 0) {
        i++;
    }
    row->bad |= i == count;
    return i < count ? i : count - 1;
}

int npie_sql_is_sqlite(const npie_registry_t *registry)
{
    return strcmp(apr_dbd_name(registry->driver), "sqlite3") == 0;
}

apr_status_t npie_sql_failed(const npie_registry_t *registry, const char *what,
                             npie_err_t *err)
{
    const char *said = apr_dbd_error(registry->driver, registry->handle, 0);
    char line[160];
    apr_size_t i = 0;

    /* PostgreSQL's further lines quote the row, with people's data in it. */
    while (said != NULL && said[i] != '\0' && said[i] != '\n'
           && i + 1 < sizeof(line)) {
        line[i] = said[i] >= ' ' && said[i] < 127 ? said[i] : '?';
        i++;
    }
    line[i] = '\0';
    return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                        "registry: %s: %s", what, line);
}

apr_status_t npie_sql_conflict(const char *what, npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW, "registry: %s",
                        what);
}

/* A failure inside a transaction ends it, whatever the caller does next. */
static apr_status_t fail(npie_registry_t *registry, const char *what,
                         npie_err_t *err)
{
    npie_err_t mine;
    apr_status_t rv = npie_sql_failed(registry, what, &mine);

    if (registry->transaction) {
        registry->failed = 1;
        apr_cpystrn(registry->failure, mine.detail,
                    sizeof(registry->failure));
    }
    return npie_err_set(err, rv, mine.problem, "%s", mine.detail);
}

apr_status_t npie_sql_run(npie_registry_t *registry, const char *sql,
                          npie_err_t *err)
{
    int changed = 0;

    if (apr_dbd_query(registry->driver, registry->handle, &changed, sql) != 0) {
        return npie_sql_failed(registry, sql, err);
    }
    return APR_SUCCESS;
}

const char *npie_sql_ask(npie_registry_t *registry, const char *sql,
                         int column)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *answer = NULL;

    if (apr_dbd_select(registry->driver, registry->p, registry->handle,
                       &results, sql, 1) != 0) {
        return NULL;
    }
    while (apr_dbd_get_row(registry->driver, registry->p, results, &row, -1)
           == 0) {
        const char *entry = apr_dbd_get_entry(registry->driver, row, column);

        answer = apr_pstrdup(registry->p, entry == NULL ? "" : entry);
    }
    return answer;
}

apr_status_t npie_sql_prepare(npie_registry_t *registry, npie_err_t *err)
{
    const npie_statement_t *s;

    for (s = npie_registry_statements; s->label != NULL; s++) {
        apr_dbd_prepared_t *prepared = NULL;

        if (apr_dbd_prepare(registry->driver,
                            apr_hash_pool_get(registry->prepared),
                            registry->handle, s->sql, s->label,
                            &prepared) != 0) {
            return npie_sql_failed(registry, s->label, err);
        }
        apr_hash_set(registry->prepared, s->label, APR_HASH_KEY_STRING,
                     prepared);
    }
    return APR_SUCCESS;
}

/* SQLite forgets every statement when a table or a setting has changed,
 * because apr_dbd prepares them the old way; it says so once, and then fails
 * without a reason. Statements prepared anew take memory until the connection
 * ends: first see that it is no use trying because tables are missing. */
static int sqlite_revived(npie_registry_t *registry)
{
    const char *said = apr_dbd_error(registry->driver, registry->handle, 0);

    return said != NULL
        && (strstr(said, "schema has changed") != NULL
            || strstr(said, "not an error") != NULL)
        && npie_sql_run(registry, ALL_TABLES, NULL) == APR_SUCCESS
        && npie_sql_prepare(registry, NULL) == APR_SUCCESS;
}

/* Is there a connection to PostgreSQL, if need be a new one? apr_dbd makes
 * one in check_conn, but only when the old one is known to be broken: the
 * last words of a server that shuts down do not count, the next command has
 * to fail as well. */
static int pgsql_connected(npie_registry_t *registry)
{
    if (npie_sql_run(registry, "SELECT 1", NULL) == APR_SUCCESS) {
        return 1;
    }
    return apr_dbd_check_conn(registry->driver, registry->p, registry->handle)
               == APR_SUCCESS
        && npie_sql_run(registry, "SELECT 1", NULL) == APR_SUCCESS;
}

/* Lives as long as the connection's record, as the statements do. */
static unsigned *generation_of(const npie_registry_t *registry)
{
    static const char name[] = "npie_generation";
    apr_pool_t *p = apr_hash_pool_get(registry->prepared);
    void *found = NULL;

    apr_pool_userdata_get(&found, name, p);
    if (found == NULL) {
        found = apr_pcalloc(p, sizeof(unsigned));
        apr_pool_userdata_setn(found, name, NULL, p);
    }
    return found;
}

unsigned npie_sql_generation(const npie_registry_t *registry)
{
    return *generation_of(registry);
}

/* Can a connection that just failed be used again, statements and all? A new
 * one to PostgreSQL has none. */
static int revived(npie_registry_t *registry)
{
    const npie_statement_t *s;

    if (npie_sql_is_sqlite(registry)) {
        return sqlite_revived(registry);
    }
    if (!pgsql_connected(registry)) {
        return 0;
    }
    ++*generation_of(registry);
    for (s = npie_registry_statements; s->label != NULL; s++) {
        apr_dbd_prepared_t *again = NULL;

        /* The old record still names the statement; one that the server has
         * not forgotten it refuses to prepare anew, which is as good. */
        apr_dbd_prepare(registry->driver, registry->p, registry->handle,
                        s->sql, s->label, &again);
    }
    return 1;
}

/* The statement's prepared form, on a connection that is fit for it; NULL
 * after noting why there is none. */
static apr_dbd_prepared_t *find(npie_registry_t *registry,
                                npie_sql_t statement, npie_err_t *err)
{
    const char *label = npie_registry_statements[statement].label;
    apr_dbd_prepared_t *prepared;

    if (registry->transaction && registry->failed) {
        npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                     "registry: %s after a failure: %s", label,
                     registry->failure);
        return NULL;
    }
    if (!registry->transaction
        && npie_sqlite_ready(registry, err) != APR_SUCCESS) {
        return NULL;
    }
    prepared = apr_hash_get(registry->prepared, label, APR_HASH_KEY_STRING);
    if (prepared == NULL) {
        npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                     "registry: %s was not prepared", label);
    }
    return prepared;
}

/* Reads every row: apr_dbd_pgsql frees a result only past its last one. */
static int read_rows(npie_registry_t *registry, apr_dbd_results_t *results,
                     npie_row_fn *fn, void *baton, int *pbad)
{
    apr_dbd_row_t *at = NULL;
    int rows = 0;

    while (apr_dbd_get_row(registry->driver, registry->p, results, &at, -1)
           == 0) {
        npie_row_t row = { registry, at, 0, 0 };

        fn(baton, &row);
        *pbad |= row.bad;
        rows++;
    }
    return rows;
}

apr_status_t npie_sql_rows(npie_registry_t *registry, const char *sql,
                           npie_row_fn *fn, void *baton, const char *what,
                           npie_err_t *err)
{
    apr_dbd_results_t *results = NULL;
    int bad = 0;

    if (apr_dbd_select(registry->driver, registry->p, registry->handle,
                       &results, sql, 1) != 0) {
        return npie_sql_failed(registry, what, err);
    }
    read_rows(registry, results, fn, baton, &bad);
    return bad ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                              "registry: %s: a row cannot be read", what)
               : APR_SUCCESS;
}

static void note_time(const npie_registry_t *registry,
                      apr_interval_time_t began)
{
    if (registry->timed != NULL) {
        registry->timed(npie_ticks() - began);
    }
}

static apr_status_t select_rows(npie_registry_t *registry,
                                npie_sql_t statement, npie_args_t *args,
                                npie_row_fn *fn, void *baton, npie_err_t *err)
{
    const char *label = npie_registry_statements[statement].label;
    apr_dbd_prepared_t *prepared = find(registry, statement, err);
    apr_dbd_results_t *results = NULL;
    int bad = 0;
    int ret;
    int rows;

    if (prepared == NULL) {
        return NPIE_EBACKEND;
    }
    ret = apr_dbd_pselect(registry->driver, registry->p, registry->handle,
                          &results, prepared, 1, args->count, args->values);
    if (ret != 0 && !registry->transaction && revived(registry)) {
        prepared = find(registry, statement, err);
        results = NULL;
        ret = apr_dbd_pselect(registry->driver, registry->p, registry->handle,
                              &results, prepared, 1, args->count,
                              args->values);
    }
    if (ret != 0) {
        return fail(registry, label, err);
    }
    rows = read_rows(registry, results, fn, baton, &bad);
    if (bad) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: %s: a row cannot be read", label);
    }
    return rows > 0 ? APR_SUCCESS : APR_NOTFOUND;
}

apr_status_t npie_sql_select(npie_registry_t *registry, npie_sql_t statement,
                             npie_args_t *args, npie_row_fn *fn, void *baton,
                             npie_err_t *err)
{
    const apr_interval_time_t began = npie_ticks();
    const apr_status_t rv = select_rows(registry, statement, args, fn, baton,
                                        err);

    note_time(registry, began);
    return rv;
}

apr_status_t npie_sql_select_id(npie_registry_t *registry,
                                npie_sql_t statement, apr_int64_t id,
                                npie_row_fn *fn, void *baton, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, id);
    return npie_sql_select(registry, statement, &args, fn, baton, err);
}

static void take_number(void *baton, npie_row_t *row)
{
    *(apr_int64_t *)baton = npie_row_number(row);
}

apr_status_t npie_sql_number(apr_int64_t *pnumber, npie_registry_t *registry,
                             npie_sql_t statement, npie_args_t *args,
                             npie_err_t *err)
{
    return npie_sql_select(registry, statement, args, take_number, pnumber,
                           err);
}

apr_status_t npie_sql_change(npie_registry_t *registry, npie_sql_t statement,
                             npie_args_t *args, apr_status_t none,
                             npie_err_t *err)
{
    const char *label = npie_registry_statements[statement].label;
    apr_dbd_prepared_t *prepared = find(registry, statement, err);
    const apr_interval_time_t began = npie_ticks();
    int changed = 0;
    int ret;

    if (prepared == NULL) {
        return NPIE_EBACKEND;
    }
    ret = apr_dbd_pquery(registry->driver, registry->p, registry->handle,
                         &changed, prepared, args->count, args->values);
    note_time(registry, began);
    if (ret != 0) {
        return fail(registry, label, err);
    }
    if (changed > 0) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, none, NPIE_P_NOT_NOW,
                        "registry: %s found nothing to change", label);
}

apr_status_t npie_sql_change_id(npie_registry_t *registry,
                                npie_sql_t statement, apr_int64_t id,
                                npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, id);
    return npie_sql_change(registry, statement, &args, APR_NOTFOUND, err);
}

static apr_status_t close_registry(void *baton)
{
    npie_registry_t *registry = baton;

    apr_dbd_close(registry->driver, registry->handle);
    return APR_SUCCESS;
}

apr_status_t npie_sql_connect(npie_registry_t *registry, const char *driver,
                              const char *params, npie_err_t *err)
{
    const char *said = NULL;
    apr_finfo_t finfo;
    apr_status_t rv;

    rv = apr_dbd_init(registry->p);
    if (rv == APR_SUCCESS) {
        rv = apr_dbd_get_driver(registry->p, driver, &registry->driver);
    }
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: apr_dbd has no driver %s", driver);
    }
    /* SQLite would make an empty file of any name. */
    if (npie_sql_is_sqlite(registry)
        && apr_stat(&finfo, params, APR_FINFO_TYPE, registry->p)
               != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: the file %s does not exist", params);
    }
    rv = apr_dbd_open_ex(registry->driver, registry->p, params,
                         &registry->handle, &said);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: cannot connect by %s: %.*s", driver,
                            said != NULL ? (int)strcspn(said, "\n") : 0,
                            said != NULL ? said : "");
    }
    apr_pool_cleanup_register(registry->p, registry, close_registry,
                              apr_pool_cleanup_null);
    return APR_SUCCESS;
}
