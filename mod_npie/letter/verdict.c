/* SPDX-License-Identifier: Apache-2.0
 * Judges a letter: its signatures, the institute's records, the time.
 */
#include "letter/verdict.h"

#include <string.h>

const char *npie_seen_name(npie_seen_t seen)
{
    static const char *const names[NPIE_SEEN_COUNT] = {
        [NPIE_SEEN_NONE] = "none", [NPIE_SEEN_GOOD] = "good",
        [NPIE_SEEN_ALTERED] = "altered", [NPIE_SEEN_DAMAGED] = "damaged",
        [NPIE_SEEN_PARTIAL] = "partial", [NPIE_SEEN_UNTRUSTED] = "untrusted",
        [NPIE_SEEN_WEAK] = "weak", [NPIE_SEEN_OTHER] = "other",
        [NPIE_SEEN_DATES] = "dates", [NPIE_SEEN_FORM] = "form",
        [NPIE_SEEN_UNKNOWN] = "unknown",
        [NPIE_SEEN_ADDITIONAL] = "additional", [NPIE_SEEN_ENDED] = "ended",
    };

    return (int)seen >= 0 && seen < NPIE_SEEN_COUNT ? names[seen] : "?";
}

const char *npie_outcome_name(npie_outcome_t outcome)
{
    static const char *const names[NPIE_OUTCOME_COUNT] = {
        [NPIE_OUTCOME_SEALED] = "sealed", [NPIE_OUTCOME_SIGNED] = "signed",
        [NPIE_OUTCOME_UNKNOWN] = "unknown", [NPIE_OUTCOME_VOID] = "void",
        [NPIE_OUTCOME_ENDED] = "ended",
        [NPIE_OUTCOME_ADDITIONAL] = "additional",
        [NPIE_OUTCOME_UNSIGNED] = "unsigned",
        [NPIE_OUTCOME_ALTERED] = "altered",
        [NPIE_OUTCOME_DOUBTFUL] = "doubtful",
        [NPIE_OUTCOME_FOREIGN] = "foreign",
    };

    return (int)outcome >= 0 && outcome < NPIE_OUTCOME_COUNT ? names[outcome]
                                                             : "?";
}

const char *npie_record_name(npie_record_t record)
{
    static const char *const names[NPIE_RECORD_COUNT] = {
        [NPIE_RECORD_UNASKED] = "unasked", [NPIE_RECORD_NONE] = "none",
        [NPIE_RECORD_OTHER] = "other", [NPIE_RECORD_UNSIGNED] = "unsigned",
        [NPIE_RECORD_RESIGNED] = "resigned", [NPIE_RECORD_VOID] = "void",
        [NPIE_RECORD_SAME] = "same",
    };

    return (int)record >= 0 && record < NPIE_RECORD_COUNT ? names[record]
                                                          : "?";
}

const char *npie_where_name(npie_where_t where)
{
    static const char *const names[NPIE_WHERE_COUNT] = {
        [NPIE_WHERE_BEFORE] = "before", [NPIE_WHERE_LETTER] = "letter",
        [NPIE_WHERE_SEAL] = "seal", [NPIE_WHERE_STAMP] = "timestamp",
        [NPIE_WHERE_AFTER] = "after",
    };

    return (int)where >= 0 && where < NPIE_WHERE_COUNT ? names[where] : NULL;
}

const char *npie_proof_name(npie_proof_t proof)
{
    static const char *const names[NPIE_PROOF_COUNT] = {
        [NPIE_PROOF_SEAL] = "seal", [NPIE_PROOF_RECORD] = "record",
        [NPIE_PROOF_STAMP] = "timestamp",
    };

    return (int)proof >= 0 && proof < NPIE_PROOF_COUNT ? names[proof] : NULL;
}

int npie_letter_proved(const npie_letter_view_t *view)
{
    return view->employer.seen == NPIE_SEEN_GOOD
        || view->employer.seen == NPIE_SEEN_ADDITIONAL
        || view->employer.seen == NPIE_SEEN_ENDED;
}

static int is_broken(const npie_signature_view_t *view)
{
    return view->seen == NPIE_SEEN_ALTERED || view->seen == NPIE_SEEN_DAMAGED
        || view->seen == NPIE_SEEN_PARTIAL;
}

static int is_fine(const npie_signature_view_t *view)
{
    return view->seen == NPIE_SEEN_GOOD || view->seen == NPIE_SEEN_NONE;
}

static npie_where_t where_changed(const npie_letter_view_t *view)
{
    if (is_broken(&view->employer)) {
        return NPIE_WHERE_LETTER;
    }
    if (is_broken(&view->seal)) {
        return NPIE_WHERE_SEAL;
    }
    if (view->stamps.seen == NPIE_SEEN_ALTERED
        || view->stamps.seen == NPIE_SEEN_DAMAGED) {
        return NPIE_WHERE_STAMP;
    }
    if (view->before > 0) {
        return NPIE_WHERE_BEFORE;
    }
    return view->after > 0 ? NPIE_WHERE_AFTER : NPIE_WHERE_NOWHERE;
}

