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

#include "base/random.h"
#include "pki/openssl.h"

#define X509_V3 2
#define SERIAL_BYTES 16
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

static int add_extensions(X509 *x509, X509 *ca)
{
    static const struct {
        int nid;
        const char *value;
    } extensions[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "OCSPSigning" },
        { NID_id_pkix_OCSP_noCheck, "ignored" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid:always" },
    };

    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); ++i) {
        if (!npie_openssl_extend(x509, ca, extensions[i].nid,
                                 extensions[i].value)) {
            return 0;
        }
    }
    return 1;
}

static int set_serial(X509 *x509)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *bn;
    ASN1_INTEGER *serial;
    int done;

    if (npie_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS) {
        return 0;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
    bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    serial = BN_to_ASN1_INTEGER(bn, NULL);
    done = serial != NULL && X509_set_serialNumber(x509, serial) == 1;
    ASN1_INTEGER_free(serial);
    BN_free(bn);
    return done;
}

/* The CA's name with a CN of its own at the end. */
static int set_subject(X509 *x509, X509 *ca)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(ca));
    int done;

    if (name == NULL) {
        return 0;
    }
    for (int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
         at >= 0;
         at = X509_NAME_get_index_by_NID(name, NID_commonName, -1)) {
        X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, at));
    }
    done = X509_NAME_add_entry_by_NID(name, NID_commonName,
                                      V_ASN1_UTF8STRING,
                                      (const unsigned char *)"OCSP", -1, -1,
                                      0) == 1
           && X509_set_subject_name(x509, name) == 1;
    X509_NAME_free(name);
    return done;
}

static int set_dates(npie_responder_t *responder, apr_time_t now)
{
    X509 *x509 = responder->certificate;
    const ASN1_TIME *ends = X509_get0_notAfter(responder->ca);
    time_t until = (time_t)apr_time_sec(now + LIFE);

    responder->half = now + LIFE / 2;
    return ASN1_TIME_set(X509_getm_notBefore(x509),
                         (time_t)apr_time_sec(now - BACKDATE)) != NULL
           && (ASN1_TIME_cmp_time_t(ends, until) < 0
               ? X509_set1_notAfter(x509, ends) == 1
               : ASN1_TIME_set(X509_getm_notAfter(x509), until) != NULL);
}

static int make_certificate(npie_responder_t *responder,
                            const npie_issuer_t *issuer, apr_time_t now)
{
    EVP_PKEY *signer = npie_issuer_key(issuer);
    X509 *x509 = responder->certificate = X509_new();

    return x509 != NULL && X509_set_version(x509, X509_V3) == 1
           && set_serial(x509) && set_dates(responder, now)
           && X509_set_issuer_name(x509,
                                   X509_get_subject_name(responder->ca)) == 1
           && set_subject(x509, responder->ca)
           && X509_set_pubkey(x509, responder->key) == 1
           && add_extensions(x509, responder->ca)
           && npie_issuer_add_points(x509, issuer)
           && X509_sign(x509, signer, npie_issue_digest(signer)) > 0;
}

apr_status_t npie_responder_create(npie_responder_t **presponder,
                                   const npie_issuer_t *issuer, apr_time_t now,
                                   npie_err_t *err, apr_pool_t *p)
{
    npie_responder_t *responder = apr_pcalloc(p, sizeof(*responder));

    responder->ca = npie_issuer_certificate(issuer);
    responder->key = EVP_EC_gen("P-256");
    apr_pool_cleanup_register(p, responder, release, apr_pool_cleanup_null);
    if (responder->key == NULL || !make_certificate(responder, issuer, now)) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the OCSP responder could not be made");
    }
    ERR_clear_error();
    *presponder = responder;
    return APR_SUCCESS;
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
