/* SPDX-License-Identifier: Apache-2.0
 * An employer revokes a certificate whose key is lost or stolen.
 */
#include "httpd/revoke.h"

#include <apr_strings.h>

#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/visit.h"

/* 64 zeros: the digest of no key. */
#define NO_KEY "00000000000000000000000000000000" \
    "00000000000000000000000000000000"

/* What the form says; NPIE_EINPUT where it says nothing that counts. */
static apr_status_t read_form(npie_lost_t *lost, npie_reason_t *reason,
                              const npie_form_t *form, npie_err_t *err)
{
    static const struct {
        const char *word;
        npie_reason_t reason;
    } motives[] = {
        { "robada", NPIE_REASON_KEY_COMPROMISE },
        { "perdida", NPIE_REASON_CESSATION },
    };
    const char *which = npie_form_text(form, "cual");
    const char *motive = npie_form_text(form, "motivo");
    int known = 0;

    for (apr_size_t i = 0; i < sizeof(motives) / sizeof(motives[0]); ++i) {
        if (strcmp(motives[i].word, motive) == 0) {
            *reason = motives[i].reason;
            known = 1;
        }
    }
    *lost = strcmp(which, "nuevo") == 0 ? NPIE_LOST_NEW : NPIE_LOST_THIS;
    if (*lost == NPIE_LOST_THIS && strcmp(which, "este") != 0) {
        known = 0;
    }
    if (!known || strcmp(npie_form_text(form, "confirmo"), "si") != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REVOKE_CONFIRM,
                            "which, why or the confirmation is missing");
    }
    return APR_SUCCESS;
}

static int answer_refused(npie_visit_t *post, const npie_err_t *err)
{
    npie_err_t lost;

    if (npie_answer_status(err->status) >= 500
        || npie_answer_wants_json(post->r)) {
        return npie_answer_error(post->r, err);
    }
    npie_answer_log(post->r, err);
    if (err->status == NPIE_EINPUT
        && npie_draft_save(post->r, post->holder, post->page->id,
                           npie_draft_new(err->problem, NULL), &lost)
           != APR_SUCCESS) {
        return npie_answer_error(post->r, &lost);
    }
    return npie_answer_lead(post->r, err->status == NPIE_EINPUT
                            ? post->page->id : NPIE_PAGE_HOME, NULL);
}

static int has_ended(const apr_array_header_t *ended, apr_int64_t certificate)
{
    for (int i = 0; i < ended->nelts; ++i) {
        if (APR_ARRAY_IDX(ended, i, npie_certificate_t *)->id == certificate) {
            return 1;
        }
    }
    return 0;
}

/* Whoever has revoked his own certificate gets a session that opens nothing
 * but the page that says so, under a new identifier and no key's: all those
 * of the key end. */
static apr_status_t reduce(npie_visit_t *post, npie_err_t *err)
{
    npie_session_t *session = apr_pmemdup(post->r->pool, post->holder->session,
                                          sizeof(*session));

    session->access = NPIE_ACCESS_REFUSED;
    session->problem = NPIE_P_CERT_REVOKED;
    session->event = post->flow->now;
    session->spki = NO_KEY;
    return npie_holder_open(post->r, session, err);
}

void npie_revoke_log(const request_rec *r, const npie_revoke_done_t *revoked)
{
    if (revoked->signer != APR_SUCCESS && revoked->signer != NPIE_EPOLICY) {
        npie_answer_log(r, &revoked->signer_err);
    }
}

int npie_post_revoke(npie_visit_t *post)
{
    npie_revoke_done_t revoked;
    npie_reason_t reason;
    npie_lost_t lost;
    npie_err_t err;
    apr_status_t rv = read_form(&lost, &reason, post->form, &err);

    if (rv == APR_SUCCESS) {
        rv = npie_flow_revoke_own(&revoked, post->flow, &post->who, lost,
                                  reason, &err);
    }
    if (rv != APR_SUCCESS) {
        return answer_refused(post, &err);
    }
    npie_draft_save(post->r, post->holder, post->page->id, NULL, NULL);
    npie_revoke_log(post->r, &revoked);
    if (revoked.sessions != APR_SUCCESS) {
        return npie_answer_error(post->r, &revoked.sessions_err);
    }
    if (has_ended(revoked.certificates, post->who.certificate)
        && reduce(post, &err) != APR_SUCCESS) {
        return npie_answer_error(post->r, &err);
    }
    return npie_answer_wants_json(post->r) ? npie_visit_tell(post->r)
        : npie_answer_lead(post->r, NPIE_PAGE_HOME, NULL);
}
