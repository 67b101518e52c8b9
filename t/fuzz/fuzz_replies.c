/* SPDX-License-Identifier: Apache-2.0
 * Frames from npie-signer, as httpd and npiectl read them: a thread answers
 * on a socket with the input. First byte: the operation asked for.
 * Parser: signer/client.c signer/client_status.c signer/protocol.c base/wire.c
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "signer/client.h"
#include "unit/forge.h"
#include "unit/signer_fixture.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static npie_signer_t signer;
static int listener;
/* What is answered; set before each question. */
static npie_bytes_t payload;

/* Reads a question's header and answers it. */
static void answer(int fd, apr_pool_t *p)
{
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header;
    npie_bytes_t frame;

    if (recv(fd, raw, sizeof(raw), MSG_WAITALL) == (ssize_t)sizeof(raw)
        && npie_signer_header_get(&header, raw) == APR_SUCCESS) {
        header.op |= NPIE_SIGNER_REPLY;
        frame = npie_signer_frame(&header, payload, p);
        send(fd, frame.data, frame.len, MSG_NOSIGNAL);
    }
    /* What was not read would take the answer along. */
    shutdown(fd, SHUT_WR);
    while (recv(fd, raw, sizeof(raw), 0) > 0) {
    }
    close(fd);
}

static void *APR_THREAD_FUNC serve(apr_thread_t *thread, void *baton)
{
    apr_pool_t *p;

    (void)thread;
    (void)baton;
    apr_pool_create(&p, NULL);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);

        if (fd < 0) {
            break;
        }
        answer(fd, p);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static apr_status_t stop(void *thread)
{
    apr_status_t rv;

    shutdown(listener, SHUT_RDWR);
    apr_thread_join(&rv, thread);
    close(listener);
    return APR_SUCCESS;
}

static void begin(apr_pool_t *p)
{
    apr_thread_t *thread = NULL;

    signer.path = forge_path("socket", p);
    signer.timeout = apr_time_from_sec(10);
    listener = fixture_listen(signer.path);
    fuzz_need(apr_thread_create(&thread, NULL, serve, NULL, p) == APR_SUCCESS,
              "no thread");
    apr_pool_pre_cleanup_register(p, thread, stop);
}

static apr_status_t ask_status(npie_signer_op_t op, npie_err_t *err,
                               apr_pool_t *p)
{
    const npie_bytes_t bytes = fuzz_bytes("x");
    const npie_signer_revoke_t revoke = { bytes, NPIE_REASON_SUPERSEDED, 1,
                                          0, NULL };
    const npie_signer_head_t head = { 1, HEX64 };
    npie_signer_head_t kept = { 0, "" };
    npie_signer_heads_t heads;
    npie_reason_t reason;
    apr_status_t rv;
    int revoked;

    switch (op) {
    case NPIE_SIGNER_REVOKE:
        return npie_signer_revoke(&signer, &revoke, err, p);
    case NPIE_SIGNER_STANDING:
        return npie_signer_standing(&revoked, &reason, &signer, bytes, err, p);
    case NPIE_SIGNER_AUDIT:
        rv = npie_signer_audit(&kept, &signer, &head, err, p);
        fuzz_need(rv != APR_SUCCESS || kept.sequence >= 0, "a head");
        fuzz_need_clean(rv == APR_SUCCESS ? kept.hash : "");
        return rv;
    default:
        rv = npie_signer_heads(&heads, &signer, 0, err, p);
        for (int i = 0; rv == APR_SUCCESS && i < heads.list->nelts; ++i) {
            fuzz_need(APR_ARRAY_IDX(heads.list, i, npie_signer_head_t).sequence
                      > 0, "a head");
        }
        fuzz_need_clean(rv == APR_SUCCESS ? heads.resealed_at : "");
        return rv;
    }
}

