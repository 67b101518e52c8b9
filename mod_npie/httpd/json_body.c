/* SPDX-License-Identifier: Apache-2.0
 * Request bodies of JSON.
 */
#include "httpd/json_body.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>

#include "base/text.h"

/* Members that are files, in base64. */
static const char *const files[] = { "carta" };

int npie_json_body_is(const char *content_type)
{
    static const char type[] = "application/json";
    const apr_size_t len = sizeof(type) - 1;

    return content_type != NULL && strncasecmp(content_type, type, len) == 0
        && (content_type[len] == '\0' || content_type[len] == ';'
            || apr_isspace(content_type[len]));
}

/* The library's own words quote the body, which may hold tokens. */
static const struct {
    enum json_error_code code;
    npie_problem_t problem;
    const char *what;
} faults[] = {
    { json_error_invalid_utf8, NPIE_P_ENCODING, "not UTF-8" },
    { json_error_null_character, NPIE_P_ENCODING, "a NUL" },
    { json_error_null_byte_in_key, NPIE_P_ENCODING, "a NUL" },
    { json_error_duplicate_key, NPIE_P_REQUEST, "a member stands twice" },
    { json_error_stack_overflow, NPIE_P_REQUEST, "nested too deeply" },
    { json_error_premature_end_of_input, NPIE_P_REQUEST, "cut short" },
    { json_error_end_of_input_expected, NPIE_P_REQUEST,
      "more follows the object" },
};

static apr_status_t not_json(npie_err_t *err, const json_error_t *why)
{
    for (apr_size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); ++i) {
        if (faults[i].code == json_error_code(why)) {
            return npie_err_set(err, NPIE_EINPUT, faults[i].problem,
                                "line %d, column %d: %s", why->line,
                                why->column, faults[i].what);
        }
    }
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                        "line %d, column %d: not JSON", why->line,
                        why->column);
}

static int is_file(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        if (strcmp(files[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t add_member(npie_form_t *form, const char *name,
                               const json_t *member, npie_err_t *err,
                               apr_pool_t *p)
{
    npie_bytes_t value;
    const char *text = json_string_value(member);

    if (json_is_null(member)) {
        return APR_SUCCESS;
    }
    if (json_is_integer(member)) {
        text = apr_psprintf(p, "%" APR_INT64_T_FMT,
                            (apr_int64_t)json_integer_value(member));
    }
    if (text == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "member \"%.40s\" is not a string", name);
    }
    value.len = json_is_string(member) ? json_string_length(member)
                                       : strlen(text);
    name = apr_pstrdup(p, name);
    if (!is_file(name)) {
        value.data = (unsigned char *)apr_pstrmemdup(p, text, value.len);
        return npie_form_add(form, name, NULL, value, err);
    }
    if (npie_text_base64_decode(&value, text, value.len, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "member \"%.40s\" is not base64", name);
    }
    return npie_form_add(form, name, name, value, err);
}

static apr_status_t fill(npie_form_t *form, json_t *object, npie_err_t *err,
                         apr_pool_t *p)
{
    json_t *email = json_object_get(object, "correo");
    apr_status_t rv = APR_SUCCESS;
    const char *name;
    json_t *member;

    json_object_foreach(object, name, member) {
        rv = add_member(form, name, member, err, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    member = json_object_get(object, "correo2");
    return email != NULL && (member == NULL || json_is_null(member))
        ? add_member(form, "correo2", email, err, p) : rv;
}

apr_status_t npie_json_body_parse(npie_form_t **pform, npie_bytes_t body,
                                  npie_err_t *err, apr_pool_t *p)
{
    npie_form_t *form = npie_form_create(p);
    json_error_t why;
    json_t *json = json_loadb((const char *)body.data, body.len,
                              JSON_REJECT_DUPLICATES, &why);
    apr_status_t rv;

    *pform = NULL;
    if (json == NULL) {
        return not_json(err, &why);
    }
    rv = json_is_object(json) ? fill(form, json, err, p)
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                       "the body is not a JSON object");
    json_decref(json);
    if (rv == APR_SUCCESS) {
        *pform = form;
    }
    return rv;
}
