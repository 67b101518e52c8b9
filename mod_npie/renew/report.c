/* SPDX-License-Identifier: Apache-2.0
 * CSV and JSON of one table of columns.
 */
#include "renew/report.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "base/text.h"
#include "renew/disk.h"

/** A column: its name in JSON and in CSV. */
typedef struct column_t {
    const char *name;
    const char *heading;
    const char *(*value)(const npie_report_row_t *row, apr_time_t now,
                         apr_pool_t *p); /**< NULL: nothing */
} column_t;

#define TEXT(member)                                                         \
    static const char *member##_of(const npie_report_row_t *row,             \
                                   apr_time_t now, apr_pool_t *p)            \
    {                                                                        \
        (void)now;                                                           \
        (void)p;                                                             \
        return row->member;                                                  \
    }

TEXT(file)
TEXT(rp10)
TEXT(name)
TEXT(result)
TEXT(word)
TEXT(title)
TEXT(remedy)
TEXT(detail)
TEXT(out)

static const char *until_of(const npie_report_row_t *row, apr_time_t now,
                            apr_pool_t *p)
{
    (void)now;
    return row->until == 0 ? NULL : npie_text_day(row->until, p);
}

/* Whole days left, negative since it has expired. */
static const char *days_of(const npie_report_row_t *row, apr_time_t now,
                           apr_pool_t *p)
{
    return row->until == 0 ? NULL
        : apr_psprintf(p, "%" APR_TIME_T_FMT,
                       (row->until - now) / apr_time_from_sec(86400));
}

static const char *problem_of(const npie_report_row_t *row, apr_time_t now,
                              apr_pool_t *p)
{
    (void)now;
    return row->problem == 0 ? NULL : apr_psprintf(p, "%d", row->problem);
}

static const column_t columns[] = {
    { "file", "archivo", file_of },
    { "rp", "registro_patronal", rp10_of },
    { "name", "nombre", name_of },
    { "expires", "vence", until_of },
    { "days", "dias", days_of },
    { "result", NULL, result_of },
    { NULL, "resultado", word_of },
    { "number", "numero", problem_of },
    { "title", "que_paso", title_of },
    { "remedy", "que_hacer", remedy_of },
    { "detail", "detalle", detail_of },
    { "out", "archivo_nuevo", out_of },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *extension(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL || strchr(dot, '/') != NULL ? "" : dot;
}

static int is_json(const char *path)
{
    return strcasecmp(extension(path), ".json") == 0;
}

int npie_report_is_name(const char *path)
{
    return is_json(path) || strcasecmp(extension(path), ".csv") == 0;
}

/* A cell in quotes. What begins as a formula is one to a spreadsheet, unless
 * it is a number. */
static const char *cell(const char *text, apr_pool_t *p)
{
    char *out, *quoted = apr_palloc(p, strlen(text) * 2 + 4);

    out = quoted;
    *out++ = '"';
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL
        && text[1 + strspn(text + 1, "0123456789")] != '\0') {
        *out++ = '\'';
    }
    for (; *text != '\0'; ++text) {
        if (*text == '"') {
            *out++ = '"';
        }
        *out++ = *text;
    }
    *out++ = '"';
    *out = '\0';
    return quoted;
}

/* One line; row NULL: the headings. */
static const char *line(const npie_report_row_t *row, apr_time_t now,
                        apr_pool_t *p)
{
    const char *text = "";

    for (apr_size_t i = 0; i < COLUMNS; ++i) {
        const char *value = columns[i].heading == NULL ? NULL
            : row == NULL ? columns[i].heading
            : columns[i].value(row, now, p);

        if (columns[i].heading != NULL) {
            text = apr_pstrcat(p, text, *text == '\0' ? "" : ",",
                               value == NULL ? "" : cell(value, p), NULL);
        }
    }
    return apr_pstrcat(p, text, "\r\n", NULL);
}

static const char *to_csv(const apr_array_header_t *rows, apr_time_t now,
                          apr_pool_t *p)
{
    apr_array_header_t *lines = apr_array_make(p, rows->nelts + 2,
                                               sizeof(const char *));

    APR_ARRAY_PUSH(lines, const char *) = "\xef\xbb\xbf";
    APR_ARRAY_PUSH(lines, const char *) = line(NULL, now, p);
    for (int i = 0; i < rows->nelts; ++i) {
        APR_ARRAY_PUSH(lines, const char *) = line(
            &APR_ARRAY_IDX(rows, i, npie_report_row_t), now, p);
    }
    return apr_array_pstrcat(p, lines, '\0');
}

static const char *to_json(const apr_array_header_t *rows, apr_time_t now,
                           apr_pool_t *p)
{
    json_t *array = json_array();
    const char *text;
    char *dump;

    for (int i = 0; i < rows->nelts; ++i) {
        json_t *object = json_object();

        for (apr_size_t k = 0; k < COLUMNS; ++k) {
            const char *value = columns[k].name == NULL ? NULL
                : columns[k].value(&APR_ARRAY_IDX(rows, i, npie_report_row_t),
                                   now, p);
            int number = columns[k].value == days_of
                || columns[k].value == problem_of;

            if (value != NULL) {
                json_object_set_new(object, columns[k].name, number
                                    ? json_integer(apr_atoi64(value))
                                    : json_string(value));
            }
        }
        json_array_append_new(array, object);
    }
    dump = json_dumps(array, JSON_INDENT(1));
    text = apr_pstrcat(p, dump, "\n", NULL);
    free(dump);
    json_decref(array);
    return text;
}

apr_status_t npie_report_write(const char *path,
                               const apr_array_header_t *rows, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p)
{
    const char *text = is_json(path) ? to_json(rows, now, p)
                                     : to_csv(rows, now, p);
    npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return npie_disk_write_new(path, bytes, err, p);
}
