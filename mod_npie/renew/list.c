/* SPDX-License-Identifier: Apache-2.0
 * Reading of lists.
 */
#include "renew/list.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "base/text.h"
#include "renew/disk.h"

#define COLUMNS_MAX 32
#define BOM "\xef\xbb\xbf"

/** A member of a row. */
typedef struct member_t {
    const char *name;
    apr_size_t offset; /**< of a const char * in npie_job_t */
    int is_path;
    int is_secret;
} member_t;

static const member_t members[] = {
    { "pfx", offsetof(npie_job_t, pfx), 1, 0 },
    { "cer", offsetof(npie_job_t, cer), 1, 0 },
    { "key", offsetof(npie_job_t, key), 1, 0 },
    { "user", offsetof(npie_job_t, user), 0, 0 },
    { "password", offsetof(npie_job_t, password), 0, 1 },
    { "new-password", offsetof(npie_job_t, new_password), 0, 1 },
    { "out", offsetof(npie_job_t, out), 1, 0 },
    { "email", offsetof(npie_job_t, email), 0, 0 },
    { "phone", offsetof(npie_job_t, phone), 0, 0 },
    { "fax", offsetof(npie_job_t, fax), 0, 0 },
};

/** A list being read. */
typedef struct reading_t {
    const npie_job_t *defaults;
    const char *folder;
    apr_array_header_t *jobs;
    int literal;
    int line;
    npie_err_t *err;
    apr_pool_t *p;
} reading_t;

static apr_status_t wrong(const reading_t *r, const char *what,
                          const char *which)
{
    return npie_err_set(r->err, NPIE_EINPUT, NPIE_P_LIST, "%s %d: %s%s",
                        "line or entry", r->line, what, which);
}

static const member_t *find_member(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(members) / sizeof(members[0]); ++i) {
        if (strcmp(members[i].name, name) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

static const char *in_folder(const reading_t *r, const char *path)
{
    return path[0] == '/' || r->folder[0] == '\0' ? apr_pstrdup(r->p, path)
        : apr_pstrcat(r->p, r->folder, "/", path, NULL);
}

static apr_status_t put(reading_t *r, npie_job_t *job, const member_t *member,
                        const char *value)
{
    const char **field = (const char **)((char *)job + member->offset);

    if (*value == '\0') {
        return APR_SUCCESS;
    }
    if (member->is_secret && strncmp(value, "pass:", 5) == 0) {
        r->literal = 1;
    }
    else if (member->is_secret && strncmp(value, "file:", 5) == 0) {
        value = apr_pstrcat(r->p, "file:", in_folder(r, value + 5), NULL);
    }
    else if (member->is_secret && strncmp(value, "exec:", 5) != 0) {
        return wrong(r, "neither file:, exec: nor pass: in ", member->name);
    }
    *field = member->is_path ? in_folder(r, value)
                             : apr_pstrdup(r->p, value);
    return APR_SUCCESS;
}

/* Without the blanks round it; those inside belong to a file's name. */
static char *trim(char *text)
{
    apr_size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        text[--len] = '\0';
    }
    return text;
}

static npie_job_t *new_job(reading_t *r)
{
    npie_job_t *job = apr_array_push(r->jobs);

    *job = *r->defaults;
    job->line = r->line;
    return job;
}

static apr_status_t check_job(const reading_t *r, const npie_job_t *job)
{
    int pair = job->cer != NULL && job->key != NULL;

    if ((job->pfx != NULL) == pair || (job->cer != NULL) != (job->key != NULL)) {
        return wrong(r, "either pfx, or cer and key, is wanted", "");
    }
    return APR_SUCCESS;
}

/* The next value of a CSV line; *pat is moved behind its separator, or to
 * NULL at the line's end. NULL: a quote is left open, or text follows one. */
static char *next_value(char **pat, char separator, apr_pool_t *p)
{
    char *at = *pat, *value, *to;

    if (*at != '"') {
        char *end = strchr(at, separator);

        value = end == NULL ? apr_pstrdup(p, at)
            : apr_pstrmemdup(p, at, (apr_size_t)(end - at));
        *pat = end == NULL ? NULL : end + 1;
        return trim(value);
    }
    value = to = apr_palloc(p, strlen(at) + 1);
    for (++at; *at != '\0'; ++at) {
        if (*at == '"' && at[1] != '"') {
            break;
        }
        at += *at == '"';
        *to++ = *at;
    }
    *to = '\0';
    if (*at != '"' || (at[1] != '\0' && at[1] != separator)) {
        return NULL;
    }
    *pat = at[1] == '\0' ? NULL : at + 2;
    return value;
}

/* The columns that a first line names; 0 when it names none. */
static int read_header(const member_t **columns, int *pcount, char *line,
                       char separator, reading_t *r)
{
    int known = 0;

    *pcount = 0;
    for (char *at = line; at != NULL && *pcount < COLUMNS_MAX;) {
        char *name = next_value(&at, separator, r->p);

        if (name == NULL) {
            return 0;
        }
        columns[*pcount] = find_member(name);
        known += columns[(*pcount)++] != NULL;
    }
    return known == *pcount ? 1 : known > 0 ? -1 : 0;
}

static apr_status_t read_row(reading_t *r, const member_t *const *columns,
                             int count, char separator, char *line)
{
    npie_job_t *job = new_job(r);
    char *at = line;
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < count && at != NULL && rv == APR_SUCCESS; ++i) {
        char *value = next_value(&at, separator, r->p);

        if (value == NULL) {
            return wrong(r, "a quotation mark is missing", "");
        }
        rv = put(r, job, columns[i], value);
    }
    if (rv == APR_SUCCESS && at != NULL) {
        return wrong(r, "more values than columns", "");
    }
    return rv != APR_SUCCESS ? rv : check_job(r, job);
}

