/* SPDX-License-Identifier: Apache-2.0
 * The forms of additional certificates.
 */
#include "httpd/additional.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/files.h"
#include "httpd/letter_form.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/revoke.h"

/* Done: back to the list, which says what. */
static int done(npie_visit_t *post, const char *what)
{
    npie_draft_save(post->r, post->holder, NPIE_PAGE_ADDITIONALS, NULL, NULL);
    return npie_answer_wants_json(post->r) ? npie_additional_list_json(post)
        : npie_answer_lead(post->r, NPIE_PAGE_ADDITIONALS,
                           apr_pstrcat(post->r->pool, "hecho=", what, NULL));
}

/* The query of a page about one request. */
static const char *about(const npie_visit_t *post, apr_int64_t id)
{
    return apr_psprintf(post->r->pool, "n=%" APR_INT64_T_FMT, id);
}

/* Back to a page with the reason; frees the draft. */
static int refuse(npie_visit_t *post, npie_page_id_t page,
                  const npie_err_t *err, json_t *draft)
{
    npie_err_t lost;
    const char *query = NULL;

    if (npie_answer_wants_json(post->r)
        || (npie_answer_status(err->status) >= 500
            && err->problem != NPIE_P_SIGNER_DOWN)) {
        return npie_answer_problem_with(post->r,
                                        npie_answer_problem_status(err), err,
                                        npie_draft_members(post->r, draft));
    }
    npie_answer_log(post->r, err);
    if (page != NPIE_PAGE_ADDITIONALS) {
        query = about(post, npie_query_number(post->r, "n"));
    }
    return npie_draft_save(post->r, post->holder, page, draft, &lost)
            == APR_SUCCESS ? npie_answer_lead(post->r, page, query)
                           : npie_answer_error(post->r, &lost);
}

static int refuse_plain(npie_visit_t *post, const npie_err_t *err)
{
    return refuse(post, NPIE_PAGE_ADDITIONALS, err,
                  npie_draft_new(err->problem, NULL));
}

static apr_int64_t number(const npie_visit_t *post, const char *name)
{
    return npie_query_id(npie_form_text(post->form, name));
}

/* What was typed for a new one, with what is wrong with it. */
static json_t *typed(const npie_form_t *form,
                     const npie_addition_check_t *check, npie_problem_t problem)
{
    json_t *draft = npie_draft_new(problem, NULL);

    npie_draft_field(draft, "titular", npie_form_text(form, "titular"),
                     check->holder);
    npie_draft_field(draft, "correo_titular",
                     npie_form_text(form, "correo_titular"), check->email);
    npie_draft_field(draft, "finalidad", npie_form_text(form, "finalidad"),
                     check->purpose);
    return draft;
}

static int ask(npie_visit_t *post)
{
    const int here = *npie_form_text(post->form, "aqui") != '\0'
        || !post->flow->policy->mail;
    npie_addition_check_t check = { NPIE_P_NONE, NPIE_P_NONE, NPIE_P_NONE };
    npie_addition_fields_t fields;
    apr_int64_t id = 0;
    npie_err_t err;
    apr_status_t rv;

    rv = npie_flow_addition_check(&fields, &check,
                                  npie_form_text(post->form, "titular"),
                                  npie_form_text(post->form, "correo_titular"),
                                  npie_form_text(post->form, "finalidad"),
                                  post->r->pool);
    if (rv != APR_SUCCESS) {
        npie_err_set(&err, rv, check.holder != NPIE_P_NONE ? check.holder
                     : check.email != NPIE_P_NONE ? check.email
                     : check.purpose, "the colleague's data");
    }
    else {
        rv = npie_flow_addition_request(&id, post->flow, &post->who, &fields,
                                        !here, &err);
    }
    if (rv != APR_SUCCESS) {
        return refuse(post, NPIE_PAGE_ADDITIONALS, &err,
                      typed(post->form, &check, err.problem));
    }
    if (here && !npie_answer_wants_json(post->r)) {
        return npie_answer_lead(post->r, NPIE_PAGE_ADDITIONAL_HERE,
                                about(post, id));
    }
    return done(post, "pedido");
}

