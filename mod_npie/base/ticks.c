/* SPDX-License-Identifier: Apache-2.0
 * The monotonic clock in APR's unit.
 */
#include "base/ticks.h"

#include <time.h>

apr_interval_time_t npie_ticks(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (apr_interval_time_t)ts.tv_sec * APR_USEC_PER_SEC
           + ts.tv_nsec / 1000;
}
