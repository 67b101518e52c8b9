/* SPDX-License-Identifier: Apache-2.0
 * From a colleague's key to his certificate, and the end of it.
 */
#include "flow/addition_step.h"

#include <string.h>

#include "flow/key.h"
#include "flow/made.h"
#include "flow/signature.h"
#include "pki/csr.h"

/* Fixes letter 3 for a request. */
static apr_status_t draw(npie_addition_t *a, npie_flow_t *flow,
                         const npie_csr_t *csr, npie_err_t *err)
{
    npie_letter_t letter = {
        .kind = NPIE_LETTER_ADDITIONAL, .serial = "",
        .time = apr_time_from_sec(apr_time_sec(flow->now)),
        .new_public_key = csr->public_key, .new_spki = csr->spki_sha256,
        .holder = a->holder, .holder_email = a->holder_email,
        .purpose = a->purpose,
    };
    npie_certificate_t *row;
    npie_employer_t *employer;
    npie_cert_t *principal;
    apr_status_t rv;

    rv = npie_certificate_get(&row, flow->registry, a->principal, err);
    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, flow->registry, a->employer, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_folio_next(&letter.folio, flow->registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_cert_parse(&principal, row->der, err, flow->p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                            "the registry's certificate %s cannot be parsed",
                            row->serial);
    }
    letter.employer = employer;
    letter.old_public_key = principal->public_key;
    letter.old_spki = principal->spki_sha256;
    a->folio = letter.folio;
    a->keyed = letter.time;
    return npie_letter_draw(&a->pdf, flow->art, &letter, err, flow->p);
}

/* The key, in a transaction. */
static apr_status_t take_key(npie_flow_t *flow, npie_addition_t *a,
                             const char *actor, const npie_csr_t *csr,
                             const char *key_sha256, npie_err_t *err)
{
    apr_status_t rv = npie_key_note(flow->registry, csr->spki_sha256,
                                    flow->now, err);

    if (rv == NPIE_ECONFLICT) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                            "the key %s was used before", csr->spki_sha256);
    }
    a->csr = csr->der;
    a->spki = csr->spki_sha256;
    a->key_sha256 = key_sha256;
    if (rv == APR_SUCCESS) {
        rv = draw(a, flow, csr, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_addition_write(flow, a, NPIE_ADDITION_KEYED,
                                 actor != NULL ? actor : "mail-link",
                                 "additional-key", err);
    }
    return rv == APR_SUCCESS && actor == NULL
               ? npie_addition_tell(flow, a, NPIE_MAIL_ADDITIONAL_KEY, err)
               : rv;
}

