/* SPDX-License-Identifier: Apache-2.0
 * The list of employers, done one by one.
 */
#include "renew/batch.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "renew/disk.h"
#include "renew/renewal.h"

#define DAY apr_time_from_sec(86400)

/* By npie_result_t: what the summary calls them, and a line of its own. */
static const struct {
    const char *many;
    const char *one;
} words[NPIE_RESULTS] = {
    [NPIE_RESULT_RENEWED] = { "Renovados", "renovado" },
    [NPIE_RESULT_ALREADY] = { "Ya renovados antes", "ya renovado antes" },
    [NPIE_RESULT_NOT_DUE] = { "Vigentes todavía", "vigente todavía" },
    [NPIE_RESULT_MAIL] = { "Esperan la liga del correo",
                           "espera la liga del correo" },
    [NPIE_RESULT_FAILED] = { "Con falla", "falla" },
};

static const npie_job_t *job_at(const apr_array_header_t *jobs, int i)
{
    return &APR_ARRAY_IDX(jobs, i, npie_job_t);
}

static const char *name_of(const npie_job_t *job)
{
    const char *slash = strrchr(npie_job_file(job), '/');

    return slash != NULL ? slash + 1 : npie_job_file(job);
}

/* One of the list, in memory of its own. */
static void renew_one(npie_ending_t *ending, npie_http_t *http,
                      const npie_job_t *job, const npie_options_t *options,
                      const npie_say_t *say, apr_pool_t *p)
{
    apr_pool_t *pone;

    apr_pool_create(&pone, p);
    npie_renewal_run(ending, http, job, options, say, pone);
    ending->title = apr_pstrdup(p, ending->title);
    ending->remedy = apr_pstrdup(p, ending->remedy);
    apr_pool_destroy(pone);
}

static void tell_one(const npie_say_t *say, const npie_ending_t *ending,
                     const npie_job_t *job, int done, int all)
{
    if (ending->result == NPIE_RESULT_FAILED) {
        npie_say_problem(say, ending, npie_job_file(job));
    }
    else if (!say->bar) {
        npie_say_line(say, "%d/%d %s: %s", done, all, npie_job_file(job),
                      words[ending->result].one);
    }
}

static npie_exit_t summarize(const npie_say_t *say,
                             const apr_array_header_t *jobs,
                             const npie_ending_t *endings)
{
    int counts[NPIE_RESULTS] = { 0 };

    for (int i = 0; i < jobs->nelts; ++i) {
        ++counts[endings[i].result];
    }
    npie_say_line(say, "Resumen de %d patrones", jobs->nelts);
    for (int result = 0; result < NPIE_RESULTS; ++result) {
        npie_say_line(say, "  %s: %d", words[result].many, counts[result]);
    }
    for (int i = 0; i < jobs->nelts; ++i) {
        if (endings[i].result == NPIE_RESULT_FAILED
            || endings[i].result == NPIE_RESULT_MAIL) {
            npie_say_line(say, "  [%d] %s: %s", (int)endings[i].err.problem,
                          npie_job_file(job_at(jobs, i)),
                          npie_say_title(&endings[i]));
        }
    }
    if (counts[NPIE_RESULT_FAILED] > 0) {
        return NPIE_EXIT_SOME;
    }
    return counts[NPIE_RESULT_MAIL] > 0 ? NPIE_EXIT_MAIL : NPIE_EXIT_DONE;
}

static npie_exit_t no_http(const npie_say_t *say, const npie_err_t *err)
{
    npie_ending_t ending;

    npie_ending_set(&ending, err, NULL, NULL);
    npie_say_problem(say, &ending, NULL);
    return ending.exit;
}