/* The records do not show what belongs to somebody else: they are asked only
 * about a letter whose signer the file proves. */
static apr_status_t ask(npie_letter_view_t *view,
                        const npie_letter_file_t *parts,
                        const npie_verify_rules_t *rules, npie_err_t *err,
                        apr_pool_t *p)
{
    const npie_known_t *known = rules->known;
    apr_status_t rv;

    if (known == NULL || parts == NULL || !npie_letter_proved(view)) {
        return APR_SUCCESS;
    }
    rv = known->letter(&view->known, known->baton, parts, err, p);
    return rv != APR_SUCCESS ? rv
        : known->signer(&view->signer, known->baton, view->employer.cert, err,
                        p);
}

/* Whom a stranger need not ask comes first. */
static void prove_time(npie_letter_view_t *view)
{
    if (view->stamps.seen == NPIE_SEEN_GOOD) {
        view->proof = NPIE_PROOF_STAMP;
        view->proved = view->stamps.first->time;
    }
    else if (view->known.record == NPIE_RECORD_SAME) {
        view->proof = NPIE_PROOF_RECORD;
        view->proved = view->known.signed_at;
    }
    else if (view->seal.seen == NPIE_SEEN_GOOD) {
        view->proof = NPIE_PROOF_SEAL;
        view->proved = view->seal.time;
    }
}

/* The signer on record. Letter 1 ends its signer, but is signed before. */
static void judge_standing(npie_letter_view_t *view, apr_time_t now)
{
    npie_signature_view_t *employer = &view->employer;
    const npie_known_cert_t *signer = &view->signer;
    const apr_time_t then = view->known.record == NPIE_RECORD_SAME
        ? view->known.signed_at
        : view->proof != NPIE_PROOF_NONE ? view->proved : now;

    if (employer->seen != NPIE_SEEN_GOOD) {
        return;
    }
    if (signer->additional) {
        employer->seen = NPIE_SEEN_ADDITIONAL;
        employer->problem = NPIE_P_PRINCIPAL_ONLY;
        employer->detail = "the letter is signed with an additional "
                           "certificate";
    }
    else if (signer->ended != 0 && signer->ended < then) {
        const int revoked = strcmp(signer->status, "revoked") == 0;

        employer->seen = NPIE_SEEN_ENDED;
        employer->problem = revoked ? NPIE_P_CERT_REVOKED
                                    : NPIE_P_CERT_SUPERSEDED;
        employer->detail = revoked
            ? "the certificate was revoked before the letter was signed"
            : "the certificate was superseded before the letter was signed";
    }
}

/* Of a letter whose signatures are good. */
static npie_outcome_t outcome_by_record(const npie_letter_view_t *view)
{
    const int sealed = view->seal.seen == NPIE_SEEN_GOOD;

    switch (view->known.record) {
    case NPIE_RECORD_SAME:
        return sealed ? NPIE_OUTCOME_SEALED : NPIE_OUTCOME_SIGNED;
    case NPIE_RECORD_UNASKED:
        return sealed ? NPIE_OUTCOME_SEALED : NPIE_OUTCOME_UNKNOWN;
    case NPIE_RECORD_VOID:
        return NPIE_OUTCOME_VOID;
    default:
        return NPIE_OUTCOME_UNKNOWN;
    }
}

static npie_outcome_t outcome_of(const npie_letter_view_t *view)
{
    if (view->where != NPIE_WHERE_NOWHERE) {
        return NPIE_OUTCOME_ALTERED;
    }
    if (!is_fine(&view->seal)) {
        return NPIE_OUTCOME_DOUBTFUL;
    }
    switch (view->employer.seen) {
    case NPIE_SEEN_GOOD:
        return outcome_by_record(view);
    case NPIE_SEEN_ADDITIONAL:
        return NPIE_OUTCOME_ADDITIONAL;
    case NPIE_SEEN_ENDED:
        return NPIE_OUTCOME_ENDED;
    case NPIE_SEEN_NONE:
        return view->cadena != NULL ? NPIE_OUTCOME_UNSIGNED
                                    : NPIE_OUTCOME_FOREIGN;
    default:
        return NPIE_OUTCOME_DOUBTFUL;
    }
}

apr_status_t npie_verdict_reach(npie_letter_view_t *view,
                                const npie_letter_file_t *parts,
                                const npie_verify_rules_t *rules,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = ask(view, parts, rules, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    prove_time(view);
    judge_standing(view, rules->now);
    /* A doubtful seal or signer weighs more than bytes around them; what is
     * broken weighs more than both. */
    view->where = is_broken(&view->employer) || is_broken(&view->seal)
        || (is_fine(&view->employer) && is_fine(&view->seal))
        ? where_changed(view) : NPIE_WHERE_NOWHERE;
    view->outcome = outcome_of(view);
    return APR_SUCCESS;
}
