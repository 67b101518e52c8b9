/* SPDX-License-Identifier: Apache-2.0
 * The certificates of a list by the day on which they end.
 */
#include "renew/check.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "renew/disk.h"
#include "renew/language.h"
#include "renew/renewal.h"
#include "renew/report.h"

#define DAY apr_time_from_sec(86400)

/* What could not be opened comes last. */
static int by_expiry(const void *a, const void *b)
{
    const npie_report_row_t *one = a, *other = b;

    if ((one->until == 0) != (other->until == 0)) {
        return one->until == 0 ? 1 : -1;
    }
    return (one->until > other->until) - (one->until < other->until);
}

static apr_status_t read_cert(npie_cert_t **pcert, const npie_job_t *job,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_credential_t credential = { NULL, NULL };
    npie_credential_file_t file = { job->cer, { NULL, 0 } };
    npie_secret_t *password;
    apr_status_t rv;

    if (job->cer == NULL) {
        rv = npie_renewal_open_old(&credential, &password, job,
                                   job->line != 0, err, p);
        *pcert = credential.cert;
        return rv;
    }
    rv = npie_disk_read(&file.bytes, job->cer, NPIE_CREDENTIAL_MAX, err, p);
    return rv == APR_SUCCESS
        ? npie_credential_read_cert(pcert, &file, err, p) : rv;
}

/* Vigente, por vencer, vencido. */
static void judge(npie_report_row_t *row, int days, apr_time_t now)
{
    if (row->until <= now) {
        row->result = "expired";
        row->word = npie_language_say(NPIE_S_RENEW_EXPIRED);
    }
    else if (row->until - now <= days * DAY) {
        row->result = "due";
        row->word = npie_language_say(NPIE_S_RENEW_DUE);
    }
    else {
        row->result = "valid";
        row->word = npie_language_say(NPIE_S_RENEW_VALID);
        return;
    }
    row->title = npie_language_say(row->until <= now
                                   ? NPIE_S_RENEW_HAS_EXPIRED
                                   : NPIE_S_RENEW_EXPIRES_SOON);
    row->remedy = npie_language_say(NPIE_S_RENEW_DO_RENEW);
}

static apr_status_t read_row(npie_report_row_t *row, const npie_job_t *job,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    apr_pool_t *ptemp;
    apr_status_t rv;

    memset(row, 0, sizeof(*row));
    row->file = npie_job_file(job);
    apr_pool_create(&ptemp, p);
    rv = read_cert(&cert, job, err, ptemp);
    if (rv == APR_SUCCESS) {
        rv = npie_credential_check(cert, err);
    }
    if (rv == APR_SUCCESS) {
        row->rp10 = apr_pstrdup(p, cert->rp10);
        row->name = apr_pstrdup(p, npie_renewal_whose(cert));
        row->until = cert->not_after;
    }
    apr_pool_destroy(ptemp);
    return rv;
}

/* One that cannot be opened. Returns its exit code. */
static npie_exit_t put_failure(npie_report_row_t *row, const npie_say_t *say,
                               const npie_job_t *job, const npie_err_t *err,
                               apr_pool_t *p)
{
    npie_ending_t *ending = apr_palloc(p, sizeof(*ending));

    npie_ending_set(ending, err, NULL, NULL);
    npie_say_problem(say, ending, npie_job_file(job));
    npie_say_row(row, ending, job);
    row->result = "failed";
    row->word = npie_language_say(NPIE_S_RENEW_ONE_FAILED);
    return ending->exit;
}

static void tell(const npie_say_t *say, const npie_report_row_t *row,
                 apr_time_t now, apr_pool_t *p)
{
    apr_time_t left = row->until - now;
    apr_int64_t days = (left < 0 ? -left : left) / DAY;

    npie_say_line(say, "%s  %s  %s  %s  %s", npie_text_day(row->until, p),
                  row->rp10, row->name, row->file,
                  npie_sentence_fill(npie_language(),
                                     left <= 0 ? NPIE_S_RENEW_EXPIRED_DAYS
                                               : NPIE_S_RENEW_EXPIRES_DAYS,
                                     p, "dias",
                                     apr_psprintf(p, "%" APR_INT64_T_FMT,
                                                  days), NULL));
}

/* Says all, and writes the report. */
static npie_exit_t tell_all(apr_array_header_t *rows,
                            const npie_options_t *options,
                            const npie_say_t *say, apr_time_t now,
                            apr_pool_t *p)
{
    npie_exit_t code = NPIE_EXIT_DONE;
    npie_ending_t ending;
    npie_err_t err;

    qsort(rows->elts, (size_t)rows->nelts, sizeof(npie_report_row_t),
          by_expiry);
    for (int i = 0; i < rows->nelts; ++i) {
        npie_report_row_t *row = &APR_ARRAY_IDX(rows, i, npie_report_row_t);

        if (row->until != 0) {
            judge(row, options->days, now);
            tell(say, row, now, p);
            code = row->title != NULL ? NPIE_EXIT_DUE : code;
        }
    }
    if (options->report != NULL
        && npie_report_write(options->report, rows, now, &err, p)
           != APR_SUCCESS) {
        npie_ending_set(&ending, &err, NULL, NULL);
        npie_say_problem(say, &ending, NULL);
        return ending.exit;
    }
    return code;
}

npie_exit_t npie_check_run(const apr_array_header_t *jobs,
                           const npie_options_t *options,
                           const npie_say_t *say, apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, jobs->nelts,
                                              sizeof(npie_report_row_t));
    npie_exit_t code, failed = NPIE_EXIT_DONE;
    npie_err_t err;

    for (int i = 0; i < jobs->nelts; ++i) {
        const npie_job_t *job = &APR_ARRAY_IDX(jobs, i, npie_job_t);
        npie_report_row_t *row = apr_array_push(rows);

        if (read_row(row, job, &err, p) != APR_SUCCESS) {
            failed = put_failure(row, say, job, &err, p);
            failed = options->list != NULL ? NPIE_EXIT_SOME : failed;
        }
    }
    code = tell_all(rows, options, say, apr_time_now(), p);
    return failed != NPIE_EXIT_DONE ? failed : code;
}
