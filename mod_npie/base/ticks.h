/* SPDX-License-Identifier: Apache-2.0
 * The clock of deadlines, which no change of the date moves.
 */
#ifndef NPIE_BASE_TICKS_H
#define NPIE_BASE_TICKS_H

#include <apr_time.h>

/** Microseconds since some moment in the past. Thread-safe. */
apr_interval_time_t npie_ticks(void);

/** Is told how long something took, in microseconds. Any thread. */
typedef void npie_ticks_fn(apr_interval_time_t took);

#endif
