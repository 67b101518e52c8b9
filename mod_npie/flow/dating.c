/* SPDX-License-Identifier: Apache-2.0
 * From a sealed letter to a dated one.
 */
#include "flow/dating.h"

#include <apr_strings.h>

#include "flow/paper.h"
#include "letter/verify.h"
#include "pki/policy.h"
#include "store/audit.h"

/* Longer than the authority and npie-signer are waited for. */
#define LEASE apr_time_from_sec(900)
#define ACTOR "timestamp"

/* A letter on its way. */
typedef struct dating_t {
    npie_flow_t *flow;
    npie_paper_t paper;
    npie_bytes_t sealed;     /* with its seal alone */
    npie_stamping_t before;  /* count 0: none */
    npie_stamping_t after;
    apr_time_t next;
} dating_t;

static apr_status_t claim(npie_paper_t *paper, npie_flow_t *flow, int again,
                          apr_time_t due, npie_err_t *err)
{
    apr_status_t rv = APR_NOTFOUND;

    for (int of = 0; of < NPIE_SEALING_PLACES && rv == APR_NOTFOUND; ++of) {
        paper->of = (npie_sealing_of_t)of;
        rv = npie_stamping_claim(&paper->folio, flow->registry, paper->of,
                                 again, due, flow->now + LEASE, err);
    }
    return rv;
}

static apr_status_t read_all(dating_t *work, npie_err_t *err)
{
    npie_flow_t *flow = work->flow;
    npie_sealing_t sealing;
    apr_status_t rv = npie_paper_read(&work->paper, flow, err);

    if (rv == APR_SUCCESS) {
        rv = npie_sealing_get(&sealing, flow->registry, work->paper.of,
                              work->paper.folio, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    work->sealed = npie_paper_joined(work->paper.pdf, sealing.section, flow->p);
    rv = npie_stamping_get(&work->before, flow->registry, work->paper.of,
                           work->paper.folio, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* What came is looked at as everybody will. */
static apr_status_t check(const dating_t *work, npie_bytes_t dated,
                          const npie_stamper_t *stamper, npie_err_t *err)
{
    const npie_flow_t *flow = work->flow;
    const npie_verify_rules_t rules = {
        .trust = flow->trust, .seals = flow->seals, .tsa = stamper->tsa,
        .old_key_min_bits = flow->policy->old_key_min_bits,
        .additional_oid = NPIE_ADDITIONAL_OID, .now = flow->now
    };
    npie_letter_view_t *view;
    apr_status_t rv = npie_letter_verify(&view, &rules, dated, err, flow->p);

    if (rv != APR_SUCCESS || (view->outcome == NPIE_OUTCOME_SEALED
                              && view->stamps.seen == NPIE_SEEN_GOOD
                              && view->stamps.count == work->after.count)) {
        return rv;
    }
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                        "the letter with its timestamp is %s, timestamp %s: "
                        "%.60s", npie_outcome_name(view->outcome),
                        npie_seen_name(view->stamps.seen),
                        view->stamps.detail);
}

static apr_status_t store(void *baton, npie_err_t *err)
{
    dating_t *work = baton;
    npie_flow_t *flow = work->flow;
    apr_status_t rv = npie_stamping_set(flow->registry, work->paper.of,
                                        work->paper.folio, &work->after,
                                        work->next, err);

    return rv != APR_SUCCESS ? rv
        : npie_audit(flow->registry, flow->now, ACTOR, "timestamp",
                     apr_psprintf(flow->p, "letter %" APR_INT64_T_FMT
                                  ", timestamp %d", work->paper.folio,
                                  work->after.count), err);
}

static apr_status_t date(dating_t *work, npie_dating_t *dating,
                         const npie_stamper_t *stamper, npie_err_t *err)
{
    npie_flow_t *flow = work->flow;
    const npie_bytes_t file = work->before.count == 0 ? work->sealed
        : npie_paper_joined(work->sealed, work->before.stamps, flow->p);
    npie_bytes_t dated;
    apr_status_t rv = npie_stamper_date(&dated, &dating->stamp, stamper, file,
                                        flow->now, err, flow->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (dating->stamp->until <= work->before.until) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE,
                            "a further timestamp gains nothing yet: the "
                            "timestamp authority's certificate ends no later");
    }
    work->after.stamps = (npie_bytes_t){ dated.data + work->sealed.len,
                                         dated.len - work->sealed.len };
    work->after.count = work->before.count + 1;
    work->after.first = work->before.count == 0 ? dating->stamp->time
        : work->before.first;
    work->after.until = dating->stamp->until;
    work->next = dating->stamp->until - NPIE_DATING_AHEAD;
    rv = check(work, dated, stamper, err);
    return rv == APR_SUCCESS
        ? npie_registry_write(flow->registry, work->paper.employer, store,
                              work, err) : rv;
}

apr_status_t npie_flow_date_next(npie_dating_t *dating, npie_flow_t *flow,
                                 const npie_stamper_t *stamper, int again,
                                 apr_time_t due, npie_err_t *err)
{
    dating_t work = { .flow = flow };
    npie_err_t own = { 0, NPIE_P_NONE, "" };
    npie_err_t *why = err != NULL ? err : &own;
    apr_status_t rv = claim(&work.paper, flow, again, due, why);

    *dating = (npie_dating_t){ .folio = 0 };
    if (rv != APR_SUCCESS) {
        return rv;
    }
    dating->folio = work.paper.folio;
    rv = read_all(&work, why);
    if (rv == APR_SUCCESS) {
        rv = date(&work, dating, stamper, why);
    }
    dating->alone = (rv == NPIE_EINPUT && why->problem == NPIE_P_LETTER)
        || (rv == NPIE_EPOLICY && why->problem == NPIE_P_NONE);
    if (rv != APR_SUCCESS && rv != NPIE_ECONFLICT) {
        npie_stamping_later(flow->registry, work.paper.of, work.paper.folio,
                            flow->now + (dating->alone ? NPIE_DATING_AGAIN
                                           : NPIE_DATING_LATER),
                            why->detail, NULL);
    }
    dating->count = work.after.count;
    return rv;
}
