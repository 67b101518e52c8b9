/* SPDX-License-Identifier: Apache-2.0
 * Reading rows and columns.
 */
#include "base/csv.h"

#include <string.h>

#include <apr_strings.h>

#include "base/plain.h"

static int is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* One character on; CR LF is one. */
static void step(npie_csv_t *csv)
{
    if (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n') {
        csv->at++;
    }
    csv->line += is_line_end(*csv->at);
    csv->at++;
}

static void skip_blanks(npie_csv_t *csv)
{
    while (csv->at < csv->end && (*csv->at == ' ' || *csv->at == '\t')
           && *csv->at != csv->separator) {
        csv->at++;
    }
}

/* Between the quotes, unquoted in place. Returns its end; NULL when the
 * second quote is missing. */
static char *take_quoted(npie_csv_t *csv)
{
    char *out = csv->at;

    for (csv->at++; csv->at < csv->end; step(csv)) {
        if (*csv->at == '"' && csv->at[1] != '"') {
            csv->at++;
            return out;
        }
        csv->at += *csv->at == '"';
        *out++ = *csv->at == '\r' ? '\n' : *csv->at;
    }
    return NULL;
}

/* Up to the separator or the line's end, without the blanks before it. */
static char *take_bare(npie_csv_t *csv)
{
    char *out = csv->at;

    for (; csv->at < csv->end && *csv->at != csv->separator
           && !is_line_end(*csv->at); csv->at++) {
        if (*csv->at != ' ' && *csv->at != '\t') {
            out = csv->at + 1;
        }
    }
    return out;
}

/* Without the blanks of other widths round it, which a spreadsheet shows as
 * nothing. */
static char *trim(char *start, char **pend)
{
    char *last;
    apr_size_t n;

    while (start < *pend && (n = npie_plain_blank(start)) > 0) {
        start += n;
    }
    last = start;
    for (char *at = start; at < *pend; at += n == 0 ? 1 : n) {
        n = npie_plain_blank(at);
        last = n == 0 ? at + 1 : last;
    }
    *pend = last;
    return start;
}

/* A cell. `at` is left at what ends it, *pend is where its text ends. NULL
 * when it is none, for the reason in *pwrong. */
static char *take_cell(char **pend, const char **pwrong, npie_csv_t *csv)
{
    char *start;

    skip_blanks(csv);
    start = csv->at;
    if (csv->at == csv->end || *csv->at != '"') {
        *pend = take_bare(csv);
        return trim(start, pend);
    }
    *pend = take_quoted(csv);
    if (*pend == NULL) {
        *pwrong = "a quote is not closed: double the quotes within a quoted "
                  "field";
        return NULL;
    }
    skip_blanks(csv);
    if (csv->at < csv->end && *csv->at != csv->separator
        && !is_line_end(*csv->at)) {
        *pwrong = "text follows the quote that closes a field: double the "
                  "quotes within it";
        return NULL;
    }
    return start;
}

static int is_empty(const char *cell)
{
    while (*cell != '\0') {
        apr_size_t n = npie_plain_blank(cell);

        if (n == 0) {
            return 0;
        }
        cell += n;
    }
    return 1;
}

/* ="0123", by which numbers keep their zeros in a spreadsheet, is 0123. */
static const char *without_formula(char *cell)
{
    const apr_size_t len = strlen(cell);

    if (len < 3 || strncmp(cell, "=\"", 2) != 0 || cell[len - 1] != '"') {
        return cell;
    }
    cell[len - 1] = '\0';
    return cell + 2;
}

/* Adds a cell to the row. */
static void add_cell(npie_csv_row_t *row, char *text)
{
    const char *cell = without_formula(text);
    int empty = is_empty(cell);

    if (row->given < NPIE_CSV_COLUMNS) {
        row->cells[row->given] = empty ? "" : cell;
    }
    else if (!empty) {
        row->wrong = "there are too many columns";
    }
    row->given++;
    row->count = empty ? row->count : row->given;
}

