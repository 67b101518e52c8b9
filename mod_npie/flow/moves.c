/* SPDX-License-Identifier: Apache-2.0
 * The moves that bring no key, letter or certificate: data, correct, rekey,
 * confirm, cancel.
 */
#include "flow/drawing.h"
#include "flow/mail.h"

#include <string.h>

#include "model/field.h"

static int contact_same(const npie_contact_t *a, const npie_contact_t *b)
{
    return strcmp(a->email, b->email) == 0 && strcmp(a->phone, b->phone) == 0 &&
           strcmp(a->fax, b->fax) == 0;
}

/* A new renewal, of the proved certificate. */
static apr_status_t begin(npie_step_t *step, const npie_contact_t *contact)
{
    npie_renewal_t *renewal = apr_pcalloc(step->flow->p, sizeof(*renewal));
    /* Nobody makes a key for a letter that cannot be drawn. */
    apr_status_t rv = npie_drawing_names(step, step->place.certificate, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    renewal->employer = step->who->employer;
    renewal->old_certificate = step->place.certificate->id;
    renewal->state = step->next;
    renewal->contact = *contact;
    renewal->new_spki = "";
    renewal->key_name = "";
    renewal->key_sha256 = "";
    renewal->created = step->flow->now;
    renewal->changed = step->flow->now;
    rv = npie_renewal_insert(&renewal->id, step->flow->registry, renewal,
                             step->err);
    return rv == APR_SUCCESS ? npie_place_note(step->flow, step->who,
                                               step->event, renewal,
                                               NPIE_RENEWAL_NONE, step->err)
                             : rv;
}

static apr_status_t make_data(npie_step_t *step, void *arg)
{
    const npie_contact_t *contact = arg;
    npie_renewal_t *renewal = step->place.renewal;

    if (renewal == NULL || !npie_machine_is_open(renewal->state)) {
        return begin(step, contact);
    }
    if (contact_same(&renewal->contact, contact)) {
        return APR_SUCCESS;
    }
    renewal->contact = *contact;
    return npie_step_write(step);
}

/* The key and its request stay. Letter 1 names the data: another one is drawn,
 * and links sent to an address that was wrong open nothing any more. */
static apr_status_t make_correct(npie_step_t *step, void *arg)
{
    const npie_contact_t *contact = arg;
    npie_renewal_t *renewal = step->place.renewal;
    const int moved = !npie_field_email_same(renewal->contact.email,
                                             contact->email);
    apr_status_t rv;

    if (renewal->state == NPIE_RENEWAL_STARTED) {
        return make_data(step, arg);
    }
    if (contact_same(&renewal->contact, contact)) {
        return APR_SUCCESS;
    }
    renewal->contact = *contact;
    step->place.employer->contact = *contact;
    rv = npie_letter_void(step->flow->registry, renewal->letter1, step->err);
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail_withdraw(step, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_drawing_again(step);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS && moved ? npie_step_mail_changed(step, 1) : rv;
}

/* Contact data given: taken, the same as before, or too late. */
static apr_status_t give(npie_step_t *step, npie_step_fn make,
                         const npie_contact_t *contact)
{
    npie_contact_t given = *contact;
    apr_status_t rv = npie_step_run(step, make, &given);

    if (rv == APR_SUCCESS && step->move == NPIE_MOVE_DONE &&
        !contact_same(&step->place.renewal->contact, contact)) {
        return npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_DATA_OTHER,
                            "the letter has other contact data");
    }
    return rv;
}

apr_status_t npie_flow_data(npie_flow_t *flow, const npie_who_t *who,
                            const npie_contact_t *contact, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_DATA, .err = err };

    return give(&step, make_data, contact);
}

apr_status_t npie_flow_correct(npie_flow_t *flow, const npie_who_t *who,
                               const npie_contact_t *contact, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_CORRECT, .err = err };

    return give(&step, make_correct, contact);
}

/* Going back or out leaves letter 1 behind. */
static apr_status_t make_plain(npie_step_t *step, void *arg)
{
    npie_renewal_t *renewal = step->place.renewal;
    apr_status_t rv = APR_SUCCESS;

    (void)arg;
    if (step->event != NPIE_EVENT_CONFIRM && renewal->letter1 != 0) {
        rv = npie_letter_void(step->flow->registry, renewal->letter1,
                              step->err);
    }
    if (rv == APR_SUCCESS && step->event != NPIE_EVENT_CONFIRM) {
        rv = npie_step_mail_withdraw(step, step->event == NPIE_EVENT_REKEY);
    }
    if (step->event == NPIE_EVENT_REKEY) {
        renewal->csr = (npie_bytes_t){ NULL, 0 };
        renewal->new_spki = "";
        renewal->key_name = "";
        renewal->key_sha256 = "";
        renewal->letter1 = 0;
    }
    return rv == APR_SUCCESS ? npie_step_write(step) : rv;
}

/* A move that takes no input. Whoever else was at a renewal that is cancelled
 * starts anew. */
static apr_status_t go(npie_flow_t *flow, const npie_who_t *who,
                       npie_event_t event, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .event = event,
                         .err = err };
    apr_status_t rv = npie_step_run(&step, make_plain, NULL);

    return rv == APR_SUCCESS && event == NPIE_EVENT_CANCEL
               ? npie_port_end_one(flow->port, step.place.certificate,
                                   who->session, err, flow->p)
               : rv;
}

apr_status_t npie_flow_rekey(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err)
{
    return go(flow, who, NPIE_EVENT_REKEY, err);
}

apr_status_t npie_flow_confirm(npie_flow_t *flow, const npie_who_t *who,
                               npie_err_t *err)
{
    return go(flow, who, NPIE_EVENT_CONFIRM, err);
}

apr_status_t npie_flow_cancel(npie_flow_t *flow, const npie_who_t *who,
                              npie_err_t *err)
{
    return go(flow, who, NPIE_EVENT_CANCEL, err);
}

apr_status_t npie_flow_mail_skip(npie_flow_t *flow, const npie_who_t *who,
                                 npie_err_t *err)
{
    return flow->policy->mail_link_required
               ? npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                              "the link in the mail is required")
               : npie_flow_confirm(flow, who, err);
}
