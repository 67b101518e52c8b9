/* SPDX-License-Identifier: Apache-2.0
 * Letters drawn again, one after the other.
 */
#include "draw/serve.h"

#include <errno.h>

#include <apr_strings.h>

#include "base/sentences.h"
#include "draw/ask.h"
#include "draw/worker.h"
#include "ledger/cage.h"
#include "letter/art.h"

#define EXIT_PEER 2
#define KEY_MAX 4096
#define SERIAL_MAX 64
/* Seconds; later dates are nobody's. */
#define TIME_MAX (APR_INT64_MAX / APR_USEC_PER_SEC)

typedef struct serving_t {
    apr_array_header_t *arts; /* of npie_letter_art_t *; NULL: not opened */
    npie_worker_t worker;
    apr_pool_t *p;
} serving_t;

static apr_status_t malformed(npie_err_t *err)
{
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                        "a request has not the fields that it must have");
}

/* Letters are in Spanish whatever languages the pages have. */
static apr_status_t say(npie_letter_art_t *art, const char *directory,
                        apr_pool_t *p, npie_err_t *err)
{
    apr_array_header_t *languages = apr_array_make(p, 1, sizeof(const char *));
    apr_array_header_t *sentences;
    apr_status_t rv;

    APR_ARRAY_PUSH(languages, const char *) = NPIE_SENTENCES_LANGUAGE;
    rv = npie_sentences_load(&sentences, languages, directory, err, p);
    return rv != APR_SUCCESS ? rv
        : npie_letter_art_say(art, APR_ARRAY_IDX(sentences, 0,
                                                 npie_sentences_t *), err, p);
}

static apr_status_t load(serving_t *serving, const char *terms,
                         const npie_draw_setting_t *setting, npie_err_t *err)
{
    npie_letter_art_t *art;
    apr_status_t rv = npie_letter_art_load(&art, setting->fonts, terms,
                                           setting->institution, err,
                                           serving->p);

    if (rv == APR_SUCCESS && *setting->sentences != '\0') {
        rv = say(art, setting->sentences, serving->p, err);
    }
    if (rv == APR_SUCCESS) {
        APR_ARRAY_PUSH(serving->arts, npie_letter_art_t *) = art;
    }
    return rv;
}

/* With its files read it needs nothing but its pair of sockets, and a process
 * for each letter, which may do less still. */
static apr_status_t confine(const serving_t *serving, npie_err_t *err)
{
    int confined;

    return serving->worker.filter
        ? npie_cage_enter(&confined, NPIE_CAGE_WORKERS, err) : APR_SUCCESS;
}

static apr_status_t open_files(serving_t *serving, npie_wire_reader_t *r,
                               npie_wire_writer_t *reply, npie_err_t *err,
                               apr_pool_t *p)
{
    npie_draw_setting_t setting;
    const char *terms[NPIE_DRAW_TERMS_MAX];
    apr_status_t rv = APR_SUCCESS;
    int count;

    setting.fonts = npie_wire_get_string(r, NPIE_DRAW_STRING_MAX, p);
    setting.institution = npie_wire_get_string(r, NPIE_DRAW_STRING_MAX, p);
    setting.sentences = npie_wire_get_string(r, NPIE_DRAW_STRING_MAX, p);
    count = npie_wire_get_u16(r);
    for (int i = 0; i < count && i < NPIE_DRAW_TERMS_MAX; i++) {
        terms[i] = npie_wire_get_string(r, NPIE_DRAW_STRING_MAX, p);
    }
    if (npie_wire_get_end(r) != APR_SUCCESS || serving->arts != NULL
        || count < 1) {
        return malformed(err);
    }
    serving->arts = apr_array_make(serving->p, count,
                                   sizeof(npie_letter_art_t *));
    for (int i = 0; i < count && rv == APR_SUCCESS; i++) {
        rv = load(serving, terms[i], &setting, err);
    }
    if (rv == APR_SUCCESS) {
        rv = confine(serving, err);
    }
    if (rv == APR_SUCCESS) {
        npie_wire_put_string(reply, npie_letter_art_digest(APR_ARRAY_IDX(
            serving->arts, 0, npie_letter_art_t *)));
    }
    return rv;
}

