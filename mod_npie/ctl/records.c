/* SPDX-License-Identifier: Apache-2.0
 * Reading CSV and JSON record by record.
 */
#include "ctl/records.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>

#define COLUMNS_MAX ((int)(sizeof(((npie_ctl_records_t *)0)->columns) \
                           / sizeof(int)))

static void step(npie_ctl_records_t *r)
{
    r->line += *r->at == '\n';
    r->at++;
}

/* What stands between records; in CSV a blank belongs to its field. */
static void skip_blanks(npie_ctl_records_t *r)
{
    while (r->at < r->end
           && (*r->at == '\n' || *r->at == '\r'
               || (r->json && apr_isspace(*r->at)))) {
        step(r);
    }
}

/* One cell, unquoted in place. Afterwards `at` is behind its separator or
 * line end. Returns the text; *plast is 1 when the line ends with it; NULL
 * when a quote is not closed. */
static char *take_cell(npie_ctl_records_t *r, int *plast)
{
    char *start = r->at;
    char *out = start;
    int quoted = r->at < r->end && *r->at == '"';
    int open = quoted;

    if (quoted) {
        r->at++;
    }
    while (r->at < r->end
           && (open || (*r->at != r->separator && *r->at != '\n'))) {
        if (quoted && *r->at == '"') {
            open = r->at + 1 < r->end && r->at[1] == '"' && open;
            r->at += open;
            if (!open) {
                r->at++;
                continue;
            }
        }
        *out = *r->at;
        out++;
        step(r);
    }
    *plast = r->at >= r->end || *r->at == '\n';
    if (r->at < r->end) {
        step(r);
    }
    if (open) {
        return NULL;
    }
    if (*plast && !quoted && out > start && out[-1] == '\r') {
        out--;
    }
    *out = '\0';
    return start;
}

static char most_frequent(const char *text, const char *end)
{
    static const char candidates[] = ",;\t";
    char best = ',';
    int most = 0;

    for (const char *c = candidates; *c != '\0'; c++) {
        int n = 0;

        for (const char *at = text; at < end && *at != '\n'; at++) {
            n += *at == *c;
        }
        if (n > most) {
            most = n;
            best = *c;
        }
    }
    return best;
}

static apr_status_t take_column(npie_ctl_records_t *r, const char *name,
                                npie_err_t *err)
{
    int field = npie_ctl_field_find(name, strlen(name));

    if (field < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "line 1: there is no field \"%.60s\": the first "
                            "line names the columns, see npiectl(8)", name);
    }
    for (int i = 0; i < r->count; i++) {
        if (r->columns[i] == field) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                                "line 1: \"%.60s\" stands there twice", name);
        }
    }
    r->columns[r->count++] = field;
    return APR_SUCCESS;
}

/* The line of names. */
static apr_status_t take_header(npie_ctl_records_t *r, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    int last = 0;

    r->separator = most_frequent(r->at, r->end);
    while (rv == APR_SUCCESS && !last) {
        char *name = take_cell(r, &last);

        if (name == NULL || r->count == COLUMNS_MAX) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                                "line 1: a quote is not closed, or there are "
                                "too many columns");
        }
        rv = take_column(r, name, err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < r->count; i++) {
        if (r->columns[i] == NPIE_CTL_FIELD_RP) {
            return APR_SUCCESS;
        }
    }
    return rv != APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "line 1: no column is "
                       "called rp: the first line names the columns");
}

static void next_csv(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    int n = 0;
    int last = 0;

    while (!last) {
        char *cell = take_cell(r, &last);

        if (cell == NULL) {
            record->wrong = "a quote is not closed: double the quotes within "
                            "a quoted field";
            return;
        }
        if (n < r->count) {
            record->values[r->columns[n]] = cell;
        }
        n++;
    }
    if (n != r->count) {
        record->wrong = apr_psprintf(r->p, "%d fields where the first line "
                                     "names %d: quote a field that has a "
                                     "separator in it", n, r->count);
    }
}

/* The values of an object. */
static void take_object(npie_ctl_record_t *record, const json_t *object,
                        apr_pool_t *p)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)object, key, value) {
        int field = npie_ctl_field_find(key, strlen(key));

        if (field < 0) {
            record->wrong = apr_psprintf(p, "there is no field \"%.60s\"",
                                         key);
        }
        else if (json_is_string(value)) {
            record->values[field] = apr_pstrdup(p, json_string_value(value));
        }
        else if (json_is_integer(value)) {
            record->values[field] =
                apr_psprintf(p, "%" APR_INT64_T_FMT,
                             (apr_int64_t)json_integer_value(value));
        }
        else if (!json_is_null(value)) {
            record->wrong = apr_psprintf(p, "%s is neither text nor a number",
                                         key);
        }
    }
}

static void next_json(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    json_error_t error;
    json_t *object = json_loadb(r->at, (apr_size_t)(r->end - r->at),
                                JSON_DISABLE_EOF_CHECK
                                | JSON_REJECT_DUPLICATES, &error);
    char *stop;

    if (object == NULL) {
        record->line += error.line > 0 ? error.line - 1 : 0;
        record->wrong = apr_psprintf(r->p, "no JSON: %s; nothing behind it "
                                     "was read", error.text);
        r->over = 1;
        return;
    }
    stop = r->at + error.position;
    while (r->at < stop) {
        step(r);
    }
    if (json_is_object(object)) {
        take_object(record, object, r->p);
    }
    else {
        record->wrong = "not an object";
    }
    json_decref(object);
    skip_blanks(r);
    if (r->array && r->at < r->end && *r->at == ',') {
        step(r);
    }
}

apr_status_t npie_ctl_records_open(npie_ctl_records_t *r, char *text,
                                   apr_size_t len, npie_err_t *err,
                                   apr_pool_t *p)
{
    memset(r, 0, sizeof(*r));
    r->at = text;
    r->end = text + len;
    r->line = 1;
    apr_pool_create(&r->p, p);
    if (memchr(text, '\0', len) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "it has NUL bytes: it is no text");
    }
    r->json = text[strspn(text, " \t\r\n")] == '['
        || text[strspn(text, " \t\r\n")] == '{';
    skip_blanks(r);
    if (r->at == r->end) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "the file is empty");
    }
    if (!r->json) {
        return take_header(r, err);
    }
    r->array = *r->at == '[';
    r->at += r->array;
    return APR_SUCCESS;
}

int npie_ctl_records_next(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    memset(record, 0, sizeof(*record));
    apr_pool_clear(r->p);
    skip_blanks(r);
    record->line = r->line;
    if (r->over) {
        return 0;
    }
    if (r->array && r->at < r->end && *r->at == ']') {
        r->at++;
        skip_blanks(r);
        r->array = 0;
        r->over = 1;
        if (r->at < r->end) {
            record->wrong = "something stands behind the array";
            return 1;
        }
        return 0;
    }
    if (r->at >= r->end) {
        r->over = 1;
        record->wrong = "the array is not closed: the file was cut";
        return r->array;
    }
    if (r->json) {
        next_json(record, r);
    }
    else {
        next_csv(record, r);
    }
    return 1;
}
