/* SPDX-License-Identifier: Apache-2.0
 * Lines for people.
 */
#include "renew/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "renew/language.h"

#define BAR 30
#define CLEAR_LINE "\r\033[K"

void npie_say_step(const npie_say_t *say, npie_sentence_t id, ...)
{
    apr_pool_t *ptemp;
    va_list args;

    if (!say->steps || apr_pool_create(&ptemp, NULL) != APR_SUCCESS) {
        return;
    }
    va_start(args, id);
    printf("- %s\n", npie_sentence_vfill(npie_language(), id, ptemp, args));
    va_end(args);
    fflush(stdout);
    apr_pool_destroy(ptemp);
}

void npie_say_line(const npie_say_t *say, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    (void)say;
}

const char *npie_say_title(const npie_ending_t *ending)
{
    const npie_problem_info_t *info = npie_problem_find(
        (int)ending->err.problem);

    if (ending->title != NULL) {
        return ending->title;
    }
    return info != NULL ? npie_language_say(info->cause)
        : npie_language_say(NPIE_S_RENEW_FAILED);
}

static const char *remedy_of(const npie_ending_t *ending)
{
    const npie_problem_info_t *info = npie_problem_find(
        (int)ending->err.problem);

    if (ending->remedy != NULL) {
        return ending->remedy;
    }
    return info != NULL ? npie_language_say(info->remedy)
        : npie_language_say(NPIE_S_RENEW_REPEAT);
}

void npie_say_row(npie_report_row_t *row, const npie_ending_t *ending,
                  const npie_job_t *job)
{
    int problem = (int)ending->err.problem;

    memset(row, 0, sizeof(*row));
    row->file = npie_job_file(job);
    row->rp10 = ending->rp10;
    row->name = ending->name;
    row->until = ending->until;
    row->out = ending->out;
    row->problem = problem;
    if (problem != 0) {
        row->title = npie_say_title(ending);
        row->remedy = remedy_of(ending);
        row->detail = ending->err.detail;
    }
}

void npie_say_problem(const npie_say_t *say, const npie_ending_t *ending,
                      const char *whose)
{
    npie_say_progress_end(say);
    fprintf(stderr, "npie-renew: %s%s%s", whose != NULL ? whose : "",
            whose != NULL ? ": " : "", npie_say_title(ending));
    if (ending->err.problem != NPIE_P_NONE) {
        fprintf(stderr, " [%d]", (int)ending->err.problem);
    }
    fprintf(stderr, "\n  %s\n", remedy_of(ending));
    if (ending->err.detail[0] != '\0') {
        fprintf(stderr, "  (%s)\n", ending->err.detail);
    }
    fflush(stderr);
}

/* "faltan 2 min" by what the others took; "" as long as it cannot be told. */
static void left_text(char *text, size_t size, int done, int all,
                      apr_time_t begun)
{
    apr_time_t seconds = done < 1 ? 0
        : apr_time_sec((apr_time_now() - begun) / done * (all - done));

    text[0] = '\0';
    if (done > 0 && seconds < 60) {
        snprintf(text, size, "%s %d s ", npie_language_say(
                     NPIE_S_RENEW_LEFT), (int)seconds);
    }
    else if (done > 0) {
        snprintf(text, size, "%s %d min ", npie_language_say(
                     NPIE_S_RENEW_LEFT), (int)((seconds + 59) / 60));
    }
}

void npie_say_progress(const npie_say_t *say, int done, int all,
                       apr_time_t begun, const char *name)
{
    char bar[BAR + 1], left[32];

    if (!say->bar || all < 1) {
        return;
    }
    for (int i = 0; i < BAR; ++i) {
        bar[i] = i < done * BAR / all ? '#' : '.';
    }
    bar[BAR] = '\0';
    left_text(left, sizeof(left), done, all, begun);
    fprintf(stderr, CLEAR_LINE "[%s] %d/%d %s%.40s", bar, done, all, left,
            name);
    fflush(stderr);
}

void npie_say_progress_end(const npie_say_t *say)
{
    if (say->bar) {
        fputs(CLEAR_LINE, stderr);
        fflush(stderr);
    }
}
