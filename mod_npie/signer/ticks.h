/* SPDX-License-Identifier: Apache-2.0
 * The clock of deadlines, which no change of the date moves.
 */
#ifndef NPIE_SIGNER_TICKS_H
#define NPIE_SIGNER_TICKS_H

#include <apr_time.h>

/** Microseconds since some moment in the past. Thread-safe. */
apr_interval_time_t npie_ticks(void);

#endif