/* One row, blank or not. */
static void take_row(npie_csv_row_t *row, npie_csv_t *csv)
{
    int last = 0;

    memset(row, 0, sizeof(*row));
    row->line = csv->line;
    while (!last) {
        char *end = NULL;
        char *cell = take_cell(&end, &row->wrong, csv);

        if (cell == NULL) {
            /* What follows is read as rows again. */
            end = take_bare(csv);
            row->count = 1;
        }
        last = csv->at >= csv->end || is_line_end(*csv->at);
        row->cut = csv->at >= csv->end;
        if (csv->at < csv->end) {
            step(csv);
        }
        *end = '\0';
        if (cell != NULL) {
            add_cell(row, cell);
        }
    }
}

/* "sep=;" by which a spreadsheet is told the separator, in quotes or not. */
static char named_separator(const char *text)
{
    text += *text == '"';
    return strncasecmp(text, "sep=", 4) == 0 && text[4] != '\0'
        && !is_line_end(text[4]) ? text[4] : '\0';
}

static char most_frequent(const char *text)
{
    static const char candidates[] = ",;\t";
    char best = '\0';
    int most = 0;

    for (const char *c = candidates; *c != '\0'; c++) {
        int n = 0, quoted = 0;

        for (const char *at = text; *at != '\0'
             && (quoted || !is_line_end(*at)); at++) {
            quoted ^= *at == '"';
            n += !quoted && *at == *c;
        }
        if (n > most) {
            most = n;
            best = *c;
        }
    }
    return best;
}

void npie_csv_open(npie_csv_t *csv, char *text, apr_size_t len)
{
    csv->at = text;
    csv->end = text + len;
    csv->line = 1;
    csv->separator = named_separator(text);
    if (csv->separator != '\0') {
        csv->at += strcspn(text, "\r\n");
        if (csv->at < csv->end) {
            step(csv);
        }
        return;
    }
    text += strspn(text, " \t\r\n");
    csv->separator = most_frequent(text);
}

int npie_csv_next(npie_csv_row_t *row, npie_csv_t *csv)
{
    while (csv->at < csv->end) {
        take_row(row, csv);
        if (row->count > 0) {
            return 1;
        }
    }
    return 0;
}

/* Does the field of a column stand before it already? */
static int is_twice(const npie_csv_header_t *header, int column)
{
    for (int i = 0; i < column; i++) {
        if (header->fields[i] == header->fields[column]) {
            return 1;
        }
    }
    return 0;
}

int npie_csv_header(npie_csv_header_t *header, const npie_csv_row_t *row,
                    npie_csv_find_fn *find, apr_pool_t *p)
{
    int known = 0;

    memset(header, 0, sizeof(*header));
    header->line = row->line;
    if (row->wrong != NULL) {
        return 0;
    }
    for (int i = 0; i < row->count; i++) {
        const char *name = row->cells[i];
        int field = *name == '\0' ? -1 : find(npie_plain_key(name, p));

        header->fields[header->count++] = field;
        known += field >= 0;
        if (header->wrong == 0 && *name != '\0'
            && (field < 0 || is_twice(header, i))) {
            header->wrong = i + 1;
            header->name = name;
            header->unknown = field < 0;
        }
    }
    return known;
}

const char *npie_csv_values(const char **values,
                            const npie_csv_header_t *header,
                            const npie_csv_row_t *row, apr_pool_t *p)
{
    if (row->wrong != NULL) {
        return row->wrong;
    }
    if (row->cut && row->given < header->count) {
        return apr_psprintf(p, "%d fields where the first line names %d, and "
                            "no line end: the file was cut", row->given,
                            header->count);
    }
    if (row->count > header->count) {
        return apr_psprintf(p, "%d fields where the first line names %d: "
                            "quote a field that has a separator in it",
                            row->count, header->count);
    }
    for (int i = 0; i < header->count; i++) {
        const char *cell = i < row->count ? row->cells[i] : "";

        if (header->fields[i] >= 0) {
            values[header->fields[i]] = cell;
        }
        else if (*cell != '\0') {
            return apr_psprintf(p, "column %d has a value here and no name in "
                                "the first line", i + 1);
        }
    }
    return NULL;
}
