/* SPDX-License-Identifier: Apache-2.0
 * The numbered problems a user can meet: one table for pages, log and manual.
 */
#ifndef NPIE_BASE_PROBLEM_H
#define NPIE_BASE_PROBLEM_H

#include "base/sentence.h"

/** A problem's number. Numbers are stable for ever: never reuse one. */
typedef enum npie_problem_t {
    NPIE_P_NONE = 0,
#define NPIE_PROBLEM(number, name, slug, log, cause, remedy, admin) NPIE_P_##name = number,
#include "base/problem.def"
#undef NPIE_PROBLEM
    NPIE_P_END
} npie_problem_t;

/** What there is to say about a problem; all strings UTF-8, static. */
typedef struct npie_problem_info_t {
    npie_problem_t number;
    const char *slug;   /**< stable name, [a-z0-9-]+, for programs and tests */
    const char *log;    /**< English sentence for the admin's log */
    npie_sentence_t cause;  /**< sentence for people: what happened */
    npie_sentence_t remedy; /**< what to do now */
} npie_problem_info_t;

/**
 * Looks a problem up.
 * @return static record; NULL when no problem has that number. Thread-safe.
 */
const npie_problem_info_t *npie_problem_find(int number);

/**
 * The table by position, in ascending number, for lists and tests.
 * @return static record; NULL past the end. Thread-safe.
 */
const npie_problem_info_t *npie_problem_at(unsigned position);

#endif