static int again(npie_visit_t *post)
{
    apr_int64_t id = 0;
    npie_err_t err;

    return npie_flow_addition_again(&id, post->flow, &post->who,
                                    number(post, "n"), number(post, "c"), &err)
            == APR_SUCCESS ? done(post, "pedido") : refuse_plain(post, &err);
}

static int resend(npie_visit_t *post)
{
    npie_err_t err;

    return npie_flow_addition_resend(post->flow, &post->who,
                                     number(post, "n"), &err)
            == APR_SUCCESS ? done(post, "enviado") : refuse_plain(post, &err);
}

static int readdress(npie_visit_t *post)
{
    const char *email = npie_form_text(post->form, "correo_titular");
    npie_err_t err;
    apr_int64_t id;

    return npie_flow_addition_readdress(&id, post->flow, &post->who,
                                        number(post, "n"), email, &err)
            == APR_SUCCESS ? done(post, "corregido")
                           : refuse_plain(post, &err);
}

static int withdraw(npie_visit_t *post)
{
    npie_err_t err;

    return npie_flow_addition_withdraw(post->flow, &post->who,
                                       number(post, "n"), &err)
            == APR_SUCCESS ? done(post, "retirado") : refuse_plain(post, &err);
}

static int issue(npie_visit_t *post, apr_int64_t id)
{
    npie_err_t err;

    if (npie_flow_addition_issue(post->flow, &post->who, id, &err)
        != APR_SUCCESS) {
        return refuse_plain(post, &err);
    }
    npie_count(NPIE_COUNT_ISSUED);
    return done(post, "emitido");
}

static int issue_asked(npie_visit_t *post)
{
    return issue(post, number(post, "n"));
}

static int end_one(npie_visit_t *post)
{
    npie_revoke_done_t revoked;
    npie_err_t err;

    if (npie_flow_addition_revoke(&revoked, post->flow, &post->who,
                                  number(post, "c"), &err) != APR_SUCCESS) {
        return refuse_plain(post, &err);
    }
    npie_revoke_log(post->r, &revoked);
    return revoked.sessions == APR_SUCCESS
        ? done(post, "revocado") : refuse_plain(post, &revoked.sessions_err);
}

int npie_post_additional(npie_visit_t *post)
{
    static const struct {
        const char *word;
        int (*act)(npie_visit_t *post);
    } actions[] = {
        { "pedir", ask }, { "otra", again }, { "reenviar", resend },
        { "retirar", withdraw }, { "emitir", issue_asked },
        { "revocar", end_one }, { "corregir", readdress },
    };
    const char *action = npie_form_text(post->form, "accion");
    npie_err_t err;

    if (npie_rate_within(post->r, "adicionales", &err) != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    for (apr_size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); ++i) {
        if (strcmp(actions[i].word, action) == 0) {
            return actions[i].act(post);
        }
    }
    npie_err_set(&err, NPIE_EINPUT, NPIE_P_REQUEST, "no such action");
    return npie_answer_error(post->r, &err);
}

int npie_post_additional_sign(npie_visit_t *post)
{
    const apr_int64_t id = npie_query_number(post->r, "n");
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, 0 };
    npie_signed_form_t given;
    npie_err_t err;
    apr_status_t rv = npie_post_signature(&given, post, &check, &err);

    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_sign(post->flow, &post->who, id, given.cms,
                                     given.file, &check, &err);
    }
    if (rv == NPIE_ECONFLICT) {
        return refuse_plain(post, &err);
    }
    return rv == APR_SUCCESS ? issue(post, id)
        : refuse(post, NPIE_PAGE_ADDITIONAL_SIGN, &err,
                 npie_draft_new(err.problem,
                                npie_post_mismatch(&check, post->r)));
}

/* The certificate, for whoever may have it: JSON for the page's script, the
 * file alone without one. */
