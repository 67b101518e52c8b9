/* SPDX-License-Identifier: Apache-2.0
 * Filters of system calls (seccomp).
 */
#ifndef NPIE_LEDGER_CAGE_H
#define NPIE_LEDGER_CAGE_H

#include "base/status.h"

/** What a program without keys may do from here on. */
typedef enum npie_cage_t {
    NPIE_CAGE_FILE, /**< files, and no network */
    NPIE_CAGE_PAIR, /**< nothing but its pair of sockets: who draws a letter */
    NPIE_CAGE_WORKERS, /**< the same, and processes with filters: npie-draw */
    NPIE_CAGE_NETWORK /**< connections to a database; files are read */
} npie_cage_t;

/**
 * Gives up, for good, the system calls that it does not need; any
 * other one ends the process.
 * @param pconfined set to 1; 0: this system has no filter
 * @return APR_SUCCESS; NPIE_ECONFIG: the filter cannot be set
 */
apr_status_t npie_cage_enter(int *pconfined, npie_cage_t cage,
                             npie_err_t *err);

#endif
