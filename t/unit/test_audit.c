/* SPDX-License-Identifier: Apache-2.0
 * store/audit.h on SQLite and on PostgreSQL: the chain as it is written, by
 * two writers at once too, and what shows of every way to tamper with it.
 */
#include "unit/registries.h"

#include <apr_thread_proc.h>

#include "pki/digest.h"
#include "store/audit.h"

#define GENESIS \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define ROWS_EACH 40

/* SQL as somebody with the database in hand gives it. */
static void run(registry_fixture_t *f, const char *sql)
{
    int changed = 0;

    assert_int_equal(apr_dbd_query(f->registry->driver, f->registry->handle,
                                   &changed, sql), 0);
}

/* An audit that holds what test programs before this wrote no more. */
static void begin_anew(registry_fixture_t *f)
{
    run(f, "DELETE FROM audit");
    run(f, "UPDATE audit_head SET since = 0, sequence = 0, hash = '" GENESIS
        "'");
}

static void write_rows(registry_fixture_t *f, int count)
{
    begin_anew(f);
    for (int i = 1; i <= count; ++i) {
        assert_ok(f, npie_audit(f->registry, NOW + SEC(i), "3030", "data",
                                apr_psprintf(f->p, "renewal %d, ñ", i),
                                &f->err));
    }
}

static npie_audit_head_t head_of(registry_fixture_t *f)
{
    npie_audit_head_t head;

    assert_ok(f, npie_audit_head(&head, f->registry, &f->err));
    return head;
}

/* Heads that were kept, up to one of sequence 0. */
static apr_status_t next_kept(npie_audit_head_t *head, void *baton,
                              npie_err_t *err)
{
    const npie_audit_head_t **next = baton;

    (void)err;
    *head = **next;
    *next += head->sequence != 0;
    return APR_SUCCESS;
}

/* The findings as "changed 3-3, cut 5-6"; kept: NULL, or up to sequence 0. */
static const char *verify_all(registry_fixture_t *f,
                              const npie_audit_head_t *kept)
{
    const char *text = "";
    npie_audit_report_t report;

    assert_ok(f, npie_audit_verify(&report, f->registry,
                                   kept != NULL ? next_kept : NULL, &kept,
                                   &f->err, f->p));
    for (int i = 0; i < report.findings.list->nelts; ++i) {
        const npie_finding_t *finding =
            &APR_ARRAY_IDX(report.findings.list, i, npie_finding_t);

        text = apr_psprintf(f->p, "%s%s%s %d-%d", text, i > 0 ? ", " : "",
                            npie_fault_name(finding->fault),
                            (int)finding->first, (int)finding->last);
        if (finding->was != 0) {
            text = apr_psprintf(f->p, "%s was %d", text, (int)finding->was);
        }
    }
    return report.findings.more ? apr_pstrcat(f->p, text, " ...", NULL) : text;
}

static const char *verify(registry_fixture_t *f, const npie_audit_head_t *kept)
{
    npie_audit_head_t heads[2] = { { 0, 0, "" }, { 0, 0, "" } };

    if (kept != NULL) {
        heads[0] = *kept;
    }
    return verify_all(f, kept != NULL ? heads : NULL);
}

/* Tampers with a chain of seven rows whose head was kept. */
static void assert_finds(registry_fixture_t *f, const char *expected,
                         const char *sql)
{
    npie_audit_head_t kept;

    write_rows(f, 7);
    kept = head_of(f);
    run(f, sql);
    assert_string_equal(verify(f, &kept), expected);
}

