/* SPDX-License-Identifier: Apache-2.0
 * Verifies the signatures of a letter one by one, also in a file that the
 * strict parser refuses, to report which one fails and why; then the letter
 * and its signer against the institute's records.
 */
#include "letter/verify.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/file_scan.h"
#include "letter/party.h"
#include "letter/revision.h"
#include "letter/stamp.h"
#include "pki/cms.h"
#include "pki/policy.h"

#define FILE_END "%%EOF\n"
/* Readers look for the beginning of a PDF in the first KiB. */
#define BEGINS_WITHIN 1024
/* How far the clocks of the signer and of the one who dates may be apart. */
#define SKEW apr_time_from_sec(300)

/** A file being looked at. */
typedef struct look_t {
    npie_bytes_t file;
    npie_letter_view_t *view;
    npie_letter_file_t *parts; /**< of the letter; NULL: not of its form */
    const npie_verify_rules_t *rules;
    npie_err_t *err;
    apr_pool_t *p;
} look_t;

static void see(npie_signature_view_t *view, npie_seen_t seen,
                npie_problem_t problem, const char *detail)
{
    view->seen = seen;
    view->problem = problem;
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
    case NPIE_P_NONE:
        return NPIE_SEEN_GOOD;
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
        see(view, NPIE_SEEN_DAMAGED, NPIE_P_SIGNATURE, why);
        return APR_SUCCESS;
    }
    if (cms.len == 0) {
        see(view, NPIE_SEEN_NONE, NPIE_P_NONE, "");
        return APR_SUCCESS;
    }
    rv = npie_cms_verify(&cert, cms, content, 2, &rules, &err, look->p);
    if (rv == NPIE_EINTERNAL && err.problem == NPIE_P_INTERNAL) {
        *look->err = err;
        return rv;
    }
    view->cert = cert;
    see(view, rv == APR_SUCCESS ? NPIE_SEEN_GOOD : seen_of(err.problem),
        rv == APR_SUCCESS ? NPIE_P_NONE : err.problem,
        apr_pstrdup(look->p, err.detail));
    return APR_SUCCESS;
}

/** Judges the dates of a signature that is good so far. */
static void judge_dates(npie_signature_view_t *view, int may_have_expired,
                        apr_time_t now)
{
    if (view->seen != NPIE_SEEN_GOOD) {
        return;
    }
    view->expired_then = view->time >= view->cert->not_after;
    if (view->time > now + SKEW) {
        see(view, NPIE_SEEN_DATES, NPIE_P_CLOCKS,
            "the letter is dated in the future: the clocks differ");
    }
    else if (view->time + SKEW < view->cert->not_before) {
        see(view, NPIE_SEEN_DATES, NPIE_P_CERT_NOT_YET,
            "the letter is older than the certificate it is signed with");
    }
    else if (view->expired_then && !may_have_expired) {
        see(view, NPIE_SEEN_DATES, NPIE_P_CERT_TOO_OLD,
            "the certificate had expired when the letter was made");
    }
}

/** Is the letter signed with the certificate that it names, and is that one
 * for signing letters? */
static void judge_signer(look_t *look)
{
    npie_signature_view_t *view = &look->view->employer;
    const npie_cadena_t *cadena = look->view->cadena;
    const char *oid = look->rules->additional_oid;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (view->seen != NPIE_SEEN_GOOD) {
        return;
    }
    if (cadena == NULL) {
        see(view, NPIE_SEEN_FORM, NPIE_P_LETTER,
            "the file is not of a letter's form");
    }
    else if (oid != NULL && npie_cert_has_policy(view->cert, oid) != 0) {
        see(view, NPIE_SEEN_ADDITIONAL, NPIE_P_PRINCIPAL_ONLY,
            "the letter is signed with an additional certificate");
    }
    else if (npie_letter_party(cadena, view->cert, &err) != APR_SUCCESS) {
        see(view, NPIE_SEEN_OTHER, err.problem,
            apr_pstrdup(look->p, err.detail));
    }
    else {
        judge_dates(view, cadena->kind == NPIE_LETTER_RENEWAL,
                    look->rules->now);
    }
}

/** The employer's signature.
 * @param pend set to where the letter ends that it is about */
