/* SPDX-License-Identifier: Apache-2.0
 * What the ledger knows goes into a registry that has forgotten it.
 */
#include "flow/reconcile.h"

#include <string.h>

#include <apr_strings.h>

#include "flow/machine.h"
#include "flow/step.h"
#include "model/reason.h"
#include "store/addition.h"
#include "store/revocation.h"

/* Undoes the transaction of a dry run. */
#define UNDONE APR_INCOMPLETE

/* One certificate at work; the transaction's baton. */
typedef struct regain_t {
    const npie_reconcile_t *work;
    npie_regaining_t *done;
    const npie_forgotten_t *forgotten;   /* npie_reconcile_issue() */
    const npie_forgotten_end_t *end;     /* npie_reconcile_revoke() */
    npie_certificate_t *old; /* the one before, or NULL; else the one that is
                                looked at */
    apr_time_t when;
} regain_t;

const char *npie_regained_name(npie_regained_t regained)
{
    static const char *const names[NPIE_REGAINED_COUNT] = {
        "known", "waiting", "active", "ended", "unused", "undecided",
        "nobody", "completed", "revoked"
    };

    return names[regained];
}

static apr_status_t optional(apr_status_t rv)
{
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* Sets what was done, and has it in the audit. */
static apr_status_t note(regain_t *regain, npie_regained_t regained,
                         const char *detail, npie_err_t *err)
{
    const npie_flow_t *flow = regain->work->flow;

    regain->done->regained = regained;
    return npie_audit(flow->registry, flow->now, regain->work->actor,
                      "reconcile",
                      apr_psprintf(flow->p, "certificate %s, %s: %s",
                                   regain->done->serial,
                                   npie_regained_name(regained), detail),
                      err);
}

/* Runs the transaction of one employer. */
static apr_status_t run(regain_t *regain, npie_registry_fn *write,
                        npie_err_t *err)
{
    npie_registry_t *registry = regain->work->flow->registry;
    apr_status_t rv = npie_registry_write(registry,
                                          regain->done->employer->id, write,
                                          regain, err);

    return rv == UNDONE ? APR_SUCCESS : rv;
}

static apr_status_t keep(const regain_t *regain, apr_status_t rv)
{
    return rv == APR_SUCCESS && regain->work->dry_run ? UNDONE : rv;
}

static npie_who_t who_of(const regain_t *regain, apr_int64_t certificate)
{
    const npie_who_t who = { .employer = regain->done->employer->id,
                             .certificate = certificate,
                             .actor = regain->work->actor };

    return who;
}

/* httpd's job tells npie-signer, which knows of most, and ends sessions. */
static apr_status_t supersede(const regain_t *regain, npie_certificate_t *old,
                              int generation, npie_err_t *err)
{
    npie_registry_t *registry = regain->work->flow->registry;
    apr_array_header_t *list = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (old != NULL && old->status == NPIE_CERTIFICATE_ACTIVE) {
        rv = npie_certificate_end(registry, old->id,
                                  NPIE_CERTIFICATE_SUPERSEDED, "superseded",
                                  regain->when, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_additionals(&list, registry,
                                          regain->done->employer->id, err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_certificate_t *one = APR_ARRAY_IDX(list, i,
                                                      npie_certificate_t *);

        if (one->generation < generation) {
            rv = npie_certificate_end(registry, one->id,
                                      NPIE_CERTIFICATE_SUPERSEDED,
                                      "superseded", regain->when, err);
        }
    }
    return rv;
}

/* Will the employer's next step take the certificate in? npie-signer answers
 * for the same folio and key with the same certificate. */
static apr_status_t is_waiting(int *pwaiting, const regain_t *regain,
                               npie_renewal_t **popen, npie_err_t *err)
{
    const npie_forgotten_t *f = regain->forgotten;
    npie_registry_t *registry = regain->work->flow->registry;
    npie_addition_t *addition;
    apr_status_t rv;

    *pwaiting = 0;
    *popen = NULL;
    if (f->additional) {
        rv = npie_addition_by_folio(&addition, registry, f->folio, err);
        *pwaiting = rv == APR_SUCCESS && f->revoked == 0
            && strcmp(addition->spki, f->cert->spki_sha256) == 0
            && (addition->state == NPIE_ADDITION_KEYED
                || addition->state == NPIE_ADDITION_AUTHORISED);
        return optional(rv);
    }
    rv = npie_renewal_open(popen, registry, regain->done->employer->id, err);
    *pwaiting = rv == APR_SUCCESS && f->finished == 0 && f->revoked == 0
        && (*popen)->letter1 == f->folio
        && (*popen)->state != NPIE_RENEWAL_ISSUED
        && strcmp((*popen)->new_spki, f->cert->spki_sha256) == 0;
    return optional(rv);
}

/* What goes in, but for its generation and its end. */
static void fill_row(npie_certificate_t *row, const regain_t *regain)
{
    const npie_forgotten_t *f = regain->forgotten;
    const npie_cert_t *cert = f->cert;

    memset(row, 0, sizeof(*row));
    row->employer = regain->done->employer->id;
    row->additional = f->additional;
    row->holder = f->additional ? cert->common_name : "";
    row->holder_email = "";
    row->serial = cert->serial;
    row->spki = cert->spki_sha256;
    row->der = cert->der;
    row->not_before = cert->not_before;
    row->not_after = cert->not_after;
    row->reason = "";
    row->terms_signed = f->additional ? 0 : f->finished;
}

/* How it goes in, once it is known that it does. */
static npie_regained_t fate_of(npie_certificate_t *row, const regain_t *regain)
{
    const npie_forgotten_t *f = regain->forgotten;
    const int finished = f->additional || f->finished != 0;

    if (f->revoked != 0) {
        row->status = strcmp(f->reason, "superseded") == 0
            ? NPIE_CERTIFICATE_SUPERSEDED : NPIE_CERTIFICATE_REVOKED;
        row->ended = f->revoked;
        row->reason = f->reason;
        return NPIE_REGAINED_ENDED;
    }
    if (finished || regain->work->unfinished == NPIE_UNFINISHED_ACCEPT) {
        row->terms_signed = f->additional ? 0
            : finished ? f->finished : f->issued;
        return NPIE_REGAINED_ACTIVE;
    }
    row->status = NPIE_CERTIFICATE_REVOKED;
    row->ended = regain->work->flow->now;
    row->reason = npie_reason_name(NPIE_REASON_CESSATION);
    return NPIE_REGAINED_UNUSED;
}

/* Inserts it behind everything that the employer has. */
static apr_status_t insert(regain_t *regain, npie_certificate_t *row,
                           npie_regained_t fate, npie_err_t *err)
{
    const npie_forgotten_t *f = regain->forgotten;
    npie_registry_t *registry = regain->work->flow->registry;
    const int used = fate == NPIE_REGAINED_ACTIVE
        || (fate == NPIE_REGAINED_ENDED && (f->additional || f->finished != 0));
    apr_int64_t highest = 0;
    apr_status_t rv = npie_certificate_generation(
        &highest, registry, regain->done->employer->id, err);

    row->generation = !f->additional ? (int)highest + 1
        : regain->old != NULL ? regain->old->generation
        : highest > 0 ? (int)highest : 1;
    if (rv == APR_SUCCESS && used && !f->additional) {
        rv = supersede(regain, regain->old, row->generation, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_insert(&row->id, registry, row, err);
    }
    if (rv == APR_SUCCESS && f->invalid_since != 0) {
        rv = npie_certificate_set_invalid(registry, row->id, f->invalid_since,
                                          err);
    }
    if (rv == APR_SUCCESS && !used) {
        rv = npie_certificate_set_unused(registry, row->id, err);
    }
    return rv == APR_SUCCESS
        ? note(regain, fate, apr_psprintf(
            regain->work->flow->p, "folio %" APR_INT64_T_FMT " of the ledger, "
            "its letters are lost", f->folio), err) : rv;
}

/* In the transaction, the employer held. */
static apr_status_t take_in(void *baton, npie_err_t *err)
{
    regain_t *regain = baton;
    const npie_reconcile_t *work = regain->work;
    const npie_forgotten_t *f = regain->forgotten;
    const npie_who_t who = who_of(regain, 0);
    npie_certificate_t row;
    npie_certificate_t *known;
    npie_renewal_t *open;
    npie_regained_t fate;
    int waiting;
    apr_status_t rv = npie_certificate_by_spki(
        &known, work->flow->registry, f->cert->spki_sha256, err);

    if (rv != APR_NOTFOUND) {
        regain->done->regained = NPIE_REGAINED_KNOWN;
        return rv;
    }
    rv = is_waiting(&waiting, regain, &open, err);
    if (rv != APR_SUCCESS || waiting) {
        regain->done->regained = NPIE_REGAINED_WAITING;
        return rv;
    }
    fill_row(&row, regain);
    fate = fate_of(&row, regain);
    if (fate == NPIE_REGAINED_UNUSED
        && work->unfinished == NPIE_UNFINISHED_ASK) {
        regain->done->regained = NPIE_REGAINED_UNDECIDED;
        return APR_SUCCESS;
    }
    /* Of a certificate whose successor was in use already. */
    if (open != NULL && fate != NPIE_REGAINED_UNUSED
        && (fate == NPIE_REGAINED_ACTIVE || f->finished != 0)) {
        rv = npie_place_end(work->flow, &who, open, NPIE_EVENT_LAPSE, err);
    }
    if (rv == APR_SUCCESS) {
        rv = insert(regain, &row, fate, err);
    }
    return keep(regain, rv);
}

/* By the certificate before, else by the new one's own name. */
static apr_status_t find_employer(regain_t *regain, npie_err_t *err)
{
    const npie_forgotten_t *f = regain->forgotten;
    npie_registry_t *registry = regain->work->flow->registry;
    npie_employer_t *employer = NULL;
    apr_status_t rv = npie_certificate_by_spki(&regain->old, registry,
                                               f->old_spki, err);

    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, registry, regain->old->employer,
                               err);
    }
    else if (rv == APR_NOTFOUND) {
        regain->old = NULL;
        rv = *f->cert->rp10 == '\0' ? APR_NOTFOUND
            : npie_employer_by_rp10(&employer, registry, f->cert->rp10, err);
    }
    regain->done->employer = employer;
    return rv;
}

apr_status_t npie_reconcile_issue(npie_regaining_t *done,
                                  const npie_reconcile_t *work,
                                  const npie_forgotten_t *forgotten,
                                  npie_err_t *err)
{
    regain_t regain = { .work = work, .done = done, .forgotten = forgotten,
                        .when = forgotten->finished != 0 ? forgotten->finished
                                                         : forgotten->issued };
    apr_status_t rv;

    memset(done, 0, sizeof(*done));
    done->serial = forgotten->cert->serial;
    rv = find_employer(&regain, err);
    if (rv == APR_NOTFOUND) {
        done->regained = NPIE_REGAINED_NOBODY;
        return APR_SUCCESS;
    }
    return rv == APR_SUCCESS ? run(&regain, take_in, err) : rv;
}

/* Completes the open renewal that made a certificate. */
static apr_status_t complete(regain_t *regain, npie_renewal_t *open,
                             npie_err_t *err)
{
    const npie_flow_t *flow = regain->work->flow;
    npie_certificate_t *made;
    npie_certificate_t *old;
    apr_status_t rv = npie_certificate_get(&made, flow->registry,
                                           open->new_certificate, err);

    if (rv == APR_SUCCESS) {
        rv = npie_certificate_get(&old, flow->registry, open->old_certificate,
                                  err);
    }
    if (rv == APR_SUCCESS && made->terms_signed == 0) {
        rv = npie_certificate_set_terms(flow->registry, made->id, regain->when,
                                        err);
    }
    if (rv == APR_SUCCESS) {
        rv = supersede(regain, old, made->generation, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    open->state = NPIE_RENEWAL_COMPLETED;
    open->changed = regain->when;
    rv = npie_renewal_update(flow->registry, open, NPIE_RENEWAL_ISSUED, err);
    regain->done->serial = made->serial;
    return rv == APR_SUCCESS
        ? note(regain, NPIE_REGAINED_COMPLETED, apr_psprintf(
            flow->p, "renewal %" APR_INT64_T_FMT ", the signature of letter %"
            APR_INT64_T_FMT " is lost", open->id, open->letter2), err) : rv;
}

static apr_status_t finish(void *baton, npie_err_t *err)
{
    regain_t *regain = baton;
    npie_renewal_t *open;
    apr_status_t rv = npie_renewal_open(&open, regain->work->flow->registry,
                                        regain->done->employer->id, err);

    if (rv == APR_NOTFOUND
        || (rv == APR_SUCCESS && open->new_certificate != regain->old->id)) {
        return APR_SUCCESS;
    }
    return rv == APR_SUCCESS ? keep(regain, complete(regain, open, err)) : rv;
}

/* What the registry says of a certificate and its employer. */
static apr_status_t look(regain_t *regain, apr_int64_t certificate,
                         npie_err_t *err)
{
    npie_registry_t *registry = regain->work->flow->registry;
    npie_employer_t *employer = NULL;
    apr_status_t rv = npie_certificate_get(&regain->old, registry, certificate,
                                           err);

    memset(regain->done, 0, sizeof(*regain->done));
    if (rv == APR_SUCCESS) {
        regain->done->serial = regain->old->serial;
        rv = npie_employer_get(&employer, registry, regain->old->employer,
                               err);
    }
    regain->done->employer = employer;
    return rv;
}

apr_status_t npie_reconcile_finish(npie_regaining_t *done,
                                   const npie_reconcile_t *work,
                                   apr_int64_t certificate, apr_time_t when,
                                   npie_err_t *err)
{
    regain_t regain = { .work = work, .done = done, .when = when };
    apr_status_t rv = look(&regain, certificate, err);

    return rv == APR_SUCCESS ? run(&regain, finish, err) : rv;
}

/* Ends the certificate itself, and the open renewal that is about it. */
static apr_status_t end_one(regain_t *regain, npie_renewal_t *open,
                            npie_err_t *err)
{
    const npie_forgotten_end_t *end = regain->end;
    const npie_flow_t *flow = regain->work->flow;
    const apr_int64_t id = end->certificate;
    const npie_who_t who = who_of(regain, id);
    apr_status_t rv = APR_SUCCESS;

    if (open != NULL
        && (open->old_certificate == id || open->new_certificate == id)) {
        rv = npie_place_end(regain->work->flow, &who, open, NPIE_EVENT_REVOKE,
                            err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_end(
            flow->registry, id, strcmp(end->reason, "superseded") == 0
                ? NPIE_CERTIFICATE_SUPERSEDED : NPIE_CERTIFICATE_REVOKED,
            end->reason, end->revoked, err);
    }
    if (rv == APR_SUCCESS && end->invalid_since != 0) {
        rv = npie_certificate_set_invalid(flow->registry, id,
                                          end->invalid_since, err);
    }
    return rv == APR_SUCCESS
        ? note(regain, NPIE_REGAINED_REVOKED, end->reason, err) : rv;
}

static apr_status_t end_it(void *baton, npie_err_t *err)
{
    regain_t *regain = baton;
    npie_registry_t *registry = regain->work->flow->registry;
    npie_renewal_t *open;
    apr_status_t rv = npie_certificate_get(&regain->old, registry,
                                           regain->end->certificate, err);

    if (rv != APR_SUCCESS || regain->old->status != NPIE_CERTIFICATE_ACTIVE) {
        return rv;
    }
    rv = optional(npie_renewal_open(&open, registry,
                                    regain->done->employer->id, err));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return keep(regain, open != NULL && open->state == NPIE_RENEWAL_ISSUED
        && open->old_certificate == regain->old->id
        && strcmp(regain->end->reason, "superseded") == 0
        ? complete(regain, open, err) : end_one(regain, open, err));
}

apr_status_t npie_reconcile_revoke(npie_regaining_t *done,
                                   const npie_reconcile_t *work,
                                   const npie_forgotten_end_t *end,
                                   npie_err_t *err)
{
    regain_t regain = { .work = work, .done = done, .end = end,
                        .when = end->revoked };
    apr_status_t rv = look(&regain, end->certificate, err);

    return rv == APR_SUCCESS ? run(&regain, end_it, err) : rv;
}
