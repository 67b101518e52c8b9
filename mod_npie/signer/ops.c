/* SPDX-License-Identifier: Apache-2.0
 * PING, ISSUE, and the way to the others.
 */
#include "signer/ops.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/text.h"
#include "letter/letter.h"
#include "letter/party.h"
#include "signer/say.h"

void npie_ops_init(npie_ops_t *ops, npie_authority_t *authority,
                   npie_ledger_t *ledger, const npie_drawer_t *drawer,
                   const npie_signer_config_t *config, apr_pool_t *p)
{
    memset(ops, 0, sizeof(*ops));
    ops->authority = authority;
    ops->ledger = ledger;
    ops->drawer = *drawer;
    ops->crl_validity = config->crl_validity;
    ops->ocsp_validity = config->ocsp_validity;
    ops->p = p;
    apr_pool_create(&ops->crl.p, p);
    ops->rules.cms.trust = authority->trust;
    ops->rules.cms.min_bits = config->old_key_min_bits;
    /* openssl, as people without JavaScript use it, leaves it out. */
    ops->rules.cms.require_signing_certificate = 0;
    ops->rules.new_keys = config->new_keys;
    ops->rules.letter_max_age = config->letter_max_age;
    ops->rules.additional_oid = config->profile.additional_oid;
    ops->rate = config->rate;
    ops->revoke_rate = config->revoke_rate;
    ops->ocsp_rate = config->ocsp_rate;
}

npie_bytes_t npie_ops_framed(const npie_signer_header_t *header,
                             const npie_wire_writer_t *w, apr_pool_t *p)
{
    npie_signer_header_t answer = *header;

    answer.op = header->op | NPIE_SIGNER_REPLY;
    return npie_signer_frame(&answer, npie_wire_written(w), p);
}

void npie_ops_refuse(npie_bytes_t *reply, const npie_signer_header_t *header,
                     npie_signer_status_t status, npie_problem_t problem,
                     const char *detail, apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, status);
    npie_wire_put_u16(&w, (apr_uint16_t)problem);
    npie_wire_put_string(&w, detail);
    *reply = npie_ops_framed(header, &w, p);
}

/* A request for a certificate, on its way. */
typedef struct issuing_t {
    npie_ops_t *ops;
    const npie_evidence_t *evidence;
    npie_bytes_t letter;
    char digest[NPIE_SHA256_HEX_SIZE]; /* of it */
    int drawn;         /* 1: it is of the installed terms */
    npie_bytes_t cert; /* len 0: none is made or found yet */
    npie_cert_t *made; /* made now; NULL: found */
} issuing_t;

/* Makes the certificate. Kept, when another signer was faster with something
 * else: nobody sees it before it is in the ledger. */
static apr_status_t make(issuing_t *issuing, apr_time_t now, npie_err_t *err,
                         apr_pool_t *p)
{
    const npie_evidence_t *evidence = issuing->evidence;
    npie_err_t cause = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (issuing->made != NULL) {
        return APR_SUCCESS;
    }
    rv = npie_issuer_issue(&issuing->cert, issuing->ops->authority->issuer,
                           evidence->csr, &evidence->subject, now, &cause, p);
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&issuing->made, issuing->cert, &cause, p);
    }
    /* The evidence holds: that our CA certificate ends too early, say, is
     * nothing an employer can mend by a new letter. */
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_EINTERNAL, rv == NPIE_EBACKEND
                       ? NPIE_P_SIGNER_DOWN
                       : cause.problem == NPIE_P_AUTHORITY_ENDS
                       ? cause.problem : NPIE_P_INTERNAL, "%s", cause.detail);
}

/* What was issued for this folio before. The dates are not judged again: what
 * was answered once is answered the same for ever. */
static apr_status_t repeat(issuing_t *issuing, const npie_entry_t *issued,
                           npie_err_t *err, apr_pool_t *p)
{
    const npie_cadena_t *cadena = issuing->evidence->cadena;

    issuing->made = NULL;
    return strcmp(issued->field[NPIE_ISSUE_NEW], cadena->new_spki) == 0
        && strcmp(issued->field[NPIE_ISSUE_OLD], cadena->old_spki) == 0
        ? npie_ops_certificate(&issuing->cert, NULL, issued, err, p)
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_ISSUE_REFUSED, "another key "
                       "was certified for folio %" APR_INT64_T_FMT,
                       cadena->folio);
}

