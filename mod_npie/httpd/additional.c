/* SPDX-License-Identifier: Apache-2.0
 * Showing additional certificates.
 */
#include "httpd/additional.h"

#include <apr_strings.h>

#include "base/text.h"
#include "flow/seal.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/pages.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/vars.h"

#define ROWS "npie-additionals"

static const char *const words[] = {
    [NPIE_STANDING_REQUESTED] = "solicitado",
    [NPIE_STANDING_KEYED] = "por-firmar",
    [NPIE_STANDING_AUTHORISED] = "firmado",
    [NPIE_STANDING_ACTIVE] = "vigente",
    [NPIE_STANDING_LAPSED] = "vencido",
    [NPIE_STANDING_REVOKED] = "revocado",
    [NPIE_STANDING_WITHDRAWN] = "retirado",
};

/* For programs. */
static const char *const names[] = {
    [NPIE_STANDING_REQUESTED] = "requested",
    [NPIE_STANDING_KEYED] = "keyed",
    [NPIE_STANDING_AUTHORISED] = "authorised",
    [NPIE_STANDING_ACTIVE] = "active",
    [NPIE_STANDING_LAPSED] = "lapsed",
    [NPIE_STANDING_REVOKED] = "revoked",
    [NPIE_STANDING_WITHDRAWN] = "withdrawn",
};

int npie_additional_is_page(const char *name)
{
    return strcmp(name, NPIE_ADDITIONAL_LIST) == 0
        || strcmp(name, NPIE_ADDITIONAL_SIGN) == 0
        || strcmp(name, NPIE_ADDITIONAL_HERE) == 0;
}

apr_int64_t npie_additional_letter(const char *name, apr_pool_t *p)
{
    const apr_size_t begin = sizeof(NPIE_LETTER3_BEGIN) - 1;
    const apr_size_t end = sizeof(NPIE_LETTER3_END) - 1;
    const apr_size_t len = strlen(name);

    if (len <= begin + end || strncmp(name, NPIE_LETTER3_BEGIN, begin) != 0
        || strcmp(name + len - end, NPIE_LETTER3_END) != 0) {
        return 0;
    }
    return npie_query_id(apr_pstrmemdup(p, name + begin, len - begin - end));
}

static const char *holder_of(const npie_addition_view_t *view)
{
    return view->addition != NULL ? view->addition->holder
                                  : view->certificate->holder;
}

static const char *email_of(const npie_addition_view_t *view)
{
    return view->addition != NULL ? view->addition->holder_email
                                  : view->certificate->holder_email;
}

/* The date that matters in a standing; 0: none does. */
static apr_time_t date_of(const npie_addition_view_t *view)
{
    if (view->certificate == NULL) {
        return view->standing < NPIE_STANDING_LAPSED ? view->until : 0;
    }
    return view->certificate->ended != 0 ? view->certificate->ended
                                         : view->certificate->not_after;
}

static void set_number(request_rec *r, const char *name, apr_int64_t number)
{
    if (number != 0) {
        npie_vars_set(r, name, apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                            number));
    }
}

static void set_row(request_rec *r, const npie_addition_view_t *view)
{
    npie_vars_set(r, "ad_estado", words[view->standing]);
    npie_vars_set(r, "ad_titular", holder_of(view));
    npie_vars_set(r, "ad_correo", email_of(view));
    if (date_of(view) != 0) {
        npie_vars_set(r, "ad_fecha", npie_text_date_es(date_of(view),
                                                       r->pool));
    }
    if (view->addition != NULL) {
        set_number(r, "ad_n", view->addition->id);
        npie_vars_set(r, "ad_finalidad", view->addition->purpose);
    }
    if (view->certificate != NULL) {
        set_number(r, "ad_c", view->certificate->id);
        npie_vars_set(r, "ad_serie",
                      npie_cert_serial_text(view->certificate->serial,
                                            r->pool));
    }
}

/* mod_include renders a part with the variables of the page around it: a
 * row's are set there, after those of the row before are gone. */