npie_exit_t npie_batch_renew(const apr_array_header_t *jobs,
                             const npie_options_t *options,
                             const npie_say_t *say, apr_pool_t *p)
{
    npie_ending_t *endings = apr_pcalloc(p, (apr_size_t)jobs->nelts
                                              * sizeof(*endings));
    npie_http_t *http;
    npie_err_t err;

    if (npie_http_open(&http, options, say, &err, p) != APR_SUCCESS) {
        return no_http(say, &err);
    }
    for (int i = 0; i < jobs->nelts; ++i) {
        npie_say_progress(say, i, jobs->nelts, name_of(job_at(jobs, i)));
        renew_one(&endings[i], http, job_at(jobs, i), options, say, p);
        if (options->list != NULL) {
            tell_one(say, &endings[i], job_at(jobs, i), i + 1, jobs->nelts);
        }
    }
    npie_say_progress_end(say);
    if (options->list != NULL) {
        return summarize(say, jobs, endings);
    }
    if (endings[0].result != NPIE_RESULT_RENEWED
        && endings[0].err.problem != NPIE_P_NONE) {
        npie_say_problem(say, &endings[0], NULL);
    }
    return endings[0].exit;
}

/** When one of the list expires. */
typedef struct expiry_t {
    const npie_job_t *job;
    const char *rp10;
    const char *name;
    apr_time_t at;
} expiry_t;

static int by_expiry(const void *a, const void *b)
{
    const expiry_t *one = a, *other = b;

    return (one->at > other->at) - (one->at < other->at);
}

static apr_status_t read_cert(npie_cert_t **pcert, const npie_job_t *job,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_credential_t credential = { NULL, NULL };
    npie_secret_t *password;
    npie_credential_file_t file = { job->cer, { NULL, 0 } };
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

static apr_status_t read_expiry(expiry_t *expiry, const npie_job_t *job,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    rv = read_cert(&cert, job, err, ptemp);
    if (rv == APR_SUCCESS) {
        rv = npie_credential_check(cert, err);
    }
    if (rv == APR_SUCCESS) {
        expiry->job = job;
        expiry->rp10 = apr_pstrdup(p, cert->rp10);
        expiry->name = apr_pstrdup(p, cert->common_name);
        expiry->at = cert->not_after;
    }
    apr_pool_destroy(ptemp);
    return rv;
}

static void tell_expiry(const npie_say_t *say, const expiry_t *expiry,
                        apr_time_t now, apr_pool_t *p)
{
    apr_time_t left = expiry->at - now;
    apr_int64_t days = (left < 0 ? -left : left) / DAY;

    npie_say_line(say, "%s  %s  %s  %s  %s %" APR_INT64_T_FMT " días",
                  npie_text_day(expiry->at, p),
                  expiry->rp10, expiry->name, npie_job_file(expiry->job),
                  left <= 0 ? "venció hace" : "vence en", days);
}

npie_exit_t npie_batch_check(const apr_array_header_t *jobs,
                             const npie_options_t *options,
                             const npie_say_t *say, apr_pool_t *p)
{
    expiry_t *expiries = apr_pcalloc(p, (apr_size_t)jobs->nelts
                                        * sizeof(*expiries));
    npie_exit_t code = NPIE_EXIT_DONE;
    apr_time_t now = apr_time_now();
    int count = 0, failed = 0;
    npie_ending_t ending;
    npie_err_t err;

    for (int i = 0; i < jobs->nelts; ++i) {
        if (read_expiry(&expiries[count], job_at(jobs, i), &err, p)
            == APR_SUCCESS) {
            ++count;
            continue;
        }
        npie_ending_set(&ending, &err, NULL, NULL);
        npie_say_problem(say, &ending, npie_job_file(job_at(jobs, i)));
        failed = options->list != NULL ? NPIE_EXIT_SOME : (int)ending.exit;
    }
    qsort(expiries, (size_t)count, sizeof(*expiries), by_expiry);
    for (int i = 0; i < count; ++i) {
        tell_expiry(say, &expiries[i], now, p);
        if (expiries[i].at - now <= options->days * DAY) {
            code = NPIE_EXIT_DUE;
        }
    }
    return failed != 0 ? (npie_exit_t)failed : code;
}
