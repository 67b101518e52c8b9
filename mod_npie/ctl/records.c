/* SPDX-License-Identifier: Apache-2.0
 * Reading CSV and JSON record by record.
 */
#include "ctl/records.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>

#include "base/plain.h"

static void step(npie_csv_t *at)
{
    at->line += *at->at == '\n';
    at->at++;
}

/* What stands between JSON's values. */
static void skip_blanks(npie_csv_t *at)
{
    while (at->at < at->end && apr_isspace(*at->at)) {
        step(at);
    }
}

/* The row of names. */
static apr_status_t take_header(npie_ctl_records_t *r, npie_err_t *err,
                                apr_pool_t *p)
{
    const npie_csv_header_t *header = &r->header;
    npie_csv_row_t row;

    if (!npie_csv_next(&row, &r->csv)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "the file is empty");
    }
    npie_csv_header(&r->header, &row, npie_ctl_field_find, p);
    if (row.wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "line %d: %s",
                            header->line, row.wrong);
    }
    if (header->unknown) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "line %d, column %d: there is no field \"%.60s\": "
                            "the first line names the columns, see "
                            "npiectl(8)", header->line, header->wrong,
                            header->name);
    }
    if (header->wrong) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "line %d, column %d: \"%.60s\" stands there "
                            "twice", header->line, header->wrong,
                            header->name);
    }
    for (int i = 0; i < header->count; i++) {
        if (header->fields[i] == NPIE_CTL_FIELD_RP) {
            return APR_SUCCESS;
        }
    }
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "line %d: no column is "
                        "called rp: the first line names the columns",
                        header->line);
}

/* A spreadsheet leaves out the last cells where they are empty in many rows;
 * one that must not be empty was lost in another way. */
static void next_csv(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    const npie_csv_header_t *header = &r->header;
    npie_csv_row_t row;

    r->over = !npie_csv_next(&row, &r->csv);
    if (r->over) {
        return;
    }
    record->line = row.line;
    record->wrong = npie_csv_values(record->values, header, &row, r->p);
    if (record->wrong != NULL || row.given >= header->count) {
        return;
    }
    record->warning = apr_psprintf(r->p, "%d fields where the first line "
                                   "names %d: the last ones are taken as "
                                   "empty", row.given, header->count);
    for (int i = row.given; i < header->count; i++) {
        if (header->fields[i] >= 0
            && npie_ctl_field_required(header->fields[i])) {
            record->wrong = apr_psprintf(r->p, "%d fields where the first "
                                         "line names %d", row.given,
                                         header->count);
        }
    }
}

/* The values of an object. */
static void take_object(npie_ctl_record_t *record, const json_t *object,
                        apr_pool_t *p)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)object, key, value) {
        int field = npie_ctl_field_find(npie_plain_key(key, p));

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
    json_t *object = json_loadb(r->csv.at, (apr_size_t)(r->csv.end - r->csv.at),
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
    stop = r->csv.at + error.position;
    while (r->csv.at < stop) {
        step(&r->csv);
    }
    if (json_is_object(object)) {
        take_object(record, object, r->p);
    }
    else {
        record->wrong = "not an object";
    }
    json_decref(object);
    skip_blanks(&r->csv);
    if (r->array && r->csv.at < r->csv.end && *r->csv.at == ',') {
        step(&r->csv);
    }
}

apr_status_t npie_ctl_records_open(npie_ctl_records_t *r, char *text,
                                   apr_size_t len, npie_err_t *err,
                                   apr_pool_t *p)
{
    memset(r, 0, sizeof(*r));
    apr_pool_create(&r->p, p);
    if (memchr(text, '\0', len) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "it has NUL bytes: it is not a text file");
    }
    npie_csv_open(&r->csv, text, len);
    r->json = text[strspn(text, " \t\r\n")] == '['
        || text[strspn(text, " \t\r\n")] == '{';
    if (!r->json) {
        return take_header(r, err, p);
    }
    skip_blanks(&r->csv);
    r->array = *r->csv.at == '[';
    r->csv.at += r->array;
    return APR_SUCCESS;
}

/* Is there another object? Sets `over` where there is not, and `wrong` when
 * the file should not end so. */
static int has_json(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    skip_blanks(&r->csv);
    record->line = r->csv.line;
    if (r->array && r->csv.at < r->csv.end && *r->csv.at == ']') {
        r->csv.at++;
        skip_blanks(&r->csv);
        r->over = 1;
        if (r->csv.at < r->csv.end) {
            record->wrong = "something stands behind the array";
        }
    }
    else if (r->csv.at >= r->csv.end) {
        r->over = 1;
        record->wrong = r->array ? "the array is not closed: the file was cut"
                                 : NULL;
    }
    return !r->over;
}

int npie_ctl_records_next(npie_ctl_record_t *record, npie_ctl_records_t *r)
{
    memset(record, 0, sizeof(*record));
    apr_pool_clear(r->p);
    if (r->over) {
        return 0;
    }
    if (!r->json) {
        next_csv(record, r);
        return !r->over;
    }
    if (has_json(record, r)) {
        next_json(record, r);
        return 1;
    }
    return record->wrong != NULL;
}
