/* SPDX-License-Identifier: Apache-2.0
 * AUDIT, asked of npie-signer itself: a head that is kept never goes back,
 * through restarts and kills, but by hand.
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

    assert_int_equal(give(&kept, signer, 7, 3, p), APR_SUCCESS);
    assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
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

/* The head set by hand, with no signer running. */
static void reseal(const fixture_signer_t *signer, const char *given,
                   int status, apr_pool_t *p)
{
    const char *command = apr_psprintf(p, "%s/npie-signer -f %s -r %s 2>>%s",
                                       NPIE_BUILD, signer->conf, given,
                                       signer->said);

    assert_int_equal(WEXITSTATUS(system(command)), status);
}

/* More heads than one reply has, those before given up. */
static void test_heads(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = started("Rate 10000 1s\n", p);
    npie_signer_heads_t heads = { NULL, 0, 0, NULL };
    npie_signer_head_t kept;
    int count = 0;
    npie_err_t err;

    for (int i = 1; i <= 20; ++i) {
        assert_int_equal(give(&kept, signer, i, i % 16, p), APR_SUCCESS);
    }
    fixture_signer_stop(signer, SIGTERM);
    reseal(signer, "12", 254, p);
    assert_true(fixture_said(signer, "give a row's number, a colon", p));
    reseal(signer, apr_psprintf(p, "1:%s", head(1, 7).hash), 0, p);
    fixture_signer_start(signer);
    assert_keeps(signer, 1, 7, p);
    for (int i = 2; i <= 601; ++i) {
        assert_int_equal(give(&kept, signer, i, i % 16, p), APR_SUCCESS);
    }
    do {
        assert_int_equal(npie_signer_heads(&heads, &signer->client,
                                           heads.next, &err, p), APR_SUCCESS);
        for (int i = 0; i < heads.list->nelts; ++i) {
            const npie_signer_head_t *one =
                &APR_ARRAY_IDX(heads.list, i, npie_signer_head_t);

            assert_int_equal(one->sequence, ++count);
            assert_string_equal(one->hash, head(0, count == 1 ? 7
                                                : count % 16).hash);
        }
    } while (heads.next != 0);
    assert_int_equal(count, 601);
    assert_int_equal(heads.resealed, 1);
    assert_non_null(strstr(heads.resealed_at, "Z"));
    assert_int_not_equal(npie_signer_heads(&heads, &signer->client,
                                           (apr_uint64_t)1 << 63, &err, p),
                         APR_SUCCESS);
    assert_keeps(signer, 601, 601 % 16, p);
    assert_true(fixture_said(signer, "set by hand 1 times", p));
    fixture_signer_stop(signer, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_forward), pool_test(test_leap), pool_test(test_malformed),
        pool_test(test_restarts), pool_test(test_rate), pool_test(test_heads),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("signer_audit", tests, NULL, NULL);
}
