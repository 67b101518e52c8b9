/* SPDX-License-Identifier: Apache-2.0
 * The forms of a renewal.
 */
#include "httpd/posts.h"

#include <apr_strings.h>

#include "flow/mail.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/json.h"
#include "httpd/letter_form.h"
#include "httpd/login.h"
#include "httpd/other.h"
#include "httpd/sentences.h"
#include "httpd/upload.h"
#include "httpd/visit.h"
#include "letter/party.h"

/* A session that has just been replaced lives on this long, so that the second
 * request of a double click still finds one. */
#define AFTERLIFE_SECONDS 60

/* Goes on to where the renewal is now; what was kept of a page's failures is of
 * no use any more. */
static int done_with(npie_visit_t *post, npie_page_id_t page)
{
    npie_err_t err;

    npie_draft_save(post->r, post->holder, page, NULL, NULL);
    return npie_flow_place(&post->place, post->flow, &post->who, &err)
            == APR_SUCCESS ? npie_visit_home(post)
                           : npie_answer_error(post->r, &err);
}

static int done(npie_visit_t *post)
{
    return done_with(post, post->page->id);
}

/* Back to the page with the reason and what was typed; frees the draft. */
static int refuse(npie_visit_t *post, const npie_err_t *err, json_t *draft)
{
    npie_err_t lost;

    if (npie_answer_status(err->status) >= 500
        || npie_answer_wants_json(post->r)) {
        return npie_answer_problem_with(post->r,
                                        npie_answer_problem_status(err), err,
                                        npie_draft_members(post->r, draft));
    }
    npie_answer_log(post->r, err);
    if (err->status == NPIE_ECONFLICT) {
        json_decref(draft);
        return done(post);
    }
    if (npie_draft_save(post->r, post->holder, post->page->id, draft, &lost)
        != APR_SUCCESS) {
        return npie_answer_error(post->r, &lost);
    }
    return npie_answer_lead(post->r, post->page->id, NULL);
}