int npie_additional_row(request_rec *r)
{
    static const char *const all[] = { "ad_estado", "ad_titular", "ad_correo",
                                       "ad_fecha", "ad_n", "ad_c",
                                       "ad_finalidad", "ad_serie" };
    const apr_array_header_t *list;
    void *data = NULL;
    int n = r->args != NULL ? atoi(r->args) : -1;

    for (apr_size_t i = 0; i < sizeof(all) / sizeof(all[0]); ++i) {
        apr_table_unset(r->main->subprocess_env, all[i]);
    }
    apr_pool_userdata_get(&data, ROWS, r->main->pool);
    list = data;
    if (list != NULL && n >= 0 && n < list->nelts) {
        set_row(r->main, APR_ARRAY_IDX(list, n, const npie_addition_view_t *));
    }
    return DECLINED;
}

/* What waits or serves stands before what has ended; newest first. */
static apr_array_header_t *sorted(const apr_array_header_t *list)
{
    apr_array_header_t *out = apr_array_make(list->pool, list->nelts + 1,
                                             sizeof(void *));

    for (int ended = 0; ended < 2; ++ended) {
        for (int i = 0; i < list->nelts; ++i) {
            npie_addition_view_t *view =
                APR_ARRAY_IDX(list, i, npie_addition_view_t *);

            if ((view->standing > NPIE_STANDING_ACTIVE) == ended) {
                APR_ARRAY_PUSH(out, npie_addition_view_t *) = view;
            }
        }
    }
    return out;
}

/* letters: the path that the letter's file is at, NULL: not for whoever asks. */
static json_t *row_json(const npie_addition_view_t *view, const char *letters,
                        apr_pool_t *p)
{
    json_t *row = json_pack("{s:s, s:s, s:s}", "standing",
                            names[view->standing], "holder", holder_of(view),
                            "email", email_of(view));

    if (date_of(view) != 0) {
        json_object_set_new(row, "until",
                            json_string(npie_text_time(date_of(view), p)));
    }
    if (view->addition != NULL) {
        json_object_set_new(row, "id", json_integer(view->addition->id));
        json_object_set_new(row, "purpose",
                            json_string(view->addition->purpose));
    }
    if (view->addition != NULL && view->addition->folio != 0) {
        json_object_set_new(row, "folio", json_integer(view->addition->folio));
        json_object_set_new(row, "spkiSha256",
                            json_string(view->addition->spki));
        if (letters != NULL) {
            json_object_set_new(row, "letter", json_string(
                apr_psprintf(p, "%s" NPIE_LETTER3_BEGIN "%" APR_INT64_T_FMT
                             NPIE_LETTER3_END, letters, view->addition->id)));
        }
    }
    if (view->certificate != NULL) {
        json_object_set_new(row, "certificate",
                            json_integer(view->certificate->id));
        json_object_set_new(row, "serial",
                            json_string(npie_cert_serial_text(
                                view->certificate->serial, p)));
    }
    return row;
}

/* holder: NULL for whoever comes by a link. */
static int rows_json(request_rec *r, const char *page,
                     const npie_holder_t *holder,
                     const apr_array_header_t *list)
{
    const char *letters = holder != NULL
        ? npie_conf_server(r->server)->base.path : NULL;
    json_t *rows = json_array();

    for (int i = 0; i < list->nelts; ++i) {
        json_array_append_new(rows, row_json(
            APR_ARRAY_IDX(list, i, const npie_addition_view_t *), letters,
            r->pool));
    }
    return npie_answer_json(r, HTTP_OK, json_pack("{s:s, s:s*, s:o}", "page",
        apr_pstrmemdup(r->pool, page, strcspn(page, ".")), "csrf",
        holder != NULL ? holder->session->csrf : NULL, "additional", rows));
}

