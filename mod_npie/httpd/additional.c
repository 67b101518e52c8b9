/* SPDX-License-Identifier: Apache-2.0
 * Showing additional certificates.
 */
#include "httpd/additional.h"

#include <apr_strings.h>

#include "base/text.h"
#include "flow/seal.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/mail_view.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/sentences.h"
#include "httpd/vars.h"
#include "model/field.h"
#include "pki/digest.h"

#define ROWS "npie-additionals"

static const char *const words[] = {
    [NPIE_STANDING_REQUESTED] = "solicitado",
    [NPIE_STANDING_KEYED] = "por-firmar",
    [NPIE_STANDING_AUTHORISED] = "firmado",
    [NPIE_STANDING_ACTIVE] = "vigente",
    [NPIE_STANDING_LAPSED] = "vencido",
    [NPIE_STANDING_OVERDUE] = "vencido",
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
    [NPIE_STANDING_OVERDUE] = "lapsed",
    [NPIE_STANDING_REVOKED] = "revoked",
    [NPIE_STANDING_WITHDRAWN] = "withdrawn",
};

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

/* Is there another in the list that serves or waits, alike by `alike`? */
static int has_twin(const apr_array_header_t *list, int n,
                    int (*alike)(const npie_addition_view_t *a,
                                 const npie_addition_view_t *b))
{
    const npie_addition_view_t *one =
        APR_ARRAY_IDX(list, n, const npie_addition_view_t *);

    for (int i = 0; i < list->nelts; ++i) {
        if (i != n
            && alike(one, APR_ARRAY_IDX(list, i,
                                        const npie_addition_view_t *))) {
            return 1;
        }
    }
    return 0;
}

static int same_holder(const npie_addition_view_t *a,
                       const npie_addition_view_t *b)
{
    return strcmp(holder_of(a), holder_of(b)) == 0;
}

static int same_both(const npie_addition_view_t *a,
                     const npie_addition_view_t *b)
{
    return same_holder(a, b)
        && npie_field_email_same(email_of(a), email_of(b));
}

static int same_address_live(const npie_addition_view_t *a,
                             const npie_addition_view_t *b)
{
    return a->standing <= NPIE_STANDING_ACTIVE
        && b->standing <= NPIE_STANDING_ACTIVE
        && npie_field_email_same(email_of(a), email_of(b));
}

/* What tells a row's buttons from those of the others, for who only hears
 * them. */
static const char *who_of(const apr_array_header_t *list, int n, apr_pool_t *p)
{
    const npie_addition_view_t *view =
        APR_ARRAY_IDX(list, n, const npie_addition_view_t *);

    return !has_twin(list, n, same_holder) ? holder_of(view)
        : !has_twin(list, n, same_both)
            ? apr_pstrcat(p, holder_of(view), ", ", email_of(view), NULL)
        : apr_psprintf(p, "%s, %s, %d", holder_of(view), email_of(view), n + 1);
}

