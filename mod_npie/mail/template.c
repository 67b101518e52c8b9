/* SPDX-License-Identifier: Apache-2.0
 * Reads the templates of mails, and puts values in.
 */
#include "mail/template.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define SUBJECT "Asunto: "
#define SUBJECT_MAX 150 /* bytes, before values */

#define OF(value) (1u << NPIE_MAIL_VALUE_##value)
#define OF_EVERY (OF(NAME) | OF(COMPANY) | OF(RP) | OF(INSTITUTION) | OF(SITE))
#define OF_LINK (OF(LINK) | OF(LINK_UNTIL))

static const char *const value_names[NPIE_MAIL_VALUES] = {
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
};

/* Which values a kind has. */
static const unsigned kind_values[NPIE_MAIL_KINDS] = {
    [NPIE_MAIL_OBTAIN] = OF_EVERY | OF_LINK | OF(KEY),
    [NPIE_MAIL_CHANGED] = OF_EVERY | OF_LINK | OF(EMAIL),
    [NPIE_MAIL_ISSUED] = OF_EVERY | OF(SERIAL) | OF(UNTIL),
    [NPIE_MAIL_EXPIRY] = OF_EVERY | OF(SERIAL) | OF(UNTIL) | OF(DAYS),
    [NPIE_MAIL_AGAIN] = OF_EVERY | OF_LINK | OF(KEY),
};

/* A piece of a template: literal text, then a value. */
typedef struct piece_t {
    const char *text;
    int value; /* NPIE_MAIL_VALUES = none */
} piece_t;

/* One kind's template; arrays of piece_t. */
typedef struct template_t {
    apr_array_header_t *subject;
    apr_array_header_t *text;
    apr_array_header_t *html;
} template_t;

struct npie_templates_t {
    template_t kinds[NPIE_MAIL_KINDS];
};

/* A file being compiled. */
typedef struct reader_t {
    const char *path;
    int line;
    npie_mail_kind_t kind;
    unsigned seen; /* values that occurred */
    npie_err_t *err;
    apr_pool_t *p;
} reader_t;

static apr_status_t wrong(const reader_t *r, const char *what)
{
    return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE, "%s, line %d: %s",
                        r->path, r->line, what);
}

static apr_status_t read_file(char **ptext, const reader_t *r)
{
    char *text = apr_palloc(r->p, NPIE_TEMPLATE_MAX + 1);
    char reason[120];
    apr_size_t len = 0;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, r->path, APR_FOPEN_READ, 0, r->p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, NPIE_TEMPLATE_MAX + 1, &len);
        apr_file_close(file);
    }
    if (rv == APR_SUCCESS) {
        return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: longer than %d bytes", r->path,
                            NPIE_TEMPLATE_MAX);
    }
    if (rv != APR_EOF) {
        return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE,
                            "mail template %s: %s", r->path,
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    text[len] = '\0';
    if (!npie_text_is_clean_multiline(text, len)) {
        return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: a control character, or no UTF-8; save it as "
                            "UTF-8", r->path);
    }
    *ptext = text;
    return APR_SUCCESS;
}

/* Passes over the comment at the head of a file. */
static char *skip_comment(reader_t *r, char *text)
{
    while (*text == '#') {
        text += strcspn(text, "\n");
        text += *text == '\n';
        ++r->line;
    }
    return text;
}