static apr_status_t read_path(reading_t *r, char *line)
{
    npie_job_t *job = new_job(r);

    job->cer = job->key = NULL;
    return put(r, job, find_member("pfx"), trim(line));
}

static apr_status_t read_lines(reading_t *r, char *text)
{
    const member_t *columns[COLUMNS_MAX];
    int count = 0, header = 0;
    char separator = ',';
    apr_status_t rv = APR_SUCCESS;

    for (char *line = text; line != NULL && rv == APR_SUCCESS;) {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        line[strcspn(line, "\r")] = '\0';
        ++r->line;
        if (line[0] != '\0' && line[0] != '#') {
            if (r->jobs->nelts == 0 && header == 0) {
                separator = strchr(line, ';') != NULL ? ';' : ',';
                header = read_header(columns, &count, line, separator, r);
                if (header < 0) {
                    return wrong(r, "a column is not known", "");
                }
                if (header == 0) {
                    rv = read_path(r, line);
                }
            }
            else {
                rv = header ? read_row(r, columns, count, separator, line)
                            : read_path(r, line);
            }
        }
        line = end == NULL ? NULL : end + 1;
    }
    return rv;
}

static apr_status_t read_object(reading_t *r, json_t *object)
{
    npie_job_t *job = new_job(r);
    apr_status_t rv = APR_SUCCESS;
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        return wrong(r, "no object", "");
    }
    json_object_foreach(object, name, value) {
        const member_t *member = find_member(name);

        if (member == NULL || !json_is_string(value)) {
            return wrong(r, "not known, or no text: ", name);
        }
        rv = put(r, job, member, json_string_value(value));
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return check_job(r, job);
}

static apr_status_t read_json(reading_t *r, const char *text)
{
    json_error_t error;
    json_t *array = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    apr_status_t rv = APR_SUCCESS;

    if (!json_is_array(array)) {
        r->line = error.line;
        rv = wrong(r, array == NULL ? error.text : "no array", "");
    }
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < json_array_size(array);
         ++i) {
        r->line = (int)i + 1;
        rv = read_object(r, json_array_get(array, i));
    }
    json_decref(array);
    return rv;
}

apr_status_t npie_list_parse(apr_array_header_t **pjobs, int *pliteral,
                             npie_bytes_t text, const npie_job_t *defaults,
                             const char *folder, npie_err_t *err,
                             apr_pool_t *p)
{
    reading_t r = { defaults, folder, NULL, 0, 0, err, p };
    char *copy = apr_pstrmemdup(p, (const char *)text.data, text.len);
    apr_status_t rv;

    r.jobs = apr_array_make(p, 16, sizeof(npie_job_t));
    if (!npie_text_is_clean_multiline(copy, text.len)) {
        return wrong(&r, "the list is no clean UTF-8", "");
    }
    if (strncmp(copy, BOM, strlen(BOM)) == 0) {
        copy += strlen(BOM);
    }
    rv = copy[strspn(copy, " \t\r\n")] == '[' ? read_json(&r, copy)
                                              : read_lines(&r, copy);
    if (rv == APR_SUCCESS && r.jobs->nelts == 0) {
        rv = wrong(&r, "no employer is named", "");
    }
    *pjobs = r.jobs;
    *pliteral = r.literal;
    return rv;
}

apr_status_t npie_list_read(apr_array_header_t **pjobs, const char *path,
                            const npie_job_t *defaults, npie_err_t *err,
                            apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? ""
        : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
    npie_bytes_t text;
    int literal = 0;
    apr_status_t rv = npie_disk_read(&text, path, NPIE_LIST_MAX, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_list_parse(pjobs, &literal, text, defaults, folder, err, p);
    }
    if (rv == APR_SUCCESS && literal && npie_disk_is_open(path)) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_LIST,
                          "%s: holds passwords and others may read it: "
                          "chmod 600", path);
    }
    return rv;
}