static void set_row(request_rec *r, const apr_array_header_t *list, int n)
{
    const npie_addition_view_t *view =
        APR_ARRAY_IDX(list, n, const npie_addition_view_t *);

    npie_vars_set(r, "ad_quien", who_of(list, n, r->pool));
    npie_vars_set(r, "ad_repetido",
                  has_twin(list, n, same_address_live) ? "1" : NULL);
    if (view->mail != NULL) {
        npie_mail_fate_vars(r, "ad_mail_", view->mail);
    }
    npie_vars_set(r, "ad_estado", words[view->standing]);
    npie_vars_set(r, "ad_titular", holder_of(view));
    npie_vars_set(r, "ad_correo", email_of(view));
    if (date_of(view) != 0) {
        npie_vars_set(r, "ad_fecha", npie_sentences_date(r, date_of(view)));
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
int npie_additional_row(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    static const char *const all[] = { "ad_estado", "ad_titular", "ad_correo",
                                       "ad_fecha", "ad_n", "ad_c",
                                       "ad_finalidad", "ad_serie", "ad_quien",
                                       "ad_repetido", "ad_mail_state",
                                       "ad_mail_when", "ad_mail_reason",
                                       "ad_mail_said" };
    const apr_array_header_t *list;
    void *data = NULL;
    int n = r->args != NULL ? atoi(r->args) : -1;

    for (apr_size_t i = 0; i < sizeof(all) / sizeof(all[0]); ++i) {
        apr_table_unset(r->main->subprocess_env, all[i]);
    }
    apr_pool_userdata_get(&data, ROWS, r->main->pool);
    list = data;
    if (list != NULL && n >= 0 && n < list->nelts) {
        set_row(r->main, list, n);
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

/* The path of a request's letter. */
static const char *letter_path(request_rec *r, apr_int64_t id)
{
    const char *name = npie_page_name(NPIE_PAGE_FILE_LETTER3);
    const apr_size_t before = strcspn(name, "#");

    return apr_psprintf(r->pool, "%s%.*s%" APR_INT64_T_FMT "%s",
                        npie_conf_server(r->server)->base.path, (int)before,
                        name, id, name + before + 1);
}

/* letter: NULL where it is not for whoever asks. */
static json_t *row_json(const npie_addition_view_t *view, const char *letter,
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
        if (letter != NULL) {
            json_object_set_new(row, "letter", json_string(letter));
        }
    }
    if (view->mail != NULL) {
        json_object_set_new(row, "mail", npie_mail_fate_json(view->mail, p));
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

static int rows_json(npie_visit_t *visit, const npie_page_t *page,
                     const apr_array_header_t *list)
{
    const int by_link = page->who == NPIE_WHO_LINK;
    request_rec *r = visit->r;
    json_t *rows = json_array();

    for (int i = 0; i < list->nelts; ++i) {
        const npie_addition_view_t *view =
            APR_ARRAY_IDX(list, i, const npie_addition_view_t *);

        json_array_append_new(rows, row_json(view,
            by_link || view->addition == NULL ? NULL
            : letter_path(r, view->addition->id), r->pool));
    }
    return npie_answer_json(r, HTTP_OK, json_pack("{s:s, s:s*, s:o}", "page",
        npie_page_stem(page, r->pool), "csrf",
        by_link ? NULL : visit->holder->session->csrf, "additional", rows));
}

int npie_additional_one_json(npie_visit_t *visit,
                             const npie_addition_view_t *view)
{
    apr_array_header_t *list = apr_array_make(visit->r->pool, 1,
                                              sizeof(void *));

    APR_ARRAY_PUSH(list, const npie_addition_view_t *) = view;
    return rows_json(visit, visit->page, list);
}

int npie_additional_list_json(npie_visit_t *visit)
{
    apr_array_header_t *list;
    npie_err_t err;

    return npie_flow_additions(&list, visit->flow, visit->who.employer, &err)
            == APR_SUCCESS
        ? rows_json(visit, npie_page(NPIE_PAGE_ADDITIONALS), sorted(list))
        : npie_answer_error(visit->r, &err);
}

static int lapsed(const apr_array_header_t *list)
{
    int n = 0;

    for (int i = 0; i < list->nelts; ++i) {
        const npie_standing_t standing =
            APR_ARRAY_IDX(list, i, const npie_addition_view_t *)->standing;

        n += standing == NPIE_STANDING_LAPSED
            || standing == NPIE_STANDING_OVERDUE;
    }
    return n;
}

void npie_additional_past(npie_visit_t *visit)
{
    apr_array_header_t *list;

    if (npie_flow_additions(&list, visit->flow, visit->who.employer, NULL)
        == APR_SUCCESS) {
        set_number(visit->r, "npie_additionals_past", lapsed(list));
    }
}

/* What both of the employer's pages show. */
static void set_common(npie_visit_t *visit)
{
    npie_vars_place(visit->r, &visit->place);
    npie_vars_set(visit->r, "npie_mail", visit->flow->policy->mail ? "1"
                                                                   : NULL);
}

int npie_additional_show_list(npie_visit_t *visit)
{
    static const char *const done[] = { "pedido", "enviado", "retirado",
                                        "emitido", "revocado", "corregido" };
    request_rec *r = visit->r;
    const char *what = npie_query_text(r, "hecho");
    apr_array_header_t *list;
    npie_err_t err;

    if (npie_answer_wants_json(r)) {
        return npie_additional_list_json(visit);
    }
    if (npie_flow_additions(&list, visit->flow, visit->who.employer, &err)
        != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    set_common(visit);
    list = sorted(list);
    for (apr_size_t i = 0; i < sizeof(done) / sizeof(done[0]); ++i) {
        if (strcmp(done[i], what) == 0) {
            npie_vars_set(r, "npie_done", done[i]);
        }
    }
    apr_pool_userdata_setn(list, ROWS, NULL, r->pool);
    set_number(r, "npie_ad_count", list->nelts);
    set_number(r, "npie_ad_lapsed", lapsed(list));
    set_number(r, "npie_ad_max", visit->flow->policy->additional_max);
    npie_draft_show(r, visit->holder, visit->page->id);
    return OK;
}

void npie_additional_vars(request_rec *r, npie_flow_t *flow,
                          const npie_addition_view_t *view)
{
    const npie_addition_t *a = view->addition;
    char *digest = apr_palloc(r->pool, NPIE_SHA256_HEX_SIZE);
    npie_employer_t *employer;

    if (a->pdf.len > 0 && npie_sha256_hex(digest, a->pdf) == APR_SUCCESS) {
        npie_vars_set(r, "npie_ad_letter_sha256", digest);
    }
    npie_vars_set(r, "npie_ad_state", words[view->standing]);
    npie_vars_set(r, "npie_ad_holder", a->holder);
    npie_vars_set(r, "npie_ad_email", a->holder_email);
    npie_vars_set(r, "npie_ad_purpose", a->purpose);
    npie_vars_set(r, "npie_ad_until", npie_sentences_date(r, date_of(view)));
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
int npie_additional_show_one(npie_visit_t *visit)
{
    const int signing = visit->page->id == NPIE_PAGE_ADDITIONAL_SIGN;
    request_rec *r = visit->r;
    npie_addition_view_t view;
    npie_err_t err;
    apr_status_t rv = npie_flow_addition_find(&view, visit->flow,
                                              visit->who.employer,
                                              npie_query_number(r, "n"), &err);

    if (rv != APR_SUCCESS && rv != NPIE_ECONFLICT) {
        return npie_answer_error(r, &err);
    }
    if (rv == NPIE_ECONFLICT
        || (signing ? view.standing != NPIE_STANDING_KEYED
                    : view.standing != NPIE_STANDING_REQUESTED
                      && view.standing != NPIE_STANDING_ACTIVE)) {
        return npie_answer_lead(r, NPIE_PAGE_ADDITIONALS, NULL);
    }
    if (npie_answer_wants_json(r)) {
        return npie_additional_one_json(visit, &view);
    }
    set_common(visit);
    npie_additional_vars(r, visit->flow, &view);
    npie_draft_show(r, visit->holder, visit->page->id);
    return OK;
}

/* A key link beyond its purpose shows what the request waits for, and no
 * more. */
int npie_additional_link(npie_visit_t *visit)
{
    request_rec *r = visit->r;
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
        return npie_additional_one_json(visit, &open.view);
    }
    npie_vars_set(r, "npie_ad_token", token);
    npie_additional_vars(r, flow, &open.view);
    if (open.purpose == NPIE_ADDITION_KEY
        && open.view.standing == NPIE_STANDING_ACTIVE) {
        npie_vars_set(r, "npie_ad_state", "otro-correo");
    }
    return OK;
}

int npie_additional_file(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_addition_view_t view;
    npie_acuse_t acuse;
    npie_err_t err;
    apr_status_t rv;

    rv = npie_flow_addition_find(&view, visit->flow, visit->who.employer,
                                 visit->number, &err);
    if (rv == APR_SUCCESS && view.addition->pdf.len == 0) {
        rv = NPIE_ECONFLICT;
    }
    if (rv == NPIE_ECONFLICT || visit->place.certificate->additional) {
        npie_err_set(&err, APR_NOTFOUND, NPIE_P_NOT_FOUND, "no such letter");
        return npie_answer_error(r, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_acuse(&acuse, visit->flow, view.addition, &err);
    }
    return rv != APR_SUCCESS ? npie_answer_error(r, &err)
        : npie_answer_file(r, visit->page->type, strrchr(r->uri, '/') + 1,
                           acuse.pdf);
}
