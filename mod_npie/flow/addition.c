/* SPDX-License-Identifier: Apache-2.0
 * Additional certificates: asked for, asked for again, taken back, revoked.
 */
#include "flow/addition.h"

#include <string.h>

#include "base/text.h"
#include "flow/step.h"
#include "model/field.h"

static npie_problem_t clean(const char **out, const char *text,
                            apr_size_t max, apr_pool_t *p)
{
    text = text != NULL ? text : "";
    *out = "";
    if (!npie_text_is_clean(text, strlen(text))) {
        return NPIE_P_ENCODING;
    }
    *out = npie_text_trim(text, p);
    return **out == '\0' ? NPIE_P_FIELD_EMPTY
        : npie_text_length(*out) > max ? NPIE_P_FIELD_LONG : NPIE_P_NONE;
}

apr_status_t npie_flow_addition_check(npie_addition_fields_t *fields,
                                      npie_addition_check_t *check,
                                      const char *holder, const char *email,
                                      const char *purpose, apr_pool_t *p)
{
    npie_addition_fields_t typed;

    check->holder = clean(&typed.holder, holder, NPIE_HOLDER_MAX, p);
    check->email = clean(&typed.email, email, NPIE_EMAIL_MAX, p);
    check->purpose = clean(&typed.purpose, purpose, NPIE_PURPOSE_MAX, p);
    if (check->email == NPIE_P_NONE && !npie_field_email(typed.email)) {
        check->email = NPIE_P_EMAIL;
    }
    if (check->holder != NPIE_P_NONE || check->email != NPIE_P_NONE ||
        check->purpose != NPIE_P_NONE) {
        return NPIE_EINPUT;
    }
    *fields = typed;
    return APR_SUCCESS;
}

/* Is there room for one more? */
static apr_status_t count(npie_step_t *step)
{
    const int max = step->flow->policy->additional_max;
    apr_array_header_t *list;
    int used = 0;
    apr_status_t rv = npie_flow_additions(&list, step->flow,
                                          step->who->employer, step->err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        used += APR_ARRAY_IDX(list, i, npie_addition_view_t *)->standing <=
                NPIE_STANDING_ACTIVE;
    }
    return rv != APR_SUCCESS || used < max ? rv
        : npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_ADDITIONAL_LIMIT,
                       "%d additional certificates of %d", used, max);
}

/* What is asked for, and how. */
typedef struct asking_t {
    npie_addition_fields_t fields;
    int mail;       /* 1: the colleague is sent a link */
    apr_int64_t id; /* of the request made */
} asking_t;

/* Begins a request. */
static apr_status_t insert(npie_step_t *step, asking_t *asking,
                           apr_int64_t replaces)
{
    npie_addition_t a = {
        .employer = step->who->employer, .principal = step->who->certificate,
        .holder = asking->fields.holder, .purpose = asking->fields.purpose,
        .holder_email = asking->fields.email, .replaces = replaces,
        .created = step->flow->now, .spki = "",
    };
    npie_step_t begun = *step;
    apr_status_t rv = count(step);

    if (rv == APR_SUCCESS) {
        rv = npie_addition_insert(&a.id, step->flow->registry, &a, step->err);
        rv = rv == NPIE_ECONFLICT ? npie_step_later(step) : rv;
    }
    begun.event = NPIE_EVENT_DATA;
    begun.view.addition = &a;
    if (rv == APR_SUCCESS) {
        rv = npie_step_note_request(&begun);
    }
    asking->id = a.id;
    return rv == APR_SUCCESS && asking->mail
               ? npie_step_mail(&begun, NPIE_MAIL_ADDITIONAL, a.holder_email,
                                0)
               : rv;
}

static apr_status_t make_request(npie_step_t *step, void *arg)
{
    return insert(step, arg, 0);
}

apr_status_t npie_flow_addition_request(apr_int64_t *pid, npie_flow_t *flow,
                                        const npie_who_t *who,
                                        const npie_addition_fields_t *fields,
                                        int mail, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_DATA, .additional = 1 };
    asking_t asking = { .fields = *fields, .mail = mail };
    const apr_status_t rv = npie_step_run(&step, make_request, &asking);

    *pid = asking.id;
    return rv;
}

