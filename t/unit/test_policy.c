/* SPDX-License-Identifier: Apache-2.0
 * flow/policy.h: who may renew, and until when.
 */
#include "unit/unit.h"

#include "flow/policy.h"

#define DAY apr_time_from_sec(86400)
#define NOW (apr_time_from_sec(1795000000))
#define SECOND apr_time_from_sec(1)

static const npie_policy_t policy = {
    .renew_before = 30 * DAY,
    .renew_after = 365 * DAY,
    .renewal_timeout = 10 * DAY,
};

/* Row 1, generation 1, with dates from now. */
static npie_certificate_t dated(apr_time_t from, apr_time_t until)
{
    const npie_certificate_t certificate = {
        .id = 1, .generation = 1, .status = NPIE_CERTIFICATE_ACTIVE,
        .not_before = NOW + from, .not_after = NOW + until,
    };

    return certificate;
}

static npie_renewal_t renewing(apr_int64_t old, apr_int64_t made,
                               npie_renewal_state_t state)
{
    const npie_renewal_t renewal = {
        .id = 9, .old_certificate = old, .new_certificate = made,
        .state = state, .created = NOW - DAY, .changed = NOW - DAY,
    };

    return renewal;
}

static void judged(const npie_policy_t *rules,
                   const npie_certificate_t *certificate,
                   const npie_certificate_t *newest,
                   const npie_renewal_t *open, npie_verdict_t verdict,
                   npie_problem_t problem)
{
    npie_problem_t why = NPIE_P_END;

    assert_int_equal(npie_policy_judge(&why, rules, certificate, newest, open,
                                       NOW), verdict);
    assert_int_equal(why, problem);
}

static void fine(const npie_certificate_t *certificate,
                 const npie_certificate_t *newest,
                 const npie_renewal_t *open, npie_verdict_t verdict)
{
    judged(&policy, certificate, newest, open, verdict, NPIE_P_NONE);
}

static void refused(const npie_certificate_t *certificate,
                    const npie_certificate_t *newest,
                    const npie_renewal_t *open, npie_problem_t problem)
{
    judged(&policy, certificate, newest, open, NPIE_VERDICT_REFUSED, problem);
}

static void test_ended(void **state)
{
    static const apr_time_t until[] = { -800 * DAY, -DAY, 10 * DAY, 90 * DAY };

    (void)state;
    for (size_t i = 0; i < sizeof(until) / sizeof(until[0]); ++i) {
        npie_certificate_t c = dated(-900 * DAY, until[i]);
        const npie_renewal_t open = renewing(1, 2, NPIE_RENEWAL_ISSUED);

        c.status = NPIE_CERTIFICATE_REVOKED;
        refused(&c, &c, NULL, NPIE_P_CERT_REVOKED);
        refused(&c, &c, &open, NPIE_P_CERT_REVOKED);
        c.status = NPIE_CERTIFICATE_SUPERSEDED;
        refused(&c, &c, NULL, NPIE_P_CERT_SUPERSEDED);
        refused(&c, &c, &open, NPIE_P_CERT_SUPERSEDED);
        c.additional = 1;
        refused(&c, &c, NULL, NPIE_P_CERT_ADDITIONAL);
        c.additional = 0;
        /* What the database may hold one day counts as the worst. */
        c.status = (npie_certificate_status_t)77;
        refused(&c, &c, NULL, NPIE_P_CERT_REVOKED);
    }
}

static void test_not_yet(void **state)
{
    npie_certificate_t c = dated(SECOND, 90 * DAY);

    (void)state;
    refused(&c, &c, NULL, NPIE_P_CERT_NOT_YET);
    c = dated(0, 90 * DAY);
    fine(&c, &c, NULL, NPIE_VERDICT_APPLICATION);
}

static void test_early(void **state)
{
    npie_certificate_t c = dated(-DAY, 30 * DAY + 1);
    npie_certificate_t newer = dated(-DAY, 90 * DAY);

    (void)state;
    newer.id = 2;
    newer.generation = 2;
    fine(&c, &c, NULL, NPIE_VERDICT_APPLICATION);
    c.not_after -= 1;
    fine(&c, &c, NULL, NPIE_VERDICT_EARLY);
    fine(&c, NULL, NULL, NPIE_VERDICT_EARLY);
    c.not_after = NOW + 1;
    fine(&c, &c, NULL, NPIE_VERDICT_EARLY);
    fine(&c, &newer, NULL, NPIE_VERDICT_APPLICATION);
    c.additional = 1;
    fine(&c, &newer, NULL, NPIE_VERDICT_APPLICATION);
}

/* Begun in the window, a renewal of a valid certificate goes on when the
 * admin narrows the window, and after it has issued. */
static void test_early_goes_on(void **state)
{
    const npie_certificate_t c = dated(-DAY, 90 * DAY);
    const npie_certificate_t other = dated(-DAY, 90 * DAY);
    npie_certificate_t newer = other;
    npie_renewal_t open = renewing(1, 0, NPIE_RENEWAL_STARTED);

    (void)state;
    newer.id = 2;
    fine(&c, &c, &open, NPIE_VERDICT_EARLY);
    fine(&c, &newer, &open, NPIE_VERDICT_APPLICATION);
    open = renewing(1, 2, NPIE_RENEWAL_ISSUED);
    fine(&c, &newer, &open, NPIE_VERDICT_EARLY);
    open = renewing(3, 4, NPIE_RENEWAL_ISSUED);
    fine(&c, &c, &open, NPIE_VERDICT_APPLICATION);
}

