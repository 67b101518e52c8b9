/* SPDX-License-Identifier: Apache-2.0
 * What npie-renew tells the person in front of it, in Spanish: steps on
 * standard output, problems and progress on standard error.
 */
#ifndef NPIE_RENEW_SAY_H
#define NPIE_RENEW_SAY_H

#include "renew/job.h"
#include "renew/report.h"

/** How much is told. */
typedef struct npie_say_t {
    int steps; /**< 1: each step */
    int bar;   /**< 1: a progress bar, on a terminal only */
} npie_say_t;

/** One step, a line; at once, also into a pipe.
 * @param ... as npie_sentence_fill() */
void npie_say_step(const npie_say_t *say, npie_sentence_t id, ...)
    __attribute__((sentinel));

/** A line that is always told. */
void npie_say_line(const npie_say_t *say, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** A problem with its number, what happened, what to do, and the detail.
 * @param whose file it is about, or NULL */
void npie_say_problem(const npie_say_t *say, const npie_ending_t *ending,
                      const char *whose);

/** Draws the bar again, with the time that is left.
 * @param begun when the first of all was begun
 * @param name of the next one */
void npie_say_progress(const npie_say_t *say, int done, int all,
                       apr_time_t begun, const char *name);

/** Takes the bar away. */
void npie_say_progress_end(const npie_say_t *say);

/** Fills a row of the report but for result and word; its strings live as long
 * as ending and job. */
void npie_say_row(npie_report_row_t *row, const npie_ending_t *ending,
                  const npie_job_t *job);

/** What happened, as the ending or the table words it; never NULL. */
const char *npie_say_title(const npie_ending_t *ending);

#endif
