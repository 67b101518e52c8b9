/* SPDX-License-Identifier: Apache-2.0
 * Requests to the ledger's database, one after the other.
 */
#include "ledger/serve.h"

#include <string.h>

#include <apr_strings.h>

#define MARKS_MAX 64
/* A reply of rows ends here; who asked goes on behind the last. */
#define REPLY_SIZE (NPIE_CHILD_FRAME_MAX / 2)
#define DETAIL_MAX 500
#define EXIT_PEER 2

typedef struct serving_t {
    const npie_ledger_backend_t *backend; /* NULL: nothing is open */
    npie_ledger_store_t *store;
    int (*ready)(void *baton, const char *place);
    void *baton;
    apr_pool_t *p;
} serving_t;

/* Rows on their way into a reply. */
typedef struct rows_t {
    npie_wire_writer_t *w;
    int with_mark;
    int bare;
} rows_t;

static const npie_ledger_backend_t *const backends[] = {
    &npie_ledger_sqlite, &npie_ledger_pgsql
};

const npie_ledger_backend_t *npie_ledger_backend(const char *place)
{
    for (apr_size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
        const char *scheme = backends[i]->scheme;

        if (*scheme != '\0' ? strncmp(place, scheme, strlen(scheme)) == 0
                            : *place == '/') {
            return backends[i];
        }
    }
    return NULL;
}

const char *npie_ledger_prefix_end(const char *prefix, apr_pool_t *p)
{
    char *end = apr_pstrdup(p, prefix);
    const apr_size_t len = strlen(end);

    if (len == 0) {
        return "\x7f";
    }
    end[len - 1]++;
    return end;
}

static int take_row(void *baton, const char *mark, apr_int64_t expires,
                    apr_uint64_t number, const char *line)
{
    rows_t *rows = baton;

    npie_wire_put_u16(rows->w, 1);
    if (rows->with_mark) {
        npie_wire_put_string(rows->w, mark);
        npie_wire_put_u64(rows->w, (apr_uint64_t)expires);
    }
    npie_wire_put_u64(rows->w, number);
    npie_wire_put_string(rows->w, rows->bare ? "" : line);
    return npie_wire_written(rows->w).len < REPLY_SIZE;
}

static npie_ledger_status_t malformed(const char **detail)
{
    *detail = "a request has not the fields that it must have";
    return NPIE_LEDGER_FAILED;
}

static npie_ledger_status_t open_place(serving_t *serving,
                                       npie_wire_reader_t *r,
                                       const char **detail, apr_pool_t *p)
{
    const char *place = npie_wire_get_string(r, NPIE_LEDGER_PLACE_MAX, p);
    const int read_only = npie_wire_get_u16(r);
    const npie_ledger_backend_t *backend = npie_ledger_backend(place);
    npie_ledger_status_t status;

    if (npie_wire_get_end(r) != APR_SUCCESS || serving->backend != NULL) {
        return malformed(detail);
    }
    if (backend == NULL) {
        *detail = "a ledger is an absolute path, or pgsql: and the parameters "
                  "of a database";
        return NPIE_LEDGER_FAILED;
    }
    status = backend->open(&serving->store, apr_pstrdup(serving->p, place),
                           read_only, detail, serving->p);
    if (status != NPIE_LEDGER_FAILED) {
        serving->backend = backend;
        if (serving->ready(serving->baton, place) != 0) {
            *detail = "the filter of system calls cannot be set";
            return NPIE_LEDGER_FAILED;
        }
    }
    return status;
}

static npie_ledger_status_t append(serving_t *serving, npie_wire_reader_t *r,
                                   const char **detail, apr_pool_t *p)
{
    const apr_uint64_t number = npie_wire_get_u64(r);
    const char *line = npie_wire_get_string(r, NPIE_ENTRY_MAX, p);
    const int count = npie_wire_get_u16(r);
    apr_array_header_t *marks = apr_array_make(p, 8, sizeof(npie_ledger_mark_t));

    for (int i = 0; i < count && i <= MARKS_MAX && !r->failed; i++) {
        npie_ledger_mark_t *mark = apr_array_push(marks);

        mark->name = npie_wire_get_string(r, NPIE_LEDGER_MARK_MAX, p);
        mark->expires = apr_time_from_sec((apr_int64_t)npie_wire_get_u64(r));
    }
    if (npie_wire_get_end(r) != APR_SUCCESS || number == 0
        || number > APR_INT64_MAX || *line == '\0') {
        return malformed(detail);
    }
    return serving->backend->append(serving->store, number, line, marks,
                                    detail, p);
}

static npie_ledger_status_t find(rows_t *rows, serving_t *serving,
                                 npie_wire_reader_t *r, const char **detail,
                                 apr_pool_t *p)
{
    const char *mark = npie_wire_get_string(r, NPIE_LEDGER_MARK_MAX, p);

    return npie_wire_get_end(r) != APR_SUCCESS ? malformed(detail)
        : serving->backend->find(serving->store, mark, take_row, rows, detail,
                                 p);
}

