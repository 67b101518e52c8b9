/* SPDX-License-Identifier: Apache-2.0
 * Copies of a ledger.
 */
#include "ledger/copy.h"

#include <errno.h>
#include <string.h>

#include <apr_strings.h>

#define LINES_AT_ONCE 100

static apr_status_t shut(void *data)
{
    fclose(data);
    return APR_SUCCESS;
}

static apr_status_t wrong(const npie_ledger_copy_t *copy, const char *what,
                          npie_err_t *err)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s, line %"
                        APR_UINT64_T_FMT ": %s", copy->path, copy->line, what);
}

/* Reads a line, without its end. pline NULL: there is none. */
static apr_status_t get_line(const char **pline, npie_ledger_copy_t *copy,
                             npie_err_t *err, apr_pool_t *p)
{
    char line[NPIE_ENTRY_MAX + 2];
    size_t len;

    *pline = NULL;
    copy->line++;
    errno = 0;
    if (fgets(line, sizeof(line), copy->file) == NULL) {
        return ferror(copy->file) ? wrong(copy, strerror(errno), err)
                                  : APR_SUCCESS;
    }
    len = strlen(line);
    if (len == 0 || line[len - 1] != '\n') {
        return wrong(copy, "it is too long, or has no end: the file is no "
                     "ledger, or not all of one", err);
    }
    *pline = apr_pstrmemdup(p, line, len - 1);
    return APR_SUCCESS;
}

apr_status_t npie_ledger_copy_rewind(npie_ledger_copy_t *copy,
                                     npie_err_t *err)
{
    char line[sizeof(NPIE_LEDGER_GENESIS) + 1];

    copy->line = 1;
    rewind(copy->file);
    return fgets(line, sizeof(line), copy->file) != NULL
        && strcmp(line, NPIE_LEDGER_GENESIS "\n") == 0 ? APR_SUCCESS
        : wrong(copy, "it is not \"" NPIE_LEDGER_GENESIS "\": this is no copy "
                "of a ledger", err);
}

apr_status_t npie_ledger_copy_open(npie_ledger_copy_t *copy, const char *path,
                                   npie_err_t *err, apr_pool_t *p)
{
    copy->path = apr_pstrdup(p, path);
    copy->file = fopen(path, "re");
    if (copy->file == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                            strerror(errno));
    }
    apr_pool_cleanup_register(p, copy->file, shut, apr_pool_cleanup_null);
    return npie_ledger_copy_rewind(copy, err);
}

apr_status_t npie_ledger_copy_read(apr_array_header_t **plist,
                                   npie_ledger_copy_t *copy, npie_err_t *err,
                                   apr_pool_t *p)
{
    const char *line = "";
    apr_status_t rv = APR_SUCCESS;

    *plist = apr_array_make(p, LINES_AT_ONCE, sizeof(npie_ledger_row_t));
    while (rv == APR_SUCCESS && line != NULL
           && (*plist)->nelts < LINES_AT_ONCE) {
        rv = get_line(&line, copy, err, p);
        if (rv == APR_SUCCESS && line != NULL) {
            npie_ledger_row_t *row = apr_array_push(*plist);

            memset(row, 0, sizeof(*row));
            row->line = line;
        }
    }
    return rv;
}

apr_status_t npie_ledger_copy_write(apr_uint64_t *pnumber, FILE *out,
                                    npie_ledger_ask_t *ask, npie_err_t *err,
                                    apr_pool_t *p)
{
    apr_array_header_t *rows;
    apr_pool_t *ptemp;
    apr_status_t rv;

    *pnumber = 0;
    fputs(NPIE_LEDGER_GENESIS "\n", out);
    apr_pool_create(&ptemp, p);
    do {
        apr_pool_clear(ptemp);
        rv = npie_ledger_read(&rows, ask, *pnumber + 1, NPIE_LEDGER_READ_MAX,
                              err, ptemp);
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                          npie_ledger_row_t);

            fprintf(out, "%s\n", row->line);
            *pnumber = row->number;
        }
    } while (rv == APR_SUCCESS && rows->nelts > 0 && !ferror(out));
    apr_pool_destroy(ptemp);
    return rv != APR_SUCCESS || (fflush(out) == 0 && !ferror(out)) ? rv
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s", strerror(errno));
}
