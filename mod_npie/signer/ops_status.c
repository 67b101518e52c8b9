/* SPDX-License-Identifier: Apache-2.0
 * CRL and REVOKE.
 */
#include "signer/ops.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "pki/crl.h"
#include "signer/say.h"
#include "signer/ticks.h"

/* A client's clock may be a little behind ours. */
#define BACKDATE apr_time_from_sec(300)
/* How often an excess of revocations is said. */
#define SAY_AGAIN apr_time_from_sec(10)
/* A CRL is made anew when this part of its time is over. */
#define CRL_PART 4
#define SECONDS_MAX ((apr_uint64_t)1 << 40)

/* Did this authority sign it? Whoever asks may revoke what we made, and
 * nothing that somebody else answers for. */
int npie_ops_is_ours(const npie_ops_t *ops, const npie_cert_t *cert)
{
    X509 *ca = npie_issuer_certificate(ops->authority->issuer);
    int ours = X509_NAME_cmp(X509_get_issuer_name(cert->x509),
                             X509_get_subject_name(ca)) == 0
               && X509_verify(cert->x509, X509_get0_pubkey(ca)) == 1;

    ERR_clear_error();
    return ours;
}

int npie_ops_is_revoked(const npie_ops_t *ops, const npie_cert_t *cert)
{
    return npie_revocations_find(ops->revocations, cert->serial) != NULL
           && npie_ops_is_ours(ops, cert);
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

static apr_status_t check_revocation(npie_revoked_t *revoked,
                                     const npie_cert_t **pcert,
                                     const npie_ops_t *ops,
                                     npie_bytes_t certificate, int reason,
                                     npie_err_t *err, apr_pool_t *p)
{
    npie_cert_t *cert;
    apr_status_t rv = npie_cert_parse(&cert, certificate, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!npie_ops_is_ours(ops, cert)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_UNTRUSTED,
                            "certificate %s is not of this authority",
                            cert->serial);
    }
    if (npie_reason_name(reason) == NULL || revoked->revoked <= 0
        || revoked->invalid_since < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the reason or the times of the revocation of %s "
                            "are out of range", cert->serial);
    }
    *pcert = cert;
    revoked->serial = cert->serial;
    revoked->reason = (npie_reason_t)reason;
    revoked->not_after = cert->not_after;
    return APR_SUCCESS;
}

/* May it be revoked now? What we have replaced ourselves always may; for the
 * rest there is httpd's word alone, and who has broken in there could revoke
 * the whole authority. */
static int is_due(npie_ops_t *ops, const npie_cert_t *cert,
                  npie_reason_t reason)
{
    const apr_interval_time_t ticks = npie_ticks();

    if ((reason == NPIE_REASON_SUPERSEDED
         && npie_issuance_by_old(ops->log, cert->spki_sha256) != NULL)
        || npie_bucket_take(&ops->revoke_rate)) {
        return 1;
    }
    if (ops->revoke_said == 0 || ticks - ops->revoke_said > SAY_AGAIN) {
        ops->revoke_said = ticks;
        npie_signer_say("alert", "more revocations than RevokeRate allows, the "
                        "last one asked for is of %s: unless somebody revokes "
                        "many on purpose, httpd may be broken into",
                        cert->serial);
    }
    return 0;
}

