/* SPDX-License-Identifier: Apache-2.0
 * Requests to npie-ledger.
 */
#include "ledger/ask.h"

#define DETAIL_MAX 1024

static apr_status_t status_of(unsigned status, npie_wire_reader_t *r,
                              npie_ledger_ask_t *ask, npie_err_t *err,
                              apr_pool_t *p)
{
    const char *detail;

    if (status == NPIE_LEDGER_OK) {
        return APR_SUCCESS;
    }
    detail = npie_wire_get_string(r, DETAIL_MAX, p);
    if (npie_wire_get_end(r) != APR_SUCCESS || status > NPIE_LEDGER_FAILED) {
        return npie_child_malformed(ask, err);
    }
    return status == NPIE_LEDGER_TAKEN
        ? npie_err_set(err, NPIE_ECONFLICT, NPIE_P_SIGNER_DOWN, "the ledger: "
                       "%s", detail)
        : npie_err_set(err, status == NPIE_LEDGER_AWAY ? NPIE_EBACKEND
                                                       : NPIE_EINTERNAL,
                       NPIE_P_SIGNER_DOWN, "the ledger: %s", detail);
}

/* One exchange: the answer's fields behind its status. */
static apr_status_t exchange(npie_wire_reader_t *r, npie_ledger_ask_t *ask,
                             const npie_wire_writer_t *w, npie_err_t *err,
                             apr_pool_t *p)
{
    apr_status_t rv = npie_child_exchange(r, ask, w, err, p);

    return rv != APR_SUCCESS ? rv
        : status_of(npie_wire_get_u16(r), r, ask, err, p);
}

static void begin(npie_wire_writer_t *w, npie_ledger_op_t op, apr_pool_t *p)
{
    npie_wire_writer_init(w, p);
    npie_wire_put_u16(w, op);
}

static apr_status_t finish(npie_wire_reader_t *r, npie_ledger_ask_t *ask,
                           npie_err_t *err)
{
    return npie_wire_get_end(r) == APR_SUCCESS ? APR_SUCCESS
        : npie_child_malformed(ask, err);
}

apr_status_t npie_ledger_start(npie_ledger_ask_t **pask,
                               const npie_child_place_t *place,
                               npie_err_t *err, apr_pool_t *p)
{
    return npie_child_start(pask, NPIE_LEDGER_NAME, place, err, p);
}

apr_status_t npie_ledger_open(npie_ledger_ask_t *ask, const char *database,
                              int read_only, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    npie_wire_writer_t w;
    npie_wire_reader_t r;
    apr_status_t rv;

    begin(&w, NPIE_LEDGER_OPEN, ptemp);
    npie_wire_put_string(&w, database);
    npie_wire_put_u16(&w, read_only != 0);
    rv = exchange(&r, ask, &w, err, ptemp);
    if (rv == NPIE_EINTERNAL && err != NULL) {
        err->status = NPIE_ECONFIG;
    }
    return rv == APR_SUCCESS ? finish(&r, ask, err)
        : rv == NPIE_EINTERNAL ? NPIE_ECONFIG : rv;
}

static apr_status_t get_rows(apr_array_header_t **plist,
                             npie_ledger_ask_t *ask,
                             const npie_wire_writer_t *w, int with_mark,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_wire_reader_t r;
    apr_status_t rv = exchange(&r, ask, w, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *plist = apr_array_make(p, 8, sizeof(npie_ledger_row_t));
    while (npie_wire_get_u16(&r) != 0) {
        npie_ledger_row_t *row = apr_array_push(*plist);

        row->mark = with_mark ? npie_wire_get_string(&r, NPIE_LEDGER_MARK_MAX,
                                                     p) : NULL;
        row->expires = with_mark ? apr_time_from_sec(
            (apr_int64_t)npie_wire_get_u64(&r)) : 0;
        row->number = npie_wire_get_u64(&r);
        row->line = npie_wire_get_string(&r, NPIE_ENTRY_MAX, p);
    }
    return finish(&r, ask, err);
}

static apr_status_t get_one(npie_ledger_row_t *row, npie_ledger_ask_t *ask,
                            const npie_wire_writer_t *w, npie_err_t *err,
                            apr_pool_t *p)
{
    static const npie_ledger_row_t none = { NULL, 0, 0, "" };
    apr_array_header_t *list;
    apr_status_t rv = get_rows(&list, ask, w, 0, err, p);

    if (rv == APR_SUCCESS) {
        *row = list->nelts == 0 ? none
            : APR_ARRAY_IDX(list, 0, npie_ledger_row_t);
    }
    return rv;
}

apr_status_t npie_ledger_head(npie_ledger_row_t *row, npie_ledger_ask_t *ask,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_wire_writer_t w;

    begin(&w, NPIE_LEDGER_HEAD, p);
    return get_one(row, ask, &w, err, p);
}

apr_status_t npie_ledger_find(npie_ledger_row_t *row, npie_ledger_ask_t *ask,
                              const char *mark, npie_err_t *err,
                              apr_pool_t *p)
{
    npie_wire_writer_t w;

    begin(&w, NPIE_LEDGER_FIND, p);
    npie_wire_put_string(&w, mark);
    return get_one(row, ask, &w, err, p);
}

apr_status_t npie_ledger_read(apr_array_header_t **plist,
                              npie_ledger_ask_t *ask, apr_uint64_t from,
                              apr_uint32_t most, npie_err_t *err,
                              apr_pool_t *p)
{
    npie_wire_writer_t w;

    begin(&w, NPIE_LEDGER_READ, p);
    npie_wire_put_u64(&w, from);
    npie_wire_put_u32(&w, most);
    return get_rows(plist, ask, &w, 0, err, p);
}

apr_status_t npie_ledger_list(apr_array_header_t **plist,
                              npie_ledger_ask_t *ask,
                              const npie_ledger_range_t *range,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_wire_writer_t w;

    begin(&w, NPIE_LEDGER_LIST, p);
    npie_wire_put_string(&w, range->prefix);
    npie_wire_put_string(&w, range->after);
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(range->expires));
    npie_wire_put_u64(&w, range->above);
    npie_wire_put_u16(&w, range->last_first != 0);
    npie_wire_put_u16(&w, range->bare != 0);
    npie_wire_put_u32(&w, range->most);
    return get_rows(plist, ask, &w, 1, err, p);
}

apr_status_t npie_ledger_append(npie_ledger_ask_t *ask, apr_uint64_t number,
                                const char *line,
                                const apr_array_header_t *marks,
                                npie_err_t *err, apr_pool_t *ptemp)
{
    npie_wire_writer_t w;
    npie_wire_reader_t r;
    apr_status_t rv;

    begin(&w, NPIE_LEDGER_APPEND, ptemp);
    npie_wire_put_u64(&w, number);
    npie_wire_put_string(&w, line);
    npie_wire_put_u16(&w, (apr_uint16_t)marks->nelts);
    for (int i = 0; i < marks->nelts; i++) {
        const npie_ledger_mark_t *mark = &APR_ARRAY_IDX(marks, i, npie_ledger_mark_t);

        npie_wire_put_string(&w, mark->name);
        npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(mark->expires));
    }
    rv = exchange(&r, ask, &w, err, ptemp);
    return rv == APR_SUCCESS ? finish(&r, ask, err) : rv;
}
