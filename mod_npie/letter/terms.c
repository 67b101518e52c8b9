/* SPDX-License-Identifier: Apache-2.0
 * Reads the template of the letters' wording.
 */
#include "letter/terms.h"

#include <string.h>

#include <apr_strings.h>

#include "base/file.h"
#include "base/template.h"
#include "base/text.h"

/* In compiled text: this byte, then 'A' plus the value's number. */
#define VALUE_MARK '\3'
#define TITLE_MAX 200
#define PARAGRAPH_MAX 4000
#define PARAGRAPHS_MAX 40
#define NO_PART (-1)
#define NOTE_PART NPIE_PARTS

static const char *const value_names[NPIE_VALUES] = {
    "nombre", "calidad", "razon_social", "rp", "npie", "rfc", "curp",
    "domicilio", "usuario", "correo", "telefono", "folio", "fecha", "lugar",
    "instituto", "subdelegacion", "serie", "desde", "hasta", "titular",
    "correo_titular", "finalidad"
};

static const char *const part_names[NPIE_PARTS] = {
    "titulo", "destinatario", "cuerpo", "aceptacion", "terminos", "protesta"
};

/* A template being read. */
typedef struct reader_t {
    const char *name;
    int line;
    int letter;              /* kind - 1: of the open section */
    int part;                /* of the open section, NOTE_PART or NO_PART */
    int paragraph_line;      /* where the open paragraph began */
    apr_array_header_t *paragraph; /* const char *: its lines */
    apr_array_header_t *parts[NPIE_LETTERS][NPIE_PARTS];
    npie_terms_t *terms;
    npie_err_t *err;
    apr_pool_t *p;
} reader_t;

static apr_status_t wrong(const reader_t *r, int line, const char *what)
{
    return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE, "%s, line %d: %s",
                        r->name, line, what);
}

static int find_name(const char *const *names, int count, const char *name,
                     apr_size_t len)
{
    for (int i = 0; i < count; ++i) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
            return i;
        }
    }
    return -1;
}

/* The one letter that knows a value; 0: all do. */
static int only_letter(int value)
{
    return value >= NPIE_VALUE_HOLDER ? NPIE_LETTER_ADDITIONAL
        : value >= NPIE_VALUE_SERIAL ? NPIE_LETTER_TERMS : 0;
}

/* Compiles a brace; *at stands on it. */
static apr_status_t compile_brace(reader_t *r, const char **at, char **out)
{
    const char *name = NULL;
    apr_size_t len = npie_template_brace(&name, *at, r->p);
    int value, only;

    if (len == 0) {
        return wrong(r, r->paragraph_line, "a brace without its other; write "
                     "placeholders as {nombre}, and a brace that is meant as "
                     "{{ or }}");
    }
    if (name == NULL) {
        *(*out)++ = **at;
        *at += len;
        return APR_SUCCESS;
    }
    value = find_name(value_names, NPIE_VALUES, name, strlen(name));
    if (value < 0) {
        return wrong(r, r->paragraph_line, apr_psprintf(r->p,
                     "unknown placeholder {%.40s}; the header of "
                     "conf/letter/terminos.txt lists those there are", name));
    }
    only = only_letter(value);
    if (only != 0 && (r->letter != only - 1 || r->part == NOTE_PART)) {
        return wrong(r, r->paragraph_line, apr_psprintf(r->p,
                     "{%s} is known in carta %d only", value_names[value],
                     only));
    }
    *(*out)++ = VALUE_MARK;
    *(*out)++ = (char)('A' + value);
    *at += len;
    return APR_SUCCESS;
}

