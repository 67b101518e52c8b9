/* SPDX-License-Identifier: Apache-2.0
 * CRL and REVOKE.
 */
#include "signer/op.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "base/ticks.h"
#include "pki/crl.h"
#include "pki/digest.h"
#include "signer/book.h"
#include "signer/hold.h"
#include "signer/say.h"

/* A client's clock may be a little behind ours. */
#define BACKDATE apr_time_from_sec(300)
/* A CRL is made anew when this part of its time is over. */
#define CRL_PART 4
#define SECONDS_MAX ((apr_uint64_t)1 << 40)

/* Did this authority sign it? */
int npie_ops_is_ours(const npie_ops_t *ops, const npie_cert_t *cert)
{
    X509 *ca = npie_issuer_certificate(ops->authority->issuer);
    int ours = X509_NAME_cmp(X509_get_issuer_name(cert->x509),
                             X509_get_subject_name(ca)) == 0
               && X509_verify(cert->x509, X509_get0_pubkey(ca)) == 1;

    ERR_clear_error();
    return ours;
}

apr_status_t npie_ops_follow(npie_ops_t *ops, apr_time_t now, npie_err_t *err,
                             apr_pool_t *p)
{
    const npie_crl_made_t *crl = npie_known_crl(npie_ledger_known(ops->ledger));
    apr_status_t rv = npie_ledger_sync(ops->ledger, err, p);

    return rv != APR_SUCCESS && crl->crl_number > 0 && now < crl->next_update
        ? APR_SUCCESS : rv;
}

/* A time of the request; -1 when it is out of all range. One that is still to
 * come here is now: a clock ahead of ours must not keep a certificate off the
 * CRL. */
static apr_time_t get_time(npie_wire_reader_t *r)
{
    const apr_uint64_t seconds = npie_wire_get_u64(r);
    const apr_time_t now = apr_time_now();

    if (seconds >= SECONDS_MAX) {
        return -1;
    }
    return apr_time_sec(now) < (apr_int64_t)seconds ? now
        : apr_time_from_sec((apr_int64_t)seconds);
}

/* A revocation on its way. */
typedef struct revoking_t {
    npie_ops_t *ops;
    npie_cert_t *cert;
    const char *issuer; /* whose: not ours alone are kept from renewing */
    npie_reason_t reason;
    apr_time_t revoked;
    apr_time_t invalid_since;
    int is_judged; /* 1: is_due is set */
    int is_due;    /* 1: the rate has let it pass */
    int again;     /* 1: it was revoked before */
    int held;      /* 1: it is not for good */
} revoking_t;

static apr_status_t check_revocation(revoking_t *revoking,
                                     npie_bytes_t certificate, int reason,
                                     npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_cert_parse(&revoking->cert, certificate, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_ops_issuer(&revoking->issuer, revoking->ops, revoking->cert,
                        NULL, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_UNTRUSTED,
                            "certificate %s is of no trusted authority",
                            revoking->cert->serial);
    }
    if (npie_reason_name(reason) == NULL || revoking->revoked <= 0
        || revoking->invalid_since < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the reason or the times of the revocation of %s "
                            "are out of range", revoking->cert->serial);
    }
    revoking->reason = (npie_reason_t)reason;
    return APR_SUCCESS;
}

/* Has a letter replaced it? */
static int is_replaced(const revoking_t *revoking, apr_pool_t *p)
{
    return revoking->reason == NPIE_REASON_SUPERSEDED
        && npie_ops_is_renewed(revoking->ops, revoking->cert->spki_sha256, p);
}

/* May it be revoked for good now? What we have replaced ourselves always may;
 * for the rest there is httpd's word alone, and who has broken in there could
 * revoke the whole authority. */
static int is_due(revoking_t *revoking, apr_pool_t *p)
{
    npie_ops_t *ops = revoking->ops;

    if (revoking->is_judged) {
        return revoking->is_due;
    }
    revoking->is_judged = 1;
    revoking->is_due = is_replaced(revoking, p)
        || npie_bucket_take(&ops->revoke_rate);
    if (!revoking->is_due && npie_bucket_say(&ops->revoke_rate)) {
        npie_signer_say("alert", "more revocations than RevokeRate allows, the "
                        "last one asked for is of %s: they are on hold until "
                        "npiectl certificate confirm or release; unless "
                        "somebody revokes many on purpose, httpd may be broken "
                        "into", revoking->cert->serial);
    }
    return revoking->is_due;
}

