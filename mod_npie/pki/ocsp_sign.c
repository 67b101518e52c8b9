/* SPDX-License-Identifier: Apache-2.0
 * The responder's certificate and its answers.
 */
#include "pki/ocsp_sign.h"

#include <apr_strings.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/openssl.h"
#include "pki/vouch.h"

#define LIFE apr_time_from_sec(31 * 86400)
#define BACKDATE apr_time_from_sec(300)

struct npie_responder_t {
    X509 *ca;
    EVP_PKEY *key;
    X509 *certificate;
    apr_time_t half; /* when another one is due */
};

static apr_status_t release(void *data)
{
    npie_responder_t *responder = data;

    EVP_PKEY_free(responder->key);
    X509_free(responder->certificate);
    return APR_SUCCESS;
}

static const npie_vouch_extension_t extensions[] = {
    { NID_ext_key_usage, "OCSPSigning" },
    { NID_id_pkix_OCSP_noCheck, "ignored" },
    { 0, NULL }
};

apr_status_t npie_responder_create(npie_responder_t **presponder,
                                   const npie_issuer_t *issuer, apr_time_t now,
                                   npie_err_t *err, apr_pool_t *p)
{
    static const npie_vouch_t vouch = { "OCSP", extensions, LIFE };
    npie_responder_t *responder = apr_pcalloc(p, sizeof(*responder));
    apr_status_t rv;

    responder->half = now + LIFE / 2;
    responder->ca = npie_issuer_certificate(issuer);
    responder->key = EVP_EC_gen("P-256");
    apr_pool_cleanup_register(p, responder, release, apr_pool_cleanup_null);
    if (responder->key == NULL) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the OCSP responder could not be made");
    }
    rv = npie_issuer_vouch(&responder->certificate, issuer, responder->key,
                           &vouch, now, err);
    if (rv == APR_SUCCESS) {
        *presponder = responder;
    }
    return rv;
}

int npie_responder_is_old(const npie_responder_t *responder, apr_time_t now)
{
    return now >= responder->half || now < responder->half - LIFE;
}

/* Is this our issuer, by the digest that the one who asks has chosen? */
static int is_ours(OCSP_CERTID *id, X509 *ca)
{
    ASN1_OBJECT *digest;
    OCSP_CERTID *own;
    const EVP_MD *md;
    int ours;

    OCSP_id_get0_info(NULL, &digest, NULL, NULL, id);
    md = EVP_get_digestbyobj(digest);
    own = md != NULL ? OCSP_cert_to_id(md, NULL, ca) : NULL;
    ours = own != NULL && OCSP_id_issuer_cmp(own, id) == 0;
    OCSP_CERTID_free(own);
    return ours;
}

static int add_status(OCSP_BASICRESP *basic, OCSP_CERTID *id,
                      const npie_status_t *status, ASN1_TIME *from,
                      ASN1_TIME *until)
{
    ASN1_TIME *when = NULL;
    int done;

    if (status->revoked) {
        when = ASN1_TIME_set(NULL, (time_t)apr_time_sec(status->when));
    }
    done = OCSP_basic_add1_status(basic, id,
                                  status->revoked ? V_OCSP_CERTSTATUS_REVOKED
                                  : status->known ? V_OCSP_CERTSTATUS_GOOD
                                                  : V_OCSP_CERTSTATUS_UNKNOWN,
                                  status->reason == 0 ? OCSP_REVOKED_STATUS_NOSTATUS
                                                      : status->reason,
                                  when, from, until) != NULL;
    ASN1_TIME_free(when);
    return done;
}

/* 1: all statuses are in; 0: a failure; -1: another issuer's. */
static int add_statuses(OCSP_BASICRESP *basic, OCSP_REQUEST *request,
                        const npie_ocsp_request_t *parsed, X509 *ca,
                        npie_status_fn *tell, void *baton, ASN1_TIME *from,
                        ASN1_TIME *until)
{
    for (int i = 0; i < parsed->count; ++i) {
        OCSP_CERTID *id =
            OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i));
        npie_status_t status;

        if (!is_ours(id, ca)) {
            return -1;
        }
        status = tell(baton, parsed->serials[i]);
        if (!add_status(basic, id, &status, from, until)) {
            return 0;
        }
    }
    return 1;
}

/* The whole answer, DER; its length or -1. */
static int finish(unsigned char **pder, OCSP_BASICRESP *basic,
                  OCSP_REQUEST *request, const npie_responder_t *responder)
{
    OCSP_RESPONSE *response = NULL;
    int len = -1;

    if (OCSP_copy_nonce(basic, request) >= 0
        && OCSP_basic_sign(basic, responder->certificate, responder->key,
                           EVP_sha256(), NULL, OCSP_RESPID_KEY) == 1) {
        response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL,
                                        basic);
    }
    if (response != NULL) {
        len = i2d_OCSP_RESPONSE(response, pder);
    }
    OCSP_RESPONSE_free(response);
    return len;
}

apr_status_t npie_responder_answer(npie_ocsp_answer_t *answer,
                                   const npie_responder_t *responder,
                                   npie_bytes_t request, npie_status_fn *tell,
                                   void *baton, apr_time_t now,
                                   apr_interval_time_t validity,
                                   npie_err_t *err, apr_pool_t *p)
{
    const unsigned char *at = request.data;
    npie_ocsp_request_t parsed;
    OCSP_BASICRESP *basic;
    OCSP_REQUEST *asked;
    ASN1_TIME *from, *until;
    unsigned char *der = NULL;
    int added = 0, len = -1;

    memset(answer, 0, sizeof(*answer));
    if (npie_ocsp_parse(&parsed, request, NULL, p) != APR_SUCCESS) {
        answer->der = npie_ocsp_error(NPIE_OCSP_MALFORMED, p);
        return APR_SUCCESS;
    }
    asked = d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
    basic = OCSP_BASICRESP_new();
    from = ASN1_TIME_set(NULL, (time_t)apr_time_sec(now - BACKDATE));
    until = ASN1_TIME_set(NULL, (time_t)apr_time_sec(now + validity));
    if (asked != NULL && basic != NULL && from != NULL && until != NULL) {
        added = add_statuses(basic, asked, &parsed, responder->ca, tell, baton,
                             from, until);
    }
    if (added == 1) {
        len = finish(&der, basic, asked, responder);
    }
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    OCSP_BASICRESP_free(basic);
    OCSP_REQUEST_free(asked);
    if (added < 0) {
        answer->der = npie_ocsp_error(NPIE_OCSP_UNAUTHORIZED, p);
        ERR_clear_error();
        return APR_SUCCESS;
    }
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the OCSP answer could not be made");
    }
    answer->der.data = apr_pmemdup(p, der, (apr_size_t)len);
    answer->der.len = (apr_size_t)len;
    answer->this_update = apr_time_from_sec(apr_time_sec(now - BACKDATE));
    answer->next_update = apr_time_from_sec(apr_time_sec(now + validity));
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}
