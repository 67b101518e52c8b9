/* SPDX-License-Identifier: Apache-2.0
 * The file of the audit's heads.
 */
#include "signer/heads.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"

#define HEADER "npie-signer audit heads 1"
#define HASH_LENGTH (NPIE_SHA256_HEX_SIZE - 1)
/* A number, a hash, a time, two blanks, a line end. */
#define LINE_MAX_SIZE 160

struct npie_heads_t {
    apr_file_t *file;
    const char *path;
    apr_off_t end; /* of the last whole line */
    apr_int64_t lines;
    apr_int64_t sequence;
    char hash[NPIE_SHA256_HEX_SIZE];
};

int npie_heads_is_hash(const char *text)
{
    return strlen(text) == HASH_LENGTH
        && strspn(text, "0123456789abcdef") == HASH_LENGTH;
}

static apr_status_t wrong(const npie_heads_t *heads, apr_status_t rv,
                          npie_err_t *err)
{
    char reason[120];

    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", heads->path,
                        apr_strerror(rv, reason, sizeof(reason)));
}

/* A line without its end. NULL when it is good and now the last one. */
static const char *take_line(npie_heads_t *heads, const char *line)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    apr_int64_t sequence;
    char *rest;

    if (heads->lines == 0) {
        return strcmp(line, HEADER) == 0 ? NULL
                                         : "these are no heads of an audit";
    }
    if (*line < '1' || *line > '9') {
        return "it does not begin with a number";
    }
    sequence = apr_strtoi64(line, &rest, 10);
    if (*rest != ' ' || strlen(rest) < HASH_LENGTH + 2
        || rest[HASH_LENGTH + 1] != ' ') {
        return "it is not a number, a hash and a time";
    }
    apr_cpystrn(hash, rest + 1, sizeof(hash));
    if (!npie_heads_is_hash(hash)) {
        return "its hash is none";
    }
    if (sequence <= heads->sequence) {
        return "its number is not higher than that of the line before";
    }
    heads->sequence = sequence;
    memcpy(heads->hash, hash, sizeof(hash));
    return NULL;
}

/* Reads up to the last line end. Sets torn to 1 when something follows. */
static apr_status_t read_lines(npie_heads_t *heads, int *torn,
                               npie_err_t *err)
{
    char line[LINE_MAX_SIZE];
    apr_status_t rv;

    *torn = 0;
    while ((rv = apr_file_gets(line, sizeof(line), heads->file))
           == APR_SUCCESS) {
        const apr_size_t len = strlen(line);
        const char *fault;

        if (len == 0 || line[len - 1] != '\n') {
            *torn = 1;
            fault = len + 1 < sizeof(line) ? NULL : "the line is too long";
        }
        else {
            line[len - 1] = '\0';
            fault = take_line(heads, line);
        }
        if (fault != NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s:%" APR_INT64_T_FMT ": %s", heads->path,
                                heads->lines + 1, fault);
        }
        if (!*torn) {
            heads->end += (apr_off_t)len;
            heads->lines++;
        }
    }
    return rv == APR_EOF ? APR_SUCCESS : wrong(heads, rv, err);
}

static apr_status_t write_line(npie_heads_t *heads, const char *line)
{
    const apr_size_t len = strlen(line);
    apr_status_t rv = apr_file_write_full(heads->file, line, len, NULL);

    if (rv == APR_SUCCESS) {
        rv = apr_file_sync(heads->file);
    }
    if (rv != APR_SUCCESS) {
        /* Half a line would spoil the next one. */
        apr_file_trunc(heads->file, heads->end);
        return rv;
    }
    heads->end += (apr_off_t)len;
    heads->lines++;
    return APR_SUCCESS;
}

static npie_heads_t *make(const char *path, apr_pool_t *p)
{
    npie_heads_t *heads = apr_pcalloc(p, sizeof(*heads));

    heads->path = apr_pstrdup(p, path);
    return heads;
}

/* Reads what there is, by a handle of its own with a buffer. */
static apr_status_t read_file(npie_heads_t *heads, int *torn, npie_err_t *err,
                              apr_pool_t *p)
{
    apr_status_t rv = apr_file_open(&heads->file, heads->path,
                                    APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0, p);

    *torn = 0;
    if (rv != APR_SUCCESS) {
        return APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS : wrong(heads, rv, err);
    }
    rv = read_lines(heads, torn, err);
    apr_file_close(heads->file);
    return rv;
}

apr_status_t npie_heads_open(npie_heads_t **pheads, const char *path,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_heads_t *heads = make(path, p);
    apr_status_t rv;
    int torn;

    rv = read_file(heads, &torn, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_open(&heads->file, path,
                       APR_FOPEN_WRITE | APR_FOPEN_APPEND | APR_FOPEN_CREATE,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, p);
    if (rv == APR_SUCCESS && torn) {
        rv = apr_file_trunc(heads->file, heads->end);
    }
    if (rv == APR_SUCCESS && heads->lines == 0) {
        rv = write_line(heads, HEADER "\n");
    }
    if (rv != APR_SUCCESS) {
        return wrong(heads, rv, err);
    }
    *pheads = heads;
    return APR_SUCCESS;
}

apr_status_t npie_heads_check(const char *path, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    int torn;

    return read_file(make(path, ptemp), &torn, err, ptemp);
}

apr_int64_t npie_heads_sequence(const npie_heads_t *heads)
{
    return heads->sequence;
}

const char *npie_heads_hash(const npie_heads_t *heads)
{
    return heads->hash;
}

apr_status_t npie_heads_keep(npie_heads_t *heads, apr_int64_t sequence,
                             const char *hash, apr_time_t now,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    apr_status_t rv;
    char reason[120];

    if (sequence == heads->sequence && strcmp(hash, heads->hash) != 0) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_INTERNAL,
                            "row %" APR_INT64_T_FMT " of the audit was given "
                            "before with another hash", sequence);
    }
    if (sequence <= heads->sequence) {
        return APR_SUCCESS;
    }
    rv = write_line(heads, apr_psprintf(ptemp, "%" APR_INT64_T_FMT " %s %s\n",
                                        sequence, hash,
                                        npie_text_time(now, ptemp)));
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "%s: %s",
                            heads->path,
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    heads->sequence = sequence;
    apr_cpystrn(heads->hash, hash, sizeof(heads->hash));
    return APR_SUCCESS;
}