/* On to where the renewal is, with a word: what was sent is not in it. */
static int refuse_other(npie_visit_t *post, const npie_err_t *why)
{
    npie_err_t err;
    json_t *draft;
    const npie_page_t *home;

    if (npie_flow_place(&post->place, post->flow, &post->who, &err)
        != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    draft = npie_draft_new(why->problem, npie_other_said(post, why->problem));
    home = npie_page_home(&post->place);
    if (npie_answer_wants_json(post->r) || home == NULL) {
        return npie_answer_problem_with(post->r, HTTP_CONFLICT, why,
                                        npie_draft_members(post->r, draft));
    }
    npie_answer_log(post->r, why);
    return npie_draft_save(post->r, post->holder, home->id, draft, &err)
            == APR_SUCCESS ? npie_visit_home(post)
                           : npie_answer_error(post->r, &err);
}

/* The names of a letter that was not drawn, the registry's and the
 * certificate's; NULL when they cannot be read now. */
static const char *both_names(npie_visit_t *post)
{
    request_rec *r = post->r;
    const npie_place_t *place = &post->place;
    npie_cert_t *cert;

    return npie_flow_place(&post->place, post->flow, &post->who, NULL)
               != APR_SUCCESS || place->old == NULL
           || npie_cert_parse(&cert, place->old->der, NULL, r->pool)
              != APR_SUCCESS ? NULL
        : npie_sentence_fill(npie_sentences_for(r), NPIE_S_NAMES_BOTH, r->pool,
                             "persona",
                             npie_letter_person(place->employer, r->pool),
                             "empresa", place->employer->name, "otra",
                             cert->common_name, "compania", cert->organization,
                             NULL);
}

static int end_post(npie_visit_t *post, apr_status_t rv, const npie_err_t *err)
{
    if (rv == NPIE_ECONFLICT && npie_other_is(err->problem)) {
        return refuse_other(post, err);
    }
    return rv == APR_SUCCESS ? done(post)
        : refuse(post, err, npie_draft_new(
            err->problem, err->problem == NPIE_P_NAMES_DIFFER
            ? both_names(post) : NULL));
}

static json_t *contact_draft(const npie_form_t *form,
                             const npie_contact_check_t *check)
{
    json_t *draft = npie_draft_new(NPIE_P_NONE, NULL);

    npie_draft_field(draft, "correo", npie_form_text(form, "correo"),
                     check->email);
    npie_draft_field(draft, "correo2", npie_form_text(form, "correo2"),
                     check->email2);
    npie_draft_field(draft, "telefono", npie_form_text(form, "telefono"),
                     check->phone);
    npie_draft_field(draft, "fax", npie_form_text(form, "fax"), check->fax);
    return draft;
}

/* The first problem of a contact, to stand at the head of the page. */
static npie_problem_t first_problem(const npie_contact_check_t *check)
{
    return check->email != NPIE_P_NONE ? check->email
        : check->email2 != NPIE_P_NONE ? check->email2
        : check->phone != NPIE_P_NONE ? check->phone : check->fax;
}

/* Beside the letter's data others are taken only from who says so: a page that
 * was left open does not. */
static apr_status_t give_data(npie_visit_t *post,
                              const npie_contact_t *contact, npie_err_t *err)
{
    return strcmp(npie_form_text(post->form, "corrige"), "si") == 0
        ? npie_flow_correct(post->flow, &post->who, contact, err)
        : npie_flow_data(post->flow, &post->who, contact, err);
}

int npie_post_data(npie_visit_t *post)
{
    npie_contact_t contact;
    npie_contact_check_t check = { 0 };
    npie_err_t err;
    json_t *draft;

    if (npie_flow_contact_check(&contact, &check,
                                npie_form_text(post->form, "correo"),
                                npie_form_text(post->form, "correo2"),
                                npie_form_text(post->form, "telefono"),
                                npie_form_text(post->form, "fax"),
                                post->r->pool) == APR_SUCCESS) {
        return end_post(post, give_data(post, &contact, &err), &err);
    }
    npie_err_set(&err, NPIE_EINPUT, first_problem(&check), "contact data");
    draft = contact_draft(post->form, &check);
    json_object_set_new(draft, "number", json_integer(err.problem));
    return refuse(post, &err, draft);
}

int npie_post_key(npie_visit_t *post)
{
    npie_bytes_t csr;
    npie_err_t err;
    apr_status_t rv = npie_upload_der(&csr, post->form, "solicitud",
                                      post->r->pool);

    rv = rv == APR_SUCCESS
        ? npie_flow_key(post->flow, &post->who, csr,
                        npie_form_text(post->form, "nombre"),
                        npie_form_text(post->form, "huella"), &err)
        : npie_err_set(&err, rv, NPIE_P_CSR, "neither PEM nor base64");

    return end_post(post, rv, &err);
}

/* Signs one of the letters with what the form holds. */
static apr_status_t sign(npie_visit_t *post, npie_letter_kind_t kind,
                         npie_letter_check_t *check, npie_err_t *err)
{
    npie_signed_form_t given;
    apr_status_t rv = npie_post_signature(&given, post, check, err);

    return rv == APR_SUCCESS
        ? npie_flow_sign(post->flow, &post->who, kind, given.cms, given.file,
                         check, err) : rv;
}

static int refuse_letter(npie_visit_t *post, const npie_err_t *err,
                         const npie_letter_check_t *check)
{
    return refuse(post, err,
                  npie_draft_new(err->problem,
                                 npie_post_mismatch(check, post->r)));
}

int npie_post_letter(npie_visit_t *post)
{
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, 0 };
    npie_err_t err;

    return sign(post, NPIE_LETTER_RENEWAL, &check, &err) == APR_SUCCESS
        ? done(post) : refuse_letter(post, &err, &check);
}

int npie_post_issue(npie_visit_t *post)
{
    npie_err_t err;

    if (npie_flow_issue(post->flow, &post->who, &err) != APR_SUCCESS) {
        if (err.problem == NPIE_P_NEW_KEY_SEEN) {
            return refuse_other(post, &err);
        }
        return refuse(post, &err, npie_draft_new(err.problem, NULL));
    }
    npie_count(NPIE_COUNT_ISSUED);
    return done(post);
}

