/* SPDX-License-Identifier: Apache-2.0
 * Requests to npie-draw.
 */
#include "draw/ask.h"

#define DETAIL_MAX 1024
/* To read its files, also where every processor is busy. */
#define OPEN_TIME apr_time_from_sec(60)

/* One exchange, up to what a good answer goes on with.
 * @param refused what a bad one is told as */
static apr_status_t exchange(npie_wire_reader_t *r, apr_uint64_t *plost,
                             npie_child_t *draw,
                             const npie_wire_writer_t *w,
                             apr_status_t refused, npie_err_t *err,
                             apr_pool_t *p)
{
    const char *detail;
    unsigned problem;
    npie_wire_reader_t whole;
    npie_bytes_t fields;
    apr_status_t rv = npie_child_exchange(&whole, draw, w, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *plost = npie_wire_get_u32(&whole);
    fields = npie_wire_get_bytes(&whole, NPIE_CHILD_FRAME_MAX);
    if (npie_wire_get_end(&whole) != APR_SUCCESS) {
        return npie_child_malformed(draw, err);
    }
    npie_wire_reader_init(r, fields);
    if (npie_wire_get_u16(r) == 0) {
        return APR_SUCCESS;
    }
    problem = npie_wire_get_u16(r);
    detail = npie_wire_get_string(r, DETAIL_MAX, p);
    if (npie_wire_get_end(r) != APR_SUCCESS) {
        return npie_child_malformed(draw, err);
    }
    return npie_err_set(err, refused, (npie_problem_t)problem, "%s", detail);
}

static apr_status_t finish(npie_wire_reader_t *r, npie_child_t *draw,
                           npie_err_t *err)
{
    return npie_wire_get_end(r) == APR_SUCCESS ? APR_SUCCESS
        : npie_child_malformed(draw, err);
}

apr_status_t npie_draw_open(const char **pdigest, npie_child_t *draw,
                            const npie_draw_setting_t *setting,
                            npie_err_t *err, apr_pool_t *p)
{
    const apr_interval_time_t usual = draw->timeout;
    apr_uint64_t lost;
    npie_wire_writer_t w;
    npie_wire_reader_t r;
    apr_status_t rv;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u16(&w, NPIE_DRAW_OPEN);
    npie_wire_put_string(&w, setting->fonts);
    npie_wire_put_string(&w, setting->institution);
    npie_wire_put_string(&w, setting->sentences != NULL ? setting->sentences
                                                        : "");
    npie_wire_put_u16(&w, (apr_uint16_t)setting->terms->nelts);
    for (int i = 0; i < setting->terms->nelts; i++) {
        npie_wire_put_string(&w, APR_ARRAY_IDX(setting->terms, i,
                                               const char *));
    }
    draw->timeout = OPEN_TIME;
    rv = exchange(&r, &lost, draw, &w, NPIE_ECONFIG, err, p);
    draw->timeout = usual;
    if (rv == APR_SUCCESS) {
        *pdigest = npie_wire_get_string(&r, NPIE_SHA256_HEX_SIZE - 1, p);
        rv = finish(&r, draw, err);
    }
    return rv;
}

apr_status_t npie_draw_judge(apr_uint64_t *plost, npie_child_t *draw,
                             npie_bytes_t letter,
                             const npie_letter_keys_t *keys,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    npie_wire_writer_t w;
    npie_wire_reader_t r;
    apr_status_t rv;

    npie_wire_writer_init(&w, ptemp);
    npie_wire_put_u16(&w, NPIE_DRAW_JUDGE);
    npie_wire_put_bytes(&w, letter);
    npie_wire_put_bytes(&w, keys->old_public_key);
    npie_wire_put_bytes(&w, keys->new_public_key);
    npie_wire_put_string(&w, keys->serial);
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(keys->not_before));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(keys->not_after));
    rv = exchange(&r, plost, draw, &w, NPIE_EPOLICY, err, ptemp);
    return rv == APR_SUCCESS ? finish(&r, draw, err) : rv;
}