int npie_additional_one_json(request_rec *r, const char *page,
                             const npie_holder_t *holder,
                             const npie_addition_view_t *view)
{
    apr_array_header_t *list = apr_array_make(r->pool, 1, sizeof(void *));

    APR_ARRAY_PUSH(list, const npie_addition_view_t *) = view;
    return rows_json(r, page, holder, list);
}

int npie_additional_list_json(request_rec *r, const npie_holder_t *holder,
                              npie_flow_t *flow, apr_int64_t employer)
{
    apr_array_header_t *list;
    npie_err_t err;

    return npie_flow_additions(&list, flow, employer, &err) == APR_SUCCESS
        ? rows_json(r, NPIE_ADDITIONAL_LIST, holder, sorted(list))
        : npie_answer_error(r, &err);
}

static int lapsed(const apr_array_header_t *list)
{
    int n = 0;

    for (int i = 0; i < list->nelts; ++i) {
        n += APR_ARRAY_IDX(list, i, const npie_addition_view_t *)->standing
            == NPIE_STANDING_LAPSED;
    }
    return n;
}

void npie_additional_past(request_rec *r, npie_flow_t *flow,
                          apr_int64_t employer)
{
    apr_array_header_t *list;

    if (npie_flow_additions(&list, flow, employer, NULL) == APR_SUCCESS) {
        set_number(r, "npie_additionals_past", lapsed(list));
    }
}

