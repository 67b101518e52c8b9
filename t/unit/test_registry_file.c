/* SPDX-License-Identifier: Apache-2.0
 * store/registry_file.h on SQLite and on PostgreSQL: letters come back byte
 * for byte, whatever frame they were stored with, and damage is found.
 */
#include "unit/registries.h"

#include <stdio.h>

#include "store/frame.h"
#include "store/registry_sql.h"
#include "store/schema.h"
#include "store/sealing.h"

#define FRAME_LEN 150000

/* Bytes that do not compress: the same for the same seed. */
static unsigned char *noise(registry_fixture_t *f, apr_size_t len,
                            unsigned seed)
{
    unsigned char *data = apr_palloc(f->p, len);
    apr_uint32_t x = seed * 2654435761u + 1;

    for (apr_size_t i = 0; i < len; ++i) {
        x = x * 1664525u + 1013904223u;
        data[i] = (unsigned char)(x >> 24);
    }
    return data;
}

static npie_frame_t frame_of(registry_fixture_t *f, unsigned seed)
{
    npie_frame_t frame;

    assert_ok(f, npie_frame_make(&frame,
                                 (npie_bytes_t){ noise(f, FRAME_LEN, seed),
                                                 FRAME_LEN }, &f->err));
    return frame;
}

/* A letter by a frame: most of it, with something in between. */
static npie_bytes_t letter_of(registry_fixture_t *f, const npie_frame_t *frame)
{
    unsigned char *data = apr_palloc(f->p, FRAME_LEN + 3000);

    memcpy(data, frame->bytes.data, 60000);
    memcpy(data + 60000, noise(f, 3000, (unsigned)++f->serial), 3000);
    memcpy(data + 63000, frame->bytes.data + 60000, FRAME_LEN - 60000);
    return (npie_bytes_t){ data, FRAME_LEN + 3000 };
}

static npie_letter_row_t add(registry_fixture_t *f, npie_bytes_t pdf)
{
    npie_renewal_t renewal = registry_renewal_added(f);
    npie_letter_row_t l = { .renewal = renewal.id, .created = NOW, .pdf = pdf,
                            .kind = NPIE_LETTER_RENEWAL };

    l.sha256 = registry_hex64(f, 7);
    assert_ok(f, npie_folio_next(&l.folio, f->registry, &f->err));
    assert_ok(f, npie_letter_insert(f->registry, &l, &f->err));
    return l;
}

static void assert_read(registry_fixture_t *f, npie_registry_t *registry,
                        const npie_letter_row_t *l)
{
    npie_letter_row_t *got;

    assert_ok(f, npie_letter_get(&got, registry, l->folio, &f->err));
    assert_int_equal(got->pdf.len, l->pdf.len);
    assert_memory_equal(got->pdf.data, l->pdf.data, l->pdf.len);
}

/* What the database says of a letter. */
static long ask(registry_fixture_t *f, const char *what, apr_int64_t folio)
{
    const char *answer = npie_sql_ask(
        f->registry, apr_psprintf(f->p, "SELECT %s FROM letter WHERE folio = %"
                                  APR_INT64_T_FMT, what, folio), 0);

    assert_non_null(answer);
    return atol(answer);
}

static void run(registry_fixture_t *f, const char *sql, apr_int64_t folio)
{
    assert_ok(f, npie_sql_run(f->registry,
                              apr_psprintf(f->p, "%s WHERE folio = %"
                                           APR_INT64_T_FMT, sql, folio),
                              &f->err));
}

/* Another connection, without a frame of its own, as npiectl has it. */
static npie_registry_t *other(registry_fixture_t *f)
{
    npie_registry_t *registry;

    assert_ok(f, npie_registry_open(&registry, f->driver, f->params, &f->err,
                                    f->p));
    return registry;
}

static int has(const apr_array_header_t *findings, const char *what)
{
    int found = 0;

    for (int i = 0; i < findings->nelts; ++i) {
        found |= strstr(APR_ARRAY_IDX(findings, i, const char *), what)
            != NULL;
    }
    return found;
}

