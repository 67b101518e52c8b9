/* SPDX-License-Identifier: Apache-2.0
 * Reading of lists.
 */
#include "renew/list.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>

#include "base/csv.h"
#include "base/encoding.h"
#include "base/plain.h"
#include "base/text.h"
#include "renew/disk.h"

/* The longest name of a column that an error shows, in bytes. */
#define NAME_SHOWN 40

/** What a member of a row is. */
typedef enum kind_t {
    PATH,   /**< kept as it stands */
    SECRET, /**< file:, exec: or pass: */
    TYPED   /**< without invisible characters */
} kind_t;

/** A member of a row; names in the form of npie_plain_key(). */
static const struct member_t {
    const char *name;
    const char *names;
    apr_size_t offset; /**< of a const char * in npie_job_t */
    kind_t kind;
} members[] = {
    { "pfx", "pfx p12 archivo archivopfx certificadopfx",
      offsetof(npie_job_t, pfx), PATH },
    { "cer", "cer certificado archivocer", offsetof(npie_job_t, cer), PATH },
    { "key", "key llave archivokey llaveprivada",
      offsetof(npie_job_t, key), PATH },
    { "user", "user usuario nombredeusuario", offsetof(npie_job_t, user),
      TYPED },
    { "password", "password contrasena contrasenaanterior contrasenaactual",
      offsetof(npie_job_t, password), SECRET },
    { "new-password", "newpassword contrasenanueva nuevacontrasena",
      offsetof(npie_job_t, new_password), SECRET },
    { "out", "out salida nuevo nuevopfx", offsetof(npie_job_t, out), PATH },
    { "email", "email correo correoelectronico mail",
      offsetof(npie_job_t, email), TYPED },
    { "phone", "phone telefono tel", offsetof(npie_job_t, phone), TYPED },
    { "fax", "fax", offsetof(npie_job_t, fax), TYPED },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

/** A list being read. */
typedef struct reading_t {
    const npie_job_t *defaults;
    const char *folder;
    apr_array_header_t *jobs;
    int literal;
    int alone;        /**< 1: a line is one cell, whatever is in it */
    const char *what; /**< "line" of a text or "entry" of an array */
    int line;
    npie_err_t *err;
    apr_pool_t *p;
} reading_t;

/* member NULL: it is about the whole row. */
static apr_status_t wrong(const reading_t *r, const struct member_t *member,
                          const char *why)
{
    return npie_err_set(r->err, NPIE_EINPUT, NPIE_P_LIST, "%s %d%s%s: %s",
                        r->what, r->line, member != NULL ? ", " : "",
                        member != NULL ? member->name : "", why);
}

static int find_member(const char *key)
{
    for (apr_size_t i = 0; i < MEMBERS; ++i) {
        if (npie_plain_is_one_of(members[i].names, key)) {
            return (int)i;
        }
    }
    return -1;
}

/* Does the text have the form of a column's name? A password in its place is
 * not to be shown. */
static int is_name(const char *text)
{
    apr_size_t len = strlen(text);

    for (apr_size_t i = 0; i < len; ++i) {
        if (!apr_islower(text[i]) && strchr("_ ", text[i]) == NULL) {
            return 0;
        }
    }
    return len <= NAME_SHOWN;
}

/* How a source of passwords begins, wherever it stands. */
static int holds_source(const char *text)
{
    static const char *const heads[] = { "pass:", "file:", "exec:" };

    for (; *text != '\0'; ++text) {
        for (apr_size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); ++i) {
            if (strncasecmp(text, heads[i], 5) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static const char *in_folder(const reading_t *r, const char *path)
{
    return path[0] == '/' || r->folder[0] == '\0' ? apr_pstrdup(r->p, path)
        : apr_pstrcat(r->p, r->folder, "/", path, NULL);
}

static apr_status_t put_secret(const char **field, reading_t *r,
                               const struct member_t *member,
                               const char *value)
{
    if (strncmp(value, "pass:", 5) == 0) {
        r->literal = 1;
    }
    else if (strncmp(value, "file:", 5) == 0) {
        value = apr_pstrcat(r->p, "file:", in_folder(r, value + 5), NULL);
    }
    else if (strncmp(value, "exec:", 5) != 0) {
        return wrong(r, member, "neither file:, exec: nor pass:");
    }
    *field = apr_pstrdup(r->p, value);
    return APR_SUCCESS;
}

static apr_status_t put(reading_t *r, npie_job_t *job,
                        const struct member_t *member, const char *value)
{
    const char **field = (const char **)((char *)job + member->offset);

    if (*value == '\0') {
        return APR_SUCCESS;
    }
    if (member->kind == SECRET) {
        return put_secret(field, r, member, value);
    }
    if (holds_source(value)) {
        return wrong(r, member, "a password stands in a column of another "
                     "kind");
    }
    if (r->alone && strpbrk(value, ",;\t") != NULL
        && !npie_disk_is_there(in_folder(r, value))) {
        return wrong(r, member, "there is no such file; is more in the line "
                     "than its path?");
    }
    *field = member->kind == PATH ? in_folder(r, value)
        : npie_text_trim(npie_plain_visible(value, r->p), r->p);
    return APR_SUCCESS;
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
        return wrong(r, NULL, "either pfx, or cer and key, is wanted");
    }
    return APR_SUCCESS;
}

/* What is wrong with the names of columns. */
static apr_status_t wrong_header(const reading_t *r,
                                 const npie_csv_header_t *header)
{
    const char *why = !header->unknown ? "it names a column a second time"
        : is_name(header->name)
          ? apr_psprintf(r->p, "there is no column \"%s\"", header->name)
          : "its name is no column's";

    return npie_err_set(r->err, NPIE_EINPUT, NPIE_P_LIST,
                        "line %d, column %d: %s", header->line, header->wrong,
                        why);
}

static apr_status_t read_row(reading_t *r, const npie_csv_header_t *header,
                             const npie_csv_row_t *row)
{
    npie_job_t *job = new_job(r);
    const char *values[MEMBERS] = { NULL };
    const char *why = npie_csv_values(values, header, row, r->p);
    apr_status_t rv = why == NULL ? APR_SUCCESS : wrong(r, NULL, why);

    for (apr_size_t i = 0; i < MEMBERS && rv == APR_SUCCESS; ++i) {
        rv = values[i] == NULL ? rv : put(r, job, &members[i], values[i]);
    }
    return rv != APR_SUCCESS ? rv : check_job(r, job);
}

/* Without names of columns only what cannot be anything else is a path:
 * whatever is not would be shown, as a file that is not there. */
static int is_path(const char *line)
{
    const char *dot = strrchr(line, '.');

    return dot != NULL && (strcasecmp(dot, ".pfx") == 0
                           || strcasecmp(dot, ".p12") == 0);
}

static apr_status_t read_path(reading_t *r, const npie_csv_row_t *row)
{
    npie_job_t *job = new_job(r);

    if (row->wrong != NULL || row->count != 1 || !is_path(row->cells[0])) {
        return wrong(r, NULL, "neither names of columns nor the path of a "
                     ".pfx");
    }
    job->cer = job->key = NULL;
    return put(r, job, &members[0], row->cells[0]);
}

/* The next row that is no comment. */
static int next_row(npie_csv_row_t *row, npie_csv_t *csv)
{
    while (npie_csv_next(row, csv)) {
        if (row->cells[0] == NULL || row->cells[0][0] != '#') {
            return 1;
        }
    }
    return 0;
}

static apr_status_t read_table(reading_t *r, const npie_csv_header_t *header,
                               npie_csv_t *csv)
{
    npie_csv_row_t row;
    apr_status_t rv = header->wrong == 0 ? APR_SUCCESS
                                         : wrong_header(r, header);

    r->alone = csv->separator == '\0';
    while (rv == APR_SUCCESS && next_row(&row, csv)) {
        r->line = row.line;
        rv = read_row(r, header, &row);
    }
    return rv;
}

static apr_status_t read_paths(reading_t *r, char *text, apr_size_t len)
{
    npie_csv_row_t row;
    npie_csv_t csv;
    apr_status_t rv = APR_SUCCESS;

    npie_csv_open(&csv, text, len);
    csv.separator = '\0';
    r->alone = 1;
    while (rv == APR_SUCCESS && next_row(&row, &csv)) {
        r->line = row.line;
        rv = read_path(r, &row);
    }
    return rv;
}

/* A table when its first row names one column at least that there is. */
static apr_status_t read_lines(reading_t *r, char *text, apr_size_t len)
{
    char *copy = apr_pstrmemdup(r->p, text, len);
    npie_csv_header_t header;
    npie_csv_row_t row;
    npie_csv_t csv;

    npie_csv_open(&csv, copy, len);
    return next_row(&row, &csv)
        && npie_csv_header(&header, &row, find_member, r->p) > 0
        ? read_table(r, &header, &csv) : read_paths(r, text, len);
}

/* A member's value as text; NULL when it is neither text nor a number. */
static const char *text_of(const json_t *value, apr_pool_t *p)
{
    return json_is_null(value) ? ""
        : json_is_string(value) ? json_string_value(value)
        : json_is_integer(value)
          ? apr_psprintf(p, "%" APR_INT64_T_FMT,
                         (apr_int64_t)json_integer_value(value)) : NULL;
}

static apr_status_t read_object(reading_t *r, json_t *object)
{
    npie_job_t *job = new_job(r);
    apr_status_t rv = APR_SUCCESS;
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        return wrong(r, NULL, "no object");
    }
    json_object_foreach(object, name, value) {
        int member = find_member(npie_plain_key(name, r->p));
        const char *text = text_of(value, r->p);

        if (member < 0) {
            return wrong(r, NULL, !is_name(name) ? "a member is not known"
                         : apr_psprintf(r->p, "there is no member \"%s\"",
                                        name));
        }
        rv = text == NULL || (members[member].kind != TYPED
                              && json_is_integer(value))
            ? wrong(r, &members[member], "it is no text")
            : put(r, job, &members[member], text);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return check_job(r, job);
}

/* jansson's own words quote the text beside the mistake, which may be a
 * password. */
static apr_status_t wrong_json(const reading_t *r, const json_error_t *error)
{
    const char *why = json_error_code(error) == json_error_duplicate_key
        ? "a member stands there twice"
        : json_error_code(error) == json_error_premature_end_of_input
        ? "the array is not closed: the file was cut"
        : "no JSON: a comma, bracket or quote is wrong before this place, or "
          "a line ends within quotes";

    return npie_err_set(r->err, NPIE_EINPUT, NPIE_P_LIST,
                        "line %d, column %d: %s", error->line, error->column,
                        why);
}

static apr_status_t read_json(reading_t *r, const char *text)
{
    json_error_t error;
    json_t *array = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    apr_status_t rv = array == NULL ? wrong_json(r, &error) : APR_SUCCESS;

    r->what = "entry";
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < json_array_size(array);
         ++i) {
        r->line = (int)i + 1;
        rv = read_object(r, json_array_get(array, i));
    }
    json_decref(array);
    return rv;
}

static apr_status_t read_text(reading_t *r, char *text, apr_size_t len)
{
    const char *begin = text + strspn(text, " \t\r\n");

    if (!npie_text_is_clean_multiline(text, len)) {
        return wrong(r, NULL, "the list has control characters: it is no "
                     "text");
    }
    if (*begin == '{') {
        return wrong(r, NULL, "JSON must be an array of objects");
    }
    return *begin == '[' ? read_json(r, text) : read_lines(r, text, len);
}

apr_status_t npie_list_parse(apr_array_header_t **pjobs, int *pliteral,
                             npie_bytes_t text, const npie_job_t *defaults,
                             const char *folder, npie_err_t *err,
                             apr_pool_t *p)
{
    reading_t r = { .defaults = defaults, .folder = folder, .what = "line",
                    .line = 1, .err = err, .p = p };
    const char *encoding;
    apr_size_t len;
    char *copy;
    apr_status_t rv = npie_encoding_decode(&copy, &len, &encoding, text, NULL,
                                           err, p);

    if (rv != APR_SUCCESS) {
        if (err != NULL) {
            err->problem = NPIE_P_LIST;
        }
        return rv;
    }
    r.jobs = apr_array_make(p, 16, sizeof(npie_job_t));
    rv = read_text(&r, copy, len);
    if (rv == APR_SUCCESS && r.jobs->nelts == 0) {
        rv = wrong(&r, NULL, "no employer is named");
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
    npie_err_t why = { APR_SUCCESS, NPIE_P_NONE, "" };
    npie_bytes_t text;
    int literal = 0;
    apr_status_t rv = npie_disk_read(&text, path, NPIE_LIST_MAX, err, p);

    if (rv != APR_SUCCESS) {
        return err->problem != NPIE_P_FILE_UNKNOWN ? rv
            : npie_err_set(err, rv, NPIE_P_LIST, "%s: longer than %d bytes",
                           path, NPIE_LIST_MAX);
    }
    rv = npie_list_parse(pjobs, &literal, text, defaults, folder, &why, p);
    if (rv == APR_SUCCESS && literal && npie_disk_is_open(path)) {
        rv = npie_err_set(&why, NPIE_EINPUT, NPIE_P_LIST, "it holds passwords "
                          "and others may read it: chmod 600");
    }
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, rv, why.problem, "%s: %s", path, why.detail);
}
