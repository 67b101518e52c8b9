/* SPDX-License-Identifier: Apache-2.0
 * AUDIT, asked of npie-signer itself: a head that is kept never goes back,
 * through restarts, kills and a torn file.
 */
#include "unit/signer_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

static npie_signer_head_t head(apr_int64_t sequence, int digit)
{
    npie_signer_head_t made = { sequence, "" };

    memset(made.hash, "0123456789abcdef"[digit], sizeof(made.hash) - 1);
    made.hash[sizeof(made.hash) - 1] = '\0';
    return made;
}

static const char *file_of(const fixture_signer_t *signer, apr_pool_t *p)
{
    return apr_pstrcat(p, signer->log, ".audit", NULL);
}

/* What the signer answers to a head, or to the question when sequence is 0. */
static apr_status_t give(npie_signer_head_t *kept,
                         const fixture_signer_t *signer, apr_int64_t sequence,
                         int digit, apr_pool_t *p)
{
    const npie_signer_head_t made = head(sequence, digit);
    npie_err_t err;

    memset(kept, 0, sizeof(*kept));
    return npie_signer_audit(kept, &signer->client,
                             sequence != 0 ? &made : NULL, &err, p);
}

static void assert_keeps(const fixture_signer_t *signer, apr_int64_t sequence,
                         int digit, apr_pool_t *p)
{
    npie_signer_head_t kept;

    assert_int_equal(give(&kept, signer, 0, 0, p), APR_SUCCESS);
    assert_int_equal(kept.sequence, sequence);
    assert_string_equal(kept.hash, sequence != 0 ? head(0, digit).hash : "");
}

static fixture_signer_t *started(const char *more, apr_pool_t *p)
{
    fixture_signer_t *signer = fixture_signer(fixture_ca("Autoridad", p), more,
                                              p);

    fixture_signer_start(signer);
    return signer;
}

static void test_forward(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("", p);
    npie_signer_head_t kept;

    assert_keeps(signer, 0, 0, p);
    assert_int_equal(give(&kept, signer, 5, 1, p), APR_SUCCESS);
    assert_int_equal(kept.sequence, 5);
    assert_keeps(signer, 5, 1, p);
    /* Again, and late: the answer is what is kept. */
    assert_int_equal(give(&kept, signer, 5, 1, p), APR_SUCCESS);
    assert_int_equal(give(&kept, signer, 3, 2, p), APR_SUCCESS);
    assert_int_equal(kept.sequence, 5);
    assert_string_equal(kept.hash, head(5, 1).hash);
    assert_int_equal(give(&kept, signer, 900, 10, p), APR_SUCCESS);
    assert_keeps(signer, 900, 10, p);
    assert_int_equal(give(&kept, signer, 900, 11, p), NPIE_EPOLICY);
    assert_true(fixture_said(signer, "row 900 of the audit was given before "
                             "with another hash", p));
    assert_keeps(signer, 900, 10, p);
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

/* A number that the registry cannot have reached would spoil every later
 * head. */
static void test_leap(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("", p);
    npie_signer_head_t kept;

    assert_int_equal(give(&kept, signer, (apr_int64_t)1 << 62, 1, p),
                     NPIE_EPOLICY);
    assert_keeps(signer, 0, 0, p);
    assert_int_equal(give(&kept, signer, 3000000, 1, p), APR_SUCCESS);
    assert_int_equal(give(&kept, signer, 3000000 + 99000, 2, p), APR_SUCCESS);
    assert_int_equal(give(&kept, signer, 13000000, 3, p), NPIE_EPOLICY);
    assert_true(fixture_said(signer, "cannot have been written since", p));
    assert_keeps(signer, 3099000, 2, p);
    fixture_signer_stop(signer, SIGTERM);
    fixture_signer_start(signer);
    assert_int_equal(give(&kept, signer, 13000000, 3, p), NPIE_EPOLICY);
    assert_int_equal(give(&kept, signer, 3099001, 3, p), APR_SUCCESS);
    fixture_signer_stop(signer, SIGTERM);
}

/* Fields that are none: refused, and the signer lives on. */
static void test_malformed(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("", p);
    static const struct {
        apr_int64_t sequence;
        const char *hash;
    } bad[] = {
        { 1, "" }, { 1, "ab" }, { 0, "0" }, { -1, "" },
    };
    npie_signer_head_t kept, made;
    npie_err_t err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        made.sequence = bad[i].sequence;
        apr_cpystrn(made.hash, bad[i].hash, sizeof(made.hash));
        assert_int_equal(npie_signer_audit(&kept, &signer->client, &made, &err,
                                           p), NPIE_EPROTO);
    }
    made = head(1, 10);
    made.hash[0] = 'A';
    assert_int_equal(npie_signer_audit(&kept, &signer->client, &made, &err, p),
                     NPIE_EPROTO);
    made = head(-1, 10);
    assert_int_equal(npie_signer_audit(&kept, &signer->client, &made, &err, p),
                     NPIE_EPROTO);
    assert_keeps(signer, 0, 0, p);
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

static void test_restarts(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("", p);
    npie_signer_head_t kept;
    npie_bytes_t bytes;
    const char *text;

    assert_int_equal(give(&kept, signer, 7, 3, p), APR_SUCCESS);
    assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
    /* A line that was being written when the machine lost its power. */
    bytes = fixture_read(file_of(signer, p), p);
    text = apr_pstrcat(p, apr_pstrmemdup(p, (const char *)bytes.data,
                                         bytes.len), "8 0123", NULL);
    assert_int_equal(truncate(file_of(signer, p), 0), 0);
    fixture_write(file_of(signer, p), unit_bytes(text), 0600);
    fixture_signer_start(signer);
    assert_keeps(signer, 7, 3, p);
    assert_int_equal(give(&kept, signer, 8, 4, p), APR_SUCCESS);
    fixture_signer_stop(signer, SIGTERM);
    fixture_signer_start(signer);
    assert_keeps(signer, 8, 4, p);
    assert_int_equal(give(&kept, signer, 7, 3, p), APR_SUCCESS);
    assert_int_equal(kept.sequence, 8);
    fixture_signer_stop(signer, SIGTERM);
}

static void test_damaged(void **state)
{
    static const struct {
        const char *lines;
        const char *said;
    } bad[] = {
        { "something else\n", ".audit:1: these are no heads" },
        { "npie-signer audit heads 1\nfive\n", ".audit:2: it does not" },
        { "npie-signer audit heads 1\n5 abc x\n", ".audit:2: it is not" },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        fixture_signer_t *signer = fixture_signer(fixture_ca("A", p), "", p);

        fixture_write(file_of(signer, p), unit_bytes(bad[i].lines), 0644);
        fixture_signer_start(signer);
        assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 254);
        assert_true(fixture_said(signer, bad[i].said, p));
    }
}

