/* SPDX-License-Identifier: Apache-2.0
 * Loads and renders the templates of mails.
 */
#include "mail/template.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

#include "base/template.h"
#include "base/text.h"

/* Values available in the frame only, in addition to those of every mail. */
enum { FRAME_SUBJECT = NPIE_MAIL_VALUES, FRAME_CONTENT, NO_VALUE };

#define SUBJECT "Asunto: "
#define SUBJECT_MAX 150 /* bytes, before values */

#define OF(value) (1u << NPIE_MAIL_VALUE_##value)
#define OF_EVERY (OF(NAME) | OF(COMPANY) | OF(RP) | OF(INSTITUTION) | OF(SITE))
#define OF_LINK (OF(LINK) | OF(LINK_UNTIL))
#define OF_HOLDER (OF(HOLDER) | OF(PURPOSE))
#define OF_CONTENT (1u << FRAME_CONTENT)
#define OF_FRAME (OF_EVERY | OF_CONTENT | 1u << FRAME_SUBJECT)

static const char *const value_names[NO_VALUE] = {
    [NPIE_MAIL_VALUE_NAME] = "nombre",
    [NPIE_MAIL_VALUE_COMPANY] = "razon_social",
    [NPIE_MAIL_VALUE_RP] = "rp",
    [NPIE_MAIL_VALUE_INSTITUTION] = "instituto",
    [NPIE_MAIL_VALUE_SITE] = "sitio",
    [NPIE_MAIL_VALUE_LINK] = "liga",
    [NPIE_MAIL_VALUE_LINK_UNTIL] = "liga_vence",
    [NPIE_MAIL_VALUE_KEY] = "llave",
    [NPIE_MAIL_VALUE_EMAIL] = "correo",
    [NPIE_MAIL_VALUE_SERIAL] = "serie",
    [NPIE_MAIL_VALUE_UNTIL] = "hasta",
    [NPIE_MAIL_VALUE_DAYS] = "dias",
    [NPIE_MAIL_VALUE_HOLDER] = "titular",
    [NPIE_MAIL_VALUE_PURPOSE] = "finalidad",
    [FRAME_SUBJECT] = "asunto",
    [FRAME_CONTENT] = "contenido",
};

/* Values available in each kind. */
static const unsigned kind_values[NPIE_MAIL_KINDS] = {
    [NPIE_MAIL_OBTAIN] = OF_EVERY | OF_LINK | OF(KEY),
    [NPIE_MAIL_CHANGED] = OF_EVERY | OF_LINK | OF(EMAIL),
    [NPIE_MAIL_ISSUED] = OF_EVERY | OF(SERIAL) | OF(UNTIL),
    [NPIE_MAIL_EXPIRY] = OF_EVERY | OF(SERIAL) | OF(UNTIL) | OF(DAYS),
    [NPIE_MAIL_AGAIN] = OF_EVERY | OF_LINK | OF(KEY),
    [NPIE_MAIL_ACUSE] = OF_EVERY,
    [NPIE_MAIL_ADDITIONAL] = OF_EVERY | OF_LINK | OF_HOLDER,
    [NPIE_MAIL_ADDITIONAL_READY] = OF_EVERY | OF_LINK | OF_HOLDER |
                                   OF(SERIAL) | OF(UNTIL),
    [NPIE_MAIL_ADDITIONAL_KEY] = OF_EVERY | OF_HOLDER,
    [NPIE_MAIL_ADDITIONAL_ISSUED] = OF_EVERY | OF_HOLDER | OF(SERIAL) |
                                    OF(UNTIL),
};

/* A piece of a template: literal text followed by a value. */
typedef struct piece_t {
    const char *text;
    int value; /* or NO_VALUE */
} piece_t;

/* The template of a kind; arrays of piece_t. */
typedef struct template_t {
    apr_array_header_t *subject;
    apr_array_header_t *text;
    apr_array_header_t *html;
} template_t;

struct npie_templates_t {
    template_t frame; /* without subject */
    template_t kinds[NPIE_MAIL_KINDS];
};

/* A file being compiled. */
typedef struct reader_t {
    const char *path;
    int line;
    unsigned known; /* values that may occur, bits */
    unsigned must;  /* the one that must, or 0 */
    unsigned seen;  /* those that did */
    npie_err_t *err;
    apr_pool_t *p;
} reader_t;

static apr_status_t wrong(const reader_t *r, const char *what)
{
    return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE, "%s, line %d: %s",
                        r->path, r->line, what);
}

static apr_status_t read_file(char **ptext, reader_t *r)
{
    apr_size_t comment;
    apr_status_t rv = npie_template_read(ptext, r->path, NPIE_TEMPLATE_MAX,
                                         r->err, r->p);

    while (rv == APR_SUCCESS
           && (comment = npie_template_comment(*ptext)) > 0) {
        *ptext += comment;
        ++r->line;
    }
    return rv;
}