/* The address is looked at as on datos, and told of in the same fields. */
static int change_address(npie_visit_t *post)
{
    npie_contact_check_t check = { 0 };
    npie_contact_t contact;
    npie_place_t place;
    npie_err_t err;
    json_t *draft;
    apr_status_t rv = npie_flow_place(&place, post->flow, &post->who, &err);

    if (rv != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    rv = npie_flow_contact_check(&contact, &check,
                                 npie_form_text(post->form, "correo"),
                                 npie_form_text(post->form, "correo2"),
                                 place.employer->contact.phone,
                                 place.employer->contact.fax, post->r->pool);
    if (rv != APR_SUCCESS) {
        npie_err_set(&err, rv, first_problem(&check), "the new address");
    }
    else {
        rv = npie_flow_mail_readdress(post->flow, &post->who, contact.email,
                                      &err);
        check.email = rv == NPIE_EINPUT ? err.problem : NPIE_P_NONE;
    }
    if (rv == APR_SUCCESS) {
        return done(post);
    }
    draft = contact_draft(post->form, &check);
    json_object_set_new(draft, "number", json_integer(err.problem));
    return refuse(post, &err, draft);
}

int npie_post_mail(npie_visit_t *post)
{
    const char *action = npie_form_text(post->form, "accion");
    npie_err_t err;

    if (strcmp(action, "reenviar") == 0) {
        return end_post(post, npie_flow_mail_resend(post->flow, &post->who,
                                                    &err), &err);
    }
    if (strcmp(action, "cambiar") == 0) {
        return change_address(post);
    }
    if (strcmp(action, "seguir") == 0) {
        return end_post(post, npie_flow_mail_skip(post->flow, &post->who,
                                                  &err), &err);
    }
    npie_err_set(&err, NPIE_EINPUT, NPIE_P_REQUEST, "no such action");
    return npie_answer_error(post->r, &err);
}

/* What becomes of the session that the letter was signed in. Under a cookie
 * or the old certificate it knows the way to the last page for a while; under
 * the new certificate it would keep it from the application. */
static apr_status_t retire(const npie_visit_t *post,
                           const npie_certificate_t *newest, npie_err_t *err)
{
    npie_sessions_t *sessions = npie_runtime_get(post->r->server)->sessions;
    npie_session_t *before = post->holder->session;
    const apr_time_t end = apr_time_now()
        + apr_time_from_sec(AFTERLIFE_SECONDS);
    apr_status_t rv;

    if (post->holder->tls && before->certificate == newest->id) {
        return npie_session_end(sessions, post->holder->key, err,
                                post->r->pool);
    }
    before->access = NPIE_ACCESS_RENEWAL;
    before->certificate = newest->id;
    before->serial = newest->serial;
    before->spki = newest->spki;
    if (before->expires > end) {
        before->expires = end;
    }
    rv = npie_session_change(sessions, post->holder->key, before,
                             AFTERLIFE_SECONDS, err, post->r->pool);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* The renewal is complete: whoever signed holds the new key, so the session
 * becomes the new certificate's, under a new identifier. The forms of pages
 * that are open go on working: a double click may come with either. */
static apr_status_t change_over(npie_visit_t *post, npie_err_t *err)
{
    npie_registry_t *registry = post->flow->registry;
    npie_certificate_t *row;
    npie_employer_t *employer;
    npie_cert_t *cert;
    apr_status_t rv = npie_certificate_newest(&row, registry,
                                              post->who.employer, err);

    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, registry, post->who.employer, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, row->der, err, post->r->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_login_open(post->r, NPIE_ACCESS_APPLICATION, NPIE_P_NONE,
                             cert, employer, row,
                             post->holder->session->csrf, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_login_confirm(post->r, post->flow, row, err);
    }
    return rv == APR_SUCCESS ? retire(post, row, err) : rv;
}

/* The last page, in the session of the new certificate. */
static int show_end(npie_visit_t *post)
{
    npie_err_t err;
    apr_status_t rv = npie_holder_get(&post->holder, post->r, &err);

    if (rv == APR_SUCCESS) {
        post->who = npie_visit_who(post->holder->session);
        rv = npie_flow_place(&post->place, post->flow, &post->who, &err);
    }
    return rv == APR_SUCCESS ? npie_visit_lead(post, NPIE_PAGE_END)
                             : npie_answer_error(post->r, &err);
}

int npie_post_terms(npie_visit_t *post)
{
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, 0 };
    npie_err_t err;

    if (sign(post, NPIE_LETTER_TERMS, &check, &err) != APR_SUCCESS) {
        return refuse_letter(post, &err, &check);
    }
    if (change_over(post, &err) != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    npie_count(NPIE_COUNT_COMPLETED);
    return show_end(post);
}

int npie_post_cancel(npie_visit_t *post)
{
    npie_err_t err;
    apr_status_t rv = npie_flow_cancel(post->flow, &post->who, &err);

    return rv == APR_SUCCESS || rv == NPIE_ECONFLICT
        ? done_with(post, NPIE_PAGE_KEY) : npie_answer_error(post->r, &err);
}

int npie_post_rekey(npie_visit_t *post)
{
    npie_err_t err;
    apr_status_t rv = npie_flow_rekey(post->flow, &post->who, &err);

    return rv == APR_SUCCESS || rv == NPIE_ECONFLICT
        ? done_with(post, NPIE_PAGE_LETTER1) : npie_answer_error(post->r, &err);
}

int npie_post_logout(npie_visit_t *post)
{
    npie_err_t err;

    if (npie_holder_end(post->r, &err) != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    return npie_answer_wants_json(post->r)
        ? npie_json_login(post->r)
        : npie_answer_lead(post->r, NPIE_PAGE_LOGIN, NULL);
}