/* A child that was broken into cannot fill the disk. */
static void test_rate(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("Rate 3 1d\n", p);
    npie_signer_head_t kept;

    for (int i = 1; i <= 3; ++i) {
        assert_int_equal(give(&kept, signer, i, 1, p), APR_SUCCESS);
    }
    assert_int_equal(give(&kept, signer, 4, 1, p), NPIE_EBACKEND);
    assert_keeps(signer, 3, 1, p);
    fixture_signer_stop(signer, SIGTERM);
}

/* More heads than one reply has, the older half of them given up. */
static void test_heads(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(fixture_ca("A", p), "", p);
    const char *text = "npie-signer audit heads 1\n";
    npie_signer_heads_t heads = { NULL, 0, 0, NULL };
    int count = 0;
    npie_err_t err;

    for (int i = 1; i <= 1200; ++i) {
        text = apr_psprintf(p, "%s%s%d %s 2026-11-22T00:00:00Z\n", text,
                            i == 600 ? "reseal " : "", i == 600 ? 1 : i,
                            head(0, i % 16).hash);
    }
    fixture_write(file_of(signer, p), unit_bytes(text), 0666);
    fixture_signer_start(signer);
    do {
        assert_int_equal(npie_signer_heads(&heads, &signer->client,
                                           heads.next, &err, p), APR_SUCCESS);
        for (int i = 0; i < heads.list->nelts; ++i, ++count) {
            const npie_signer_head_t *one =
                &APR_ARRAY_IDX(heads.list, i, npie_signer_head_t);

            assert_int_equal(one->sequence, count == 0 ? 1 : 600 + count);
            assert_string_equal(one->hash, head(0, (600 + count) % 16).hash);
        }
    } while (heads.next != 0);
    assert_int_equal(count, 601);
    assert_int_equal(heads.resealed, 1);
    assert_string_equal(heads.resealed_at, "2026-11-22T00:00:00Z");
    for (apr_uint64_t place = 1; place != 0; place <<= 1) {
        assert_int_not_equal(npie_signer_heads(&heads, &signer->client, place,
                                               &err, p), APR_SUCCESS);
    }
    assert_keeps(signer, 1200, 0, p);
    assert_true(fixture_said(signer, "set by hand 1 times", p));
    fixture_signer_stop(signer, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_forward), pool_test(test_leap), pool_test(test_malformed),
        pool_test(test_restarts), pool_test(test_damaged),
        pool_test(test_rate), pool_test(test_heads),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("signer_audit", tests, NULL, NULL);
}
