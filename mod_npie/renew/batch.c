/* SPDX-License-Identifier: Apache-2.0
 * The list of employers, done by one or several threads.
 */
#include "renew/batch.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include "renew/interrupt.h"
#include "renew/language.h"
#include "renew/renewal.h"
#include "renew/report.h"

/* By npie_result_t: a word for programs, what the summary calls them, and a
 * line of its own. */
static const struct {
    const char *slug;
    npie_sentence_t many;
    npie_sentence_t one;
} words[NPIE_RESULTS] = {
    [NPIE_RESULT_RENEWED] = { "renewed", NPIE_S_RENEW_MANY_RENEWED,
                              NPIE_S_RENEW_ONE_RENEWED },
    [NPIE_RESULT_ALREADY] = { "already-renewed", NPIE_S_RENEW_MANY_ALREADY,
                              NPIE_S_RENEW_ONE_ALREADY },
    [NPIE_RESULT_NOT_DUE] = { "not-due", NPIE_S_RENEW_MANY_NOT_DUE,
                              NPIE_S_RENEW_ONE_NOT_DUE },
    [NPIE_RESULT_MAIL] = { "mail", NPIE_S_RENEW_MANY_MAIL,
                           NPIE_S_RENEW_ONE_MAIL },
    [NPIE_RESULT_FAILED] = { "failed", NPIE_S_RENEW_MANY_FAILED,
                             NPIE_S_RENEW_ONE_FAILED },
    [NPIE_RESULT_UNTRIED] = { "not-tried", NPIE_S_RENEW_MANY_UNTRIED,
                              NPIE_S_RENEW_ONE_UNTRIED },
};

/** A list under way. What follows the lock is changed and read under it. */
typedef struct batch_t {
    const apr_array_header_t *jobs;
    const npie_options_t *options;
    const npie_say_t *say;
    apr_time_t begun;
    apr_thread_mutex_t *lock;
    int next, done;
    npie_ending_t *endings;
    apr_pool_t *p;          /**< of their texts */
} batch_t;

/** Who works at it. */
typedef struct worker_t {
    batch_t *batch;
    npie_http_t *http;
    apr_thread_t *thread;
    apr_pool_t *p;
} worker_t;

static const npie_job_t *job_at(const apr_array_header_t *jobs, int i)
{
    return &APR_ARRAY_IDX(jobs, i, npie_job_t);
}

static const char *name_of(const npie_job_t *job)
{
    const char *slash = strrchr(npie_job_file(job), '/');

    return slash != NULL ? slash + 1 : npie_job_file(job);
}

/* The next of the list; -1 when there is none, or no more are wanted. */
static int take_next(batch_t *batch)
{
    int i = -1;

    apr_thread_mutex_lock(batch->lock);
    if (batch->next < batch->jobs->nelts && !npie_interrupt_came()) {
        i = batch->next++;
        npie_say_progress(batch->say, batch->done, batch->jobs->nelts,
                          batch->begun, name_of(job_at(batch->jobs, i)));
    }
    apr_thread_mutex_unlock(batch->lock);
    return i;
}

static void tell_one(const batch_t *batch, const npie_ending_t *ending,
                     const npie_job_t *job)
{
    if (ending->result == NPIE_RESULT_FAILED) {
        npie_say_problem(batch->say, ending, npie_job_file(job));
    }
    else if (!batch->say->bar) {
        npie_say_line(batch->say, "%d/%d %s: %s", batch->done,
                      batch->jobs->nelts, npie_job_file(job),
                      npie_language_say(words[ending->result].one));
    }
}

/* Keeps what is known of one, beyond the memory in which it was done. */
static void put_ending(batch_t *batch, int i, const npie_ending_t *ending)
{
    npie_ending_t *kept = &batch->endings[i];

    apr_thread_mutex_lock(batch->lock);
    *kept = *ending;
    kept->title = apr_pstrdup(batch->p, ending->title);
    kept->remedy = apr_pstrdup(batch->p, ending->remedy);
    kept->rp10 = apr_pstrdup(batch->p, ending->rp10);
    kept->name = apr_pstrdup(batch->p, ending->name);
    kept->out = apr_pstrdup(batch->p, ending->out);
    ++batch->done;
    if (batch->options->list != NULL) {
        tell_one(batch, kept, job_at(batch->jobs, i));
    }
    apr_thread_mutex_unlock(batch->lock);
}

/* One after the other, each in memory of its own. */
static void work(worker_t *worker)
{
    batch_t *batch = worker->batch;
    npie_ending_t ending;
    apr_pool_t *p;
    int i;

    for (i = take_next(batch); i >= 0; i = take_next(batch)) {
        apr_pool_create(&p, worker->p);
        npie_renewal_run(&ending, worker->http, job_at(batch->jobs, i),
                         batch->options, batch->say, p);
        put_ending(batch, i, &ending);
        apr_pool_destroy(p);
    }
}

