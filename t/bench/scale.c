/* SPDX-License-Identifier: Apache-2.0
 * What the registry's questions cost: bench-scale DRIVER PARAMS EMPLOYERS.
 * Prints a line a question, "name microseconds". t/bench/scale fills registries
 * of several sizes and compares.
 */
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/ticks.h"
#include "store/list.h"
#include "store/outbox.h"
#include "store/place.h"
#include "store/registry.h"
#include "store/sealing.h"
#include "store/stamping.h"

/* How often each question is asked, of another employer each time. */
#define ROUNDS 200

/* Numbers of rows; t/bench/scale writes certificate 2n - 1 and 2n for employer
 * n, and this is the end of the first ones. */
#define ENDED apr_time_from_sec(1700000000)

typedef struct bench_t {
    npie_registry_t *registry;
    apr_int64_t n;         /* the employer of this round */
    apr_array_header_t *list;
    apr_pool_t *p;         /* of this round */
} bench_t;

typedef apr_status_t question_fn(bench_t *b, npie_err_t *err);

static apr_status_t by_key(bench_t *b, npie_err_t *err)
{
    npie_certificate_t *c;
    const char *spki = apr_psprintf(b->p, "%064" APR_UINT64_T_HEX_FMT,
                                    (apr_uint64_t)(2 * b->n));

    return npie_certificate_by_spki(&c, b->registry, spki, err);
}

static apr_status_t by_user(bench_t *b, npie_err_t *err)
{
    npie_employer_t *e;

    return npie_employer_by_user(
        &e, b->registry,
        apr_psprintf(b->p, "usuario%09" APR_INT64_T_FMT, b->n), err);
}

static apr_status_t by_rp(bench_t *b, npie_err_t *err)
{
    npie_employer_t *e;

    return npie_employer_by_rp10(
        &e, b->registry, apr_psprintf(b->p, "A%09" APR_INT64_T_FMT, b->n), err);
}

static apr_status_t by_rfc(bench_t *b, npie_err_t *err)
{
    return npie_employer_by_rfc(
        &b->list, b->registry,
        apr_psprintf(b->p, "R%011" APR_INT64_T_FMT, b->n / 3), err);
}

static apr_status_t place(bench_t *b, npie_err_t *err)
{
    npie_place_rows_t rows;

    return npie_place_rows(&rows, b->registry, b->n, 2 * b->n, err);
}

static apr_status_t mails_since(bench_t *b, npie_err_t *err)
{
    apr_int64_t count;

    return npie_outbox_since(&count, b->registry, b->n, "a@b.example", 0, err);
}

static apr_status_t mails_of(bench_t *b, npie_err_t *err)
{
    return npie_outbox_of(&b->list, b->registry, b->n, err);
}

static apr_status_t letters_of(bench_t *b, npie_err_t *err)
{
    return npie_letters_of(&b->list, b->registry, b->n, err);
}

static apr_status_t moves_of(bench_t *b, npie_err_t *err)
{
    return npie_moves_of(&b->list, b->registry, b->n, err);
}

static apr_status_t certificates_of(bench_t *b, npie_err_t *err)
{
    const npie_certificate_filter_t filter = {
        .employer = b->n, .status = "", .serial = ""
    };

    return npie_certificate_list(&b->list, b->registry, &filter, err);
}

static apr_status_t certificates_serial(bench_t *b, npie_err_t *err)
{
    const npie_certificate_filter_t filter = {
        .status = "", .serial = apr_psprintf(
            b->p, "%020" APR_UINT64_T_HEX_FMT, (apr_uint64_t)(2 * b->n))
    };

    return npie_certificate_list(&b->list, b->registry, &filter, err);
}

/* t/bench/scale lets ten certificates end within that minute. */
static apr_status_t certificates_ending(bench_t *b, npie_err_t *err)
{
    const npie_certificate_filter_t filter = {
        .status = "active", .serial = "", .ends_after = ENDED,
        .ends_until = ENDED + apr_time_from_sec(60)
    };

    return npie_certificate_list(&b->list, b->registry, &filter, err);
}

