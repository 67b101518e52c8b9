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
#include "httpd/vars.h"

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

int npie_show_error(npie_visit_t *visit)
{
    request_rec *r = visit->r;

    if (npie_answer_wants_json(r)) {
        npie_answer_json(r, r->prev->status,
                         npie_answer_problem_json(r->prev->status,
                                                  npie_answer_noted(r->prev)));
        return DONE;
    }
    npie_vars_problem(r, (int)npie_answer_noted(r->prev), NULL);
    return OK;
}
