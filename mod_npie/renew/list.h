/* SPDX-License-Identifier: Apache-2.0
 * A list of employers as a file: one .pfx a line, CSV or JSON.
 */
#ifndef NPIE_RENEW_LIST_H
#define NPIE_RENEW_LIST_H

#include <apr_tables.h>

#include "base/bytes.h"
#include "renew/job.h"

/** The longest list, in bytes. */
#define NPIE_LIST_MAX (4 * 1024 * 1024)

/**
 * Reads a list in any encoding of npie_encoding_decode(). A text that begins
 * with '[' is JSON: an array of objects. A first row that names columns begins
 * a CSV, see base/csv.h. Else each line is the path of a .pfx or .p12; it
 * is in quotes or has neither semicolon nor tab, and one with a comma must be
 * there. Rows that begin with # are passed over. Members and columns: pfx,
 * cer, key, user, password, new-password, out, email, phone, fax, in any case
 * or in Spanish; an empty one, or null, is one not said. Relative paths are
 * taken from the list's folder.
 *
 * A list holds passwords. All of it is read before any of it is used, and no
 * error shows a part of it other than the name of a column.
 * @param pjobs set to an array of npie_job_t in p
 * @param defaults what a row does not say
 * @param folder of the list, "" for the current one
 * @param pliteral set to 1 when a password stands in the list itself
 * @return APR_SUCCESS; NPIE_EINPUT (LIST) with line and column in err->detail
 */
apr_status_t npie_list_parse(apr_array_header_t **pjobs, int *pliteral,
                             npie_bytes_t text, const npie_job_t *defaults,
                             const char *folder, npie_err_t *err,
                             apr_pool_t *p);

/** Reads the list of a file; one with passwords must be its owner's alone.
 * @return as npie_list_parse(); NPIE_EINPUT or APR_NOTFOUND (FILE_READ) */
apr_status_t npie_list_read(apr_array_header_t **pjobs, const char *path,
                            const npie_job_t *defaults, npie_err_t *err,
                            apr_pool_t *p);

#endif