static void test_chain(void **state)
{
    registry_fixture_t *f = *state;
    const char *previous = GENESIS;
    apr_array_header_t *rows;

    write_rows(f, 3);
    assert_ok(f, npie_audit_list(&rows, f->registry, 0, &f->err));
    assert_int_equal(rows->nelts, 3);
    for (int i = 1; i <= 3; ++i) {
        const npie_audit_row_t *row = &APR_ARRAY_IDX(rows, i - 1,
                                                     npie_audit_row_t);
        char hash[NPIE_SHA256_HEX_SIZE];

        /* ñ is two bytes. */
        npie_sha256_hex(hash, unit_bytes(apr_psprintf(f->p,
            "npie-audit-1 %d %d 4:3030 4:data 13:renewal %d, ñ %s", i,
            (int)apr_time_sec(NOW) + i, i, previous)));
        assert_int_equal(row->sequence, i);
        assert_int_equal(row->at, NOW + SEC(i));
        assert_string_equal(row->previous, previous);
        assert_string_equal(row->hash, hash);
        previous = row->hash;
    }
    assert_int_equal(head_of(f).sequence, 3);
    assert_string_equal(head_of(f).hash, previous);
    assert_string_equal(verify(f, NULL), "");
    assert_ok(f, npie_audit_list(&rows, f->registry, 2, &f->err));
    assert_int_equal(rows->nelts, 1);
    assert_ok(f, npie_audit_list(&rows, f->registry, 3, &f->err));
    assert_int_equal(rows->nelts, 0);
}

static void test_empty(void **state)
{
    registry_fixture_t *f = *state;
    npie_audit_head_t kept;

    write_rows(f, 2);
    kept = head_of(f);
    begin_anew(f);
    assert_string_equal(verify(f, NULL), "");
    assert_string_equal(verify(f, &kept), "cut 1-2");
}

