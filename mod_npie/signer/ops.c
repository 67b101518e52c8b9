/* SPDX-License-Identifier: Apache-2.0
 * PING, ISSUE, and the way to the others.
 */
#include "signer/ops.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/wire.h"
#include "letter/letter.h"
#include "signer/say.h"

void npie_ops_init(npie_ops_t *ops, npie_authority_t *authority,
                   npie_issuance_t *log, npie_revocations_t *revocations,
                   npie_heads_t *heads, npie_sealed_log_t *sealed,
                   const npie_signer_config_t *config, apr_pool_t *p)
{
    ops->authority = authority;
    ops->log = log;
    ops->revocations = revocations;
    ops->crl_validity = config->crl_validity;
    ops->ocsp_validity = config->ocsp_validity;
    ops->responder = NULL;
    ops->responder_pool = NULL;
    ops->p = p;
    apr_pool_create(&ops->crl.p, p);
    ops->crl.der.data = NULL;
    ops->crl.der.len = 0;
    ops->heads = heads;
    ops->sealed = sealed;
    ops->rules.cms.trust = authority->trust;
    ops->rules.cms.min_bits = config->old_key_min_bits;
    /* openssl, as people without JavaScript use it, leaves it out. */
    ops->rules.cms.require_signing_certificate = 0;
    ops->rules.cms.seal = 0;
    ops->rules.new_keys = config->new_keys;
    ops->rules.letter_max_age = config->letter_max_age;
    ops->rules.additional_oid = config->profile.additional_oid;
    ops->rate = config->rate;
    ops->revoke_rate = config->revoke_rate;
    ops->revoke_said = 0;
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

static apr_status_t conflict(npie_problem_t problem, const char *what,
                             const npie_issuance_record_t *issued,
                             npie_err_t *err)
{
    return npie_err_set(err, NPIE_EPOLICY, problem,
                        "%s folio %" APR_INT64_T_FMT, what, issued->folio);
}

/* Makes the certificate and has it on disk before anybody sees it. */
static apr_status_t make(npie_bytes_t *cert, npie_ops_t *ops,
                         const npie_evidence_t *evidence, apr_time_t now,
                         npie_err_t *err, apr_pool_t *p)
{
    npie_issuance_entry_t entry;
    npie_cert_t *made;
    npie_err_t cause = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    rv = npie_issuer_issue(cert, ops->authority->issuer, evidence->csr,
                           &evidence->subject, now, &cause, p);
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&made, *cert, &cause, p);
    }
    if (rv != APR_SUCCESS) {
        /* The evidence holds: that our CA certificate ends too early, say, is
         * nothing an employer can mend by a new letter. */
        return npie_err_set(err, NPIE_EINTERNAL, rv == NPIE_EBACKEND
                            ? NPIE_P_SIGNER_DOWN
                            : cause.problem == NPIE_P_AUTHORITY_ENDS
                            ? cause.problem : NPIE_P_INTERNAL, "%s",
                            cause.detail);
    }
    entry.time = now;
    entry.folio = evidence->cadena->folio;
    entry.old_spki = evidence->cadena->old_spki;
    entry.new_spki = evidence->cadena->new_spki;
    entry.serial = made->serial;
    entry.certificate = *cert;
    rv = npie_issuance_append(ops->log, &entry, err, p);
    if (rv == APR_SUCCESS) {
        npie_signer_say("notice", "issued %s to %s for folio %"
                        APR_INT64_T_FMT, made->serial, made->rp10,
                        entry.folio);
    }
    return rv;
}