static void *APR_THREAD_FUNC run_thread(apr_thread_t *thread, void *baton)
{
    work(baton);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* With a connection each. The first is this thread; one that cannot be made
 * leaves its work to the others. */
static apr_status_t work_all(batch_t *batch, npie_err_t *err, apr_pool_t *p)
{
    int count = batch->options->jobs < batch->jobs->nelts
        ? batch->options->jobs : batch->jobs->nelts;
    worker_t *workers = apr_pcalloc(p, (apr_size_t)count * sizeof(*workers));
    apr_status_t rv = APR_SUCCESS, ended;

    for (int i = 0; i < count && rv == APR_SUCCESS; ++i) {
        workers[i].batch = batch;
        apr_pool_create(&workers[i].p, p);
        rv = npie_http_open(&workers[i].http, batch->options, batch->say, err,
                            workers[i].p);
    }
    for (int i = 1; i < count && rv == APR_SUCCESS; ++i) {
        if (apr_thread_create(&workers[i].thread, NULL, run_thread,
                              &workers[i], workers[i].p) != APR_SUCCESS) {
            workers[i].thread = NULL;
        }
    }
    if (rv == APR_SUCCESS) {
        work(&workers[0]);
    }
    for (int i = 1; i < count; ++i) {
        if (workers[i].thread != NULL) {
            apr_thread_join(&ended, workers[i].thread);
        }
    }
    return rv;
}

static npie_exit_t summarize(const batch_t *batch)
{
    const npie_say_t *say = batch->say;
    int counts[NPIE_RESULTS] = { 0 };

    for (int i = 0; i < batch->jobs->nelts; ++i) {
        ++counts[batch->endings[i].result];
    }
    npie_say_line(say, "%s", npie_sentence_fill(
                      npie_language(), NPIE_S_RENEW_SUMMARY, batch->p,
                      "patrones", apr_itoa(batch->p, batch->jobs->nelts),
                      NULL));
    for (int result = 0; result < NPIE_RESULTS; ++result) {
        if (result != NPIE_RESULT_UNTRIED || counts[result] > 0) {
            npie_say_line(say, "  %s: %d",
                          npie_language_say(words[result].many),
                          counts[result]);
        }
    }
    for (int i = 0; i < batch->jobs->nelts; ++i) {
        const npie_ending_t *ending = &batch->endings[i];
        const char *detail = ending->err.detail;

        if (ending->result == NPIE_RESULT_FAILED
            || ending->result == NPIE_RESULT_MAIL) {
            npie_say_line(say, "  [%d] %s: %s%s%s%s",
                          (int)ending->err.problem,
                          npie_job_file(job_at(batch->jobs, i)),
                          npie_say_title(ending), *detail != '\0' ? " (" : "",
                          detail, *detail != '\0' ? ")" : "");
        }
    }
    if (counts[NPIE_RESULT_FAILED] + counts[NPIE_RESULT_UNTRIED] > 0) {
        return NPIE_EXIT_SOME;
    }
    return counts[NPIE_RESULT_MAIL] > 0 ? NPIE_EXIT_MAIL : NPIE_EXIT_DONE;
}

static apr_status_t report(const batch_t *batch, npie_err_t *err,
                           apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, batch->jobs->nelts,
                                              sizeof(npie_report_row_t));

    for (int i = 0; i < batch->jobs->nelts; ++i) {
        const npie_ending_t *ending = &batch->endings[i];
        npie_report_row_t *row = apr_array_push(rows);

        npie_say_row(row, ending, job_at(batch->jobs, i));
        row->result = words[ending->result].slug;
        row->word = npie_language_say(words[ending->result].one);
    }
    return npie_report_write(batch->options->report, rows, apr_time_now(), err,
                             p);
}

static npie_exit_t fail(const npie_say_t *say, const npie_err_t *err)
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
    batch_t batch = { .jobs = jobs, .options = options, .say = say,
                      .begun = apr_time_now(), .p = p };
    npie_exit_t code;
    npie_err_t err;

    batch.endings = apr_pcalloc(p, (apr_size_t)jobs->nelts
                                   * sizeof(*batch.endings));
    for (int i = 0; i < jobs->nelts; ++i) {
        batch.endings[i].result = NPIE_RESULT_UNTRIED;
    }
    if (apr_thread_mutex_create(&batch.lock, APR_THREAD_MUTEX_DEFAULT, p)
        != APR_SUCCESS) {
        abort();
    }
    if (work_all(&batch, &err, p) != APR_SUCCESS) {
        return fail(say, &err);
    }
    npie_say_progress_end(say);
    code = batch.endings[0].exit;
    if (options->list != NULL) {
        code = summarize(&batch);
    }
    else if (batch.endings[0].result != NPIE_RESULT_RENEWED
             && batch.endings[0].err.problem != NPIE_P_NONE) {
        npie_say_problem(say, &batch.endings[0], NULL);
    }
    return options->report == NULL
        || report(&batch, &err, p) == APR_SUCCESS ? code : fail(say, &err);
}