static int show_list(request_rec *r, const npie_holder_t *holder,
                     npie_flow_t *flow, const npie_place_t *place)
{
    static const char *const done[] = { "pedido", "enviado", "retirado",
                                        "emitido", "revocado" };
    const char *what = npie_query_text(r, "hecho");
    apr_array_header_t *list;
    npie_err_t err;

    if (npie_answer_wants_json(r)) {
        return npie_additional_list_json(r, holder, flow, place->employer->id);
    }
    if (npie_flow_additions(&list, flow, place->employer->id, &err)
        != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    list = sorted(list);
    for (apr_size_t i = 0; i < sizeof(done) / sizeof(done[0]); ++i) {
        if (strcmp(done[i], what) == 0) {
            npie_vars_set(r, "npie_done", done[i]);
        }
    }
    apr_pool_userdata_setn(list, ROWS, NULL, r->pool);
    set_number(r, "npie_ad_count", list->nelts);
    set_number(r, "npie_ad_lapsed", lapsed(list));
    set_number(r, "npie_ad_max", flow->policy->additional_max);
    npie_draft_show(r, holder, NPIE_ADDITIONAL_LIST);
    return OK;
}

void npie_additional_vars(request_rec *r, npie_flow_t *flow,
                          const npie_addition_view_t *view)
{
    const npie_addition_t *a = view->addition;
    npie_employer_t *employer;

    npie_vars_set(r, "npie_ad_state", words[view->standing]);
    npie_vars_set(r, "npie_ad_holder", a->holder);
    npie_vars_set(r, "npie_ad_email", a->holder_email);
    npie_vars_set(r, "npie_ad_purpose", a->purpose);
    npie_vars_set(r, "npie_ad_until", npie_text_date_es(date_of(view),
                                                        r->pool));
    set_number(r, "npie_ad_n", a->id);
    set_number(r, "npie_ad_folio", a->folio);
    npie_vars_set(r, "npie_new_spki", a->spki);
    npie_vars_set(r, "npie_key_sha256", a->key_sha256);
    if (npie_employer_get(&employer, flow->registry, a->employer, NULL)
        == APR_SUCCESS) {
        npie_vars_set(r, "npie_ad_company", employer->name);
        npie_vars_set(r, "npie_user", employer->user);
        npie_vars_set(r, "npie_rp10",
                      apr_pstrmemdup(r->pool, employer->rp, 10));
        npie_vars_set(r, "npie_key_name",
                      apr_psprintf(r->pool, "%.10s_A%" APR_INT64_T_FMT,
                                   employer->rp, a->id));
    }
    if (view->certificate != NULL) {
        npie_vars_set(r, "npie_ad_serial",
                      npie_cert_serial_text(view->certificate->serial,
                                            r->pool));
    }
}

/* A page about one request, which must stand where the page is for. */
static int show_one(request_rec *r, const npie_holder_t *holder,
                    npie_flow_t *flow, const npie_place_t *place,
                    const char *name)
{
    const int signing = strcmp(name, NPIE_ADDITIONAL_SIGN) == 0;
    npie_addition_view_t view;
    npie_err_t err;
    apr_status_t rv = npie_flow_addition_find(&view, flow, place->employer->id,
                                              npie_query_number(r, "n"), &err);

    if (rv != APR_SUCCESS && rv != NPIE_ECONFLICT) {
        return npie_answer_error(r, &err);
    }
    if (rv == NPIE_ECONFLICT
        || (signing ? view.standing != NPIE_STANDING_KEYED
                    : view.standing != NPIE_STANDING_REQUESTED
                      && view.standing != NPIE_STANDING_ACTIVE)) {
        return npie_answer_redirect(r, NPIE_ADDITIONAL_LIST);
    }
    if (npie_answer_wants_json(r)) {
        return npie_additional_one_json(r, name, holder, &view);
    }
    npie_additional_vars(r, flow, &view);
    npie_draft_show(r, holder, name);
    return OK;
}

int npie_additional_show(request_rec *r, const npie_holder_t *holder,
                         npie_flow_t *flow, const npie_place_t *place,
                         const char *name)
{
    npie_vars_set(r, "npie_mail", flow->policy->mail ? "1" : NULL);
    if (strcmp(name, NPIE_ADDITIONAL_LIST) == 0) {
        return show_list(r, holder, flow, place);
    }
    return show_one(r, holder, flow, place, name);
}

/* A key link beyond its purpose shows what the request waits for, and no
 * more. */
int npie_additional_link(request_rec *r)
{
    const char *token = npie_query_text(r, "t");
    npie_addition_open_t open;
    npie_flow_t *flow;
    npie_err_t err;

    if (npie_rate_within(r, "adicional", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_runtime_flow(&flow, r, &err) != APR_SUCCESS
        || npie_flow_addition_open(&open, flow, token, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (open.problem != NPIE_P_NONE && npie_answer_wants_json(r)) {
        npie_err_set(&err, NPIE_EPOLICY, open.problem, "the link is not good");
        return npie_answer_error(r, &err);
    }
    if (open.problem != NPIE_P_NONE) {
        npie_vars_problem(r, (int)open.problem, NULL);
        return OK;
    }
    if (npie_answer_wants_json(r)) {
        return npie_additional_one_json(r, NPIE_ADDITION_PAGE, NULL, &open.view);
    }
    npie_vars_set(r, "npie_ad_token", token);
    npie_additional_vars(r, flow, &open.view);
    if (open.purpose == NPIE_ADDITION_KEY
        && open.view.standing == NPIE_STANDING_ACTIVE) {
        npie_vars_set(r, "npie_ad_state", "otro-correo");
    }
    return OK;
}

int npie_additional_file(request_rec *r, npie_flow_t *flow,
                         const npie_place_t *place)
{
    const char *name = npie_pages_name(r);
    npie_addition_view_t view;
    npie_acuse_t acuse;
    npie_err_t err;
    apr_status_t rv;

    rv = npie_flow_addition_find(&view, flow, place->employer->id,
                                 npie_additional_letter(name, r->pool), &err);
    if (rv == APR_SUCCESS && view.addition->pdf.len == 0) {
        rv = NPIE_ECONFLICT;
    }
    if (rv == NPIE_ECONFLICT || place->certificate->additional) {
        npie_err_set(&err, APR_NOTFOUND, NPIE_P_NOT_FOUND, "no such letter");
        return npie_answer_error(r, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_acuse(&acuse, flow, view.addition, &err);
    }
    return rv != APR_SUCCESS ? npie_answer_error(r, &err)
        : npie_answer_file(r, "application/pdf", name, acuse.pdf);
}