static apr_uint32_t at_most(npie_wire_reader_t *r)
{
    const apr_uint32_t most = npie_wire_get_u32(r);

    return most < NPIE_LEDGER_READ_MAX ? most : NPIE_LEDGER_READ_MAX;
}

static npie_ledger_status_t read_entries(rows_t *rows, serving_t *serving,
                                         npie_wire_reader_t *r,
                                         const char **detail, apr_pool_t *p)
{
    const apr_uint64_t from = npie_wire_get_u64(r);
    const apr_uint32_t most = at_most(r);

    return npie_wire_get_end(r) != APR_SUCCESS || from > APR_INT64_MAX
        ? malformed(detail)
        : serving->backend->read(serving->store, from, most, take_row, rows,
                                 detail, p);
}

static npie_ledger_status_t list(rows_t *rows, serving_t *serving,
                                 npie_wire_reader_t *r, const char **detail,
                                 apr_pool_t *p)
{
    npie_ledger_range_t range;
    apr_uint64_t expires;

    range.prefix = npie_wire_get_string(r, NPIE_LEDGER_MARK_MAX, p);
    range.after = npie_wire_get_string(r, NPIE_LEDGER_MARK_MAX, p);
    expires = npie_wire_get_u64(r);
    range.above = npie_wire_get_u64(r);
    range.last_first = npie_wire_get_u16(r);
    range.bare = rows->bare = npie_wire_get_u16(r);
    range.most = at_most(r);
    if (npie_wire_get_end(r) != APR_SUCCESS || range.above > APR_INT64_MAX
        || expires > APR_INT64_MAX / APR_USEC_PER_SEC) {
        return malformed(detail);
    }
    range.expires = apr_time_from_sec((apr_int64_t)expires);
    return serving->backend->list(serving->store, &range, take_row, rows,
                                  detail, p);
}

static npie_ledger_status_t perform(rows_t *rows, serving_t *serving,
                                    unsigned op, npie_wire_reader_t *r,
                                    const char **detail, apr_pool_t *p)
{
    if (op == NPIE_LEDGER_OPEN) {
        return open_place(serving, r, detail, p);
    }
    if (serving->backend == NULL) {
        return malformed(detail);
    }
    switch (op) {
    case NPIE_LEDGER_HEAD:
        return serving->backend->head(serving->store, take_row, rows, detail,
                                      p);
    case NPIE_LEDGER_APPEND:
        return append(serving, r, detail, p);
    case NPIE_LEDGER_FIND:
        return find(rows, serving, r, detail, p);
    case NPIE_LEDGER_READ:
        return read_entries(rows, serving, r, detail, p);
    case NPIE_LEDGER_LIST:
        rows->with_mark = 1;
        return list(rows, serving, r, detail, p);
    default:
        return malformed(detail);
    }
}

static npie_bytes_t answer(serving_t *serving, npie_bytes_t request,
                           npie_wire_writer_t *reply, apr_pool_t *p)
{
    rows_t rows = { reply, 0, 0 };
    const char *detail = "";
    npie_wire_reader_t r;
    npie_ledger_status_t status;
    unsigned op;

    npie_wire_writer_init(reply, p);
    npie_wire_put_u16(reply, NPIE_LEDGER_OK);
    npie_wire_reader_init(&r, request);
    op = npie_wire_get_u16(&r);
    status = perform(&rows, serving, op, &r, &detail, p);
    if (status != NPIE_LEDGER_OK) {
        npie_wire_writer_init(reply, p);
        npie_wire_put_u16(reply, status);
        npie_wire_put_string(reply, apr_pstrmemdup(p, detail, strnlen(
            detail, DETAIL_MAX)));
    }
    else if (op != NPIE_LEDGER_OPEN && op != NPIE_LEDGER_APPEND) {
        npie_wire_put_u16(reply, 0);
    }
    return npie_wire_written(reply);
}

int npie_ledger_serve(int fd, int (*ready)(void *baton, const char *place),
                      void *baton, apr_pool_t *p)
{
    serving_t serving = { NULL, NULL, ready, baton, p };
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    for (;;) {
        npie_wire_writer_t reply;
        npie_bytes_t request;

        apr_pool_clear(ptemp);
        rv = npie_child_receive(&request, fd, 0, ptemp);
        if (rv == APR_SUCCESS) {
            rv = npie_child_send(fd, answer(&serving, request, &reply,
                                             ptemp), 0, ptemp);
        }
        if (rv != APR_SUCCESS) {
            return APR_STATUS_IS_EOF(rv) || rv == EPIPE ? 0 : EXIT_PEER;
        }
    }
}
