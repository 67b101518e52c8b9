/* SPDX-License-Identifier: Apache-2.0
 * What became of each employer, as a file for spreadsheets and programs.
 */
#ifndef NPIE_RENEW_REPORT_H
#define NPIE_RENEW_REPORT_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/status.h"

/** One employer. Strings NUL-ended UTF-8, NULL where there is nothing. */
typedef struct npie_report_row_t {
    const char *file;   /**< of the old certificate, never NULL */
    const char *rp10;
    const char *name;   /**< whose certificate it is */
    apr_time_t until;   /**< of the newest certificate there is; 0: unknown */
    const char *result; /**< a word for programs, never NULL */
    const char *word;   /**< the same in Spanish, never NULL */
    int problem;        /**< its number, 0: none */
    const char *title;  /**< Spanish: what happened */
    const char *remedy; /**< Spanish: what to do */
    const char *detail;
    const char *out;    /**< the new certificate's file */
} npie_report_row_t;

/** Can a report have this name: does it end in .csv or .json? 1 = yes. */
int npie_report_is_name(const char *path);

/**
 * Writes a new file: CSV (RFC 4180, with a byte order mark, by which
 * spreadsheets know UTF-8) or an array of JSON objects, by its extension. A
 * value that a spreadsheet would take for a formula gets an apostrophe.
 * @param rows of npie_report_row_t
 * @return as npie_disk_write_new()
 */
apr_status_t npie_report_write(const char *path,
                               const apr_array_header_t *rows, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p);

#endif
