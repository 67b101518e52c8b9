/* SPDX-License-Identifier: Apache-2.0
 * Showing the renewal's pages.
 */
#include "httpd/show.h"

#include "httpd/additional.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/json.h"
#include "httpd/login.h"
#include "httpd/mail_view.h"
#include "httpd/query.h"
#include "httpd/sentences.h"
#include "httpd/subject.h"
#include "httpd/support.h"
#include "httpd/vars.h"

int npie_show_start(npie_visit_t *visit)
{
    return npie_answer_wants_json(visit->r) ? npie_json_login(visit->r) : OK;
}

/* Where to go after login; a path of this host only. */
static void show_return(request_rec *r)
{
    const char *path = npie_query_text(r, "volver");

    if (npie_login_leads_back(path)) {
        npie_vars_set(r, "npie_return", path);
    }
}

int npie_show_login(npie_visit_t *visit)
{
    request_rec *r = visit->r;

    if (npie_answer_wants_json(r)) {
        return npie_json_login(r);
    }
    /* A number from the address is shown as the table's own text alone. */
    npie_vars_problem(r, (int)npie_query_number(r, "problema"), NULL);
    show_return(r);
    return OK;
}

/* The office of whose certificate is refused, where it is known whose it is. */
static void show_office(npie_visit_t *visit)
{
    const apr_int64_t id = visit->holder->session->employer;
    npie_employer_t *employer;
    npie_flow_t *flow;
    npie_err_t err;

    if (id != 0 && npie_runtime_flow(&flow, visit->r, &err) == APR_SUCCESS
        && npie_employer_get(&employer, flow->registry, id, &err)
           == APR_SUCCESS) {
        npie_support_vars(visit->r, employer->subdelegation);
    }
}

int npie_show_refused(npie_visit_t *visit)
{
    const int problem = visit->holder->session->problem;
    const npie_page_t *page = npie_page_refusal((npie_problem_t)problem);

    if (visit->page != page) {
        return npie_answer_lead(visit->r, page->id, NULL);
    }
    if (npie_answer_wants_json(visit->r)) {
        return npie_json_refused(visit->r, visit->holder);
    }
    npie_vars_problem(visit->r, problem, NULL);
    npie_vars_reference(visit->r, npie_subject_session(visit->r));
    show_office(visit);
    return OK;
}

int npie_show_place(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_place_t *place = &visit->place;

    if (npie_answer_wants_json(r)) {
        return npie_json_place(visit, visit->page);
    }
    npie_vars_place(r, place);
    npie_support_vars(r, place->employer->subdelegation);
    npie_vars_letters(r, visit->flow, place);
    npie_mail_vars(r, place);
    if (place->verdict == NPIE_VERDICT_REFUSED) {
        npie_vars_problem(r, (int)place->problem, NULL);
    }
    if (place->lapsed) {
        npie_vars_problem(r, NPIE_P_LAPSED, NULL);
    }
    npie_draft_show(r, visit->holder, visit->page->id);
    return OK;
}

int npie_show_notice(npie_visit_t *visit)
{
    npie_err_t err;

    if (!npie_answer_wants_json(visit->r)
        && npie_flow_place_past(&visit->place, visit->flow, &err)
           != APR_SUCCESS) {
        return npie_answer_error(visit->r, &err);
    }
    return npie_show_place(visit);
}

int npie_show_end(npie_visit_t *visit)
{
    if (!npie_answer_wants_json(visit->r)) {
        npie_additional_past(visit);
    }
    return npie_show_place(visit);
}

int npie_show_holder(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_place_t *place = &visit->place;
    const unsigned stages = npie_page_stages(place);
    const apr_time_t from = place->certificate->not_after
        - npie_runtime_get(r->server)->policy.renew_before;

    if (stages & NPIE_STAGE_DONE) {
        npie_vars_set(r, "npie_done", "1");
    }
    if (stages & NPIE_STAGE_PRINCIPAL) {
        npie_vars_set(r, "npie_principal", "1");
    }
    if (!place->certificate->additional && from > r->request_time) {
        npie_vars_set(r, "npie_renew_from", npie_sentences_date(r, from));
    }
    return npie_show_place(visit);
}

int npie_show_error(npie_visit_t *visit)
{
    request_rec *r = visit->r;

    if (npie_answer_wants_json(r)) {
        npie_answer_json(r, r->prev->status,
                         npie_answer_problem_json(r, r->prev->status,
                                                  npie_answer_noted(r->prev)));
        return DONE;
    }
    npie_vars_problem(r, (int)npie_answer_noted(r->prev), NULL);
    npie_vars_reference(r, npie_subject_reference(r));
    return OK;
}