/* The certificate of this folio: the one that was made, or a new one. */
static apr_status_t issue(npie_bytes_t *cert, npie_ops_t *ops,
                          const npie_evidence_t *evidence, npie_err_t *err,
                          apr_pool_t *p)
{
    const npie_cadena_t *cadena = evidence->cadena;
    const npie_issuance_record_t *issued;
    apr_time_t now = apr_time_now();
    apr_status_t rv;

    issued = npie_issuance_by_folio(ops->log, cadena->folio);
    if (issued != NULL) {
        if (strcmp(issued->new_spki, cadena->new_spki) != 0
            || strcmp(issued->old_spki, cadena->old_spki) != 0) {
            return conflict(NPIE_P_ISSUE_REFUSED,
                            "another key was certified for", issued, err);
        }
        /* The dates are not judged again: what was answered once is answered
         * the same for ever. */
        return npie_issuance_certificate(cert, ops->log, issued, err, p);
    }
    rv = npie_evidence_fresh(evidence, &ops->rules, now, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_ops_is_revoked(ops, evidence->old)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                            "the letter is signed with a certificate that was "
                            "revoked or superseded");
    }
    issued = npie_issuance_by_key(ops->log, cadena->new_spki);
    if (issued != NULL) {
        return conflict(NPIE_P_NEW_KEY_SEEN, "the new key has been used for",
                        issued, err);
    }
    if (cadena->kind == NPIE_LETTER_RENEWAL) {
        rv = npie_ops_check_successor(ops, evidence, err, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return make(cert, ops, evidence, now, err, p);
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

/* Answers for the caller when there are too many requests. */
static int is_busy(npie_bytes_t *reply, npie_ops_t *ops,
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
    npie_bytes_t cert = { NULL, 0 };
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
    if (is_busy(reply, ops, header, p)) {
        return;
    }
    rv = npie_evidence_verify(&evidence, &ops->rules, csr, letter, &err, p);
    if (rv == APR_SUCCESS) {
        rv = issue(&cert, ops, evidence, &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header,
                                apr_psprintf(p, "folio %" APR_INT64_T_FMT,
                                             evidence != NULL
                                             ? evidence->cadena->folio : 0),
                                rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, cert);
    npie_wire_put_u16(&w, (apr_uint16_t)chain->nelts);
    for (int i = 0; i < chain->nelts; i++) {
        npie_wire_put_bytes(&w, APR_ARRAY_IDX(chain, i, npie_bytes_t));
    }
    *reply = npie_ops_framed(header, &w, p);
}

/* Once for a letter: asked again, the seal is that of the first time. */
static apr_status_t seal(npie_bytes_t *section, npie_ops_t *ops,
                         npie_bytes_t letter, npie_err_t *err, apr_pool_t *p)
{
    const apr_time_t now = apr_time_now();
    const npie_cadena_t *cadena;
    npie_sealed_t sealed;
    int again = 0;
    apr_status_t rv = npie_evidence_letter(&cadena, &ops->rules, letter, now,
                                           err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_ops_check_sealing(&sealed, &again, ops, cadena, letter, now,
                                    err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sealer_seal(section, ops->authority->sealer, cadena, letter,
                              sealed.time, err, p);
    }
    /* On disk before anybody sees it. */
    return rv == APR_SUCCESS && !again
        ? npie_sealed_add(ops->sealed, &sealed, err, p) : rv;
}

static void answer_seal(npie_bytes_t *reply, npie_ops_t *ops,
                        const npie_signer_header_t *header,
                        npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_bytes_t letter = npie_wire_get_bytes(r, NPIE_LETTER_MAX);
    npie_bytes_t section = { NULL, 0 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

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
    if (is_busy(reply, ops, header, p)) {
        return;
    }
    if (npie_ops_is_revoked(ops, npie_sealer_certificate(
            ops->authority->sealer))) {
        rv = npie_err_set(&err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                          "the seal's certificate was revoked: put another "
                          "into SealCertificate");
    }
    else {
        rv = seal(&section, ops, letter, &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "SEAL", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, section);
    *reply = npie_ops_framed(header, &w, p);
}

/* Number 0 and no hash ask for the head alone. Only what is written counts
 * for the rate. */
static void answer_audit(npie_bytes_t *reply, npie_ops_t *ops,
                         const npie_signer_header_t *header,
                         npie_wire_reader_t *r, apr_pool_t *p)
{
    const apr_uint64_t sequence = npie_wire_get_u64(r);
    const char *hash = npie_wire_get_string(r, NPIE_SHA256_HEX_SIZE - 1, p);
    const int asks = sequence == 0 && *hash == '\0';
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv = APR_SUCCESS;

    if (npie_wire_get_end(r) != APR_SUCCESS
        || (!asks && (sequence == 0 || sequence > APR_INT64_MAX
                      || !npie_heads_is_hash(hash)))) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of AUDIT are not a number and a hash", p);
        return;
    }
    if (!asks && (apr_int64_t)sequence > npie_heads_sequence(ops->heads)
        && is_busy(reply, ops, header, p)) {
        return;
    }
    if (!asks) {
        rv = npie_heads_keep(ops->heads, (apr_int64_t)sequence, hash,
                             apr_time_now(), &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_signer_say("error", "audit: %s", err.detail);
        npie_ops_refuse(reply, header, rv == NPIE_EPOLICY ? NPIE_SIGNER_REFUSED
                                                          : NPIE_SIGNER_FAILED,
                        err.problem, err.detail, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, (apr_uint64_t)npie_heads_sequence(ops->heads));
    npie_wire_put_string(&w, npie_heads_hash(ops->heads));
    *reply = npie_ops_framed(header, &w, p);
}

static void answer_heads(npie_bytes_t *reply, npie_ops_t *ops,
                         const npie_signer_header_t *header,
                         npie_wire_reader_t *r, apr_pool_t *p)
{
    apr_uint64_t place = npie_wire_get_u64(r);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *list;
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of HEADS are not a place", p);
        return;
    }
    rv = npie_heads_list(&list, &place, ops->heads, &err, p);
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "HEADS", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, place);
    npie_wire_put_u64(&w, (apr_uint64_t)npie_heads_resealed(ops->heads));
    npie_wire_put_string(&w, npie_heads_resealed_at(ops->heads));
    npie_wire_put_u16(&w, (apr_uint16_t)list->nelts);
    for (int i = 0; i < list->nelts; ++i) {
        const npie_signer_head_t *head = &APR_ARRAY_IDX(list, i,
                                                        npie_signer_head_t);

        npie_wire_put_u64(&w, (apr_uint64_t)head->sequence);
        npie_wire_put_string(&w, head->hash);
    }
    *reply = npie_ops_framed(header, &w, p);
}

static void answer_ping(npie_bytes_t *reply, npie_ops_t *ops,
                        const npie_signer_header_t *header,
                        npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_wire_writer_t w;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "PING has no fields", p);
        return;
    }
    if (npie_issuance_broken(ops->log) || npie_sealed_broken(ops->sealed)
        || npie_revocations_broken(ops->revocations)) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_FAILED, NPIE_P_INTERNAL,
                        "the logs' disk failed: mend it and start "
                        "npie-signer again", p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u32(&w, (apr_uint32_t)getpid());
    npie_wire_put_u64(&w, npie_issuance_count(ops->log));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_now());
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
        answer_audit(reply, ops, header, &r, p);
        break;
    case NPIE_SIGNER_HEADS:
        answer_heads(reply, ops, header, &r, p);
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
