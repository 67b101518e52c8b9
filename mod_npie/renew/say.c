/* SPDX-License-Identifier: Apache-2.0
 * Lines for people.
 */
#include "renew/say.h"

#include <stdarg.h>
#include <stdio.h>

#define BAR 30
#define CLEAR_LINE "\r\033[K"

__attribute__((format(printf, 2, 0)))
static void print(const char *head, const char *fmt, va_list args)
{
    fputs(head, stdout);
    vprintf(fmt, args);
    putchar('\n');
    fflush(stdout);
}

void npie_say_step(const npie_say_t *say, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (say->steps) {
        print("- ", fmt, args);
    }
    va_end(args);
}

void npie_say_line(const npie_say_t *say, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print("", fmt, args);
    va_end(args);
    (void)say;
}

const char *npie_say_title(const npie_ending_t *ending)
{
    const npie_problem_info_t *info = npie_problem_find(
        (int)ending->err.problem);

    if (ending->title != NULL) {
        return ending->title;
    }
    return info != NULL ? info->cause : "Algo falló en este equipo.";
}

static const char *remedy_of(const npie_ending_t *ending)
{
    const npie_problem_info_t *info = npie_problem_find(
        (int)ending->err.problem);

    if (ending->remedy != NULL) {
        return ending->remedy;
    }
    return info != NULL ? info->remedy : "Repita la misma orden.";
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

void npie_say_progress(const npie_say_t *say, int done, int all,
                       const char *name)
{
    char bar[BAR + 1];

    if (!say->bar || all < 1) {
        return;
    }
    for (int i = 0; i < BAR; ++i) {
        bar[i] = i < done * BAR / all ? '#' : '.';
    }
    bar[BAR] = '\0';
    fprintf(stderr, CLEAR_LINE "[%s] %d/%d %.40s", bar, done, all, name);
    fflush(stderr);
}

void npie_say_progress_end(const npie_say_t *say)
{
    if (say->bar) {
        fputs(CLEAR_LINE, stderr);
        fflush(stderr);
    }
}