/* For good at once, nobody having said anything before. */
static apr_status_t add_revoke(const revoking_t *revoking,
                               npie_ledger_t *ledger, npie_err_t *err,
                               apr_pool_t *p)
{
    const npie_cert_t *cert = revoking->cert;

    return npie_ledger_add(ledger, NPIE_ENTRY_REVOKE, apr_time_now(),
                           apr_psprintf(p, "%s %s %s %s %s %s",
                                        revoking->issuer, cert->serial,
                                        npie_reason_name((int)revoking->reason),
                                        npie_text_time(revoking->revoked, p),
                                        revoking->invalid_since == 0 ? "-"
                                        : npie_text_time(
                                            revoking->invalid_since, p),
                                        npie_text_time(cert->not_after, p)),
                           err, p);
}

static apr_status_t add_change(const revoking_t *revoking,
                               const npie_hold_t *before,
                               npie_ledger_t *ledger, npie_err_t *err,
                               apr_pool_t *p)
{
    const npie_hold_change_t change = {
        .issuer = revoking->issuer, .serial = revoking->cert->serial,
        .reason = revoking->held ? NPIE_REASON_HOLD : revoking->reason,
        .asked = revoking->reason,
        /* A date once told stays. */
        .revoked = before->revoked
            ? npie_entry_time(before->entry, NPIE_REVOKE_TIME)
            : revoking->revoked,
        .invalid_since = revoking->invalid_since,
        .not_after = revoking->cert->not_after, .turn = before->turn
    };

    return npie_hold_add(ledger, &change, err, p);
}

/* What is another authority's goes to no CRL of ours: it is kept from renewing
 * and signing, by every signer of this ledger. What is on hold stays so, unless
 * a letter says that it was replaced. */