static int send_certificate(request_rec *r, npie_flow_t *flow,
                            const npie_addition_view_t *view)
{
    npie_employer_t *employer;
    const char *stem;
    npie_err_t err;

    if (npie_employer_get(&employer, flow->registry, view->addition->employer,
                          &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    stem = apr_psprintf(r->pool, "%.10s_A%" APR_INT64_T_FMT, employer->rp,
                        view->addition->id);
    return npie_answer_wants_json(r)
        ? npie_file_issued_json(r, flow, view->certificate, stem,
                                view->addition->key_sha256)
        : npie_answer_file(r, "application/pkix-cert",
                           apr_pstrcat(r->pool, stem, ".cer", NULL),
                           view->certificate->der);
}

int npie_additional_act(int *pdone, request_rec *r, npie_flow_t *flow,
                        const npie_addition_view_t *view, const char *actor,
                        const npie_form_t *form, npie_err_t *err)
{
    const char *action = npie_form_text(form, "accion");
    const char *csr = npie_form_text(form, "solicitud");
    npie_bytes_t bytes = { (const unsigned char *)csr, strlen(csr) };

    *pdone = 0;
    if (strcmp(action, "obtener") == 0
        && view->standing == NPIE_STANDING_ACTIVE) {
        return send_certificate(r, flow, view);
    }
    if (strcmp(action, "llave") != 0) {
        npie_err_set(err, NPIE_ECONFLICT, actor != NULL
                     ? NPIE_P_ADDITIONAL_GONE : NPIE_P_LINK_ADDITIONAL,
                     "no such action now");
        return npie_answer_error(r, err);
    }
    if (npie_flow_addition_key(flow, view, actor, bytes,
                               npie_form_text(form, "huella"), err)
        != APR_SUCCESS) {
        /* A colleague has no list to look into. */
        if (actor == NULL && err->problem == NPIE_P_ADDITIONAL_GONE) {
            err->problem = NPIE_P_LINK_ADDITIONAL;
        }
        return npie_answer_error(r, err);
    }
    *pdone = 1;
    return OK;
}

int npie_post_additional_here(npie_visit_t *post)
{
    const apr_int64_t id = npie_query_number(post->r, "n");
    npie_addition_view_t view;
    npie_place_t place;
    npie_err_t err;
    int taken, status;
    apr_status_t rv = npie_flow_place(&place, post->flow, &post->who, &err);

    if (rv == APR_SUCCESS && !npie_flow_addition_may(&place)) {
        rv = npie_err_set(&err, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                          "not the valid principal certificate");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_find(&view, post->flow, post->who.employer, id,
                                     &err);
    }
    if (rv != APR_SUCCESS) {
        return refuse_plain(post, &err);
    }
    status = npie_additional_act(&taken, post->r, post->flow, &view,
                                 post->who.actor, post->form, &err);
    if (taken && npie_answer_wants_json(post->r)) {
        return done(post, "");
    }
    return taken ? npie_answer_lead(post->r, NPIE_PAGE_ADDITIONAL_SIGN,
                                    about(post, id)) : status;
}

int npie_additional_use_link(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_form_t *form = visit->form;
    const char *token = npie_form_text(form, "t");
    const char *query = apr_pstrcat(r->pool, "t=",
                                    ap_escape_urlencoded(r->pool, token),
                                    NULL);
    npie_addition_open_t open;
    npie_flow_t *flow;
    npie_err_t err;
    int taken, status;

    if (npie_rate_within(r, "adicional", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_runtime_flow(&flow, r, &err) != APR_SUCCESS
        || npie_flow_addition_open(&open, flow, token, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (open.problem == NPIE_P_NONE
        && (open.purpose == NPIE_ADDITION_KEY)
           != (strcmp(npie_form_text(form, "accion"), "llave") == 0)) {
        open.problem = NPIE_P_LINK_ADDITIONAL;
    }
    if (open.problem != NPIE_P_NONE) {
        npie_err_set(&err, NPIE_EPOLICY, open.problem, "the link is not good");
        if (npie_answer_wants_json(r)) {
            return npie_answer_error(r, &err);
        }
        npie_answer_log(r, &err);
        return npie_answer_lead(r, NPIE_PAGE_ADDITIONAL_LINK, query);
    }
    status = npie_additional_act(&taken, r, flow, &open.view, NULL, form,
                                 &err);
    if (taken && npie_answer_wants_json(r)) {
        return npie_flow_addition_open(&open, flow, token, &err) == APR_SUCCESS
            ? npie_additional_one_json(visit, &open.view)
            : npie_answer_error(r, &err);
    }
    return taken ? npie_answer_lead(r, NPIE_PAGE_ADDITIONAL_LINK, query)
                 : status;
}
