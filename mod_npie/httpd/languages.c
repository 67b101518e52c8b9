/* SPDX-License-Identifier: Apache-2.0
 * See languages.h.
 */
#include "httpd/languages.h"

#include <apr_strings.h>

#include "httpd/answer.h"
#include "httpd/locale.h"
#include "httpd/login.h"
#include "httpd/runtime.h"
#include "httpd/sentences.h"
#include "httpd/vars.h"

#define SUFFIX ".html"
#define COOKIE_ATTRIBUTES \
    "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"

/* The tag of a request's language. */
static const char *tag_of(const request_rec *r)
{
    const npie_sentences_t *sentences = npie_sentences_for(r);

    return sentences != NULL ? sentences->language : NPIE_SENTENCES_LANGUAGE;
}

static int ends_with(const char *text, const char *end)
{
    const apr_size_t len = strlen(text), n = strlen(end);

    return len >= n && strcmp(text + len - n, end) == 0;
}

/* Is there a page of this name in a language other than Spanish? r->filename
 * is the one in Spanish. */
static int find(apr_finfo_t *found, const char **pfile, const request_rec *r,
                const char *name, const char *tag)
{
    const char *file = r->filename;

    if (file == NULL || !ends_with(file, name)
        || strcmp(tag, NPIE_SENTENCES_LANGUAGE) == 0) {
        return 0;
    }
    *pfile = apr_psprintf(r->pool, "%.*s%s/%s",
                          (int)(strlen(file) - strlen(name)), file, tag, name);
    return apr_stat(found, *pfile, APR_FINFO_MIN, r->pool) == APR_SUCCESS
        && found->filetype == APR_REG;
}

void npie_languages_file(request_rec *r, const char *name)
{
    const char *tag = tag_of(r), *file;
    apr_finfo_t found;

    if (!ends_with(name, SUFFIX) || r->finfo.filetype != APR_REG) {
        return;
    }
    if (find(&found, &file, r, name, tag)) {
        r->filename = apr_pstrdup(r->pool, file);
        r->finfo = found;
    }
    else {
        tag = NPIE_SENTENCES_LANGUAGE;
    }
    npie_answer_language(r, tag);
}

/* The languages that a page is there in besides its own, blanks between. */
static const char *others_of(const request_rec *r, const char *name,
                             const char *tag)
{
    const apr_array_header_t *list = npie_runtime_get(r->server)->sentences;
    const char *others = "", *file;
    apr_finfo_t found;

    for (int i = 0; list != NULL && i < list->nelts; ++i) {
        const char *other = APR_ARRAY_IDX(list, i, npie_sentences_t *)
            ->language;

        if (strcmp(other, tag) != 0
            && (strcmp(other, NPIE_SENTENCES_LANGUAGE) == 0
                || find(&found, &file, r, name, other))) {
            others = apr_pstrcat(r->pool, others, *others != '\0' ? " " : "",
                                 other, NULL);
        }
    }
    return others;
}

void npie_languages_vars(request_rec *r, const npie_page_t *page)
{
    const char *tag = tag_of(r);
    const char *here = page->kind == NPIE_KIND_ERROR
        ? npie_conf_server(r->server)->base.path
        : apr_pstrcat(r->pool, r->uri, r->args != NULL ? "?" : "", r->args,
                      NULL);

    npie_vars_set(r, "npie_language", tag);
    npie_vars_set(r, "npie_languages", others_of(r, page->name, tag));
    npie_vars_set(r, "npie_here", here);
}

int npie_languages_post(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const apr_array_header_t *list = npie_runtime_get(r->server)->sentences;
    const char *chosen = npie_form_text(visit->form, "lengua");
    const char *back = npie_form_text(visit->form, "aqui");
    const char *base = npie_conf_server(r->server)->base.path;
    npie_err_t err;
    int i = 0;

    while (list != NULL && i < list->nelts
           && strcmp(APR_ARRAY_IDX(list, i, npie_sentences_t *)->language,
                     chosen) != 0) {
        ++i;
    }
    if (list == NULL || i == list->nelts) {
        npie_err_set(&err, NPIE_EINPUT, NPIE_P_REQUEST,
                     "lengua is no language of NPIELanguages");
        return npie_answer_problem(r, HTTP_BAD_REQUEST, &err);
    }
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_pstrcat(r->pool, NPIE_LOCALE_COOKIE "=", chosen,
                               COOKIE_ATTRIBUTES, NULL));
    return npie_answer_redirect(r, npie_login_leads_back(back) ? back : base);
}
