/* SPDX-License-Identifier: Apache-2.0
 * OCSP: what the logs, and certificates that were signed by the authority,
 * say of a status.
 */
#include "signer/op.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "signer/hold.h"
#include "signer/say.h"

/* More certificates than can be asked for: several may share a serial, of
 * several authorities. */
#define PROOFS_MAX (4 * NPIE_OCSP_CERTS_MAX)

/* What is known while one request is answered. */
typedef struct knowledge_t {
    const npie_ops_t *ops;
    apr_pool_t *p;
    apr_hash_t *made; /* serials of which a certificate of ours is at hand */
} knowledge_t;

/* A certificate that ended may have been left out of the CRL since: then the
 * ledger alone knows. @return 0: it cannot be told */
static int ask_ledger(npie_status_t *status, const knowledge_t *knowledge,
                      const npie_cert_t *cert)
{
    npie_ledger_t *ledger = knowledge->ops->ledger;
    const char *issuer = npie_known_issuer(npie_ledger_known(ledger));
    npie_hold_t hold;
    apr_status_t rv = npie_hold_find(&hold, ledger, issuer, cert->serial, NULL,
                                     knowledge->p);

    if (rv == APR_SUCCESS && hold.revoked) {
        status->revoked = 1;
        status->reason = (int)hold.reason;
        status->when = npie_entry_time(hold.entry, NPIE_REVOKE_TIME);
    }
    return rv == APR_SUCCESS;
}

static npie_status_t tell(void *baton, const char *serial)
{
    const knowledge_t *knowledge = baton;
    const npie_revoked_t *revoked = npie_known_revoked(
        npie_ledger_known(knowledge->ops->ledger), serial);
    const npie_cert_t *cert = apr_hash_get(knowledge->made, serial,
                                           APR_HASH_KEY_STRING);
    npie_status_t status = { 0, 0, 0, 0 };

    status.known = cert != NULL;
    if (revoked != NULL) {
        status.revoked = 1;
        status.reason = (int)revoked->reason;
        status.when = revoked->revoked;
    }
    else if (cert != NULL && cert->not_after <= apr_time_now()) {
        status.known = ask_ledger(&status, knowledge, cert);
    }
    return status;
}

/* The certificates that come along prove by our signature on them that they
 * were made: whoever asks can leave one out, and invent none. */
static void take_proofs(knowledge_t *knowledge, npie_wire_reader_t *r,
                        apr_pool_t *p)
{
    const int count = npie_wire_get_u16(r);

    for (int i = 0; i < count && i < PROOFS_MAX; ++i) {
        npie_bytes_t der = npie_wire_get_bytes(r, NPIE_CERT_MAX);
        npie_cert_t *cert;

        if (der.len > 0 && npie_cert_parse(&cert, der, NULL, p) == APR_SUCCESS
            && npie_ops_is_ours(knowledge->ops, cert)) {
            apr_hash_set(knowledge->made, cert->serial, APR_HASH_KEY_STRING,
                         cert);
        }
    }
}

/* May it be signed now? httpd keeps an answer about a certificate on record for
 * everybody else who asks; what has a nonce, or asks of what nobody has, is
 * signed each time, and anybody may ask. */
static int is_within_rate(npie_ops_t *ops, npie_bytes_t request,
                          const knowledge_t *knowledge, apr_pool_t *p)
{
    npie_ocsp_request_t parsed;

    if (npie_ocsp_parse(&parsed, request, NULL, p) != APR_SUCCESS
        || (parsed.name != NULL && apr_hash_count(knowledge->made) > 0)
        || npie_bucket_take(&ops->ocsp_rate)) {
        return 1;
    }
    if (npie_bucket_say(&ops->ocsp_rate)) {
        npie_signer_say("warn", "more OCSP requests with a nonce, or about "
                        "certificates that are not on record, than OCSPRate "
                        "allows: they are told to try later");
    }
    return 0;
}

/* The one certificate of ours that is in no registry. */
static void take_seal(knowledge_t *knowledge)
{
    const npie_sealer_t *sealer = knowledge->ops->authority->sealer;
    const npie_cert_t *cert = sealer == NULL ? NULL
        : npie_sealer_certificate(sealer);

    if (cert != NULL && npie_ops_is_ours(knowledge->ops, cert)) {
        apr_hash_set(knowledge->made, cert->serial, APR_HASH_KEY_STRING,
                     cert);
    }
}

/* The responder, made anew in time. Each lives in a pool of its own. */
static apr_status_t ready(npie_ops_t *ops, apr_time_t now, npie_err_t *err)
{
    apr_pool_t *p;
    apr_status_t rv;

    if (ops->responder != NULL && !npie_responder_is_old(ops->responder,
                                                         now)) {
        return APR_SUCCESS;
    }
    apr_pool_create(&p, ops->p);
    rv = npie_responder_create(&ops->responder, ops->authority->issuer, now,
                               err, p);
    if (rv != APR_SUCCESS) {
        ops->responder = NULL;
        apr_pool_destroy(p);
        return rv;
    }
    if (ops->responder_pool != NULL) {
        apr_pool_destroy(ops->responder_pool);
    }
    ops->responder_pool = p;
    npie_signer_say("notice", "made a key and a certificate for OCSP answers");
    return APR_SUCCESS;
}

static apr_status_t answer_ocsp(npie_ocsp_answer_t *answer, npie_ops_t *ops,
                                npie_bytes_t request, knowledge_t *knowledge,
                                npie_err_t *err, apr_pool_t *p)
{
    const apr_time_t now = apr_time_now();
    apr_status_t rv = npie_ops_follow(ops, now, err, p);

    if (rv == APR_SUCCESS) {
        rv = ready(ops, now, err);
    }
    return rv != APR_SUCCESS ? rv
        : npie_responder_answer(answer, ops->responder, request, tell,
                                knowledge, now, ops->ocsp_validity, err, p);
}

void npie_ops_ocsp(npie_bytes_t *reply, npie_ops_t *ops,
                   const npie_signer_header_t *header, npie_wire_reader_t *r,
                   apr_pool_t *p)
{
    npie_bytes_t request = npie_wire_get_bytes(r, NPIE_OCSP_MAX);
    knowledge_t knowledge = { ops, p, apr_hash_make(p) };
    npie_ocsp_answer_t answer;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    take_proofs(&knowledge, r, p);
    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of OCSP are not what they must be", p);
        return;
    }
    if (is_within_rate(ops, request, &knowledge, p)) {
        take_seal(&knowledge);
        rv = answer_ocsp(&answer, ops, request, &knowledge, &err, p);
    }
    else {
        memset(&answer, 0, sizeof(answer));
        answer.der = npie_ocsp_error(NPIE_OCSP_LATER, p);
        rv = APR_SUCCESS;
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "OCSP", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, answer.der);
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(answer.this_update));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(answer.next_update));
    *reply = npie_ops_framed(header, &w, p);
}
