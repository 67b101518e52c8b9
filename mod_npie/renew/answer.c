/* SPDX-License-Identifier: Apache-2.0
 * Reading of the server's JSON.
 */
#include "renew/answer.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

#define CHAIN_MAX 8

static apr_status_t odd(npie_err_t *err, const char *what)
{
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_ANSWER, "%s", what);
}

static apr_status_t release(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

static int is_clean(const json_t *json)
{
    const char *name;
    json_t *value;

    if (json_is_string(json)) {
        return npie_text_is_clean_multiline(json_string_value(json),
                                            json_string_length(json));
    }
    for (apr_size_t i = 0; i < json_array_size(json); ++i) {
        if (!is_clean(json_array_get(json, i))) {
            return 0;
        }
    }
    json_object_foreach((json_t *)json, name, value) {
        /* Names of fields are shown too. */
        if (!npie_text_is_clean(name, strlen(name)) || !is_clean(value)) {
            return 0;
        }
    }
    return 1;
}

apr_status_t npie_answer_json_read(json_t **pjson, npie_bytes_t text,
                                   npie_err_t *err, apr_pool_t *p)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)text.data, text.len,
                              JSON_REJECT_DUPLICATES, &error);

    *pjson = NULL;
    if (json == NULL) {
        return odd(err, "the answer is no JSON");
    }
    apr_pool_cleanup_register(p, json, release, apr_pool_cleanup_null);
    if (!json_is_object(json) || !is_clean(json)) {
        return odd(err, "the answer is no object of clean texts");
    }
    *pjson = json;
    return APR_SUCCESS;
}

const char *npie_answer_text(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text != NULL ? text : "";
}

static apr_status_t status_of(int status)
{
    switch (status) {
    case 403:
        return NPIE_EPOLICY;
    case 409:
        return NPIE_ECONFLICT;
    default:
        return status == 429 || status >= 500 ? NPIE_EBACKEND : NPIE_EINPUT;
    }
}

apr_status_t npie_answer_problem_read(const char **ptitle,
                                      const char **premedy, npie_bytes_t text,
                                      int status, npie_err_t *err,
                                      apr_pool_t *p)
{
    const char *name;
    json_t *json, *field;
    int number;
    apr_status_t rv = npie_answer_json_read(&json, text, err, p);

    *ptitle = *premedy = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    number = (int)json_integer_value(json_object_get(json, "number"));
    if (number <= 0 || *npie_answer_text(json, "title") == '\0') {
        return odd(err, apr_psprintf(p, "HTTP %d without a problem", status));
    }
    *ptitle = npie_answer_text(json, "title");
    *premedy = npie_answer_text(json, "detail");
    json_object_foreach(json_object_get(json, "fields"), name, field) {
        const char *title = npie_answer_text(field, "title");

        /* The problem is that of its first field. */
        if (strcmp(title, npie_answer_text(json, "title")) != 0) {
            *ptitle = apr_pstrcat(p, *ptitle, " ", name, ": ", title, NULL);
        }
    }
    return npie_err_set(err, status_of(status), (npie_problem_t)number,
                        "HTTP %d", status);
}

/* The certificate that the server calls new; its key as far as it is known. */
static const char *new_spki(const json_t *json)
{
    const char *spki = npie_answer_text(json_object_get(json, "renewal"),
                                        "newSpkiSha256");

    if (*spki == '\0') {
        spki = npie_answer_text(
            json_object_get(json_object_get(json, "certificates"), "new"),
            "spkiSha256");
    }
    return spki;
}

apr_status_t npie_answer_whereabouts(npie_whereabouts_t *stage,
                                     const json_t *json, npie_err_t *err,
                                     apr_pool_t *p)
{
    const json_t *employer = json_object_get(json, "employer");
    const json_t *renewal = json_object_get(json, "renewal");
    const json_t *problem = json_object_get(json, "error");
    const json_t *next = json_object_get(json, "next");
    const json_t *mail = json_object_get(json, "mail");

    stage->page = apr_pstrdup(p, npie_answer_text(json, "page"));
    stage->next = apr_pstrdup(p, npie_answer_text(next, "name"));
    stage->next_href = apr_pstrdup(p, npie_answer_text(next, "href"));
    stage->csrf = apr_pstrdup(p, npie_answer_text(json, "csrf"));
    stage->rp = apr_pstrdup(p, npie_answer_text(employer, "rp"));
    stage->user = apr_pstrdup(p, npie_answer_text(employer, "user"));
    stage->name = apr_pstrdup(p, npie_answer_text(employer, "name"));
    stage->email = apr_pstrdup(p, npie_answer_text(employer, "email"));
    stage->phone = apr_pstrdup(p, npie_answer_text(employer, "phone"));
    stage->fax = apr_pstrdup(p, npie_answer_text(employer, "fax"));
    stage->key_name = apr_pstrdup(p, npie_answer_text(renewal, "keyName"));
    stage->key_kind = apr_pstrdup(p, npie_answer_text(renewal,
                                                      "keyAlgorithm"));
    stage->new_spki = apr_pstrdup(p, new_spki(json));
    stage->mail_refused = strcmp(npie_answer_text(mail, "state"), "refused")
        == 0;
    stage->mail_said = apr_pstrdup(p, npie_answer_text(mail, "said"));
    stage->problem = (int)json_integer_value(json_object_get(problem,
                                                             "number"));
    stage->title = apr_pstrdup(p, npie_answer_text(problem, "title"));
    stage->remedy = apr_pstrdup(p, npie_answer_text(problem, "detail"));
    return *stage->page != '\0' ? APR_SUCCESS
        : odd(err, "the answer does not say where the renewal is");
}

static apr_status_t take_der(npie_bytes_t *der, const char *text,
                             npie_err_t *err, apr_pool_t *p)
{
    return *text != '\0'
        && npie_text_base64_decode(der, text, strlen(text), p) == APR_SUCCESS
        ? APR_SUCCESS : odd(err, "no certificate in the answer");
}

apr_status_t npie_answer_issued(npie_issued_t *issued, const json_t *json,
                                npie_err_t *err, apr_pool_t *p)
{
    const json_t *chain = json_object_get(json, "chain");
    apr_status_t rv = take_der(&issued->der,
                               npie_answer_text(json, "certificate"), err, p);

    issued->chain = apr_array_make(p, 4, sizeof(npie_bytes_t));
    issued->name = apr_pstrdup(p, npie_answer_text(json, "name"));
    if (json_array_size(chain) > CHAIN_MAX) {
        return odd(err, "the chain is too long");
    }
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < json_array_size(chain);
         ++i) {
        const char *text = json_string_value(json_array_get(chain, i));

        rv = take_der(apr_array_push(issued->chain), text != NULL ? text : "",
                      err, p);
    }
    return rv;
}