/* Compiles a paragraph: placeholders, and * around bold text. */
static apr_status_t compile(char **pcompiled, reader_t *r, const char *text)
{
    char *out = apr_palloc(r->p, strlen(text) + 1);
    const char *at = text;
    int bold = 0;

    *pcompiled = out;
    while (*at != '\0') {
        if (*at == '{' || *at == '}') {
            apr_status_t rv = compile_brace(r, &at, &out);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        } else if (*at == '*' && at[1] == '*') {
            *out++ = '*';
            at += 2;
        } else if (*at == '*') {
            bold = !bold;
            *out++ = bold ? NPIE_TERMS_BOLD : NPIE_TERMS_PLAIN;
            ++at;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    return bold ? wrong(r, r->paragraph_line, "a * without the * that ends "
                        "the bold text; write ** for an asterisk")
                : APR_SUCCESS;
}

static apr_status_t add_paragraph(reader_t *r, const char *text)
{
    apr_array_header_t *part;
    char *compiled;
    apr_status_t rv = compile(&compiled, r, text);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (strlen(text) > PARAGRAPH_MAX) {
        return wrong(r, r->paragraph_line, "this paragraph has more than 4000 "
                     "bytes; split it");
    }
    if (r->part == NOTE_PART) {
        if (r->terms->note != NULL) {
            return wrong(r, r->paragraph_line, "the note has more than one "
                         "paragraph; join them");
        }
        r->terms->note = compiled;
        return APR_SUCCESS;
    }
    part = r->parts[r->letter][r->part];
    if (r->part == NPIE_PART_TITLE
        && (part->nelts > 0 || npie_text_length(text) > TITLE_MAX)) {
        return wrong(r, r->paragraph_line, "a title is one paragraph of at "
                     "most 200 characters");
    }
    if (part->nelts == PARAGRAPHS_MAX) {
        return wrong(r, r->paragraph_line, "more than 40 paragraphs in this "
                     "section; join some");
    }
    APR_ARRAY_PUSH(part, const char *) = compiled;
    return APR_SUCCESS;
}

/* Ends the open paragraph, if there is one. */
static apr_status_t end_paragraph(reader_t *r)
{
    const char *text;

    if (r->paragraph->nelts == 0) {
        return APR_SUCCESS;
    }
    text = apr_array_pstrcat(r->p, r->paragraph, ' ');
    apr_array_clear(r->paragraph);
    return add_paragraph(r, text);
}

/* Opens the section that a line like "[carta 1: titulo]" names. */
static apr_status_t open_section(reader_t *r, const char *line)
{
    apr_size_t len = strlen(line);
    const char *part = line + strlen("[carta 1: ");

    if (strcmp(line, "[nota]") == 0) {
        r->part = NOTE_PART;
        return APR_SUCCESS;
    }
    if (len < strlen("[carta 1: x]") || strncmp(line, "[carta ", 7) != 0
        || line[7] < '1' || line[7] >= '1' + NPIE_LETTERS
        || strncmp(line + 8, ": ", 2) != 0
        || line[len - 1] != ']') {
        return wrong(r, r->line, "unknown section; sections are [nota] and "
                     "[carta 1: titulo] and the like");
    }
    r->letter = line[7] - '1';
    r->part = find_name(part_names, NPIE_PARTS, part,
                        (apr_size_t)(line + len - 1 - part));
    if (r->part < 0) {
        return wrong(r, r->line, "unknown section; a letter has titulo, "
                     "destinatario, cuerpo, aceptacion, terminos and protesta");
    }
    if (r->parts[r->letter][r->part] != NULL) {
        return wrong(r, r->line, "this section is there already; remove one");
    }
    r->parts[r->letter][r->part] = apr_array_make(r->p, 8,
                                                  sizeof(const char *));
    return APR_SUCCESS;
}

static apr_status_t read_line(reader_t *r, char *line)
{
    apr_status_t rv;

    if (npie_template_comment(line) > 0) {
        return APR_SUCCESS;
    }
    line = npie_text_trim(line, r->p);
    if (line[0] == '\0') {
        return end_paragraph(r);
    }
    if (line[0] == '[') {
        rv = end_paragraph(r);
        return rv != APR_SUCCESS ? rv : open_section(r, line);
    }
    if (r->part == NO_PART) {
        return wrong(r, r->line, "text before the first section; begin with "
                     "[carta 1: titulo]");
    }
    if (r->paragraph->nelts == 0) {
        r->paragraph_line = r->line;
    }
    APR_ARRAY_PUSH(r->paragraph, const char *) = line;
    return r->part == NPIE_PART_ADDRESSEE ? end_paragraph(r) : APR_SUCCESS;
}

static apr_status_t check_complete(reader_t *r)
{
    for (int letter = 0; letter < NPIE_LETTERS; ++letter) {
        for (int part = 0; part < NPIE_PARTS; ++part) {
            const apr_array_header_t *found = r->parts[letter][part];

            if (found == NULL || found->nelts == 0) {
                return wrong(r, r->line, apr_psprintf(r->p,
                             "the section [carta %d: %s] is missing or empty; "
                             "add it", letter + 1, part_names[part]));
            }
            r->terms->parts[letter][part] = found;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_lines(reader_t *r, char *text)
{
    apr_status_t rv = APR_SUCCESS;

    for (char *line = text, *next; line != NULL && rv == APR_SUCCESS;
         line = next) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        ++r->line;
        for (char *c = line; *c != '\0'; ++c) {
            *c = *c == '\t' || *c == '\r' ? ' ' : *c;
        }
        rv = read_line(r, line);
    }
    return rv == APR_SUCCESS ? end_paragraph(r) : rv;
}

apr_status_t npie_terms_parse(npie_terms_t **pterms, const char *name,
                              npie_bytes_t bytes, npie_err_t *err,
                              apr_pool_t *p)
{
    reader_t r = { .name = name, .part = NO_PART, .err = err, .p = p };
    char *text = NULL;
    apr_status_t rv;

    *pterms = NULL;
    if (bytes.len > NPIE_TERMS_MAX) {
        return wrong(&r, 0, "the file has more than 65536 bytes; shorten it");
    }
    rv = npie_template_text(&text, name, bytes, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r.terms = apr_pcalloc(p, sizeof(*r.terms));
    r.paragraph = apr_array_make(p, 16, sizeof(const char *));
    rv = read_lines(&r, text);
    if (rv == APR_SUCCESS) {
        rv = check_complete(&r);
    }
    if (rv == APR_SUCCESS) {
        *pterms = r.terms;
    }
    return rv;
}

apr_status_t npie_terms_load(npie_terms_t **pterms, const char *path,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_file_read(&bytes, path, NPIE_TERMS_MAX, p);

    return rv == APR_SUCCESS ? npie_terms_parse(pterms, path, bytes, err, p)
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "letter terms %s: %s; "
                       "set NPIELetterTerms to the template", path,
                       npie_file_why(rv, NPIE_TERMS_MAX, p));
}

char *npie_terms_expand(const char *compiled, const char *const *values,
                        apr_pool_t *p)
{
    apr_size_t size = 1;
    char *result;
    char *out;

    for (const char *at = compiled; *at != '\0'; ++at) {
        size += *at == VALUE_MARK ? strlen(values[*++at - 'A']) : 1;
    }
    result = apr_palloc(p, size);
    out = result;
    for (const char *at = compiled; *at != '\0'; ++at) {
        if (*at == VALUE_MARK) {
            const char *value = values[*++at - 'A'];

            memcpy(out, value, strlen(value));
            out += strlen(value);
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    return npie_text_trim(result, p);
}