/* Takes a placeholder; at stands behind its '{'. */
static apr_status_t take_value(int *pvalue, reader_t *r, const char *at,
                               apr_size_t len)
{
    const char *name = apr_pstrmemdup(r->p, at, len);
    int value = 0;

    while (value < NPIE_MAIL_VALUES && strcmp(value_names[value], name) != 0) {
        ++value;
    }
    if (value == NPIE_MAIL_VALUES) {
        return wrong(r, apr_psprintf(r->p, "unknown placeholder {%.40s}; "
                     "conf/mail/obtener.txt lists those there are", name));
    }
    if ((kind_values[r->kind] & 1u << value) == 0) {
        return wrong(r, apr_psprintf(r->p, "{%s} is not known in this mail",
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

/* Compiles text, cutting it into pieces where it stands. */
static apr_status_t compile(apr_array_header_t **ppieces, reader_t *r,
                            char *text)
{
    apr_array_header_t *pieces = apr_array_make(r->p, 8, sizeof(piece_t));
    char *begin = text;
    char *out = text;
    char *at = text;

    while (*at != '\0') {
        apr_size_t len = strcspn(at + 1, "{}\n ");
        int value = 0;
        apr_status_t rv;

        if (*at == '\n') {
            ++r->line;
        }
        if (*at != '{' && *at != '}') {
            *out++ = *at++;
            continue;
        }
        if (at[1] == *at) {
            *out++ = *at;
            at += 2;
            continue;
        }
        if (*at == '}' || at[len + 1] != '}') {
            return wrong(r, "a brace without its other; write placeholders as "
                         "{nombre}, and a brace that is meant as {{ or }}");
        }
        rv = take_value(&value, r, at + 1, len);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        *out = '\0';
        add_piece(pieces, begin, value);
        at += len + 2;
        begin = at;
        out = at;
    }
    *out = '\0';
    add_piece(pieces, begin, NPIE_MAIL_VALUES);
    *ppieces = pieces;
    return APR_SUCCESS;
}

/* After a part: is the link in it where the mail is about one? */
static apr_status_t check_link(reader_t *r)
{
    if ((kind_values[r->kind] & OF(LINK)) != 0 && (r->seen & OF(LINK)) == 0) {
        return wrong(r, "{liga} is missing: without it the mail is no use");
    }
    return APR_SUCCESS;
}

static apr_status_t load_text(template_t *t, reader_t *r)
{
    char *text = NULL;
    char *body;
    apr_status_t rv = read_file(&text, r);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    text = skip_comment(r, text);
    body = strchr(text, '\n');
    if (strncmp(text, SUBJECT, strlen(SUBJECT)) != 0 || body == NULL
        || body - text > SUBJECT_MAX
        || body - text == (apr_ssize_t)strlen(SUBJECT)) {
        return wrong(r, "the first line must be \"" SUBJECT "\" and at most "
                     "150 bytes of subject");
    }
    *body++ = '\0';
    body[-2] = body[-2] == '\r' ? '\0' : body[-2];
    rv = compile(&t->subject, r, text + strlen(SUBJECT));
    if (rv == APR_SUCCESS) {
        ++r->line;
        r->seen = 0;
        while (*body == '\r' || *body == '\n') {
            r->line += *body++ == '\n';
        }
        rv = compile(&t->text, r, body);
    }
    return rv == APR_SUCCESS ? check_link(r) : rv;
}

static apr_status_t load_html(template_t *t, reader_t *r)
{
    char *text = NULL;
    apr_status_t rv = read_file(&text, r);

    if (rv == APR_SUCCESS) {
        rv = compile(&t->html, r, skip_comment(r, text));
    }
    return rv == APR_SUCCESS ? check_link(r) : rv;
}

static reader_t reader(const char *dir, const char *ending,
                       npie_mail_kind_t kind, npie_err_t *err, apr_pool_t *p)
{
    reader_t r = { NULL, 1, kind, 0, err, p };

    r.path = apr_pstrcat(p, dir, "/", npie_mail_kind_name(kind), ending, NULL);
    return r;
}

apr_status_t npie_templates_load(npie_templates_t **ptemplates,
                                 const char *dir, npie_err_t *err,
                                 apr_pool_t *p)
{
    npie_templates_t *templates = apr_pcalloc(p, sizeof(*templates));
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < NPIE_MAIL_KINDS && rv == APR_SUCCESS; ++i) {
        npie_mail_kind_t kind = (npie_mail_kind_t)i;
        reader_t text = reader(dir, ".txt", kind, err, p);
        reader_t html = reader(dir, ".html", kind, err, p);

        rv = load_text(&templates->kinds[i], &text);
        if (rv == APR_SUCCESS) {
            rv = load_html(&templates->kinds[i], &html);
        }
    }
    if (rv == APR_SUCCESS) {
        *ptemplates = templates;
    }
    return rv;
}

/* A value as HTML, in text and in attributes between double quotes. */
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

static const char *expand(const apr_array_header_t *pieces,
                          const char *const *values, int html, apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, 2 * pieces->nelts,
                                               sizeof(const char *));

    for (int i = 0; i < pieces->nelts; ++i) {
        const piece_t *piece = &APR_ARRAY_IDX(pieces, i, piece_t);
        const char *value = "";

        if (piece->value < NPIE_MAIL_VALUES) {
            value = html ? escape(values[piece->value], p)
                         : values[piece->value];
        }
        APR_ARRAY_PUSH(parts, const char *) = piece->text;
        APR_ARRAY_PUSH(parts, const char *) = value;
    }
    return apr_array_pstrcat(p, parts, '\0');
}

apr_status_t npie_templates_render(npie_mail_text_t *text,
                                   const npie_templates_t *templates,
                                   npie_mail_kind_t kind,
                                   const char *const *values, npie_err_t *err,
                                   apr_pool_t *p)
{
    const template_t *t = &templates->kinds[kind];

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
    text->subject = expand(t->subject, values, 0, p);
    text->text = expand(t->text, values, 0, p);
    text->html = expand(t->html, values, 1, p);
    return APR_SUCCESS;
}
