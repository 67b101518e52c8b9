/* SPDX-License-Identifier: Apache-2.0
 * Reading a log of version 0.1.
 */
#include "signer/old_log.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/bytes.h"
#include "pki/digest.h"

#define LINE_SIZE 32769

/* A log that is being read. */
typedef struct reading_t {
    const char *path;
    const npie_old_log_t *kind;
    void *baton;
    apr_int64_t line; /* from 1: the header */
    char chain[NPIE_SHA256_HEX_SIZE];
} reading_t;

static apr_status_t wrong(const reading_t *reading, const char *what,
                          npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s:%" APR_INT64_T_FMT
                        ": %s", reading->path, reading->line, what);
}

static int digest(char hex[NPIE_SHA256_HEX_SIZE], const char *text)
{
    const npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return npie_sha256_hex(hex, bytes) == APR_SUCCESS;
}

/* Cuts the line at its blanks; returns how many pieces there are. */
static int split(char **fields, char *text)
{
    char *rest;
    int n = 0;

    for (char *word = apr_strtok(text, " ", &rest);
         word != NULL && n < NPIE_OLD_LOG_FIELDS;
         word = apr_strtok(NULL, " ", &rest)) {
        fields[n++] = word;
    }
    return n;
}

static const char *check(reading_t *reading, const char *line,
                         apr_pool_t *ptemp)
{
    const char *blank = strrchr(line, ' ');
    char checksum[NPIE_SHA256_HEX_SIZE];

    if (blank == NULL
        || !digest(checksum, apr_pstrcat(ptemp, reading->chain, apr_pstrmemdup(
            ptemp, line, (apr_size_t)(blank - line)), NULL))
        || strcmp(checksum, blank + 1) != 0) {
        return "its checksum does not hold: the line was changed, or one "
               "before it was taken out";
    }
    if (apr_atoi64(line) != reading->line - 1) {
        return "its number does not follow";
    }
    memcpy(reading->chain, checksum, sizeof(checksum));
    return NULL;
}

static apr_status_t take_line(reading_t *reading, char *line, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    const npie_old_log_t *kind = reading->kind;
    char *fields[NPIE_OLD_LOG_FIELDS + 1] = { NULL };
    const char *fault;
    apr_status_t rv;
    int n;

    if (reading->line == 1) {
        return strcmp(line, kind->header) == 0
            && digest(reading->chain, line) ? APR_SUCCESS
            : wrong(reading, "this is no such log", err);
    }
    fault = kind->fields > 0 ? check(reading, line, ptemp) : NULL;
    if (fault != NULL) {
        return wrong(reading, fault, err);
    }
    n = split(fields, line);
    if (kind->fields > 0 && n != kind->fields) {
        return wrong(reading, "it has not the fields of a record", err);
    }
    rv = kind->take(reading->baton, kind->fields > 0 ? fields + 1 : fields,
                    err, ptemp);
    return rv == NPIE_EINPUT ? wrong(reading, "a field cannot be read", err)
                             : rv;
}

apr_status_t npie_old_log_read(const char *path, const npie_old_log_t *kind,
                               void *baton, npie_err_t *err, apr_pool_t *p)
{
    reading_t reading = { path, kind, baton, 0, "" };
    char *line = apr_palloc(p, LINE_SIZE);
    apr_pool_t *ptemp;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ
                                    | APR_FOPEN_BUFFERED, 0, p);

    if (rv != APR_SUCCESS) {
        char reason[120];

        return APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS
            : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                           apr_strerror(rv, reason, sizeof(reason)));
    }
    apr_pool_create(&ptemp, p);
    while (rv == APR_SUCCESS
           && apr_file_gets(line, LINE_SIZE, file) == APR_SUCCESS) {
        const apr_size_t len = strlen(line);

        if (len == 0 || line[len - 1] != '\n') {
            rv = len + 1 < LINE_SIZE ? APR_SUCCESS
                : wrong(&reading, "the line is too long", err);
            break;
        }
        line[len - 1] = '\0';
        reading.line++;
        apr_pool_clear(ptemp);
        rv = take_line(&reading, line, err, ptemp);
    }
    apr_file_close(file);
    return rv;
}
