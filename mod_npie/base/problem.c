/* SPDX-License-Identifier: Apache-2.0
 * The table of numbered problems.
 */
#include "base/problem.h"

#include <stddef.h>

static const npie_problem_info_t problems[] = {
#define NPIE_PROBLEM(number, name, slug, log, cause, remedy, admin) \
    { NPIE_P_##name, slug, log, NPIE_S_CAUSE_##name, NPIE_S_REMEDY_##name },
#include "base/problem.def"
#undef NPIE_PROBLEM
};

#define PROBLEM_COUNT (sizeof(problems) / sizeof(problems[0]))

const npie_problem_info_t *npie_problem_find(int number)
{
    for (size_t i = 0; i < PROBLEM_COUNT; ++i) {
        if ((int)problems[i].number == number) {
            return &problems[i];
        }
    }
    return NULL;
}

const npie_problem_info_t *npie_problem_at(unsigned position)
{
    return position < PROBLEM_COUNT ? &problems[position] : NULL;
}
