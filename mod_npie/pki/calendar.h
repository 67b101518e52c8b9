/* SPDX-License-Identifier: Apache-2.0
 * Validities are counted in months of the calendar.
 */
#ifndef NPIE_PKI_CALENDAR_H
#define NPIE_PKI_CALENDAR_H

#include <apr_time.h>

/** The same day and time some months on, in UTC; the month's last day where
 * it has no such day. Whole seconds.
 * @param from UTC microseconds
 * @param months > 0
 * @return UTC microseconds; 0 when there is no such time */
apr_time_t npie_calendar_months(apr_time_t from, int months);

#endif
