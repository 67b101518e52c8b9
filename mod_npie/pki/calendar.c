/* SPDX-License-Identifier: Apache-2.0
 * Months of the calendar.
 */
#include "pki/calendar.h"

apr_time_t npie_calendar_months(apr_time_t from, int months)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    apr_time_exp_t x;
    apr_time_t to = 0;
    int year, last;

    apr_time_exp_gmt(&x, from);
    x.tm_usec = 0;
    x.tm_year += (x.tm_mon + months) / 12;
    x.tm_mon = (x.tm_mon + months) % 12;
    year = x.tm_year + 1900;
    last = days[x.tm_mon];
    if (x.tm_mon == 1 && year % 4 == 0
        && (year % 100 != 0 || year % 400 == 0)) {
        last = 29;
    }
    if (x.tm_mday > last) {
        x.tm_mday = last;
    }
    return apr_time_exp_gmt_get(&to, &x) == APR_SUCCESS ? to : 0;
}
