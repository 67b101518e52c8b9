/* SPDX-License-Identifier: Apache-2.0
 * Frames to npie-signer, each answered by an authority made for the purpose.
 * The first byte is the operation.
 * Parser: signer/ops.c signer/ops_evidence.c signer/ops_ocsp.c
 * signer/ops_status.c signer/evidence.c signer/sealer.c base/wire.c
 */
#include <apr_strings.h>

#include "fuzz/fuzz.h"
#include "signer/ops.h"
#include "unit/forge.h"
#include "unit/signer_ops.h"

static npie_ops_t ops;
static fixture_ca_t *ca;

static int issued(apr_pool_t *p)
{
    const npie_ledger_range_t range = { .prefix = "folio:", .after = "",
                                        .most = 2 };
    apr_array_header_t *list;

    fuzz_need(npie_ledger_look_at(&list, NULL, ops.ledger, &range, NULL, p)
              == APR_SUCCESS, "the ledger does not answer");
    return list->nelts;
}

static void begin(apr_pool_t *p)
{
    ca = fixture_ca("Autoridad", p);
    signer_ops(&ops, fixture_signer(ca, apr_pstrcat(p, "Rate 1000000 1s\n",
        fixture_seal(forge_seal(ca->id, FORGE_SEAL_USAGE, p), p), NULL), p),
        p);
    fuzz_hush();
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_signer_header_t header = { 0, 7, 0 };
    npie_signer_header_t answer;
    npie_bytes_t reply = { NULL, 0 };
    npie_wire_reader_t r;

    if (input.len == 0) {
        return 0;
    }
    if (input.len >= NPIE_SIGNER_HEADER_SIZE) {
        npie_signer_header_get(&answer, input.data);
    }
    header.op = (apr_uint16_t)(*input.data & 0x0f);
    header.length = (apr_uint32_t)(input.len - 1);
    npie_ops_answer(&reply, &ops, &header,
                    (npie_bytes_t){ input.data + 1, input.len - 1 }, p);
    fuzz_need(reply.len >= NPIE_SIGNER_HEADER_SIZE + 4
              && npie_signer_header_get(&answer, reply.data) == APR_SUCCESS
              && answer.op == (header.op | NPIE_SIGNER_REPLY)
              && answer.id == 7
              && answer.length == reply.len - NPIE_SIGNER_HEADER_SIZE,
              "not one whole reply");
    /* One letter was signed by an employer. */
    fuzz_need(issued(p) <= 1, "a certificate for nobody");
    npie_wire_reader_init(&r, (npie_bytes_t){
        reply.data + NPIE_SIGNER_HEADER_SIZE, answer.length });
    return npie_wire_get_u32(&r) == NPIE_SIGNER_OK;
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    const fixture_employer_t *employer = fixture_expired(ca, p);
    const identity_t *key = identity_key("P-256", p);
    const npie_bytes_t letter = fixture_signed(
        fixture_letter(fixture_cadena(employer, key, 1, p), p), employer, p);
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, fixture_csr(key, p));
    npie_wire_put_bytes(&w, letter);
    fuzz_seed(list, "\2", npie_wire_written(&w));
    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, letter);
    fuzz_seed(list, "\5", npie_wire_written(&w));
    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, employer->id.der);
    npie_wire_put_u16(&w, 1);
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(apr_time_now()));
    npie_wire_put_u64(&w, 0);
    fuzz_seed(list, "\6", npie_wire_written(&w));
}

const fuzz_target_t fuzz_target = {
    .name = "frames", .corpus = "frames", .form = FUZZ_WIRE, .lead = 1,
    .begin = begin, .seeds = seeds, .run = run
};
