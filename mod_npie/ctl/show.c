/* SPDX-License-Identifier: Apache-2.0
 * Answers as text and as JSON.
 */
#include "ctl/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

#define COLUMNS_MAX 24

static void dump(npie_ctl_t *ctl, json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    fputc('\n', stdout);
    ctl->shown = 1;
}

/* A value as people read it. */
static const char *text_of(const json_t *value, apr_pool_t *p)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_value(value);
    case JSON_INTEGER:
        return apr_psprintf(p, "%" APR_INT64_T_FMT,
                            (apr_int64_t)json_integer_value(value));
    case JSON_TRUE:
        return "yes";
    case JSON_FALSE:
        return "no";
    default:
        return "-";
    }
}

static const char *cell(const json_t *row, const char *key, apr_pool_t *p)
{
    const json_t *value = json_object_get(row, key);

    return value == NULL ? "-" : text_of(value, p);
}

/* Prints text, and blanks up to a width in characters. */
static void pad(const char *text, apr_size_t width)
{
    fputs(text, stdout);
    for (apr_size_t n = npie_text_length(text); n < width; n++) {
        fputc(' ', stdout);
    }
}

static void widen(apr_size_t *width, const char *text)
{
    apr_size_t n = npie_text_length(text);

    if (n > *width) {
        *width = n;
    }
}

static const npie_ctl_column_t *next_shown(const npie_ctl_column_t *column)
{
    while (column->key != NULL && column->title[0] == '\0') {
        column++;
    }
    return column->key == NULL ? NULL : column;
}

/* One line of a table: of a row, or of the titles when there is none. */
static void print_row(const json_t *row, const npie_ctl_column_t *columns,
                      const apr_size_t *widths, apr_pool_t *p)
{
    const npie_ctl_column_t *column = next_shown(columns);

    while (column != NULL) {
        const npie_ctl_column_t *next = next_shown(column + 1);

        pad(row == NULL ? column->title : cell(row, column->key, p),
            next == NULL ? 0 : widths[column - columns] + 2);
        column = next;
    }
    fputc('\n', stdout);
}

static void print_table(const json_t *list, const npie_ctl_column_t *columns,
                        apr_pool_t *p)
{
    apr_size_t widths[COLUMNS_MAX] = { 0 };
    apr_pool_t *scratch;
    json_t *row;
    size_t n;

    apr_pool_create(&scratch, p);
    for (int i = 0; columns[i].key != NULL; i++) {
        widen(&widths[i], columns[i].title);
    }
    json_array_foreach (list, n, row) {
        for (int i = 0; columns[i].key != NULL; i++) {
            widen(&widths[i], cell(row, columns[i].key, scratch));
        }
        apr_pool_clear(scratch);
    }
    print_row(NULL, columns, widths, scratch);
    json_array_foreach (list, n, row) {
        print_row(row, columns, widths, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

/* 1 = another command wanted the answer, and has it now. */
static int handed_over(npie_ctl_t *ctl, json_t *value)
{
    if (ctl->answer == NULL) {
        return 0;
    }
    json_decref(*ctl->answer);
    *ctl->answer = value;
    return 1;
}

void npie_ctl_show_list(npie_ctl_t *ctl, json_t *list,
                        const npie_ctl_column_t *columns, const char *none)
{
    if (handed_over(ctl, list)) {
        return;
    }
    if (ctl->json) {
        dump(ctl, list);
    }
    else if (json_array_size(list) == 0) {
        puts(none);
    }
    else {
        print_table(list, columns, ctl->p);
    }
    ctl->shown = 1;
    json_decref(list);
}

void npie_ctl_show_row(npie_ctl_t *ctl, const json_t *row,
                       const npie_ctl_column_t *columns)
{
    apr_size_t widths[COLUMNS_MAX] = { 0 };
    apr_pool_t *scratch;

    apr_pool_create(&scratch, ctl->p);
    for (int i = 0; columns[i].key != NULL; i++) {
        widen(&widths[i], cell(row, columns[i].key, scratch));
    }
    if (ctl->json) {
        json_dumpf(row, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        fputc('\n', stdout);
    }
    else {
        print_row(row, columns, widths, scratch);
    }
    fflush(stdout);
    apr_pool_destroy(scratch);
    ctl->shown = 1;
}

void npie_ctl_show_record(npie_ctl_t *ctl, json_t *record,
                          const npie_ctl_column_t *columns)
{
    apr_size_t width = 0;

    if (handed_over(ctl, record)) {
        return;
    }
    for (int i = 0; columns[i].key != NULL; i++) {
        widen(&width, columns[i].title);
    }
    if (ctl->json) {
        dump(ctl, record);
    }
    for (int i = 0; !ctl->json && columns[i].key != NULL; i++) {
        if (columns[i].title[0] != '\0') {
            pad(columns[i].title, width + 2);
            puts(cell(record, columns[i].key, ctl->p));
        }
    }
    ctl->shown = 1;
    json_decref(record);
}

void npie_ctl_say(const npie_ctl_t *ctl, const char *fmt, ...)
{
    va_list ap;

    if (ctl->json || ctl->answer != NULL) {
        return;
    }
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    fputc('\n', stdout);
}

/* A line on standard error. What a file or a server said may stand in it: it
 * must not speak to the terminal. */
static void complain(const char *what, const char *text)
{
    fputs(what, stderr);
    for (const char *c = text; *c != '\0'; c++) {
        fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, stderr);
    }
    fputc('\n', stderr);
}

void npie_ctl_warn(const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    complain("npiectl: warning: ", text);
}

void npie_ctl_show_error(npie_ctl_t *ctl, const npie_err_t *err)
{
    const npie_problem_info_t *info = npie_problem_find((int)err->problem);
    json_t *detail;
    json_t *answer;

    complain("npiectl: ", err->detail);
    if (!ctl->json || ctl->shown) {
        return;
    }
    /* What cannot be JSON, being cut within a character or no UTF-8, is said
     * on standard error alone. */
    detail = json_string(err->detail);
    if (detail == NULL) {
        detail = json_null();
    }
    answer = json_pack("{s: {s: o, s: i, s: s}}", "error", "detail", detail,
                       "number", (int)err->problem, "slug",
                       info == NULL ? "" : info->slug);
    dump(ctl, answer);
    json_decref(answer);
}

json_t *npie_ctl_json_time(npie_ctl_t *ctl, apr_time_t t)
{
    return t == 0 ? json_null() : json_string(npie_text_time(t, ctl->p));
}