/* The same person, address and purpose, by a request or a certificate. */
static apr_status_t read_fields(npie_addition_fields_t *fields,
                                const npie_step_t *step)
{
    const npie_addition_t *a = step->view.addition;
    const npie_certificate_t *c = step->view.certificate;
    npie_addition_check_t check;

    if (npie_flow_addition_check(fields, &check,
                                 a != NULL ? a->holder : c->holder,
                                 a != NULL ? a->holder_email : c->holder_email,
                                 a != NULL ? a->purpose
                                 : npie_sentence(step->flow->sentences,
                                                 NPIE_S_PURPOSE_UNKNOWN),
                                 step->flow->p) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    return npie_err_set(step->err, NPIE_EINPUT, check.email != NPIE_P_NONE
                        ? check.email : NPIE_P_FIELD_EMPTY,
                        "name or address of before cannot be used");
}

static apr_status_t make_again(npie_step_t *step, void *arg)
{
    const npie_certificate_t *before = step->view.certificate;
    asking_t *asking = arg;
    npie_step_t withdrawn = *step;
    apr_status_t rv = read_fields(&asking->fields, step);

    if (rv == APR_SUCCESS && step->standing == NPIE_STANDING_WITHDRAWN) {
        withdrawn.event = NPIE_EVENT_CANCEL;
        rv = npie_step_write(&withdrawn);
    }
    return rv == APR_SUCCESS
               ? insert(step, asking, before != NULL ? before->id : 0) : rv;
}

apr_status_t npie_flow_addition_again(apr_int64_t *pid, npie_flow_t *flow,
                                      const npie_who_t *who,
                                      apr_int64_t addition,
                                      apr_int64_t certificate,
                                      npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_AGAIN, .additional = 1,
                         .request = addition, .certificate = certificate };
    asking_t asking = { .mail = 1 };
    apr_status_t rv;

    if (addition == 0 && certificate == 0) {
        return npie_step_later(&step);
    }
    rv = npie_step_run(&step, make_again, &asking);
    *pid = asking.id;
    return rv;
}

static apr_status_t make_readdressed(npie_step_t *step, void *arg)
{
    asking_t *asking = arg;
    const char *email = asking->fields.email;
    apr_status_t rv;

    if (npie_field_email_same(step->view.addition->holder_email, email)) {
        return npie_err_set(step->err, NPIE_EINPUT, NPIE_P_EMAIL_SAME,
                            "the address is the request's already");
    }
    rv = read_fields(&asking->fields, step);
    asking->fields.email = email;
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS ? insert(step, asking, 0) : rv;
}

apr_status_t npie_flow_addition_readdress(apr_int64_t *pid, npie_flow_t *flow,
                                          const npie_who_t *who,
                                          apr_int64_t addition,
                                          const char *email, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_READDRESS, .additional = 1,
                         .request = addition };
    asking_t asking = { .mail = 1 };
    npie_problem_t problem = clean(&asking.fields.email, email,
                                   NPIE_EMAIL_MAX, flow->p);
    apr_status_t rv;

    if (problem == NPIE_P_NONE && !npie_field_email(asking.fields.email)) {
        problem = NPIE_P_EMAIL;
    }
    rv = problem != NPIE_P_NONE
        ? npie_err_set(err, NPIE_EINPUT, problem, "the colleague's address")
        : addition == 0 ? npie_step_later(&step)
        : npie_step_run(&step, make_readdressed, &asking);
    *pid = asking.id;
    return rv;
}

static apr_status_t make_withdrawn(npie_step_t *step, void *arg)
{
    (void)arg;
    return npie_step_write(step);
}

apr_status_t npie_flow_addition_withdraw(npie_flow_t *flow,
                                         const npie_who_t *who, apr_int64_t id,
                                         npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_CANCEL, .additional = 1,
                         .request = id };

    return npie_step_run(&step, make_withdrawn, NULL);
}

apr_status_t npie_flow_addition_revoke(npie_revoke_done_t *revoked,
                                       npie_flow_t *flow,
                                       const npie_who_t *who,
                                       apr_int64_t certificate,
                                       npie_err_t *err)
{
    const npie_revocation_t revocation = {
        .certificate = certificate, .reason = NPIE_REASON_CESSATION,
    };
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_REVOKE, .additional = 1,
                         .certificate = certificate };
    const apr_status_t rv = npie_step_look(&step);

    return rv == APR_SUCCESS
               ? npie_flow_revoke(revoked, flow, who->actor, &revocation, err)
               : rv;
}
