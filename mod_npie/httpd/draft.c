/* SPDX-License-Identifier: Apache-2.0
 * Drafts of refused forms.
 */
#include "httpd/draft.h"

#include <apr_strings.h>

#include "httpd/sentences.h"
#include "httpd/subject.h"
#include "httpd/vars.h"

#define KEPT_SECONDS 600

json_t *npie_draft_new(npie_problem_t problem, const char *detail)
{
    return json_pack("{s:i, s:s, s:{}}", "number", (int)problem,
                     "detail", detail != NULL ? detail : "", "fields");
}

void npie_draft_field(json_t *draft, const char *name, const char *value,
                      npie_problem_t problem)
{
    json_object_set_new(json_object_get(draft, "fields"), name,
                        json_pack("{s:s, s:i}", "value", value,
                                  "number", (int)problem));
}

json_t *npie_draft_members(const request_rec *r, json_t *draft)
{
    json_t *found = json_object_get(draft, "detail");
    json_t *members = json_object(), *fields = json_object(), *field;
    const char *name;

    json_object_foreach(json_object_get(draft, "fields"), name, field) {
        json_int_t number = json_integer_value(json_object_get(field,
                                                               "number"));
        const npie_problem_info_t *info = npie_problem_find((int)number);

        if (info != NULL) {
            json_object_set_new(fields, name,
                                json_pack("{s:i, s:s}", "number",
                                          (int)info->number,
                                          "title",
                                          npie_sentences_say(r, info->cause)));
        }
    }
    if (json_object_size(fields) > 0) {
        json_object_set(members, "fields", fields);
    }
    json_decref(fields);
    if (json_string_length(found) > 0) {
        json_object_set(members, "found", found);
    }
    json_decref(draft);
    return members;
}

apr_status_t npie_draft_save(request_rec *r, const npie_holder_t *holder,
                             npie_page_id_t page, json_t *draft,
                             npie_err_t *err)
{
    char *text;
    apr_status_t rv;

    json_object_set_new(draft, "reference",
                        json_string(npie_subject_reference(r)));
    text = draft != NULL ? json_dumps(draft, JSON_COMPACT) : NULL;
    rv = npie_draft_put(npie_runtime_get(r->server)->sessions, holder->key,
                        npie_page_name(page), text, KEPT_SECONDS, err,
                        r->pool);
    free(text);
    json_decref(draft);
    return rv;
}

/* What is missing from an empty field, the page itself says. */
static const char *said_at_field(const request_rec *r,
                                 const npie_problem_info_t *info)
{
    return info->number == NPIE_P_FIELD_EMPTY
        ? "vacio" : npie_sentences_say(r, info->cause);
}

static void show_field(request_rec *r, const char *name, json_t *field)
{
    const char *value = json_string_value(json_object_get(field, "value"));
    json_int_t number = json_integer_value(json_object_get(field, "number"));
    const npie_problem_info_t *info = npie_problem_find((int)number);

    if (value != NULL) {
        apr_table_set(r->subprocess_env,
                      apr_pstrcat(r->pool, "npie_", name, NULL), value);
    }
    if (info != NULL) {
        npie_vars_set(r, apr_pstrcat(r->pool, "npie_error_", name, NULL),
                      said_at_field(r, info));
    }
}

void npie_draft_show(request_rec *r, const npie_holder_t *holder,
                     npie_page_id_t page)
{
    const char *text, *name;
    json_t *draft, *field;

    if (npie_draft_get(&text, npie_runtime_get(r->server)->sessions,
                       holder->key, npie_page_name(page), NULL, r->pool)
        != APR_SUCCESS) {
        return;
    }
    draft = json_loads(text, 0, NULL);
    if (draft == NULL) {
        return;
    }
    npie_vars_problem(r, (int)json_integer_value(json_object_get(draft,
                                                                 "number")),
                      apr_pstrdup(r->pool, json_string_value(
                          json_object_get(draft, "detail"))));
    npie_vars_reference(r, json_string_value(json_object_get(draft,
                                                             "reference")));
    json_object_foreach(json_object_get(draft, "fields"), name, field) {
        show_field(r, name, field);
    }
    json_decref(draft);
}
