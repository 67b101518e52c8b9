/* SPDX-License-Identifier: Apache-2.0
 * Verifies the signatures of a letter one by one, also in a file that the
 * strict parser refuses, to report which one fails and why.
 */
#include "letter/verify.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/file_scan.h"
#include "letter/revision.h"
#include "model/field.h"
#include "pki/cms.h"

#define FILE_END "%%EOF\n"
/* How far the clocks of the signer and of the one who dates may be apart. */
#define SKEW apr_time_from_sec(300)

/** A file being looked at. */
typedef struct look_t {
    npie_bytes_t file;
    npie_letter_view_t *view;
    const npie_verify_rules_t *rules;
    npie_err_t *err;
    apr_pool_t *p;
} look_t;

const char *npie_seen_name(npie_seen_t seen)
{
    static const char *const names[NPIE_SEEN_COUNT] = {
        [NPIE_SEEN_NONE] = "none", [NPIE_SEEN_GOOD] = "good",
        [NPIE_SEEN_ALTERED] = "altered", [NPIE_SEEN_DAMAGED] = "damaged",
        [NPIE_SEEN_PARTIAL] = "partial", [NPIE_SEEN_UNTRUSTED] = "untrusted",
        [NPIE_SEEN_WEAK] = "weak", [NPIE_SEEN_OTHER] = "other",
        [NPIE_SEEN_DATES] = "dates", [NPIE_SEEN_FORM] = "form",
        [NPIE_SEEN_UNKNOWN] = "unknown",
    };

    return (int)seen >= 0 && seen < NPIE_SEEN_COUNT ? names[seen] : "?";
}

const char *npie_outcome_name(npie_outcome_t outcome)
{
    static const char *const names[NPIE_OUTCOME_COUNT] = {
        [NPIE_OUTCOME_SEALED] = "sealed", [NPIE_OUTCOME_SIGNED] = "signed",
        [NPIE_OUTCOME_UNSIGNED] = "unsigned",
        [NPIE_OUTCOME_ALTERED] = "altered",
        [NPIE_OUTCOME_APPENDED] = "appended",
        [NPIE_OUTCOME_DOUBTFUL] = "doubtful",
        [NPIE_OUTCOME_FOREIGN] = "foreign",
    };

    return (int)outcome >= 0 && outcome < NPIE_OUTCOME_COUNT ? names[outcome]
                                                             : "?";
}

static void see(npie_signature_view_t *view, npie_seen_t seen,
                const char *detail)
{
    view->seen = seen;
    view->detail = detail;
}

static npie_seen_t seen_of(npie_problem_t problem)
{
    switch (problem) {
    case NPIE_P_LETTER_ALTERED:
        return NPIE_SEEN_ALTERED;
    case NPIE_P_UNTRUSTED:
        return NPIE_SEEN_UNTRUSTED;
    case NPIE_P_KEY_WEAK:
        return NPIE_SEEN_WEAK;
    default:
        return NPIE_SEEN_DAMAGED;
    }
}

/** Verifies the signature of a slot over the file from its beginning to end.
 * @return APR_SUCCESS, whatever was seen; NPIE_EINTERNAL */
