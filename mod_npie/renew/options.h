/* SPDX-License-Identifier: Apache-2.0
 * The command line of npie-renew.
 */
#ifndef NPIE_RENEW_OPTIONS_H
#define NPIE_RENEW_OPTIONS_H

#include <apr_pools.h>

#include "renew/job.h"

/** What a command line asks for. */
typedef enum npie_ask_t {
    NPIE_ASK_WORK,
    NPIE_ASK_HELP,
    NPIE_ASK_VERSION,
    NPIE_ASK_WRONG
} npie_ask_t;

/**
 * Reads the command line.
 * @param options filled, with the defaults of what is not said
 * @param pverbose set to 1 for each step of a list too
 * @param pwhy with NPIE_ASK_WRONG: a sentence, in p
 */
npie_ask_t npie_options_read(npie_options_t *options, int *pverbose,
                             const char **pwhy, int argc, char **argv,
                             apr_pool_t *p);

/** The language that is asked for, to be chosen before the rest is read; NULL:
 * none. */
const char *npie_options_language(int argc, char **argv);

/** Help, many lines, in p. */
const char *npie_options_help(apr_pool_t *p);

#endif