apr_status_t npie_flow_addition_key(npie_flow_t *flow,
                                    const npie_addition_view_t *view,
                                    const char *actor, npie_bytes_t csr,
                                    const char *key_sha256, npie_err_t *err)
{
    npie_addition_view_t now;
    npie_csr_t *request;
    const char *digest = npie_key_digest(key_sha256, flow->p);
    apr_status_t rv;

    if (digest == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the key file's digest is no SHA-256 in hex");
    }
    rv = npie_csr_parse(&request, csr, &flow->policy->new_keys, err, flow->p);
    if (rv == APR_SUCCESS) {
        rv = npie_registry_begin(flow->registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_employer_hold(flow->registry, view->addition->employer, err);
    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_find(&now, flow, view->addition->employer,
                                     view->addition->id, err);
    }
    if (rv == APR_SUCCESS && now.standing == NPIE_STANDING_REQUESTED) {
        rv = take_key(flow, now.addition, actor, request, digest, err);
    }
    else if (rv == APR_SUCCESS &&
             strcmp(now.addition->spki, request->spki_sha256) != 0) {
        rv = npie_addition_gone(err);
    }
    return npie_addition_end(flow, rv, err);
}

/* Is the file given the stored letter? */
static apr_status_t match(npie_bytes_t *psigned, npie_letter_check_t *check,
                          npie_flow_t *flow, const npie_who_t *who,
                          const npie_addition_t *a, npie_bytes_t file,
                          npie_err_t *err)
{
    const npie_step_t step = { .flow = flow, .who = who, .err = err };
    const npie_letter_row_t letter = { .folio = a->folio,
                                       .employer = a->employer,
                                       .kind = NPIE_LETTER_ADDITIONAL,
                                       .pdf = a->pdf };

    return npie_letter_match(psigned, check, &step, &letter, file);
}

static apr_status_t verify(npie_flow_t *flow, const npie_place_t *place,
                           const npie_addition_t *a, npie_bytes_t cms,
                           npie_err_t *err)
{
    const npie_signature_t wanted = {
        .certificate = place->certificate, .name = "principal",
        .min_bits = flow->policy->old_key_min_bits, .valid = 1,
    };

    return npie_signature_verify(flow, &wanted, a->pdf, cms, err);
}

apr_status_t npie_flow_addition_sign(npie_flow_t *flow, const npie_who_t *who,
                                     apr_int64_t id, npie_bytes_t cms,
                                     npie_bytes_t file,
                                     npie_letter_check_t *check,
                                     npie_err_t *err)
{
    npie_bytes_t in_file = { NULL, 0 };
    npie_letter_check_t unasked;
    npie_addition_view_t view;
    npie_addition_t *a;
    npie_place_t place;
    apr_status_t rv;

    check = check != NULL ? check : &unasked;
    memset(check, 0, sizeof(*check));
    rv = npie_addition_permit(&place, flow, who, err);
    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_find(&view, flow, who->employer, id, err);
    }
    if (rv != APR_SUCCESS || view.standing == NPIE_STANDING_AUTHORISED ||
        view.standing == NPIE_STANDING_ACTIVE) {
        return rv;
    }
    a = view.addition;
    if (view.standing != NPIE_STANDING_KEYED ||
        a->principal != who->certificate) {
        return npie_addition_gone(err);
    }
    if (file.len != 0) {
        rv = match(&in_file, check, flow, who, a, file, err);
    }
    if (rv == APR_SUCCESS) {
        cms = cms.len != 0 ? cms : in_file;
        rv = verify(flow, &place, a, cms, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_signature_write(&a->pdf, flow, a->pdf, cms, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_registry_begin(flow->registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    a->signed_at = flow->now;
    rv = npie_addition_write(flow, a, NPIE_ADDITION_AUTHORISED, who->actor,
                             "additional-sign", err);
    rv = npie_addition_end(flow, rv, err);
    return rv == NPIE_ECONFLICT ? npie_addition_gone(err) : rv;
}

/* Takes the certificate in, in a transaction. */
static apr_status_t take_certificate(npie_flow_t *flow, npie_addition_t *a,
                                     const npie_place_t *place,
                                     const npie_who_t *who,
                                     const npie_cert_t *cert, npie_err_t *err)
{
    npie_certificate_t row = {
        .employer = a->employer, .generation = place->certificate->generation,
        .additional = 1, .holder = a->holder, .holder_email = a->holder_email,
        .serial = cert->serial, .spki = cert->spki_sha256, .der = cert->der,
        .not_before = cert->not_before, .not_after = cert->not_after,
        .status = NPIE_CERTIFICATE_ACTIVE, .reason = "",
    };
    apr_status_t rv = npie_certificate_insert(&row.id, flow->registry, &row,
                                              err);

    a->certificate = row.id;
    if (rv == APR_SUCCESS) {
        rv = npie_addition_write(flow, a, NPIE_ADDITION_ISSUED, who->actor,
                                 "additional-issue", err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_addition_mail(flow, a, NPIE_MAIL_ADDITIONAL_READY, err);
    }
    return rv == APR_SUCCESS
               ? npie_addition_tell(flow, a, NPIE_MAIL_ADDITIONAL_ISSUED, err)
               : rv;
}

static apr_status_t check_made(npie_cert_t **pcert, npie_flow_t *flow,
                               const npie_place_t *place,
                               const npie_addition_t *a, npie_bytes_t der,
                               npie_err_t *err)
{
    apr_status_t rv = npie_made_check(pcert, flow, der, a->spki,
                                      place->employer->rp, err);

    if (rv == APR_SUCCESS &&
        ((*pcert)->not_after > place->certificate->not_after ||
         strcmp((*pcert)->common_name, a->holder) != 0)) {
        return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                            "the signer's certificate %s outlives the "
                            "principal one or names somebody else",
                            (*pcert)->serial);
    }
    return rv;
}

apr_status_t npie_flow_addition_issue(npie_flow_t *flow, const npie_who_t *who,
                                      apr_int64_t id, npie_err_t *err)
{
    npie_addition_view_t view;
    npie_place_t place;
    npie_cert_t *cert;
    npie_bytes_t der;
    apr_status_t rv = npie_addition_permit(&place, flow, who, err);

    if (rv == APR_SUCCESS) {
        rv = npie_flow_addition_find(&view, flow, who->employer, id, err);
    }
    if (rv != APR_SUCCESS || view.standing == NPIE_STANDING_ACTIVE) {
        return rv;
    }
    if (view.standing != NPIE_STANDING_AUTHORISED ||
        view.addition->principal != who->certificate) {
        return npie_addition_gone(err);
    }
    rv = npie_signer_issue(&der, flow->signer, view.addition->csr,
                           view.addition->pdf, err, flow->p);
    if (rv == APR_SUCCESS) {
        rv = check_made(&cert, flow, &place, view.addition, der, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_registry_begin(flow->registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Whoever revokes or supersedes the principal one meanwhile was first; and
     * whoever comes to revoke it now waits, and finds this one. */
    rv = npie_employer_hold(flow->registry, who->employer, err);
    if (rv == APR_SUCCESS) {
        rv = npie_addition_permit(&place, flow, who, err);
    }
    if (rv == APR_SUCCESS) {
        rv = take_certificate(flow, view.addition, &place, who, cert, err);
    }
    rv = npie_addition_end(flow, rv, err);
    if (rv == NPIE_ECONFLICT &&
        npie_flow_addition_find(&view, flow, who->employer, id, NULL) ==
            APR_SUCCESS && view.standing == NPIE_STANDING_ACTIVE) {
        return APR_SUCCESS;
    }
    return rv == NPIE_ECONFLICT ? npie_addition_gone(err) : rv;
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
    npie_certificate_t *row;
    npie_place_t place;
    apr_status_t rv = npie_addition_permit(&place, flow, who, err);

    if (rv == APR_SUCCESS) {
        rv = npie_certificate_get(&row, flow->registry, certificate, err);
    }
    if (rv == APR_NOTFOUND ||
        (rv == APR_SUCCESS &&
         (row->employer != who->employer || !row->additional))) {
        return npie_addition_gone(err);
    }
    return rv == APR_SUCCESS
               ? npie_flow_revoke(revoked, flow, who->actor, &revocation, err)
               : rv;
}