static apr_status_t look_at_letter(apr_size_t *pend, look_t *look)
{
    npie_letter_view_t *view = look->view;
    const npie_bytes_t file = look->file;
    const apr_size_t first_end = npie_scan_find(file, 0, FILE_END);
    npie_scan_slot_t slot;
    apr_status_t rv;
    int whole;

    *pend = first_end < file.len ? first_end + strlen(FILE_END) : file.len;
    if (!npie_scan_slot(&slot, file, 0) || slot.after > *pend) {
        see(&view->employer, NPIE_SEEN_DAMAGED, NPIE_P_SIGNATURE,
            "the employer's signature field is not of its form");
        return APR_SUCCESS;
    }
    whole = npie_scan_range(pend, file, &slot);
    if (!whole) {
        *pend = npie_scan_find(file, slot.after, FILE_END);
        *pend = *pend < file.len ? *pend + strlen(FILE_END) : file.len;
    }
    if (npie_letter_file_parse(&look->parts,
                               (npie_bytes_t){ file.data, *pend }, NULL,
                               look->p) == APR_SUCCESS) {
        view->cadena = look->parts->cadena;
        view->employer.time = view->cadena->time;
    }
    rv = judge(&view->employer, look, &slot, *pend, 0);
    if (!whole) {
        see(&view->employer, NPIE_SEEN_PARTIAL, NPIE_P_SIGNATURE,
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
    if (!has_any(rest, seals)) {
        return;
    }
    if (look->view->seal.seen == NPIE_SEEN_NONE) {
        see(&look->view->seal, NPIE_SEEN_DAMAGED, NPIE_P_SIGNATURE,
            "the seal's field is not of its form");
    }
    else {
        look->view->stamps.seen = NPIE_SEEN_DAMAGED;
        look->view->stamps.detail = "the timestamp's field is not of its form";
    }
}

/** Is a seal that is good so far one of the institute's? */
static void judge_sealer(npie_signature_view_t *seal,
                         const npie_seals_t *seals)
{
    if (seal->seen == NPIE_SEEN_GOOD && !npie_seals_know(seals, seal->cert)) {
        see(seal, NPIE_SEEN_UNKNOWN, NPIE_P_UNTRUSTED, seals == NULL
            ? "no certificate of the institute's seal is known here"
            : "by none of the certificates of the institute's seal");
    }
}

/** One more timestamp. The first that is not good tells of all. */
static apr_status_t judge_stamp(npie_stamps_view_t *view, const look_t *look,
                                const npie_stamp_t *stamp)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_timestamp_t *found;
    const apr_status_t rv = npie_timestamp_verify(
        &found, stamp->token, stamp->signed_part, 3, look->rules->tsa, &err,
        look->p);

    if (rv == NPIE_EINTERNAL) {
        *look->err = err;
        return rv;
    }
    ++view->count;
    if (rv == APR_SUCCESS) {
        view->first = view->count == 1 ? found : view->first;
        view->last = found;
        view->seen = NPIE_SEEN_GOOD;
        return rv;
    }
    view->seen = seen_of(err.problem);
    view->first = view->last = NULL;
    view->detail = apr_pstrdup(look->p, err.detail);
    return APR_SUCCESS;
}

/** The timestamps after the seal.
 * @param pafter set to where the last one ends; to from without any */
static apr_status_t look_at_stamps(apr_size_t *pafter, look_t *look,
                                   apr_size_t from)
{
    npie_stamps_view_t *view = &look->view->stamps;
    apr_array_header_t *list;
    apr_status_t rv = APR_SUCCESS;

    *pafter = from;
    if (from == look->file.len) {
        return APR_SUCCESS;
    }
    npie_stamps_find(&list, pafter, look->file, look->p);
    if (*pafter < from) {
        *pafter = from;
    }
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts
         && (i == 0 || view->seen == NPIE_SEEN_GOOD); ++i) {
        rv = judge_stamp(view, look, &APR_ARRAY_IDX(list, i, npie_stamp_t));
    }
    return rv;
}

/** The institute's signature, in what follows the letter. */
static apr_status_t look_at_seal(look_t *look, apr_size_t from)
{
    npie_signature_view_t *seal = &look->view->seal;
    const npie_bytes_t file = look->file;
    npie_revision_t *revision;
    npie_scan_slot_t slot;
    apr_size_t end, after = file.len;
    apr_status_t rv;

    if (!npie_scan_slot(&slot, file, from)) {
        look_at_rest(look, (npie_bytes_t){ file.data + from,
                                           file.len - from });
        return APR_SUCCESS;
    }
    npie_scan_time(&seal->time, file, slot.after, look->p);
    if (!npie_scan_range(&end, file, &slot)) {
        see(seal, NPIE_SEEN_PARTIAL, NPIE_P_SIGNATURE,
            "the ByteRange is not that of the whole file");
        return APR_SUCCESS;
    }
    rv = judge(seal, look, &slot, end, 1);
    judge_dates(seal, 0, look->rules->now);
    if (rv == APR_SUCCESS) {
        rv = look_at_stamps(&after, look, end);
    }
    look_at_rest(look, (npie_bytes_t){ file.data + after, file.len - after });
    if (rv == APR_SUCCESS && seal->seen == NPIE_SEEN_GOOD
        && npie_revision_parse(&revision, (npie_bytes_t){ file.data, end },
                               NULL, look->p) != APR_SUCCESS) {
        see(seal, NPIE_SEEN_FORM, NPIE_P_LETTER, "it is not what a seal looks like");
    }
    judge_sealer(seal, look->rules->seals);
    return rv;
}

/** Where the letter begins in a file that has something before it. */
static apr_size_t beginning(npie_bytes_t file)
{
    const apr_size_t at = npie_scan_find(file, 0, NPIE_FORM_HEAD);

    return at < file.len && at < BEGINS_WITHIN ? at : 0;
}

apr_status_t npie_letter_verify(npie_letter_view_t **pview,
                                const npie_verify_rules_t *rules,
                                npie_bytes_t file, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_letter_view_t *view = apr_pcalloc(p, sizeof(*view));
    npie_err_t unasked;
    look_t look = { file, view, NULL, rules, err != NULL ? err : &unasked, p };
    apr_size_t end;
    apr_status_t rv;

    *pview = view;
    view->kind = npie_file_kind(file);
    view->size = file.len;
    view->employer.detail = "";
    view->seal.detail = "";
    view->stamps.detail = "";
    view->outcome = NPIE_OUTCOME_FOREIGN;
    if (file.len > NPIE_STAMPED_MAX
        || (view->kind != NPIE_FILE_LETTER
            && view->kind != NPIE_FILE_LETTER_RESAVED)) {
        return APR_SUCCESS;
    }
    view->before = beginning(file);
    look.file.data += view->before;
    look.file.len -= view->before;
    rv = look_at_letter(&end, &look);
    if (rv == APR_SUCCESS && end < look.file.len) {
        rv = look_at_seal(&look, end);
    }
    return rv == APR_SUCCESS
        ? npie_verdict_reach(view, look.parts, rules, look.err, p) : rv;
}