/* Compiles a placeholder. */
static apr_status_t take_value(int *pvalue, reader_t *r, const char *name)
{
    int value = 0;

    while (value < NO_VALUE && strcmp(value_names[value], name) != 0) {
        ++value;
    }
    if (value == NO_VALUE) {
        return wrong(r, apr_psprintf(r->p, "unknown placeholder {%.40s}; "
                     "conf/mail/obtener.txt lists those there are", name));
    }
    if ((r->known & 1u << value) == 0) {
        return wrong(r, apr_psprintf(r->p, "{%s} is not known in this file",
                                     name));
    }
    r->seen |= 1u << value;
    *pvalue = value;
    return APR_SUCCESS;
}

static void add_piece(apr_array_header_t *pieces, const char *text, int value)
{
    piece_t *piece = apr_array_push(pieces);

    piece->text = text;
    piece->value = value;
}

/* Compiles text into pieces, in place. */
static apr_status_t compile(apr_array_header_t **ppieces, reader_t *r,
                            char *text)
{
    apr_array_header_t *pieces = apr_array_make(r->p, 8, sizeof(piece_t));
    char *begin = text;
    char *out = text;
    char *at = text;
    int line_begins = 1;

    while (*at != '\0') {
        const char *name = NULL;
        apr_size_t len = line_begins ? npie_template_comment(at) : 0;
        int value = 0;
        apr_status_t rv;

        line_begins = *at == '\n' || len > 0;
        r->line += line_begins;
        if (len > 0) {
            at += len;
            continue;
        }
        if (*at != '{' && *at != '}') {
            *out++ = *at++;
            continue;
        }
        len = npie_template_brace(&name, at, r->p);
        if (len == 0) {
            return wrong(r, "a brace without its other; write placeholders as "
                         "{nombre}, and a brace that is meant as {{ or }}");
        }
        if (name == NULL) {
            *out++ = *at;
            at += len;
            continue;
        }
        rv = take_value(&value, r, name);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        *out = '\0';
        add_piece(pieces, begin, value);
        at += len;
        begin = at;
        out = at;
    }
    *out = '\0';
    add_piece(pieces, begin, NO_VALUE);
    *ppieces = pieces;
    return APR_SUCCESS;
}

/* Compiles the rest of a file, which must contain a given value. */
static apr_status_t compile_rest(apr_array_header_t **ppieces, reader_t *r,
                                 char *text)
{
    apr_status_t rv;

    r->seen = 0;
    rv = compile(ppieces, r, text);
    if (rv == APR_SUCCESS && (r->seen & r->must) != r->must) {
        return wrong(r, r->must == OF_CONTENT
                            ? "{contenido} is missing: the mail would be empty"
                            : "{liga} is missing: the mail would be no use");
    }
    return rv;
}

static apr_status_t load_html(template_t *t, reader_t *r)
{
    char *text = NULL;
    apr_status_t rv = read_file(&text, r);

    return rv == APR_SUCCESS ? compile_rest(&t->html, r, text) : rv;
}

/* Compiles the frame, which has no subject. */
static apr_status_t load_plain(template_t *t, reader_t *r)
{
    char *text = NULL;
    apr_status_t rv = read_file(&text, r);

    return rv == APR_SUCCESS ? compile_rest(&t->text, r, text) : rv;
}

static apr_status_t load_text(template_t *t, reader_t *r)
{
    char *text = NULL;
    char *body;
    apr_status_t rv = read_file(&text, r);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    body = strchr(text, '\n');
    if (strncmp(text, SUBJECT, strlen(SUBJECT)) != 0 || body == NULL
        || body - text > SUBJECT_MAX
        || body - text == (apr_ssize_t)strlen(SUBJECT)
        || !npie_text_is_clean(text, (apr_size_t)(body - text))) {
        return wrong(r, "the first line must be \"" SUBJECT "\" and at most "
                     "150 bytes of subject without tabs");
    }
    *body++ = '\0';
    rv = compile(&t->subject, r, text + strlen(SUBJECT));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ++r->line;
    while (*body == '\n') {
        ++body;
        ++r->line;
    }
    return compile_rest(&t->text, r, body);
}

/* Where templates are: those in Spanish end in "", others in ".en". */
typedef struct shelf_t {
    const char *dir;
    const char *end;
    npie_err_t *err;
    apr_pool_t *p;
} shelf_t;

