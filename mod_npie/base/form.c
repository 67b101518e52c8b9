/* SPDX-License-Identifier: Apache-2.0
 * Parsing of posted forms.
 */
#include "base/form.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/text.h"

/* RFC 2046 section 5.1.1: 1 to 70 characters. */
#define BOUNDARY_MAX 70

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data"

typedef struct field_t {
    const char *name;
    const char *filename; /* NULL: a text field */
    npie_bytes_t value;   /* a text field's is NUL ended as well */
} field_t;

struct npie_form_t {
    apr_array_header_t *fields; /* of field_t */
};

static const field_t *find(const npie_form_t *form, const char *name)
{
    for (int i = 0; i < form->fields->nelts; ++i) {
        const field_t *field = &APR_ARRAY_IDX(form->fields, i, field_t);

        if (strcmp(field->name, name) == 0) {
            return field;
        }
    }
    return NULL;
}

static apr_status_t add(npie_form_t *form, const field_t *field,
                        npie_err_t *err)
{
    if (form->fields->nelts >= NPIE_FORM_FIELDS_MAX) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "more than %d fields", NPIE_FORM_FIELDS_MAX);
    }
    if (!npie_text_is_clean(field->name, strlen(field->name))) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "a field's name is not clean UTF-8");
    }
    if (find(form, field->name) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "field %.40s stands twice", field->name);
    }
    if (field->filename != NULL) {
        if (!npie_text_is_clean(field->filename, strlen(field->filename))) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                                "a file's name is not clean UTF-8");
        }
    }
    else if (!npie_text_is_clean_multiline((const char *)field->value.data,
                                           field->value.len)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "field %.40s is not clean UTF-8", field->name);
    }
    APR_ARRAY_PUSH(form->fields, field_t) = *field;
    return APR_SUCCESS;
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (unsigned char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One side of name=value, decoded and NUL ended; NULL for a bad escape. */
static char *url_decode(npie_bytes_t in, apr_size_t *len, apr_pool_t *p)
{
    char *out = apr_palloc(p, in.len + 1);
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < in.len; ++i) {
        if (in.data[i] == '+') {
            out[n++] = ' ';
        }
        else if (in.data[i] == '%') {
            int high = i + 1 < in.len ? hex_digit(in.data[i + 1]) : -1;
            int low = i + 2 < in.len ? hex_digit(in.data[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return NULL;
            }
            out[n++] = (char)(high * 16 + low);
            i += 2;
        }
        else {
            out[n++] = (char)in.data[i];
        }
    }
    out[n] = '\0';
    *len = n;
    return out;
}

/* The same of a text; NULL also for a NUL in it. */
static const char *url_decode_text(const char *text, apr_size_t len,
                                   apr_pool_t *p)
{
    const npie_bytes_t in = { (const unsigned char *)text, len };
    const char *out = url_decode(in, &len, p);

    return out != NULL && strlen(out) == len ? out : NULL;
}

const char *npie_form_query(const char *query, const char *name,
                            apr_pool_t *p)
{
    while (query != NULL && *query != '\0') {
        const apr_size_t pair = strcspn(query, "&");
        const apr_size_t len = strcspn(query, "=&");
        /* Mail gateways encode what needs no encoding. */
        const char *named = len < pair ? url_decode_text(query, len, p) : NULL;

        if (named != NULL && strcmp(named, name) == 0) {
            const char *value = url_decode_text(query + len + 1,
                                                pair - len - 1, p);

            return value != NULL ? value : "";
        }
        query += pair + (query[pair] == '&');
    }
    return "";
}

static apr_status_t parse_urlencoded(npie_form_t *form, npie_bytes_t body,
                                     npie_err_t *err, apr_pool_t *p)
{
    const unsigned char *at = body.data;
    const unsigned char *end = body.data + body.len;

    while (at < end) {
        const unsigned char *amp = memchr(at, '&', (apr_size_t)(end - at));
        const unsigned char *stop = amp != NULL ? amp : end;
        const unsigned char *eq = memchr(at, '=', (apr_size_t)(stop - at));
        const unsigned char *name_end = eq != NULL ? eq : stop;
        npie_bytes_t name = { at, (apr_size_t)(name_end - at) };
        npie_bytes_t value = { eq != NULL ? eq + 1 : stop, 0 };
        field_t field = { NULL, NULL, { NULL, 0 } };
        apr_size_t len;
        apr_status_t rv;

        value.len = (apr_size_t)(stop - value.data);
        field.name = url_decode(name, &len, p);
        if (field.name == NULL || len == 0 || strlen(field.name) != len) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                                "a field's name is empty or badly escaped");
        }
        field.value.data = (unsigned char *)url_decode(value, &field.value.len, p);
        if (field.value.data == NULL) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                                "field %.40s is badly escaped", field.name);
        }
        rv = add(form, &field, err);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        at = stop + 1;
    }
    return APR_SUCCESS;
}

/* The value of a parameter, `; name=value` or `; name="value"`, of a header
 * line; NULL when absent. Browsers write quotes inside as %22 (WHATWG HTML
 * 4.10.21.8), so no escape needs decoding. */
static char *parameter(const char *line, const char *name, apr_pool_t *p)
{
    const char *at = strchr(line, ';');
    apr_size_t len = strlen(name);

    while (at != NULL) {
        const char *start;

        do {
            ++at;
        } while (*at == ' ' || *at == '\t');
        start = at;
        at += strcspn(at, "=;");
        if (*at == '=' && (apr_size_t)(at - start) == len
            && strncasecmp(start, name, len) == 0) {
            ++at;
            if (*at == '"') {
                const char *quote = strchr(at + 1, '"');

                return quote != NULL
                    ? apr_pstrmemdup(p, at + 1, (apr_size_t)(quote - at - 1))
                    : NULL;
            }
            return apr_pstrmemdup(p, at, strcspn(at, "; \t"));
        }
        if (*at == '=' && at[1] == '"') {
            at = strchr(at + 2, '"');
            if (at == NULL) {
                return NULL;
            }
        }
        at = strchr(at, ';');
    }
    return NULL;
}

