/* SPDX-License-Identifier: Apache-2.0
 * Records of employers in a file: CSV with a line of names, or JSON.
 */
#ifndef NPIE_CTL_RECORDS_H
#define NPIE_CTL_RECORDS_H

#include <apr_pools.h>

#include "base/csv.h"
#include "base/status.h"
#include "ctl/field.h"

/** A record. Texts live until the next one is read. */
typedef struct npie_ctl_record_t {
    int line;                            /**< where it begins, from 1 */
    const char *values[NPIE_CTL_FIELDS]; /**< NULL: the file says nothing */
    const char *wrong;                   /**< NULL, or why it is no record */
    const char *warning;                 /**< NULL, or what was assumed */
} npie_ctl_record_t;

/** A file being read. */
typedef struct npie_ctl_records_t {
    npie_csv_t csv;    /**< JSON moves in it too */
    npie_csv_header_t header;
    int json;          /**< 1: JSON */
    int array;         /**< 1: JSON's objects stand in an array */
    int over;
    apr_pool_t *p;     /**< of the texts of one record */
} npie_ctl_records_t;

/**
 * Begins to read. JSON is what begins with [ or {: an array of objects, or
 * objects one after the other. Anything else is CSV, see base/csv.h; the first
 * row that is not blank names the columns.
 * @param text NUL-ended UTF-8, changed while it is read
 * @return APR_SUCCESS; NPIE_EINPUT: the line of names is wrong
 */
apr_status_t npie_ctl_records_open(npie_ctl_records_t *records, char *text,
                                   apr_size_t len, npie_err_t *err,
                                   apr_pool_t *p);

/** Reads the next record. After one that is `wrong` it goes on where it can.
 * @return 1; 0 at the end */
int npie_ctl_records_next(npie_ctl_record_t *record,
                          npie_ctl_records_t *records);

#endif