/* With the transaction, all of it or nothing, and no number lost. */
static void test_transaction(void **state)
{
    registry_fixture_t *f = *state;

    write_rows(f, 2);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_audit(f->registry, NOW, "a", "data", "", &f->err));
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));
    assert_int_equal(head_of(f).sequence, 2);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_audit(f->registry, NOW, "a", "data", "", &f->err));
    assert_ok(f, npie_audit(f->registry, NOW, "a", "key", "", &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_int_equal(head_of(f).sequence, 4);
    assert_string_equal(verify(f, NULL), "");
}

static void test_changed(void **state)
{
    registry_fixture_t *f = *state;

    assert_finds(f, "", "UPDATE audit SET detail = detail");
    assert_finds(f, "changed 4-4",
                 "UPDATE audit SET detail = 'x' WHERE sequence = 4");
    assert_finds(f, "changed 1-1",
                 "UPDATE audit SET actor = '3031' WHERE sequence = 1");
    assert_finds(f, "changed 7-7",
                 "UPDATE audit SET at = at - 1 WHERE sequence = 7");
    assert_finds(f, "changed 2-2, changed 5-5",
                 "UPDATE audit SET event = 'key' WHERE sequence IN (2, 5)");
    assert_finds(f, "changed 4-4", "UPDATE audit SET previous = NULL,"
                 " hash = NULL WHERE sequence = 4");
    /* A text moved over the border between two fields. */
    assert_finds(f, "changed 3-3", "UPDATE audit SET actor = '303',"
                 " event = '0data' WHERE sequence = 3");
}

static void test_missing(void **state)
{
    registry_fixture_t *f = *state;

    assert_finds(f, "missing 4-4", "DELETE FROM audit WHERE sequence = 4");
    assert_finds(f, "missing 1-2", "DELETE FROM audit WHERE sequence < 3");
    assert_finds(f, "cut 6-7", "DELETE FROM audit WHERE sequence > 5");
    assert_finds(f, "cut 1-7", "DELETE FROM audit");
    assert_finds(f, "foreign 8-8", "INSERT INTO audit (sequence, at, actor,"
                 " event, detail) VALUES (8, 1, 'a', 'data', '')");
}

static void test_moved(void **state)
{
    registry_fixture_t *f = *state;

    write_rows(f, 7);
    run(f, "UPDATE audit SET sequence = 99 WHERE sequence = 3");
    run(f, "UPDATE audit SET sequence = 3 WHERE sequence = 5");
    run(f, "UPDATE audit SET sequence = 5 WHERE sequence = 99");
    assert_string_equal(verify(f, NULL), "moved 3-3 was 5, moved 5-5 was 3");
    write_rows(f, 7);
    run(f, "DELETE FROM audit WHERE sequence = 6");
    run(f, "UPDATE audit SET sequence = 6 WHERE sequence = 7");
    assert_string_equal(verify(f, NULL), "moved 6-6 was 7, cut 7-7");
}

/* The newest rows cut off with care: only a kept head tells. */
static void test_cut_with_care(void **state)
{
    registry_fixture_t *f = *state;
    npie_audit_head_t early, late;

    write_rows(f, 5);
    early = head_of(f);
    assert_ok(f, npie_audit(f->registry, NOW, "a", "login", "", &f->err));
    late = head_of(f);
    run(f, "DELETE FROM audit WHERE sequence > 5");
    run(f, apr_psprintf(f->p, "UPDATE audit_head SET sequence = 5, hash = '%s'",
                        early.hash));
    assert_string_equal(verify(f, NULL), "");
    assert_string_equal(verify(f, &early), "");
    assert_string_equal(verify(f, &late), "cut 6-6");
    assert_ok(f, npie_audit(f->registry, NOW, "a", "key", "", &f->err));
    assert_string_equal(verify(f, NULL), "");
    assert_string_equal(verify(f, &late), "rewritten 6-6");
}

/* The whole of it written anew, with another row 2. */
static void test_rewritten(void **state)
{
    registry_fixture_t *f = *state;
    npie_audit_head_t kept;

    write_rows(f, 4);
    kept = head_of(f);
    begin_anew(f);
    for (int i = 0; i < 6; ++i) {
        assert_ok(f, npie_audit(f->registry, NOW, "3030", "data", "other",
                                &f->err));
    }
    assert_string_equal(verify(f, NULL), "");
    assert_string_equal(verify(f, &kept), "rewritten 4-4");
    run(f, "UPDATE audit SET previous = NULL, hash = NULL");
    run(f, "UPDATE audit_head SET since = 6, hash = '" GENESIS "'");
    assert_string_equal(verify(f, NULL), "");
    assert_string_equal(verify(f, &kept), "rewritten 4-4");
}

/* Written anew, and rows since whose heads were kept as well: every head
 * counts, not the last alone. */
static void test_rewritten_since(void **state)
{
    registry_fixture_t *f = *state;
    npie_audit_head_t kept[5] = { { 0, 0, "" } };

    write_rows(f, 2);
    kept[0] = head_of(f);
    for (int i = 1; i < 3; ++i) {
        assert_ok(f, npie_audit(f->registry, NOW, "3030", "data", "",
                                &f->err));
        kept[i] = head_of(f);
    }
    assert_string_equal(verify_all(f, kept), "");
    begin_anew(f);
    for (int i = 0; i < 6; ++i) {
        assert_ok(f, npie_audit(f->registry, NOW, "3030", "data", "other",
                                &f->err));
    }
    kept[3] = head_of(f);
    assert_string_equal(verify_all(f, kept), "rewritten 2-4");
    /* And the end cut off after that. */
    kept[3].sequence = 9;
    assert_string_equal(verify_all(f, kept), "rewritten 2-4, cut 7-9");
}

/* A row whose own hash was made to fit. */
static void test_fitted(void **state)
{
    registry_fixture_t *f = *state;
    apr_array_header_t *rows;
    char hash[NPIE_SHA256_HEX_SIZE];
    const char *previous;

    write_rows(f, 7);
    assert_ok(f, npie_audit_list(&rows, f->registry, 3, &f->err));
    previous = APR_ARRAY_IDX(rows, 0, npie_audit_row_t).previous;
    npie_sha256_hex(hash, unit_bytes(apr_psprintf(f->p,
        "npie-audit-1 4 1 1:x 4:data 0: %s", previous)));
    run(f, apr_psprintf(f->p, "UPDATE audit SET at = 1, actor = 'x',"
                        " detail = '', hash = '%s' WHERE sequence = 4", hash));
    assert_string_equal(verify(f, NULL), "changed 4-4");
}

/* Rows from before the chain are left alone, and the chain begins after. */
static void test_since(void **state)
{
    registry_fixture_t *f = *state;

    write_rows(f, 3);
    run(f, "UPDATE audit SET previous = NULL, hash = NULL");
    run(f, "UPDATE audit_head SET since = 3, hash = '" GENESIS "'");
    assert_string_equal(verify(f, NULL), "");
    assert_ok(f, npie_audit(f->registry, NOW, "a", "data", "", &f->err));
    assert_int_equal(head_of(f).sequence, 4);
    assert_string_equal(verify(f, NULL), "");
    run(f, "UPDATE audit SET detail = 'x' WHERE sequence = 4");
    assert_string_equal(verify(f, NULL), "changed 4-4");
}

static void test_many(void **state)
{
    registry_fixture_t *f = *state;
    npie_audit_head_t kept;

    begin_anew(f);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    for (int i = 0; i < 1100; ++i) {
        assert_ok(f, npie_audit(f->registry, NOW, "a", "data", "", &f->err));
    }
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    kept = head_of(f);
    assert_int_equal(kept.sequence, 1100);
    assert_string_equal(verify(f, &kept), "");
    run(f, "DELETE FROM audit WHERE sequence IN (500, 501, 1001)");
    assert_string_equal(verify(f, &kept), "missing 500-501, missing 1001-1001");
    run(f, "UPDATE audit SET detail = 'x'");
    assert_non_null(strstr(verify(f, &kept), " ..."));
}

/* One of two writers, with a connection of its own. */
typedef struct writer_t {
    const registry_fixture_t *f;
    apr_status_t rv;
} writer_t;

static void * APR_THREAD_FUNC write_many(apr_thread_t *thread, void *data)
{
    writer_t *writer = data;
    npie_registry_t *registry;
    npie_err_t err;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    writer->rv = npie_registry_open(&registry, writer->f->driver,
                                    writer->f->params, &err, p);
    for (int i = 0; i < ROWS_EACH && writer->rv == APR_SUCCESS; ++i) {
        writer->rv = npie_registry_begin(registry, &err);
        if (writer->rv == APR_SUCCESS) {
            writer->rv = npie_audit(registry, NOW, "a", "data", "", &err);
        }
        if (writer->rv == APR_SUCCESS) {
            writer->rv = npie_audit(registry, NOW, "a", "key", "", &err);
        }
        if (writer->rv == APR_SUCCESS) {
            writer->rv = npie_registry_end(registry, 1, &err);
        }
    }
    apr_pool_destroy(p);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void test_two_writers(void **state)
{
    registry_fixture_t *f = *state;
    writer_t writers[2] = { { f, APR_SUCCESS }, { f, APR_SUCCESS } };
    apr_thread_t *threads[2];
    apr_status_t rv;

    begin_anew(f);
    for (int i = 0; i < 2; ++i) {
        assert_ok(f, apr_thread_create(&threads[i], NULL, write_many,
                                       &writers[i], f->p));
    }
    for (int i = 0; i < 2; ++i) {
        assert_ok(f, apr_thread_join(&rv, threads[i]));
        assert_ok(f, writers[i].rv);
    }
    assert_int_equal(head_of(f).sequence, 4 * ROWS_EACH);
    assert_string_equal(verify(f, NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_chain), ON_BOTH(test_empty), ON_BOTH(test_transaction),
        ON_BOTH(test_changed), ON_BOTH(test_missing), ON_BOTH(test_moved),
        ON_BOTH(test_cut_with_care), ON_BOTH(test_rewritten),
        ON_BOTH(test_rewritten_since),
        ON_BOTH(test_fitted), ON_BOTH(test_since), ON_BOTH(test_many),
        ON_BOTH(test_two_writers),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
