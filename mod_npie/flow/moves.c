/* SPDX-License-Identifier: Apache-2.0
 * The moves up to letter 1 and those that go back: data, key, rekey, confirm,
 * cancel.
 */
#include "flow/step.h"

#include <string.h>

#include <apr_strings.h>

#include "flow/key.h"

#define KEY_NAME_MAX 64

static int contact_same(const npie_contact_t *a, const npie_contact_t *b)
{
    return strcmp(a->email, b->email) == 0 && strcmp(a->phone, b->phone) == 0 &&
           strcmp(a->fax, b->fax) == 0;
}

/* A new renewal, of the proved certificate. */
static apr_status_t begin(npie_step_t *step, const npie_contact_t *contact)
{
    npie_renewal_t *renewal = apr_pcalloc(step->flow->p, sizeof(*renewal));
    apr_status_t rv;

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
    return rv == APR_SUCCESS ? npie_step_note(step->flow, step->who,
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

apr_status_t npie_flow_data(npie_flow_t *flow, const npie_who_t *who,
                            const npie_contact_t *contact, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_DATA, .err = err };
    npie_contact_t given = *contact;
    apr_status_t rv = npie_step_run(&step, make_data, &given);

    if (rv == APR_SUCCESS && step.move == NPIE_MOVE_DONE &&
        !contact_same(&step.place.renewal->contact, contact)) {
        return npie_step_later(&step);
    }
    return rv;
}

static int is_key_name(const char *name)
{
    const apr_size_t len = strlen(name);

    return len >= 1 && len <= KEY_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789_-") == len;
}

/* What llave brings. */
typedef struct made_key_t {
    const npie_csr_t *request;
    const char *name;
    const char *sha256;
    int seen; /* 1: the key was used before */
} made_key_t;

/* Fixes letter 1 for the request. */
static apr_status_t draw_letter1(npie_step_t *step, const npie_csr_t *csr)
{
    npie_letter_t letter = { .kind = NPIE_LETTER_RENEWAL, .serial = "" };
    npie_cert_t *old;
    apr_status_t rv;

    rv = npie_cert_parse(&old, step->place.old->der, step->err, step->flow->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(step->err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                            "the registry's certificate %s cannot be parsed",
                            step->place.old->serial);
    }
    letter.old_public_key = old->public_key;
    letter.old_spki = old->spki_sha256;
    letter.new_public_key = csr->public_key;
    letter.new_spki = csr->spki_sha256;
    rv = npie_step_letter(step, &letter);
    step->place.renewal->letter1 = letter.folio;
    return rv;
}

static apr_status_t make_key(npie_step_t *step, void *arg)
{
    made_key_t *key = arg;
    npie_renewal_t *renewal = step->place.renewal;
    apr_status_t rv;

    rv = npie_key_note(step->flow->registry, key->request->spki_sha256,
                       step->flow->now, step->err);
    key->seen = rv == NPIE_ECONFLICT;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    renewal->csr = key->request->der;
    renewal->new_spki = key->request->spki_sha256;
    renewal->key_name = key->name;
    renewal->key_sha256 = key->sha256;
    rv = draw_letter1(step, key->request);
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS ? npie_step_mail_changed(step, 0) : rv;
}

apr_status_t npie_flow_key(npie_flow_t *flow, const npie_who_t *who,
                           npie_bytes_t csr, const char *key_name,
                           const char *key_sha256, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_KEY, .err = err };
    made_key_t key = { .name = key_name };
    npie_csr_t *request;
    apr_status_t rv;

    if (!is_key_name(key_name)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_KEY_NAME,
                            "the key file's name has other characters than "
                            "letters, digits, - and _, or not 1 to %d of them",
                            KEY_NAME_MAX);
    }
    key.sha256 = npie_key_digest(key_sha256, flow->p);
    if (key.sha256 == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the key file's digest is no SHA-256 in hex");
    }
    rv = npie_csr_parse(&request, csr, &flow->policy->new_keys, err, flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    key.request = request;
    rv = npie_step_run(&step, make_key, &key);
    if (rv == NPIE_ECONFLICT && key.seen) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                            "the key %s was used before",
                            request->spki_sha256);
    }
    if (rv == APR_SUCCESS && step.move == NPIE_MOVE_DONE &&
        strcmp(step.place.renewal->new_spki, request->spki_sha256) != 0) {
        return npie_step_later(&step);
    }
    return rv;
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
               ? npie_port_end_one(flow, step.place.certificate, who->session,
                                   err)
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
