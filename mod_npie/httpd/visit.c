/* SPDX-License-Identifier: Apache-2.0
 * Leading an employer from page to page.
 */
#include "httpd/visit.h"

#include "httpd/answer.h"
#include "httpd/json.h"

npie_who_t npie_visit_who(const npie_session_t *session)
{
    return (npie_who_t){ .employer = session->employer,
                         .certificate = session->certificate,
                         .actor = session->serial };
}

/* What a form leads to is its answer, for a program; asking for a page leads
 * to the right one. */
static int answers_json(const request_rec *r)
{
    return r->method_number == M_POST && npie_answer_wants_json(r);
}

static int lead(npie_visit_t *visit, const npie_page_t *page)
{
    return answers_json(visit->r) ? npie_json_place(visit, page)
                                  : npie_answer_lead(visit->r, page->id, NULL);
}

int npie_visit_lead(npie_visit_t *visit, npie_page_id_t id)
{
    return lead(visit, npie_page(id));
}

/* Lets a session into the application. It has proved a certificate whose letter
 * 2 was signed elsewhere meanwhile, or else has only outlived its renewal: then
 * its holder may see how that ended, and logs in anew. */
static int enter_application(npie_visit_t *visit)
{
    const npie_runtime_t *runtime = npie_runtime_get(visit->r->server);
    const npie_page_t *end = npie_page(NPIE_PAGE_END);
    npie_session_t *session = visit->holder->session;
    npie_err_t err;
    apr_status_t rv = APR_SUCCESS;

    if (session->access == NPIE_ACCESS_TERMS) {
        session->access = NPIE_ACCESS_APPLICATION;
        rv = npie_session_change(runtime->sessions, visit->holder->key, session,
                                 runtime->conf->session.idle, &err,
                                 visit->r->pool);
    }
    if (rv == APR_NOTFOUND) {
        return answers_json(visit->r) ? npie_answer_no_session(visit->r)
            : npie_answer_lead(visit->r, NPIE_PAGE_LOGIN, NULL);
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(visit->r, &err);
    }
    if (session->access == NPIE_ACCESS_APPLICATION) {
        return npie_answer_wants_json(visit->r)
            ? npie_json_place(visit, NULL)
            : npie_answer_redirect(visit->r, runtime->conf->application);
    }
    return visit->page != npie_page(NPIE_PAGE_HOME)
            && npie_page_allowed(end, &visit->place)
        ? lead(visit, end) : npie_answer_lead(visit->r, NPIE_PAGE_LOGIN, NULL);
}

int npie_visit_home(npie_visit_t *visit)
{
    const npie_renewal_t *renewal = visit->place.renewal;
    const npie_page_t *home = npie_page_home(&visit->place);

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, visit->r,
                  "%s: renewal %s, led to %s", visit->holder->session->user,
                  renewal != NULL ? npie_renewal_state_name(renewal->state)
                                  : "none",
                  home != NULL ? home->name : "the application");
    return home != NULL ? lead(visit, home) : enter_application(visit);
}

int npie_visit_read(npie_visit_t *visit)
{
    npie_err_t err;
    apr_status_t rv = npie_runtime_flow(&visit->flow, visit->r, &err);

    visit->who = npie_visit_who(visit->holder->session);
    if (rv == APR_SUCCESS) {
        rv = npie_flow_place(&visit->place, visit->flow, &visit->who, &err);
    }
    if (rv == APR_NOTFOUND) {
        npie_holder_end(visit->r, NULL);
        return npie_answer_lead(visit->r, NPIE_PAGE_LOGIN, NULL);
    }
    return rv == APR_SUCCESS ? OK : npie_answer_error(visit->r, &err);
}

int npie_visit_tell(request_rec *r)
{
    npie_visit_t visit = { .r = r };
    npie_err_t err;
    apr_status_t rv = npie_holder_get(&visit.holder, r, &err);
    int status;

    if (rv != APR_SUCCESS) {
        return rv == APR_NOTFOUND ? npie_json_login(r)
                                  : npie_answer_error(r, &err);
    }
    if (visit.holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_json_refused(r, visit.holder);
    }
    status = npie_visit_read(&visit);
    return status == OK ? npie_visit_home(&visit) : status;
}