static apr_status_t note(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                         apr_pool_t *p)
{
    revoking_t *revoking = baton;
    npie_hold_t before;
    apr_status_t rv = npie_hold_find(&before, ledger, revoking->issuer,
                                     revoking->cert->serial, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    revoking->held = before.revoked && before.reason == NPIE_REASON_HOLD;
    revoking->again = before.revoked
        && (!revoking->held || !is_replaced(revoking, p));
    if (revoking->again) {
        return APR_SUCCESS;
    }
    revoking->held = !is_due(revoking, p);
    return before.entry == NULL && !revoking->held
        ? add_revoke(revoking, ledger, err, p)
        : add_change(revoking, &before, ledger, err, p);
}

void npie_ops_revoke(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header,
                     npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_bytes_t certificate = npie_wire_get_bytes(r, NPIE_CERT_MAX);
    const int reason = npie_wire_get_u16(r);
    revoking_t revoking = { .ops = ops };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    revoking.revoked = get_time(r);
    revoking.invalid_since = get_time(r);
    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_signer_say("warn", "refused a REVOKE with malformed fields");
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of REVOKE are not what they must be", p);
        return;
    }
    rv = check_revocation(&revoking, certificate, reason, &err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_decide(ops->ledger, note, &revoking, &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "REVOKE", rv, &err, p);
        return;
    }
    if (!revoking.again) {
        npie_signer_say("notice", "%s %s, %s",
                        revoking.held ? "holds" : "revoked",
                        revoking.cert->serial, npie_reason_name(reason));
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u16(&w, (apr_uint16_t)revoking.held);
    *reply = npie_ops_framed(header, &w, p);
}

/* It tells nothing that the CRL, or a refusal, would not. */
void npie_ops_standing(npie_bytes_t *reply, npie_ops_t *ops,
                       const npie_signer_header_t *header,
                       npie_wire_reader_t *r, apr_pool_t *p)
{
    const npie_bytes_t certificate = npie_wire_get_bytes(r, NPIE_CERT_MAX);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const char *issuer;
    npie_cert_t *cert;
    npie_hold_t hold;
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of STANDING are not a certificate", p);
        return;
    }
    rv = npie_cert_parse(&cert, certificate, &err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_ops_issuer(&issuer, ops, cert, &err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_hold_find(&hold, ops->ledger, issuer, cert->serial, &err, p);
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "STANDING", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u16(&w, (apr_uint16_t)hold.revoked);
    npie_wire_put_u16(&w, (apr_uint16_t)(hold.revoked ? hold.reason : 0));
    *reply = npie_ops_framed(header, &w, p);
}

/* Does the last CRL say all that is known, and will for a while? One that a
 * machine made whose clock is a little ahead does too. */
static int is_fresh(const npie_ops_t *ops, apr_time_t now)
{
    const npie_ledger_known_t *known = npie_ledger_known(ops->ledger);
    const npie_crl_made_t *last = npie_known_crl(known);

    return last->crl_number > 0 && now >= last->made - BACKDATE
           && now - last->made < ops->crl_validity / CRL_PART
           && !npie_known_is_behind(known);
}

/* Makes the next CRL, unless another signer has it made meanwhile. RFC 5280
 * section 3.3: an entry stays until it has stood on a CRL that was made after
 * the certificate's end. */
static apr_status_t make_crl(void *baton, npie_ledger_t *ledger,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_ops_t *ops = baton;
    const npie_crl_made_t *last = npie_known_crl(npie_ledger_known(ledger));
    npie_crl_made_t made = {
        .crl_number = last->crl_number, .past_number = last->through,
        .past_time = last->past_time > last->this_update ? last->past_time
                                                         : last->this_update
    };

    return is_fresh(ops, apr_time_now()) ? APR_SUCCESS
        : npie_book_crl(ledger, ops->authority, &made, ops->crl_validity, err,
                        p);
}

/* Has the bytes of the last CRL at hand. */
static apr_status_t rebuild(npie_ops_t *ops, npie_err_t *err, apr_pool_t *p)
{
    const npie_crl_made_t *last = npie_known_crl(
        npie_ledger_known(ops->ledger));
    char digest[NPIE_SHA256_HEX_SIZE] = "";
    npie_bytes_t der = { NULL, 0 }, signature;
    npie_crl_t crl;
    apr_status_t rv;

    if (ops->crl.number == last->crl_number && last->crl_number > 0) {
        return APR_SUCCESS;
    }
    crl = npie_known_list(npie_ledger_known(ops->ledger), last, p);
    rv = npie_text_base64_decode(&signature, last->signature,
                                 strlen(last->signature), p);
    if (rv == APR_SUCCESS) {
        rv = npie_crl_again(&der, signature, ops->authority->issuer, &crl, err,
                            p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sha256_hex(digest, der);
    }
    if (rv != APR_SUCCESS || strcmp(digest, last->digest) != 0) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "CRL %" APR_UINT64_T_FMT " is not what its entry "
                            "in the ledger says", last->crl_number);
    }
    apr_pool_clear(ops->crl.p);
    ops->crl.der.data = apr_pmemdup(ops->crl.p, der.data, der.len);
    ops->crl.der.len = der.len;
    ops->crl.number = last->crl_number;
    return APR_SUCCESS;
}

/* The CRL as it is to be now; the one before as long as it is good. */
static apr_status_t ready_crl(npie_ops_t *ops, npie_err_t *err, apr_pool_t *p)
{
    const npie_crl_made_t *last = npie_known_crl(
        npie_ledger_known(ops->ledger));
    const apr_time_t now = apr_time_from_sec(apr_time_sec(apr_time_now()));
    apr_status_t rv = npie_ops_follow(ops, now, err, p);

    if (rv == APR_SUCCESS && !is_fresh(ops, now)) {
        rv = npie_ledger_decide(ops->ledger, make_crl, ops, err, p);
        if (last->crl_number > 0 && now < last->next_update) {
            rv = APR_SUCCESS;
        }
    }
    return rv == APR_SUCCESS ? rebuild(ops, err, p) : rv;
}

void npie_ops_crl(npie_bytes_t *reply, npie_ops_t *ops,
                  const npie_signer_header_t *header, npie_wire_reader_t *r,
                  apr_pool_t *p)
{
    const npie_crl_made_t *made = npie_known_crl(
        npie_ledger_known(ops->ledger));
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "CRL has no fields", p);
        return;
    }
    rv = ready_crl(ops, &err, p);
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "CRL", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_bytes(&w, ops->crl.der);
    npie_wire_put_bytes(&w, APR_ARRAY_IDX(ops->authority->chain, 0,
                                          npie_bytes_t));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(made->this_update));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(made->next_update));
    *reply = npie_ops_framed(header, &w, p);
}