/* Loads the two files of a template. */
static apr_status_t load(template_t *t, const shelf_t *shelf, const char *name,
                         unsigned known, unsigned must)
{
    const char *path = apr_pstrcat(shelf->p, shelf->dir, "/", name, shelf->end,
                                   NULL);
    reader_t text = { apr_pstrcat(shelf->p, path, ".txt", NULL), 1, known,
                      must, 0, shelf->err, shelf->p };
    reader_t html = { apr_pstrcat(shelf->p, path, ".html", NULL), 1, known,
                      must, 0, shelf->err, shelf->p };
    apr_status_t rv = must == OF_CONTENT ? load_plain(t, &text)
                                         : load_text(t, &text);

    return rv == APR_SUCCESS ? load_html(t, &html) : rv;
}

static apr_status_t load_all(npie_templates_t *templates, const shelf_t *shelf)
{
    apr_status_t rv = load(&templates->frame, shelf, "marco", OF_FRAME,
                           OF_CONTENT);

    for (int i = 0; i < NPIE_MAIL_KINDS && rv == APR_SUCCESS; ++i) {
        rv = load(&templates->kinds[i], shelf,
                  npie_mail_kind_name((npie_mail_kind_t)i), kind_values[i],
                  kind_values[i] & OF(LINK));
    }
    return rv;
}

apr_status_t npie_templates_load(npie_templates_t **ptemplates,
                                 const char *dir, npie_err_t *err,
                                 apr_pool_t *p)
{
    const shelf_t shelf = { dir, "", err, p };
    npie_templates_t *templates = apr_pcalloc(p, sizeof(*templates));
    apr_status_t rv = load_all(templates, &shelf);

    if (rv == APR_SUCCESS) {
        *ptemplates = templates;
    }
    return rv;
}

apr_status_t npie_templates_load_in(const npie_templates_t **ptemplates,
                                    const char *dir, const char *language,
                                    npie_err_t *err, apr_pool_t *p)
{
    const shelf_t shelf = { dir, apr_pstrcat(p, ".", language, NULL), err, p };
    npie_templates_t *templates = apr_pcalloc(p, sizeof(*templates));
    apr_status_t rv = load_all(templates, &shelf);

    if (rv == APR_SUCCESS) {
        *ptemplates = templates;
    }
    return rv;
}

/* Escapes a value for HTML text and double-quoted attributes. */
static const char *escape(const char *text, apr_pool_t *p)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
        { '"', "&quot;" }, { '\'', "&#39;" },
    };
    char *escaped = apr_palloc(p, 6 * strlen(text) + 1);
    char *out = escaped;

    for (; *text != '\0'; ++text) {
        apr_size_t i = 0;

        while (i < sizeof(entities) / sizeof(entities[0])
               && entities[i].c != *text) {
            ++i;
        }
        if (i < sizeof(entities) / sizeof(entities[0])) {
            out = apr_cpystrn(out, entities[i].entity, 7);
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
    return escaped;
}

/* Renders pieces with their values. The content of a frame is not escaped. */
static const char *expand(const apr_array_header_t *pieces,
                          const char *const *values, int html, apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, 2 * pieces->nelts,
                                               sizeof(const char *));

    for (int i = 0; i < pieces->nelts; ++i) {
        const piece_t *piece = &APR_ARRAY_IDX(pieces, i, piece_t);
        const char *value = piece->value == NO_VALUE ? ""
                                                     : values[piece->value];

        if (html && piece->value != FRAME_CONTENT) {
            value = escape(value, p);
        }
        APR_ARRAY_PUSH(parts, const char *) = piece->text;
        APR_ARRAY_PUSH(parts, const char *) = value;
    }
    return apr_array_pstrcat(p, parts, '\0');
}

/* Checks that the values of the kind are set and have one line. */
static apr_status_t check_values(npie_mail_kind_t kind,
                                 const char *const *values, npie_err_t *err)
{
    for (int i = 0; i < NPIE_MAIL_VALUES; ++i) {
        if ((kind_values[kind] & 1u << i) == 0) {
            continue;
        }
        if (values[i] == NULL) {
            return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                "mail: no value for {%s}", value_names[i]);
        }
        if (!npie_text_is_clean(values[i], strlen(values[i]))) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                                "mail: the value of {%s} holds a line end, a "
                                "control character or no UTF-8",
                                value_names[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_templates_render(npie_mail_text_t *text,
                                   const npie_templates_t *templates,
                                   npie_mail_kind_t kind,
                                   const char *const *values, npie_err_t *err,
                                   apr_pool_t *p)
{
    const template_t *t = &templates->kinds[kind];
    const char *all[NO_VALUE];
    apr_status_t rv = check_values(kind, values, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    memcpy(all, values, NPIE_MAIL_VALUES * sizeof(*all));
    all[FRAME_SUBJECT] = text->subject = expand(t->subject, values, 0, p);
    all[FRAME_CONTENT] = expand(t->text, values, 0, p);
    text->text = expand(templates->frame.text, all, 0, p);
    all[FRAME_CONTENT] = expand(t->html, values, 1, p);
    text->html = expand(templates->frame.html, all, 1, p);
    return APR_SUCCESS;
}