static apr_status_t ask(npie_signer_op_t op, npie_err_t *err, apr_pool_t *p)
{
    const npie_bytes_t bytes = fuzz_bytes("x");
    npie_signer_state_t state;
    npie_signer_crl_t crl;
    npie_signer_ocsp_t ocsp;
    npie_bytes_t out = { NULL, 1 };
    apr_status_t rv;

    switch (op) {
    case NPIE_SIGNER_PING:
        return npie_signer_ping(&state, &signer, err, p);
    case NPIE_SIGNER_ISSUE:
        rv = npie_signer_issue(&out, &signer, bytes, bytes, err, p);
        break;
    case NPIE_SIGNER_SEAL:
        rv = npie_signer_seal(&out, &signer, bytes, err, p);
        break;
    case NPIE_SIGNER_CRL:
        rv = npie_signer_crl(&crl, &signer, err, p);
        out = rv == APR_SUCCESS ? crl.crl : out;
        break;
    case NPIE_SIGNER_OCSP:
        rv = npie_signer_ocsp(&ocsp, &signer, bytes,
                              apr_array_make(p, 1, sizeof(npie_bytes_t)), err,
                              p);
        out = rv == APR_SUCCESS ? ocsp.response : out;
        break;
    default:
        return ask_status(op, err, p);
    }
    fuzz_need(rv != APR_SUCCESS || (out.len > 0 && out.data != NULL),
              "success with nothing");
    return rv;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (input.len == 0 || input.len > NPIE_SIGNER_PAYLOAD_MAX) {
        return 0;
    }
    payload.data = input.data + 1;
    payload.len = input.len - 1;
    rv = ask((npie_signer_op_t)(*input.data & 0x0f), &err, p);
    fuzz_need(rv == APR_SUCCESS || rv == APR_ENOTIMPL || *err.detail != '\0',
              "a failure without words");
    fuzz_need_clean(err.detail);
    return rv == APR_SUCCESS;
}

/* A reply's bytes: status 0, n numbers of 8 bytes after some fields. */
static void seed_reply(apr_array_header_t *list, const char *op,
                       const char *first, const char *second, int numbers,
                       apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    if (first != NULL) {
        npie_wire_put_string(&w, first);
    }
    if (second != NULL) {
        npie_wire_put_string(&w, second);
    }
    for (int i = 0; i < numbers; ++i) {
        npie_wire_put_u64(&w, 1795000000);
    }
    fuzz_seed(list, op, npie_wire_written(&w));
}

static void seed_heads(apr_array_header_t *list, apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, 17);
    npie_wire_put_u64(&w, 0);
    npie_wire_put_string(&w, "2026-11-30T22:39:33Z");
    npie_wire_put_u16(&w, 2);
    for (int i = 1; i <= 2; ++i) {
        npie_wire_put_u64(&w, (apr_uint64_t)i);
        npie_wire_put_string(&w, HEX64);
    }
    fuzz_seed(list, "\10", npie_wire_written(&w));
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u32(&w, 4711);
    npie_wire_put_u64(&w, 3);
    npie_wire_put_u64(&w, 1795000000000000);
    npie_wire_put_string(&w, "0123456789abcdef");
    npie_wire_put_u64(&w, 2);
    fuzz_seed(list, "\1", npie_wire_written(&w));
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_string(&w, "certificate");
    npie_wire_put_u16(&w, 1);
    npie_wire_put_string(&w, "authority");
    fuzz_seed(list, "\2", npie_wire_written(&w));
    seed_reply(list, "\3", "crl", "authority", 2, p);
    seed_reply(list, "\4", "answer", NULL, 2, p);
    seed_reply(list, "\5", "section", NULL, 0, p);
    seed_reply(list, "\6", NULL, NULL, 0, p);
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, 9);
    npie_wire_put_string(&w, HEX64);
    fuzz_seed(list, "\7", npie_wire_written(&w));
    seed_heads(list, p);
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_REFUSED);
    npie_wire_put_u16(&w, 71);
    npie_wire_put_string(&w, "it is another letter");
    fuzz_seed(list, "\2", npie_wire_written(&w));
}

const fuzz_target_t fuzz_target = {
    .name = "replies", .form = FUZZ_WIRE, .lead = 1, .begin = begin,
    .seeds = seeds, .run = run
};
