/* SPDX-License-Identifier: Apache-2.0
 * Verifying the evidence for a certificate. Nothing that httpd says counts
 * here, only what the employer signed and what the old certificate says.
 */
#include "signer/evidence.h"

#include <string.h>

#include "base/text.h"
#include "letter/party.h"
#include "letter/verify.h"
#include "model/field.h"
#include "pki/policy.h"

/* How far the clocks of httpd's machine and of ours may be apart. */
#define SKEW apr_time_from_sec(300)

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_err_set(err, NPIE_EPOLICY, problem, "%s", what);
}

/* Who signed the letter, over every byte of it. */
static apr_status_t verify_letter(npie_evidence_t *evidence,
                                  const npie_evidence_rules_t *rules,
                                  npie_bytes_t letter, npie_err_t *err,
                                  apr_pool_t *p)
{
    npie_letter_file_t *file;
    npie_cert_t *signer = NULL;
    apr_status_t rv;

    rv = npie_letter_file_parse(&file, letter, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (file->cms.len == 0) {
        return refuse(err, NPIE_P_SIGNATURE, "the letter is not signed");
    }
    rv = npie_cms_verify(&signer, file->cms, file->signed_part, 2,
                         &rules->cms, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    evidence->cadena = file->cadena;
    evidence->data = file->data;
    evidence->old = signer;
    if (npie_cert_has_policy(signer, rules->additional_oid) != 0) {
        return refuse(err, NPIE_P_PRINCIPAL_ONLY,
                      "the letter is signed with an additional certificate");
    }
    return APR_SUCCESS;
}

/* Do letter, request and signing certificate speak of the same keys? */
static apr_status_t match_keys(const npie_evidence_t *evidence,
                               npie_err_t *err)
{
    const npie_cadena_t *cadena = evidence->cadena;
    apr_status_t rv;

    if (cadena->kind != NPIE_LETTER_RENEWAL
        && cadena->kind != NPIE_LETTER_ADDITIONAL) {
        return refuse(err, NPIE_P_LETTER, "it is neither letter 1 nor 3");
    }
    rv = npie_letter_party(cadena, evidence->old, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (strcmp(cadena->new_spki, evidence->csr->spki_sha256) != 0) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter names another new key than the request");
    }
    if (strcmp(cadena->old_spki, cadena->new_spki) == 0) {
        return refuse(err, NPIE_P_NEW_KEY_SEEN,
                      "the new key is the old one");
    }
    return APR_SUCCESS;
}

static int is_line(const char *text, apr_size_t max)
{
    return *text != '\0' && npie_text_length(text) <= max;
}

/* Is what the certificate will take from the letter fit to stand in one? */
static apr_status_t check_fields(const npie_evidence_t *evidence,
                                 npie_err_t *err)
{
    const npie_cadena_t *cadena = evidence->cadena;

    if (!npie_field_email(cadena->email)) {
        return refuse(err, NPIE_P_EMAIL,
                      "the letter's e-mail address is not one address");
    }
    if (cadena->kind == NPIE_LETTER_ADDITIONAL) {
        return is_line(cadena->holder, NPIE_HOLDER_MAX)
            && is_line(cadena->purpose, NPIE_PURPOSE_MAX) ? APR_SUCCESS
            : refuse(err, NPIE_P_ISSUE_REFUSED,
                     "the letter's holder or purpose is missing or too long");
    }
    if (evidence->old->rfc[0] == '\0' && cadena->rfc[0] != '\0'
        && npie_field_rfc(cadena->rfc) == NPIE_FIELD_BAD) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter's RFC has not the form of one");
    }
    if (evidence->old->curp[0] == '\0' && cadena->curp[0] != '\0'
        && npie_field_curp(cadena->curp) == NPIE_FIELD_BAD) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter's CURP has not the form of one");
    }
    return APR_SUCCESS;
}

static void set_subject(npie_evidence_t *evidence)
{
    npie_subject_t *subject = &evidence->subject;
    const npie_cadena_t *cadena = evidence->cadena;
    const npie_cert_t *old = evidence->old;

    subject->organization = old->organization;
    subject->rp10 = old->rp10;
    subject->common_name = old->common_name;
    subject->curp = old->curp[0] != '\0' ? old->curp : cadena->curp;
    subject->rfc = old->rfc[0] != '\0' ? old->rfc : cadena->rfc;
    subject->email = cadena->email;
    if (cadena->kind == NPIE_LETTER_ADDITIONAL) {
        subject->common_name = cadena->holder;
        subject->curp = "";
        subject->principal = old;
    }
}

apr_status_t npie_evidence_verify(npie_evidence_t **pevidence,
                                  const npie_evidence_rules_t *rules,
                                  npie_bytes_t csr, npie_bytes_t letter,
                                  npie_err_t *err, apr_pool_t *p)
{
    npie_evidence_t *evidence = apr_pcalloc(p, sizeof(*evidence));
    npie_csr_t *request;
    apr_status_t rv;

    rv = npie_csr_parse(&request, csr, &rules->new_keys, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    evidence->csr = request;
    rv = verify_letter(evidence, rules, letter, err, p);
    if (rv == APR_SUCCESS) {
        rv = match_keys(evidence, err);
    }
    if (rv == APR_SUCCESS && evidence->data != NULL) {
        rv = npie_letter_names(&evidence->data->employer, evidence->old, err,
                               p);
    }
    if (rv == APR_SUCCESS) {
        rv = check_fields(evidence, err);
    }
    if (rv == APR_SUCCESS) {
        set_subject(evidence);
        *pevidence = evidence;
    }
    return rv;
}

apr_status_t npie_evidence_fresh(const npie_evidence_t *evidence,
                                 const npie_evidence_rules_t *rules,
                                 apr_time_t now, npie_err_t *err)
{
    if (evidence->cadena->time > now + SKEW) {
        return refuse(err, NPIE_P_CLOCKS,
                      "the letter is dated in the future: the "
                      "clocks of httpd and npie-signer differ");
    }
    if (now - evidence->cadena->time > rules->letter_max_age) {
        return refuse(err, NPIE_P_LAPSED, "the letter is too old");
    }
    if (evidence->old->not_before > now) {
        return refuse(err, NPIE_P_CERT_NOT_YET,
                      "the old certificate is not valid yet");
    }
    if (evidence->cadena->kind == NPIE_LETTER_ADDITIONAL
        && evidence->old->not_after <= now) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the principal certificate has expired");
    }
    return APR_SUCCESS;
}

apr_status_t npie_evidence_letter(const npie_cadena_t **pcadena,
                                  const npie_cert_t **psigner,
                                  const npie_evidence_rules_t *rules,
                                  npie_bytes_t letter, apr_time_t now,
                                  npie_err_t *err, apr_pool_t *p)
{
    const npie_verify_rules_t verify = {
        .trust = rules->cms.trust, .old_key_min_bits = rules->cms.min_bits,
        .additional_oid = rules->additional_oid, .now = now
    };
    npie_letter_file_t *file;
    npie_letter_view_t *view;
    apr_status_t rv = npie_letter_file_parse(&file, letter, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_letter_verify(&view, &verify, letter, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pcadena = view->cadena;
    *psigner = view->employer.cert;
    if (view->outcome == NPIE_OUTCOME_UNSIGNED) {
        return refuse(err, NPIE_P_SIGNATURE, "the letter is not signed");
    }
    /* Good as far as the file goes: what the logs know comes next. */
    return view->outcome == NPIE_OUTCOME_UNKNOWN ? APR_SUCCESS
        : refuse(err, view->employer.problem, view->employer.detail);
}