static void test_terms(void **state)
{
    npie_certificate_t c = dated(-DAY, 90 * DAY);
    npie_renewal_t open = renewing(7, 1, NPIE_RENEWAL_ISSUED);

    (void)state;
    c.generation = 2;
    fine(&c, &c, &open, NPIE_VERDICT_TERMS);
    c.not_after = NOW + DAY;
    fine(&c, &c, &open, NPIE_VERDICT_TERMS);
    c.terms_signed = NOW;
    fine(&c, &c, &open, NPIE_VERDICT_EARLY);
    /* Taken over from an older system: signed there, if at all. */
    c.terms_signed = 0;
    c.not_after = NOW + 90 * DAY;
    fine(&c, &c, NULL, NPIE_VERDICT_APPLICATION);
    open.new_certificate = 8;
    fine(&c, &c, &open, NPIE_VERDICT_APPLICATION);
}

static void test_expired(void **state)
{
    npie_certificate_t c = dated(-90 * DAY, 0);
    npie_certificate_t newer = dated(-DAY, 90 * DAY);

    (void)state;
    newer.id = 2;
    fine(&c, &c, NULL, NPIE_VERDICT_RENEWAL);
    fine(&c, NULL, NULL, NPIE_VERDICT_RENEWAL);
    refused(&c, &newer, NULL, NPIE_P_CERT_SUPERSEDED);
    c.additional = 1;
    refused(&c, &newer, NULL, NPIE_P_CERT_ADDITIONAL);
    refused(&c, NULL, NULL, NPIE_P_CERT_ADDITIONAL);
}

static void test_too_old(void **state)
{
    npie_certificate_t c = dated(-500 * DAY, -365 * DAY);
    npie_certificate_t newer = dated(-DAY, 90 * DAY);
    npie_renewal_t open = renewing(1, 0, NPIE_RENEWAL_KEYED);
    npie_policy_t unlimited = policy;

    (void)state;
    newer.id = 2;
    unlimited.renew_after = -1;
    fine(&c, &c, NULL, NPIE_VERDICT_RENEWAL);
    c.not_after -= 1;
    refused(&c, &c, NULL, NPIE_P_CERT_TOO_OLD);
    judged(&unlimited, &c, &c, NULL, NPIE_VERDICT_RENEWAL, NPIE_P_NONE);
    fine(&c, &c, &open, NPIE_VERDICT_RENEWAL);
    refused(&c, &newer, &open, NPIE_P_CERT_SUPERSEDED);
    open = renewing(1, 2, NPIE_RENEWAL_ISSUED);
    fine(&c, &newer, &open, NPIE_VERDICT_RENEWAL);
    unlimited.renew_after = 0;
    c.not_after = NOW;
    judged(&unlimited, &c, &c, NULL, NPIE_VERDICT_RENEWAL, NPIE_P_NONE);
    c.not_after = NOW - 1;
    judged(&unlimited, &c, &c, NULL, NPIE_VERDICT_REFUSED,
           NPIE_P_CERT_TOO_OLD);
}

static void test_lapsed(void **state)
{
    (void)state;
    for (int s = 0; s < NPIE_RENEWAL_STATES; ++s) {
        npie_renewal_t r = renewing(1, 0, (npie_renewal_state_t)s);
        const int times_out = s < NPIE_RENEWAL_ISSUED;

        /* Changes on the way buy no time. */
        r.changed = NOW;
        r.created = NOW - 10 * DAY + 1;
        assert_false(npie_policy_lapsed(&policy, &r, NULL, NOW));
        r.created = NOW - 10 * DAY;
        assert_int_equal(npie_policy_lapsed(&policy, &r, NULL, NOW),
                         times_out);
    }
}

static void test_lapsed_issued(void **state)
{
    npie_certificate_t made = dated(-90 * DAY, 1);
    npie_renewal_t r = renewing(7, 1, NPIE_RENEWAL_ISSUED);

    (void)state;
    r.created = NOW - 90 * DAY;
    assert_false(npie_policy_lapsed(&policy, &r, &made, NOW));
    made.not_after = NOW;
    assert_true(npie_policy_lapsed(&policy, &r, &made, NOW));
    made = dated(-DAY, 90 * DAY);
    made.status = NPIE_CERTIFICATE_REVOKED;
    assert_true(npie_policy_lapsed(&policy, &r, &made, NOW));
    r.state = NPIE_RENEWAL_COMPLETED;
    assert_false(npie_policy_lapsed(&policy, &r, &made, NOW));
}

static void test_new_bits(void **state)
{
    npie_policy_t rules = policy;

    (void)state;
    assert_int_equal(npie_policy_new_rsa_bits(&rules), 2048);
    rules.new_keys.rsa_min_bits = 1024;
    assert_int_equal(npie_policy_new_rsa_bits(&rules), 2048);
    rules.new_keys.rsa_min_bits = 3072;
    assert_int_equal(npie_policy_new_rsa_bits(&rules), 3072);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ended), cmocka_unit_test(test_not_yet),
        cmocka_unit_test(test_early), cmocka_unit_test(test_early_goes_on),
        cmocka_unit_test(test_terms), cmocka_unit_test(test_expired),
        cmocka_unit_test(test_too_old), cmocka_unit_test(test_lapsed),
        cmocka_unit_test(test_lapsed_issued), cmocka_unit_test(test_new_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