static void test_frames(void **state)
{
    registry_fixture_t *f = *state;
    const npie_frame_t first = frame_of(f, 1);
    const npie_frame_t second = frame_of(f, 2);
    apr_array_header_t *findings;
    npie_letter_row_t whole, one, two;
    npie_bytes_t signed_file;

    whole = add(f, letter_of(f, &first));
    f->registry->frame = &first;
    one = add(f, letter_of(f, &first));
    assert_in_range(ask(f, "length(pdf)", whole.folio), FRAME_LEN, 200000);
    assert_in_range(ask(f, "length(pdf)", one.folio), 3000, 3300);
    assert_read(f, f->registry, &one);

    /* New fonts. */
    f->registry->frame = &second;
    two = add(f, letter_of(f, &second));
    assert_in_range(ask(f, "length(pdf)", two.folio), 3000, 3300);
    assert_read(f, f->registry, &one);
    assert_read(f, f->registry, &two);
    signed_file = letter_of(f, &first);
    assert_ok(f, npie_letter_set_signed(f->registry, one.folio, signed_file,
                                        NOW, &f->err));
    one.pdf = signed_file;
    assert_read(f, f->registry, &one);

    assert_ok(f, npie_schema_verify(&findings, f->registry, &f->err));
    assert_false(has(findings, "without the frame"));
    f->registry = other(f);
    for (int round = 0; round < 2; ++round) {
        assert_read(f, f->registry, &whole);
        assert_read(f, f->registry, &one);
        assert_read(f, f->registry, &two);
    }
    assert_string_equal(npie_sql_ask(f->registry,
        apr_psprintf(f->p, "SELECT count(*) FROM frame WHERE sha256 IN"
                     " ('%s', '%s')", first.sha256, second.sha256), 0), "2");
}

/* Sizes at which something begins or ends. */
static void test_sizes(void **state)
{
    static const apr_size_t sizes[] = { 1, 2, 63, 64, 65, 66, 100, 4096 };
    registry_fixture_t *f = *state;
    const npie_frame_t frame = frame_of(f, 3);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        unsigned char *zeros = apr_pcalloc(f->p, sizes[i]);
        npie_letter_row_t l;

        for (int framed = 0; framed < 2; ++framed) {
            f->registry->frame = framed ? &frame : NULL;
            l = add(f, (npie_bytes_t){ noise(f, sizes[i], 9), sizes[i] });
            assert_read(f, f->registry, &l);
            l = add(f, (npie_bytes_t){ zeros, sizes[i] });
            assert_read(f, f->registry, &l);
        }
    }
}

/* A frame that was undone with its transaction is written again. */
static void test_undone(void **state)
{
    registry_fixture_t *f = *state;
    const npie_frame_t frame = frame_of(f, 4);
    npie_letter_row_t l;

    f->registry->frame = &frame;
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    add(f, letter_of(f, &frame));
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    l = add(f, letter_of(f, &frame));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_read(f, other(f), &l);
    l = add(f, letter_of(f, &frame));
    assert_read(f, other(f), &l);
}

/* What versions before schema 9 left. */
static void test_old(void **state)
{
    registry_fixture_t *f = *state;
    const npie_bytes_t pdf = unit_bytes("%PDF-1.4 as it was");
    npie_letter_row_t l = add(f, letter_of(f, &(npie_frame_t){
        .bytes = { noise(f, FRAME_LEN, 5), FRAME_LEN } }));

    run(f, npie_sql_is_sqlite(f->registry)
        ? "UPDATE letter SET pdf = 'JVBERi0xLjQgYXMgaXQgd2Fz'"
        : "UPDATE letter SET pdf = '\\x00'::bytea"
          " || decode('JVBERi0xLjQgYXMgaXQgd2Fz', 'base64')", l.folio);
    l.pdf = pdf;
    assert_read(f, f->registry, &l);
}

static void assert_damaged(registry_fixture_t *f, npie_registry_t *registry,
                           apr_int64_t folio)
{
    npie_letter_row_t *got;

    assert_status(f, NPIE_EBACKEND,
                  npie_letter_get(&got, registry, folio, &f->err));
    assert_null(got);
}