void npie_ops_revoke(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header,
                     npie_wire_reader_t *r, apr_pool_t *p)
{
    npie_bytes_t certificate = npie_wire_get_bytes(r, NPIE_CERT_MAX);
    const int reason = npie_wire_get_u16(r);
    npie_revoked_t revoked = { 0 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const npie_cert_t *cert = NULL;
    npie_wire_writer_t w;
    apr_status_t rv;

    revoked.revoked = get_time(r);
    revoked.invalid_since = get_time(r);
    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_signer_say("warn", "refused a REVOKE with malformed fields");
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of REVOKE are not what they must be", p);
        return;
    }
    rv = check_revocation(&revoked, &cert, ops, certificate, reason, &err, p);
    if (rv == APR_SUCCESS
        && npie_revocations_find(ops->revocations, revoked.serial) == NULL) {
        if (!is_due(ops, cert, revoked.reason)) {
            npie_ops_refuse(reply, header, NPIE_SIGNER_BUSY,
                            NPIE_P_SIGNER_DOWN, "more revocations than the "
                            "signer's RevokeRate allows", p);
            return;
        }
        rv = npie_revocations_add(ops->revocations, &revoked, &err, p);
        if (rv == APR_SUCCESS) {
            npie_signer_say("notice", "revoked %s, %s", revoked.serial,
                            npie_reason_name(reason));
        }
    }
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "REVOKE", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    *reply = npie_ops_framed(header, &w, p);
}

/* Does the CRL at hand say all that is known, and will for a while? */
static int is_fresh(const npie_ops_t *ops, apr_time_t now)
{
    const npie_crl_made_t *last = npie_revocations_crl(ops->revocations);
    const apr_array_header_t *all = npie_revocations_all(ops->revocations);

    if (ops->crl.der.len == 0 || now < ops->crl.made
        || now - ops->crl.made >= ops->crl_validity / CRL_PART) {
        return 0;
    }
    return all->nelts == 0
           || APR_ARRAY_IDX(all, all->nelts - 1, npie_revoked_t *)->number
              < last->number;
}

/* What the next CRL lists. RFC 5280 section 3.3: an entry stays until it has
 * stood on a CRL that was made after the certificate's end. */
static apr_array_header_t *entries(const npie_ops_t *ops, apr_pool_t *p)
{
    const npie_crl_made_t *last = npie_revocations_crl(ops->revocations);
    const apr_array_header_t *all = npie_revocations_all(ops->revocations);
    apr_array_header_t *list = apr_array_make(p, all->nelts + 1,
                                              sizeof(npie_crl_entry_t));

    for (int i = 0; i < all->nelts; i++) {
        const npie_revoked_t *one = APR_ARRAY_IDX(all, i, npie_revoked_t *);
        npie_crl_entry_t *entry;

        if (last->crl_number != 0 && one->number < last->number
            && last->this_update > one->not_after) {
            continue;
        }
        entry = apr_array_push(list);
        entry->serial = one->serial;
        entry->reason = (int)one->reason;
        entry->revoked = one->revoked;
        entry->invalid_since = one->invalid_since;
    }
    return list;
}

/* Makes the next CRL. Its number is on disk before anybody sees it. */
static apr_status_t make_crl(npie_ops_t *ops, apr_time_t now, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_crl_made_t made = { .this_update = now - BACKDATE };
    npie_bytes_t der;
    apr_status_t rv;

    made.crl_number = npie_revocations_crl(ops->revocations)->crl_number + 1;
    made.next_update = now + ops->crl_validity;
    rv = npie_crl_make(&der, ops->authority->issuer, entries(ops, p),
                       made.crl_number, made.this_update, made.next_update,
                       err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_revocations_note_crl(ops->revocations, &made, err, p);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_clear(ops->crl.p);
        ops->crl.der.data = apr_pmemdup(ops->crl.p, der.data, der.len);
        ops->crl.der.len = der.len;
        ops->crl.made = now;
    }
    return rv;
}

void npie_ops_crl(npie_bytes_t *reply, npie_ops_t *ops,
                  const npie_signer_header_t *header, npie_wire_reader_t *r,
                  apr_pool_t *p)
{
    const npie_crl_made_t *made = npie_revocations_crl(ops->revocations);
    const apr_time_t now = apr_time_from_sec(apr_time_sec(apr_time_now()));
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv = APR_SUCCESS;

    if (npie_wire_get_end(r) != APR_SUCCESS) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "CRL has no fields", p);
        return;
    }
    if (!is_fresh(ops, now)) {
        rv = make_crl(ops, now, &err, p);
    }
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