static apr_status_t renewals_open(bench_t *b, npie_err_t *err)
{
    return npie_renewal_list(&b->list, b->registry, 0, err);
}

static apr_status_t mail_due(bench_t *b, npie_err_t *err)
{
    npie_outbox_t *mail;
    apr_status_t rv = npie_outbox_claim(&mail, b->registry, ENDED, ENDED, err);

    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t seal_due(bench_t *b, npie_err_t *err)
{
    apr_int64_t folio;
    apr_status_t rv = npie_sealing_claim(&folio, b->registry, NPIE_SEALING_RENEWAL,
                                         ENDED, ENDED, err);

    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t remind(bench_t *b, npie_err_t *err)
{
    int count;

    return npie_outbox_remind(&count, b->registry, ENDED, 30, 0, err);
}

static apr_status_t stamps(bench_t *b, npie_err_t *err)
{
    npie_stamping_summary_t summary;

    return npie_stamping_summary(&summary, b->registry, err);
}

static apr_status_t summary(bench_t *b, npie_err_t *err)
{
    npie_summary_t is;

    return npie_registry_summary(&is, b->registry, err);
}

/* What every step of a renewal writes at least. */
static apr_status_t write_step(bench_t *b, npie_err_t *err)
{
    apr_int64_t folio;
    apr_status_t rv = npie_registry_begin(b->registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_folio_next(&folio, b->registry, err);
    if (rv == APR_SUCCESS) {
        rv = npie_audit(b->registry, ENDED, "bench", "bench", "", err);
    }
    return npie_registry_end(b->registry, rv == APR_SUCCESS, err);
}

static const struct {
    const char *name;
    question_fn *ask;
} questions[] = {
    { "login: certificate by key", by_key },
    { "login: employer by user name", by_user },
    { "import: employer by registro patronal", by_rp },
    { "page: where an employer is", place },
    { "page: mails since yesterday", mails_since },
    { "step: folio, audit, commit", write_step },
    { "job: mail due", mail_due },
    { "job: letter to seal", seal_due },
    { "job: reminders", remind },
    { "metrics: summary", summary },
    { "metrics: timestamps", stamps },
    { "admin: employers of an RFC", by_rfc },
    { "admin: certificates of one", certificates_of },
    { "admin: certificate of a serial number", certificates_serial },
    { "admin: certificates that end soon", certificates_ending },
    { "admin: mails of one", mails_of },
    { "admin: letters of one", letters_of },
    { "admin: moves of one", moves_of },
    { "admin: renewals that are open", renewals_open },
};

static int by_number(const void *a, const void *b)
{
    const apr_interval_time_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median, in microseconds. */
static apr_interval_time_t ask(bench_t *b, question_fn *question,
                               apr_int64_t employers, apr_pool_t *p)
{
    static apr_interval_time_t times[ROUNDS];
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    for (int i = 0; i < ROUNDS; i++) {
        apr_interval_time_t began;

        apr_pool_create(&b->p, p);
        b->registry->p = b->p;
        b->n = 1 + (apr_int64_t)i * 7919 % employers;
        began = npie_ticks();
        if (question(b, &err) != APR_SUCCESS) {
            fprintf(stderr, "bench-scale: %s\n", err.detail);
            exit(1);
        }
        times[i] = npie_ticks() - began;
        apr_pool_destroy(b->p);
    }
    qsort(times, ROUNDS, sizeof(*times), by_number);
    return times[ROUNDS / 2];
}

int main(int argc, const char *const *argv)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    bench_t b;
    apr_pool_t *p;

    if (argc != 4 || apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return 2;
    }
    if (npie_registry_open(&b.registry, argv[1], argv[2], &err, p)
        != APR_SUCCESS) {
        fprintf(stderr, "bench-scale: %s\n", err.detail);
        return 1;
    }
    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
        printf("%s\t%" APR_INT64_T_FMT "\n", questions[i].name,
               ask(&b, questions[i].ask, strtol(argv[3], NULL, 10), p));
    }
    apr_terminate();
    return 0;
}