static void test_damage(void **state)
{
    static const char *const sqlite[] = {
        "UPDATE letter SET pdf = substr(pdf, 1, length(pdf) - 1)",
        "UPDATE letter SET pdf = substr(pdf, 1, 65)",
        "UPDATE letter SET pdf = x'02'", "UPDATE letter SET pdf = x'0128b5'",
        "UPDATE letter SET pdf = x'03ff'", "UPDATE letter SET pdf = 'no base'",
    };
    static const char *const pgsql[] = {
        "UPDATE letter SET pdf = substr(pdf, 1, length(pdf) - 1)",
        "UPDATE letter SET pdf = substr(pdf, 1, 65)",
        "UPDATE letter SET pdf = set_byte(pdf, 3000, get_byte(pdf, 3000) # 1)",
        "UPDATE letter SET pdf = '\\x02'", "UPDATE letter SET pdf = '\\x0128b5'",
        "UPDATE letter SET pdf = '\\x03ff'",
    };
    registry_fixture_t *f = *state;
    const npie_frame_t frame = frame_of(f, 6);
    apr_array_header_t *findings;
    npie_letter_row_t l;

    f->registry->frame = &frame;
    for (size_t i = 0; i < sizeof(sqlite) / sizeof(sqlite[0]); ++i) {
        l = add(f, letter_of(f, &frame));
        run(f, npie_sql_is_sqlite(f->registry) ? sqlite[i] : pgsql[i],
            l.folio);
        assert_damaged(f, f->registry, l.folio);
    }
    l = add(f, letter_of(f, &frame));
    assert_ok(f, npie_sql_run(f->registry,
        apr_psprintf(f->p, "DELETE FROM frame WHERE sha256 = '%s'",
                     frame.sha256), &f->err));
    assert_damaged(f, other(f), l.folio);
    assert_ok(f, npie_schema_verify(&findings, f->registry, &f->err));
    assert_true(has(findings, "without the frame"));
    /* Who draws such letters has the frame itself. */
    assert_read(f, f->registry, &l);
}

/* A frame of the right name that is another one. */
static void test_wrong_frame(void **state)
{
    registry_fixture_t *f = *state;
    const npie_frame_t right = frame_of(f, 7);
    npie_frame_t wrong = frame_of(f, 8);
    npie_letter_row_t l;

    f->registry->frame = &right;
    l = add(f, letter_of(f, &right));
    memcpy(wrong.sha256, right.sha256, sizeof(wrong.sha256));
    f->registry->frame = &wrong;
    assert_damaged(f, f->registry, l.folio);
}

static void test_seal(void **state)
{
    registry_fixture_t *f = *state;
    const npie_frame_t frame = frame_of(f, 9);
    const npie_bytes_t section = { noise(f, 40000, 10), 40000 };
    npie_letter_row_t l;
    npie_sealing_t sealing;

    f->registry->frame = &frame;
    l = add(f, letter_of(f, &frame));
    assert_ok(f, npie_letter_set_signed(f->registry, l.folio, l.pdf, NOW,
                                        &f->err));
    assert_ok(f, npie_sealing_set(f->registry, NPIE_SEALING_RENEWAL, l.folio,
                                  section, NOW, &f->err));
    assert_ok(f, npie_sealing_get(&sealing, other(f), NPIE_SEALING_RENEWAL,
                                  l.folio, &f->err));
    assert_int_equal(sealing.section.len, section.len);
    assert_memory_equal(sealing.section.data, section.data, section.len);
    /* Of a voided letter that nobody signed only the hash is kept. */
    l = add(f, letter_of(f, &frame));
    assert_ok(f, npie_letter_void(f->registry, l.folio, &f->err));
    l.pdf = (npie_bytes_t){ (const unsigned char *)"", 1 };
    assert_read(f, f->registry, &l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_frames), ON_BOTH(test_sizes), ON_BOTH(test_undone),
        ON_BOTH(test_old),    ON_BOTH(test_damage), ON_BOTH(test_wrong_frame),
        ON_BOTH(test_seal),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