static apr_status_t judge(npie_signature_view_t *view, const look_t *look,
                          const npie_scan_slot_t *slot, apr_size_t end,
                          int seal)
{
    const npie_cms_rules_t rules = {
        .trust = look->rules->trust,
        .min_bits = seal ? NPIE_SEAL_MIN_BITS : look->rules->old_key_min_bits,
        .require_signing_certificate = seal, .seal = seal
    };
    const npie_bytes_t file = look->file;
    const npie_bytes_t content[] = {
        { file.data, slot->open },
        { file.data + slot->after, end - slot->after }
    };
    const npie_bytes_t hex = { file.data + slot->open + 1,
                               NPIE_FORM_HEX_SIZE };
    npie_cert_t *cert = NULL;
    npie_bytes_t cms;
    const char *why = npie_scan_cms(&cms, hex, look->p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (why != NULL) {
        see(view, NPIE_SEEN_DAMAGED, why);
        return APR_SUCCESS;
    }
    if (cms.len == 0) {
        see(view, NPIE_SEEN_NONE, "");
        return APR_SUCCESS;
    }
    rv = npie_cms_verify(&cert, cms, content, 2, &rules, &err, look->p);
    if (rv == NPIE_EINTERNAL && err.problem == NPIE_P_INTERNAL) {
        *look->err = err;
        return rv;
    }
    view->cert = cert;
    see(view, rv == APR_SUCCESS ? NPIE_SEEN_GOOD : seen_of(err.problem),
        apr_pstrdup(look->p, err.detail));
    return APR_SUCCESS;
}

/** Judges the dates of a signature that is good so far. */
static void judge_dates(npie_signature_view_t *view, int may_have_expired)
{
    if (view->seen != NPIE_SEEN_GOOD) {
        return;
    }
    view->expired_then = view->time >= view->cert->not_after;
    if (view->time + SKEW < view->cert->not_before) {
        see(view, NPIE_SEEN_DATES, "the certificate was not valid yet");
    }
    else if (view->expired_then && !may_have_expired) {
        see(view, NPIE_SEEN_DATES, "the certificate had expired");
    }
}

/** Is the letter signed with the certificate that it names? */
static void judge_signer(look_t *look)
{
    npie_signature_view_t *view = &look->view->employer;
    const npie_cadena_t *cadena = look->view->cadena;
    const npie_cert_t *cert = view->cert;

    if (view->seen != NPIE_SEEN_GOOD) {
        return;
    }
    if (cadena == NULL) {
        see(view, NPIE_SEEN_FORM, "the file is not of a letter's form");
    }
    else if (strcmp(cert->spki_sha256, cadena->kind == NPIE_LETTER_TERMS
                    ? cadena->new_spki : cadena->old_spki) != 0) {
        see(view, NPIE_SEEN_OTHER, "the letter names another key");
    }
    else if (strncmp(cert->rp10, cadena->rp, NPIE_RP10_SIZE - 1) != 0) {
        see(view, NPIE_SEEN_OTHER, "the letter names another employer");
    }
    else {
        judge_dates(view, cadena->kind == NPIE_LETTER_RENEWAL);
    }
}

/** The employer's signature.
 * @param pend set to where the letter ends that it is about */
static apr_status_t look_at_letter(apr_size_t *pend, look_t *look)
{
    npie_letter_view_t *view = look->view;
    const npie_bytes_t file = look->file;
    const apr_size_t first_end = npie_scan_find(file, 0, FILE_END);
    npie_letter_file_t *parts;
    npie_scan_slot_t slot;
    apr_status_t rv;
    int whole;

    *pend = first_end < file.len ? first_end + strlen(FILE_END) : file.len;
    if (!npie_scan_slot(&slot, file, 0) || slot.after > *pend) {
        see(&view->employer, NPIE_SEEN_DAMAGED,
            "the employer's signature field is not of its form");
        return APR_SUCCESS;
    }
    whole = npie_scan_range(pend, file, &slot);
    if (!whole) {
        *pend = npie_scan_find(file, slot.after, FILE_END);
        *pend = *pend < file.len ? *pend + strlen(FILE_END) : file.len;
    }
    if (npie_letter_file_parse(&parts, (npie_bytes_t){ file.data, *pend },
                               NULL, look->p) == APR_SUCCESS) {
        view->cadena = parts->cadena;
        view->employer.time = parts->cadena->time;
    }
    rv = judge(&view->employer, look, &slot, *pend, 0);
    if (!whole) {
        see(&view->employer, NPIE_SEEN_PARTIAL,
            "the ByteRange is not that of the whole letter");
    }
    judge_signer(look);
    return rv;
}

/** Does a piece of the file hold one of these? */
static int has_any(npie_bytes_t piece, const char *const *texts)
{
    for (; *texts != NULL; ++texts) {
        if (npie_scan_find(piece, 0, *texts) < piece.len) {
            return 1;
        }
    }
    return 0;
}

/** What follows the letter, and is no seal that can be judged. */
static void look_at_rest(look_t *look, npie_bytes_t rest)
{
    static const char *const seals[] = { "/ByteRange", "/SubFilter",
                                         "/Type /Sig", "/Contents", NULL };
    static const char *const updates[] = { " obj", "xref", "trailer", NULL };

    look->view->after = rest.len;
    look->view->update = has_any(rest, updates);
    if (has_any(rest, seals)) {
        see(&look->view->seal, NPIE_SEEN_DAMAGED,
            "the seal's field is not of its form");
    }
}

/** Is a seal that is good so far one of the institute's? */
static void judge_sealer(npie_signature_view_t *seal,
                         const npie_seals_t *seals)
{
    if (seal->seen == NPIE_SEEN_GOOD && !npie_seals_know(seals, seal->cert)) {
        see(seal, NPIE_SEEN_UNKNOWN, seals == NULL
            ? "no certificate of the institute's seal is known here"
            : "by none of the certificates of the institute's seal");
    }
}

/** The institute's signature, in what follows the letter. */
static apr_status_t look_at_seal(look_t *look, apr_size_t from)
{
    npie_signature_view_t *seal = &look->view->seal;
    const npie_bytes_t file = look->file;
    npie_revision_t *revision;
    npie_scan_slot_t slot;
    apr_size_t end;
    apr_status_t rv;

    if (!npie_scan_slot(&slot, file, from)) {
        look_at_rest(look, (npie_bytes_t){ file.data + from,
                                           file.len - from });
        return APR_SUCCESS;
    }
    npie_scan_time(&seal->time, file, slot.after, look->p);
    if (!npie_scan_range(&end, file, &slot)) {
        see(seal, NPIE_SEEN_PARTIAL,
            "the ByteRange is not that of the whole file");
        return APR_SUCCESS;
    }
    rv = judge(seal, look, &slot, end, 1);
    judge_dates(seal, 0);
    look_at_rest(look, (npie_bytes_t){ file.data + end, file.len - end });
    if (rv == APR_SUCCESS && seal->seen == NPIE_SEEN_GOOD
        && npie_revision_parse(&revision, (npie_bytes_t){ file.data, end },
                               NULL, look->p) != APR_SUCCESS) {
        see(seal, NPIE_SEEN_FORM, "it is not what a seal looks like");
    }
    judge_sealer(seal, look->rules->seals);
    return rv;
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

static npie_outcome_t outcome_of(const npie_letter_view_t *view)
{
    if (is_broken(&view->employer) || is_broken(&view->seal)) {
        return NPIE_OUTCOME_ALTERED;
    }
    if (!is_fine(&view->employer) || !is_fine(&view->seal)) {
        return NPIE_OUTCOME_DOUBTFUL;
    }
    if (view->after > 0) {
        return NPIE_OUTCOME_APPENDED;
    }
    if (view->employer.seen == NPIE_SEEN_NONE) {
        return view->cadena != NULL ? NPIE_OUTCOME_UNSIGNED
                                    : NPIE_OUTCOME_FOREIGN;
    }
    return view->seal.seen == NPIE_SEEN_GOOD ? NPIE_OUTCOME_SEALED
                                             : NPIE_OUTCOME_SIGNED;
}

apr_status_t npie_letter_verify(npie_letter_view_t **pview,
                                const npie_verify_rules_t *rules,
                                npie_bytes_t file, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_letter_view_t *view = apr_pcalloc(p, sizeof(*view));
    npie_err_t unasked;
    look_t look = { file, view, rules, err != NULL ? err : &unasked, p };
    apr_size_t end;
    apr_status_t rv;

    *pview = view;
    view->kind = npie_file_kind(file);
    view->size = file.len;
    view->employer.detail = "";
    view->seal.detail = "";
    view->outcome = NPIE_OUTCOME_FOREIGN;
    if (file.len > NPIE_SEALED_MAX
        || (view->kind != NPIE_FILE_LETTER
            && view->kind != NPIE_FILE_LETTER_RESAVED)) {
        return APR_SUCCESS;
    }
    rv = look_at_letter(&end, &look);
    if (rv == APR_SUCCESS && end < file.len) {
        rv = look_at_seal(&look, end);
    }
    view->outcome = outcome_of(view);
    return rv;
}
