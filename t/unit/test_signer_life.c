/* SPDX-License-Identifier: Apache-2.0
 * The authority's own life: what npie-signer says of certificates that end,
 * and what it does when they end too early; and its clock.
 */
#include "unit/forge.h"
#include "unit/signer_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <apr_strings.h>

#include "signer/ends.h"

#define DAY apr_time_from_sec(86400)

/* An authority that ends so many days from now; it makes nothing here. */
static fixture_ca_t *ending(int days, apr_pool_t *p)
{
    forge_t forge = { .common_name = "Autoridad", .extensions = FORGE_CA,
                      .from = -900, .until = days };
    fixture_ca_t *ca = apr_pcalloc(p, sizeof(*ca));

    ca->id = identity_key("P-256", p);
    forge_certificate(ca->id, &forge, p);
    ca->cert = fixture_parse(ca->id->der, p);
    return ca;
}

static void test_said(void **state)
{
    static const struct {
        int days;
        const char *said;
    } cases[] = {
        { 6, " alert: Certificate \"Autoridad\" ends in 5 days, before" },
        { 29, " error: Certificate \"Autoridad\" ends in 28 days, before" },
        { 89, " warn: Certificate \"Autoridad\" ends in 88 days, before" },
        { 399, " notice: Certificate \"Autoridad\" ends in 398 days\n" },
        { 410, NULL },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        fixture_signer_t *signer = fixture_signer(ending(cases[i].days, p),
                                                  "", p);

        fixture_signer_start(signer);
        fixture_alive(signer, 0);
        if (cases[i].said != NULL ? !fixture_said(signer, cases[i].said, p)
                                  : fixture_said(signer, "ends in", p)) {
            fail_msg("%d days: %s", cases[i].days,
                     (const char *)fixture_read(signer->said, p).data);
        }
        fixture_signer_stop(signer, SIGTERM);
    }
}

/* How many lines are said at these moments. */
static int lines_said(npie_ends_t *ends, const apr_time_t *moments, int count,
                      apr_pool_t *p)
{
    const char *path = forge_path("said", p);
    int out = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    int kept = dup(STDERR_FILENO);
    int lines = 0;
    npie_bytes_t text;

    assert_true(out >= 0 && kept >= 0);
    dup2(out, STDERR_FILENO);
    for (int i = 0; i < count; ++i) {
        npie_ends_watch(ends, moments[i]);
    }
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(out);
    text = fixture_read(path, p);
    for (apr_size_t i = 0; i < text.len; ++i) {
        lines += text.data[i] == '\n';
    }
    return lines;
}

/* Every second day, not at the start alone; and when the clock was put
 * back. */
static void test_again(void **state)
{
    const apr_time_t now = apr_time_now();
    const apr_time_t moments[] = {
        now, now + 1, now + DAY, now + 2 * DAY - 1, now + 2 * DAY,
        now + 3 * DAY, now + 5 * DAY, now - DAY,
    };
    npie_ends_t *ends = npie_ends_make(*state);

    npie_ends_add(ends, "Certificate", ending(20, *state)->cert, 0, *state);
    npie_ends_add(ends, "Certificate", ending(3000, *state)->cert, 0, *state);
    assert_int_equal(lines_said(ends, moments, 2, *state), 1);
    ends->next = 0;
    assert_int_equal(lines_said(ends, moments, 5, *state), 2);
    ends->next = 0;
    assert_int_equal(lines_said(ends, moments, 8, *state), 4);
}

/* It is not the employer who can do something about it. */
static void test_too_early(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *old = fixture_ca("Anterior", p);
    fixture_employer_t *employer = fixture_expired(old, p);
    identity_t *key = identity_key("P-256", p);
    const char *trust = forge_file("old.crt", unit_bytes(
        npie_cert_pem(old->cert, p)), p);
    fixture_signer_t *signer = fixture_signer(
        ending(100, p), apr_psprintf(p, "Trust %s\n", trust), p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;

    fixture_signer_start(signer);
    assert_int_equal(npie_signer_issue(&cert, &signer->client,
                                       fixture_csr(key, p),
                                       fixture_signed(fixture_letter(
                                           fixture_cadena(employer, key, 1,
                                                          p), p),
                                           employer, p), &err, p),
                     NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_AUTHORITY_ENDS);
    assert_true(fixture_said(signer, "problem 96", p));
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

static void test_clock(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(ending(900, p), "", p);
    npie_signer_state_t told;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(signer);
    /* The first one waits for the start. */
    fixture_alive(signer, 0);
    assert_int_equal(npie_signer_ping(&told, &signer->client, &err, p),
                     APR_SUCCESS);
    assert_true(told.ahead > -apr_time_from_sec(2)
                && told.ahead < apr_time_from_sec(2));
    fixture_signer_stop(signer, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_said), pool_test(test_again),
        pool_test(test_too_early), pool_test(test_clock),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