static apr_status_t check_issue(apr_uint64_t *pturn, npie_ops_t *ops,
                                const npie_evidence_t *evidence,
                                apr_time_t now, npie_err_t *err,
                                apr_pool_t *p)
{
    apr_status_t rv = npie_evidence_fresh(evidence, &ops->rules, now, err);

    *pturn = 0;
    if (rv == APR_SUCCESS) {
        rv = npie_ops_check_revoked(ops, evidence->old,
                                    "the letter is signed with", err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ops_check_key(ops, evidence->cadena, err, p);
    }
    if (rv == APR_SUCCESS
        && evidence->cadena->kind == NPIE_LETTER_RENEWAL) {
        rv = npie_ops_check_successor(pturn, ops, evidence, err, p);
    }
    return rv;
}

/* Last of all: it costs the most. Once, however often others are faster. */
static apr_status_t check_drawn(issuing_t *issuing, npie_err_t *err,
                                apr_pool_t *p)
{
    const npie_evidence_t *evidence = issuing->evidence;
    apr_status_t rv = APR_SUCCESS;

    if (!issuing->drawn) {
        rv = npie_drawer_letter(&issuing->ops->drawer, issuing->letter,
                                evidence->old, evidence->csr->public_key, err,
                                p);
        issuing->drawn = rv == APR_SUCCESS;
    }
    return rv;
}

/* The certificate of this folio: the one that was made, or a new one. */
static apr_status_t issue(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                          apr_pool_t *p)
{
    issuing_t *issuing = baton;
    const npie_cadena_t *cadena = issuing->evidence->cadena;
    const apr_time_t now = apr_time_now();
    const npie_entry_t *issued;
    apr_uint64_t turn;
    apr_status_t rv = npie_ledger_look(&issued, ledger, npie_mark_folio(
        cadena->folio, p), err, p);

    if (rv == APR_SUCCESS && issued != NULL) {
        return repeat(issuing, issued, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = check_issue(&turn, issuing->ops, issuing->evidence, now, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = check_drawn(issuing, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = make(issuing, now, err, p);
    }
    return rv != APR_SUCCESS ? rv
        : npie_ledger_add(ledger, NPIE_ENTRY_ISSUE, now, apr_psprintf(
            p, "%" APR_INT64_T_FMT " %s %s %s %" APR_UINT64_T_FMT " %s %s",
            cadena->folio, cadena->old_spki, cadena->new_spki,
            issuing->made->serial, turn, issuing->digest,
            npie_text_base64_encode(issuing->cert, p)), err, p);
}

void npie_ops_answer_failure(npie_bytes_t *reply,
                             const npie_signer_header_t *header,
                             const char *what, apr_status_t rv,
                             const npie_err_t *err, apr_pool_t *p)
{
    int refused = rv == NPIE_EINPUT || rv == NPIE_ESIGNATURE
                  || rv == NPIE_EPOLICY;
    npie_problem_t problem = err->problem;

    if (problem == NPIE_P_NONE) {
        problem = refused ? NPIE_P_ISSUE_REFUSED : NPIE_P_INTERNAL;
    }
    npie_signer_say(refused ? "warn" : "error", "%s %s: problem %d: %s",
                    refused ? "refused" : "failed", what, (int)problem,
                    err->detail);
    npie_ops_refuse(reply, header,
                    refused ? NPIE_SIGNER_REFUSED : NPIE_SIGNER_FAILED,
                    problem, err->detail, p);
}

int npie_ops_is_busy(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, apr_pool_t *p)
{
    if (npie_bucket_take(&ops->rate)) {
        return 0;
    }
    npie_signer_say("warn", "busy: more requests than Rate allows");
    npie_ops_refuse(reply, header, NPIE_SIGNER_BUSY, NPIE_P_SIGNER_DOWN,
                    "more requests than the signer's Rate allows", p);
    return 1;
}

static void answer_issue(npie_bytes_t *reply, npie_ops_t *ops,
                         const npie_signer_header_t *header,
                         npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_evidence_t *evidence = NULL;
    const apr_array_header_t *chain = ops->authority->chain;
    npie_bytes_t csr = npie_wire_get_bytes(r, NPIE_CSR_MAX);
    npie_bytes_t letter = npie_wire_get_bytes(r, NPIE_LETTER_MAX);
    issuing_t issuing = { .ops = ops, .letter = letter };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_signer_say("warn", "refused an ISSUE with malformed fields");
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of ISSUE are not a request and a letter",
                        p);
        return;
    }
    if (npie_ops_is_busy(reply, ops, header, p)) {
        return;
    }
    rv = npie_evidence_verify(&evidence, &ops->rules, csr, letter, &err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_ops_digest(issuing.digest, letter, &err);
    }
    if (rv == APR_SUCCESS) {
        issuing.evidence = evidence;
        rv = npie_ledger_decide(ops->ledger, issue, &issuing, &err, p);
    }
    if (rv != APR_SUCCESS) {
        ops->refused += rv == NPIE_EPOLICY || rv == NPIE_EINPUT;
        npie_ops_answer_failure(reply, header,
                                apr_psprintf(p, "folio %" APR_INT64_T_FMT,
                                             evidence != NULL
                                             ? evidence->cadena->folio : 0),
                                rv, &err, p);
        return;
    }
    if (issuing.made != NULL) {
        npie_signer_say("notice", "issued %s to %s for folio %"
                        APR_INT64_T_FMT, issuing.made->serial,
                        issuing.made->rp10, evidence->cadena->folio);
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, issuing.cert);
    npie_wire_put_u16(&w, (apr_uint16_t)chain->nelts);
    for (int i = 0; i < chain->nelts; i++) {
        npie_wire_put_bytes(&w, APR_ARRAY_IDX(chain, i, npie_bytes_t));
    }
    *reply = npie_ops_framed(header, &w, p);
}

/* A letter on its way to a seal. */
typedef struct putting_t {
    npie_ops_t *ops;
    npie_op_seal_t sealing;
    int drawn;            /* 1: it is of the installed terms */
    npie_bytes_t section; /* what is to be appended to it */
} putting_t;

/* Letters 1 and 3 were drawn again before a certificate was made. */
static apr_status_t check_terms_drawn(putting_t *putting, npie_err_t *err,
                                      apr_pool_t *p)
{
    const npie_op_seal_t *sealing = &putting->sealing;
    npie_letter_file_t *file;
    apr_status_t rv = APR_SUCCESS;

    if (sealing->made != NULL && !putting->drawn) {
        rv = npie_letter_file_parse(&file, sealing->letter, err, p);
        if (rv == APR_SUCCESS && file->data != NULL) {
            rv = npie_letter_names(&file->data->employer, sealing->made, err,
                                   p);
        }
    }
    if (rv == APR_SUCCESS && sealing->made != NULL && !putting->drawn) {
        rv = npie_drawer_terms(&putting->ops->drawer, sealing->letter,
                               sealing->made, err, p);
        putting->drawn = rv == APR_SUCCESS;
    }
    return rv;
}

/* The seal, with its digest. One that was given before is given again as it
 * was, to the byte, or not at all. */
static apr_status_t put_seal(char digest[NPIE_SHA256_HEX_SIZE],
                             npie_bytes_t *signature, putting_t *putting,
                             npie_err_t *err, apr_pool_t *p)
{
    const npie_op_seal_t *sealing = &putting->sealing;
    const npie_sealing_about_t about = {
        sealing->cadena, sealing->signer->serial_text, sealing->time
    };
    apr_status_t rv = APR_SUCCESS;

    if (sealing->again) {
        rv = npie_text_base64_decode(signature, sealing->signature,
                                     strlen(sealing->signature), p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sealer_seal(&putting->section, signature,
                              putting->ops->authority->sealer, &about,
                              sealing->letter, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ops_digest(digest, putting->section, err);
    }
    return rv != APR_SUCCESS || !sealing->again
        || strcmp(digest, sealing->section) == 0 ? rv
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_LETTER, "the letter has a "
                       "seal of another SealCertificate or LetterAddress: a "
                       "second one is not put on it");
}

/* Once for a letter: asked again, the seal is that of the first time. */
static apr_status_t seal(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                         apr_pool_t *p)
{
    putting_t *putting = baton;
    npie_op_seal_t *sealing = &putting->sealing;
    const npie_cadena_t *cadena = sealing->cadena;
    npie_bytes_t signature = { NULL, 0 };
    char digest[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = npie_ops_check_sealing(sealing, putting->ops,
                                             apr_time_now(), err, p);

    if (rv == APR_SUCCESS && !sealing->again) {
        rv = check_terms_drawn(putting, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = put_seal(digest, &signature, putting, err, p);
    }
    /* On disk before anybody sees it. */
    return rv != APR_SUCCESS || sealing->again ? rv
        : npie_ledger_add(ledger, NPIE_ENTRY_SEAL, sealing->time, apr_psprintf(
            p, "%" APR_INT64_T_FMT " %d %s %s %s %s", cadena->folio,
            (int)cadena->kind, cadena->new_spki, sealing->digest, digest,
            npie_text_base64_encode(signature, p)), err, p);
}

/* Whose certificate is revoked seals no more. */
static apr_status_t check_seal(npie_ops_t *ops, npie_err_t *err, apr_pool_t *p)
{
    const npie_cert_t *cert = npie_sealer_certificate(ops->authority->sealer);
    apr_status_t rv = npie_ledger_sync(ops->ledger, err, p);

    if (rv == APR_SUCCESS && npie_ops_is_ours(ops, cert)) {
        rv = npie_ops_check_revoked(ops, cert, "it is", err, p);
    }
    return rv == NPIE_EPOLICY
        ? npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                       "the seal's certificate was revoked: put another into "
                       "SealCertificate") : rv;
}

static void answer_seal(npie_bytes_t *reply, npie_ops_t *ops,
                        const npie_signer_header_t *header,
                        npie_wire_reader_t *r, apr_pool_t *p)
{
    putting_t putting = { .ops = ops };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    putting.sealing.letter = npie_wire_get_bytes(r, NPIE_LETTER_MAX);
    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of SEAL are not a letter", p);
        return;
    }
    if (ops->authority->sealer == NULL) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_UNKNOWN_OP, NPIE_P_REQUEST,
                        "there is no seal: set SealKey and SealCertificate",
                        p);
        return;
    }
    if (npie_ops_is_busy(reply, ops, header, p)) {
        return;
    }
    rv = check_seal(ops, &err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_evidence_letter(&putting.sealing.cadena,
                                  &putting.sealing.signer, &ops->rules,
                                  putting.sealing.letter, apr_time_now(),
                                  &err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_decide(ops->ledger, seal, &putting, &err, p);
    }
    if (rv != APR_SUCCESS) {
        ops->refused += rv == NPIE_EPOLICY || rv == NPIE_EINPUT;
        npie_ops_answer_failure(reply, header, "SEAL", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, putting.section);
    *reply = npie_ops_framed(header, &w, p);
}

static void answer_ping(npie_bytes_t *reply, npie_ops_t *ops,
                        const npie_signer_header_t *header,
                        npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "PING has no fields", p);
        return;
    }
    rv = npie_ledger_sync(ops->ledger, &err, p);
    if (rv != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_FAILED, err.problem,
                        err.detail, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u32(&w, (apr_uint32_t)getpid());
    npie_wire_put_u64(&w, npie_ledger_number(ops->ledger));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_now());
    npie_wire_put_string(&w, ops->drawer.digest);
    npie_wire_put_u64(&w, ops->refused);
    npie_wire_put_u64(&w, ops->drawer.lost);
    npie_wire_put_u64(&w, npie_known_held(npie_ledger_known(ops->ledger)));
    *reply = npie_ops_framed(header, &w, p);
}

void npie_ops_answer(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, npie_bytes_t payload,
                     apr_pool_t *p)
{
    npie_wire_reader_t r;

    npie_ends_watch(ops->authority->ends, apr_time_now());
    npie_wire_reader_init(&r, payload);
    switch (header->op) {
    case NPIE_SIGNER_PING:
        answer_ping(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_ISSUE:
        answer_issue(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_AUDIT:
        npie_ops_audit(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_HEADS:
        npie_ops_heads(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_SEAL:
        answer_seal(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_CRL:
        npie_ops_crl(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_OCSP:
        npie_ops_ocsp(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_STANDING:
        npie_ops_standing(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_REVOKE:
        npie_ops_revoke(reply, ops, header, &r, p);
        break;
    default:
        npie_signer_say("warn", "refused an unknown operation %u",
                        (unsigned)header->op);
        npie_ops_refuse(reply, header, NPIE_SIGNER_UNKNOWN_OP, NPIE_P_REQUEST,
                        "there is no such operation", p);
    }
}