/* A part's header block, up to its empty line: name and file name. */
static apr_status_t parse_part_head(field_t *field, char *head,
                                    npie_err_t *err, apr_pool_t *p)
{
    static const char disposition[] = "content-disposition:";
    char *state = NULL;

    for (char *line = apr_strtok(head, "\r\n", &state); line != NULL;
         line = apr_strtok(NULL, "\r\n", &state)) {
        if (strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
            field->name = parameter(line, "name", p);
            field->filename = parameter(line, "filename", p);
        }
    }
    if (field->name == NULL || *field->name == '\0') {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "a part has no name");
    }
    return APR_SUCCESS;
}

/* One part, from after its boundary line to before the next boundary. */
static apr_status_t parse_part(npie_form_t *form, npie_bytes_t part,
                               npie_err_t *err, apr_pool_t *p)
{
    const unsigned char *blank = memmem(part.data, part.len, "\r\n\r\n", 4);
    field_t field = { NULL, NULL, { NULL, 0 } };
    apr_status_t rv;

    if (blank == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "a part has no end of its header");
    }
    rv = parse_part_head(&field,
                         apr_pstrmemdup(p, (const char *)part.data,
                                        (apr_size_t)(blank - part.data)),
                         err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    field.value.data = blank + 4;
    field.value.len = (apr_size_t)(part.data + part.len - field.value.data);
    if (field.filename == NULL) {
        field.value.data = (unsigned char *)apr_pstrmemdup(
            p, (const char *)field.value.data, field.value.len);
    }
    return add(form, &field, err);
}

static apr_status_t parse_multipart(npie_form_t *form, const char *boundary,
                                    npie_bytes_t body, npie_err_t *err,
                                    apr_pool_t *p)
{
    const char *delimiter = apr_pstrcat(p, "\r\n--", boundary, NULL);
    apr_size_t len = strlen(delimiter);
    const unsigned char *at = body.data;
    const unsigned char *end = body.data + body.len;

    /* The first boundary has no line end before it. */
    if (body.len < len || memcmp(at, delimiter + 2, len - 2) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the body does not begin with its boundary");
    }
    at += len - 2;
    while (end - at >= 2 && memcmp(at, "\r\n", 2) == 0) {
        const unsigned char *next;
        npie_bytes_t part = { at + 2, 0 };
        apr_status_t rv;

        next = memmem(at, (apr_size_t)(end - at), delimiter, len);
        if (next == NULL || next < part.data) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                                "a part has no end");
        }
        part.len = (apr_size_t)(next - part.data);
        rv = parse_part(form, part, err, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        at = next + len;
    }
    if (end - at < 2 || memcmp(at, "--", 2) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the body does not end with its boundary");
    }
    return APR_SUCCESS;
}

/* Is the media type (before any parameter) this one? */
static int media_type_is(const char *content_type, const char *type)
{
    apr_size_t len = strlen(type);

    return strncasecmp(content_type, type, len) == 0
        && (content_type[len] == '\0' || content_type[len] == ';'
            || apr_isspace(content_type[len]));
}

npie_form_t *npie_form_create(apr_pool_t *p)
{
    npie_form_t *form = apr_palloc(p, sizeof(*form));

    form->fields = apr_array_make(p, 8, sizeof(field_t));
    return form;
}

apr_status_t npie_form_add(npie_form_t *form, const char *name,
                           const char *filename, npie_bytes_t value,
                           npie_err_t *err)
{
    field_t field = { name, filename, value };

    return add(form, &field, err);
}

int npie_form_takes(const char *content_type)
{
    return content_type != NULL
        && (media_type_is(content_type, URLENCODED)
            || media_type_is(content_type, MULTIPART));
}

apr_status_t npie_form_parse(npie_form_t **pform, const char *content_type,
                             npie_bytes_t body, npie_err_t *err, apr_pool_t *p)
{
    npie_form_t *form = npie_form_create(p);
    apr_status_t rv;

    *pform = NULL;
    if (content_type == NULL) {
        content_type = "";
    }
    if (media_type_is(content_type, URLENCODED)) {
        rv = parse_urlencoded(form, body, err, p);
    }
    else if (media_type_is(content_type, MULTIPART)) {
        const char *boundary = parameter(content_type, "boundary", p);

        if (boundary == NULL || *boundary == '\0'
            || strlen(boundary) > BOUNDARY_MAX) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                                "multipart without a usable boundary");
        }
        rv = parse_multipart(form, boundary, body, err, p);
    }
    else {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "a body of this media type is not taken");
    }
    if (rv == APR_SUCCESS) {
        *pform = form;
    }
    return rv;
}

const char *npie_form_text(const npie_form_t *form, const char *name)
{
    const field_t *field = find(form, name);

    return field != NULL && field->filename == NULL
        ? (const char *)field->value.data : "";
}

npie_bytes_t npie_form_file(const npie_form_t *form, const char *name,
                            const char **filename)
{
    const field_t *field = find(form, name);
    npie_bytes_t none = { NULL, 0 };
    int is_file = field != NULL && field->filename != NULL;

    if (filename != NULL) {
        *filename = is_file ? field->filename : "";
    }
    return is_file ? field->value : none;
}