static apr_status_t judge(const serving_t *serving, npie_wire_reader_t *r,
                          npie_err_t *err, apr_pool_t *p)
{
    const npie_bytes_t letter = npie_wire_get_bytes(r, NPIE_LETTER_MAX);
    apr_uint64_t from, until;
    npie_letter_keys_t keys;

    keys.old_public_key = npie_wire_get_bytes(r, KEY_MAX);
    keys.new_public_key = npie_wire_get_bytes(r, KEY_MAX);
    keys.serial = npie_wire_get_string(r, SERIAL_MAX, p);
    from = npie_wire_get_u64(r);
    until = npie_wire_get_u64(r);
    if (npie_wire_get_end(r) != APR_SUCCESS || serving->arts == NULL
        || from > TIME_MAX || until > TIME_MAX) {
        return malformed(err);
    }
    keys.not_before = apr_time_from_sec((apr_time_t)from);
    keys.not_after = apr_time_from_sec((apr_time_t)until);
    return npie_letter_redraw(serving->arts, letter, &keys, err, p);
}

static npie_bytes_t answered(npie_wire_writer_t *reply, apr_status_t rv,
                             const npie_err_t *err, apr_pool_t *p)
{
    if (rv != APR_SUCCESS) {
        npie_wire_writer_init(reply, p);
        npie_wire_put_u16(reply, 1);
        npie_wire_put_u16(reply, (apr_uint16_t)err->problem);
        npie_wire_put_string(reply, err->detail);
    }
    return npie_wire_written(reply);
}

/* In a process of its own: the fields behind the operation. */
static npie_bytes_t judge_one(void *baton, npie_bytes_t request,
                              apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_reader_t r;
    npie_wire_writer_t reply;
    apr_status_t rv;

    npie_wire_reader_init(&r, request);
    npie_wire_get_u16(&r);
    rv = judge(baton, &r, &err, p);
    npie_wire_writer_init(&reply, p);
    npie_wire_put_u16(&reply, 0);
    return answered(&reply, rv, &err, p);
}

/* The letter is taken apart by nobody but a process that is of no use to
 * others. */
static npie_bytes_t have_judged(serving_t *serving, npie_bytes_t request,
                                apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t reply = { NULL, 0 };
    npie_wire_writer_t w;
    apr_status_t rv = npie_worker_ask(&reply, &serving->worker, request, p);

    if (rv != APR_SUCCESS) {
        npie_err_set(&err, rv, NPIE_P_LETTER, "npie-draw has ended twice over "
                     "this letter");
        npie_wire_writer_init(&w, p);
        reply = answered(&w, rv, &err, p);
    }
    return reply;
}

static npie_bytes_t answer(serving_t *serving, npie_bytes_t request,
                           apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_reader_t r;
    npie_wire_writer_t reply;
    apr_status_t rv;
    int op;

    npie_wire_reader_init(&r, request);
    op = npie_wire_get_u16(&r);
    if (op == NPIE_DRAW_JUDGE && serving->arts != NULL) {
        return have_judged(serving, request, p);
    }
    npie_wire_writer_init(&reply, p);
    npie_wire_put_u16(&reply, 0);
    rv = op == NPIE_DRAW_OPEN ? open_files(serving, &r, &reply, &err, p)
                              : malformed(&err);
    return answered(&reply, rv, &err, p);
}

int npie_draw_serve(int fd, int filter, apr_pool_t *p)
{
    serving_t serving = { .worker = { .answer = judge_one, .filter = filter },
                          .p = p };
    apr_pool_t *ptemp;
    apr_status_t rv;

    serving.worker.baton = &serving;
    apr_pool_create(&ptemp, p);
    for (;;) {
        npie_wire_writer_t reply;
        npie_bytes_t request;

        apr_pool_clear(ptemp);
        if (serving.arts != NULL) {
            npie_worker_ready(&serving.worker, ptemp);
        }
        rv = npie_child_receive(&request, fd, 0, ptemp);
        if (rv == APR_SUCCESS) {
            request = answer(&serving, request, ptemp);
            npie_wire_writer_init(&reply, ptemp);
            npie_wire_put_u32(&reply, serving.worker.lost);
            npie_wire_put_bytes(&reply, request);
            rv = npie_child_send(fd, npie_wire_written(&reply), 0, ptemp);
        }
        if (rv != APR_SUCCESS) {
            return APR_STATUS_IS_EOF(rv) || rv == EPIPE ? 0 : EXIT_PEER;
        }
    }
}
