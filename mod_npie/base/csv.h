/* SPDX-License-Identifier: Apache-2.0
 * Comma-separated values (RFC 4180) as spreadsheets write them.
 */
#ifndef NPIE_BASE_CSV_H
#define NPIE_BASE_CSV_H

#include <apr_pools.h>

/** The most columns of a table. */
#define NPIE_CSV_COLUMNS 64

/** A text being read. Lines end with LF, CR LF or CR. */
typedef struct npie_csv_t {
    char *at;       /**< the reader writes into the text */
    char *end;
    int line;       /**< of at, from 1 */
    char separator; /**< '\0': a line is one cell */
} npie_csv_t;

/** A row. Its cells are in the text that is read. */
typedef struct npie_csv_row_t {
    int line;          /**< where it begins, from 1 */
    int given;         /**< cells that it has, empty ones at its end too */
    int count;         /**< the same without these */
    const char *cells[NPIE_CSV_COLUMNS]; /**< NUL ended; what is not quoted is
                                              without blanks round it */
    const char *wrong; /**< NULL, or why it is no row: static */
    int cut;           /**< 1: the text ends in it, without a line end */
} npie_csv_row_t;

/** What the columns of a table are. */
typedef struct npie_csv_header_t {
    int line;
    int count;                    /**< columns, to the last that has a name */
    int fields[NPIE_CSV_COLUMNS]; /**< -1: a column without a name */
    int wrong;        /**< the column whose name is not known or stands there
                           twice, from 1; 0: none */
    const char *name; /**< of that column */
    int unknown;      /**< 1: it is not known */
} npie_csv_header_t;

/** A field by the name of its column, in the form of npie_plain_key(); -1
 * when there is none. */
typedef int npie_csv_find_fn(const char *key);

/**
 * Begins to read. A first line "sep=;" names the separator; else the first
 * line that is not blank tells, by which of comma, semicolon and tab it has
 * most of.
 * @param text NUL ended, without NULs, changed while it is read
 */
void npie_csv_open(npie_csv_t *csv, char *text, apr_size_t len);

/** Reads the next row that holds anything.
 * @return 1; 0 at the end */
int npie_csv_next(npie_csv_row_t *row, npie_csv_t *csv);

/** Reads a row as the names of columns. The first that is wrong stands in the
 * header; the others are read all the same.
 * @return how many names are known; 0 when row->wrong */
int npie_csv_header(npie_csv_header_t *header, const npie_csv_row_t *row,
                    npie_csv_find_fn *find, apr_pool_t *p);

/**
 * Puts the cells of a row in their places.
 * @param values by field; those of columns that the row does not reach are
 *        set to ""; those that are no column are left alone
 * @return NULL; or why they do not fit the columns: in p
 */
const char *npie_csv_values(const char **values,
                            const npie_csv_header_t *header,
                            const npie_csv_row_t *row, apr_pool_t *p);

#endif
