/* SPDX-License-Identifier: Apache-2.0
 * pki/crls.h, by pki/trust.h: what a CRL says of the CAs of a path.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "pki/trust.h"
#include "unit/forge.h"

/* Root, intermediate and leaf; each CA's serial is another. */
typedef struct scene_t {
    identity_t *root, *sub, *leaf;
    npie_cert_t *cert; /* the leaf's */
    npie_trust_t *trust;
    apr_pool_t *p;
} scene_t;

/* A CRL to be made. */
typedef struct list_t {
    const identity_t *signer;
    const identity_t *issuer; /* whose name it has; NULL: the signer's */
    long serial;              /* the one revoked; 0: none */
    forge_extension_t extension;
    int until;                /* days from now; 0: 7 */
    const char *reason;       /* CRLReason in words; NULL: none */
} list_t;

static identity_t *made(const char *name, const char *serial,
                        const identity_t *issuer, int is_ca, apr_pool_t *p)
{
    static const forge_extension_t ca[] = FORGE_CA, leaf[] = FORGE_LEAF;
    forge_t forge = { .common_name = name, .serial = serial,
                      .issuer = issuer };
    identity_t *id = identity_key("P-256", p);

    memcpy(forge.extensions, is_ca ? ca : leaf, sizeof(ca));
    forge_certificate(id, &forge, p);
    return id;
}

static const char *pem_of(const identity_t *id, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;

    assert_int_equal(npie_cert_parse(&cert, id->der, NULL, p), 0);
    return npie_cert_pem(cert, p);
}

static scene_t scene(apr_pool_t *p)
{
    scene_t s = { .p = p };
    apr_array_header_t *files = apr_array_make(p, 1, sizeof(const char *));

    s.root = made("Raíz", "10", NULL, 1, p);
    s.sub = made("Emisora", "11", s.root, 1, p);
    s.leaf = made("Ana", "12", s.sub, 0, p);
    assert_int_equal(npie_cert_parse(&s.cert, s.leaf->der, NULL, p), 0);
    APR_ARRAY_PUSH(files, const char *) = forge_file("ca.pem", unit_bytes(
        apr_pstrcat(p, pem_of(s.root, p), pem_of(s.sub, p), NULL)), p);
    assert_int_equal(npie_trust_load(&s.trust, files, NULL, p), 0);
    return s;
}

static void add_entry(X509_CRL *crl, const list_t *list)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *when = X509_gmtime_adj(NULL, -3600);
    ASN1_ENUMERATED *reason = list->reason == NULL ? NULL
        : s2i_ASN1_INTEGER(NULL, list->reason);

    ASN1_INTEGER_set(serial, list->serial);
    X509_REVOKED_set_serialNumber(entry, serial);
    X509_REVOKED_set_revocationDate(entry, when);
    if (reason != NULL) {
        reason->type = V_ASN1_ENUMERATED;
        X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
    }
    identity_need(X509_CRL_add0_revoked(crl, entry) == 1, "X509_CRL");
    ASN1_ENUMERATED_free(reason);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
}

static X509_CRL *make_crl(const list_t *list)
{
    X509_CRL *crl = X509_CRL_new();
    const identity_t *issuer = list->issuer != NULL ? list->issuer
                                                    : list->signer;
    ASN1_TIME *from = X509_gmtime_adj(NULL, -10 * 86400);
    ASN1_TIME *until = X509_gmtime_adj(NULL, (list->until != 0 ? list->until
                                                               : 7) * 86400);
    X509_EXTENSION *extension = list->extension.name == NULL ? NULL
        : X509V3_EXT_nconf(NULL, NULL, list->extension.name,
                           list->extension.value);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, until);
    if (list->serial != 0) {
        add_entry(crl, list);
    }
    if (extension != NULL) {
        X509_CRL_add_ext(crl, extension, -1);
    }
    identity_need((extension != NULL) == (list->extension.name != NULL),
                  "X509V3_EXT_nconf");
    identity_need(X509_CRL_sign(crl, list->signer->key, EVP_sha256()) > 0,
                  "X509_CRL_sign");
    X509_EXTENSION_free(extension);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return crl;
}

static npie_bytes_t crl_pem(const list_t *list, apr_pool_t *p)
{
    X509_CRL *crl = make_crl(list);
    BIO *out = BIO_new(BIO_s_mem());
    npie_bytes_t bytes;
    char *data;

    identity_need(PEM_write_bio_X509_CRL(out, crl) == 1, "PEM");
    bytes.len = (apr_size_t)BIO_get_mem_data(out, &data);
    bytes.data = (unsigned char *)apr_pstrmemdup(p, data, bytes.len);
    BIO_free(out);
    X509_CRL_free(crl);
    return bytes;
}

static npie_bytes_t crl_der(const list_t *list, apr_pool_t *p)
{
    X509_CRL *crl = make_crl(list);
    unsigned char *der = NULL;
    int len = i2d_X509_CRL(crl, &der);
    npie_bytes_t bytes = { apr_pmemdup(p, der, (apr_size_t)len),
                           (apr_size_t)len };

    OPENSSL_free(der);
    X509_CRL_free(crl);
    return bytes;
}

static apr_status_t take(const scene_t *s, npie_bytes_t bytes,
                         npie_err_t *err)
{
    apr_array_header_t *files = apr_array_make(s->p, 1, sizeof(const char *));
    static int count;
    apr_status_t rv;

    APR_ARRAY_PUSH(files, const char *) = forge_file(
        apr_psprintf(s->p, "%d.crl", ++count), bytes, s->p);
    rv = npie_trust_crls(s->trust, files, err, s->p);
    assert_int_equal(ERR_peek_error(), 0);
    return rv;
}

static apr_status_t verdict(const scene_t *s)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_trust_verify(s->trust, s->cert, NULL, 0, &err,
                                        s->p);

    assert_int_equal(err.problem, rv == APR_SUCCESS ? NPIE_P_NONE
                                                    : NPIE_P_UNTRUSTED);
    assert_int_equal(ERR_peek_error(), 0);
    return rv;
}

/* What the root lists, in either form, for any reason, and however old. */
static void test_intermediate(void **state)
{
    static const struct {
        long serial;
        const char *reason;
        int until;
        apr_status_t status;
    } cases[] = {
        { 0, NULL, 0, APR_SUCCESS },
        { 0x11, NULL, 0, NPIE_ESIGNATURE },
        { 0x11, "4", 0, NPIE_ESIGNATURE },
        { 0x11, "6", 0, NPIE_ESIGNATURE },
        { 0x11, "1", -3, NPIE_ESIGNATURE },
        { 0x12, NULL, 0, APR_SUCCESS }, /* the leaf: the registry's matter */
        { 0x10, NULL, 0, APR_SUCCESS }, /* the anchor: the admin's */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        scene_t s = scene(*state);
        const list_t list = { .signer = s.root, .serial = cases[i].serial,
                              .reason = cases[i].reason,
                              .until = cases[i].until };

        assert_int_equal(verdict(&s), APR_SUCCESS);
        assert_int_equal(take(&s, i % 2 == 0 ? crl_pem(&list, s.p)
                                             : crl_der(&list, s.p), NULL),
                         APR_SUCCESS);
        assert_int_equal(verdict(&s), cases[i].status);
    }
}

/* Two authorities of one name: each speaks of its own. */
static void test_same_name(void **state)
{
    scene_t s = scene(*state);
    identity_t *other = made("Raíz", "20", NULL, 1, *state);
    apr_array_header_t *files = apr_array_make(s.p, 1, sizeof(const char *));
    const list_t list = { .signer = other, .serial = 0x11 };

    APR_ARRAY_PUSH(files, const char *) = forge_file("two.pem", unit_bytes(
        apr_pstrcat(s.p, pem_of(s.root, s.p), pem_of(s.sub, s.p),
                    pem_of(other, s.p), NULL)), s.p);
    assert_int_equal(npie_trust_load(&s.trust, files, NULL, s.p), 0);
    assert_int_equal(take(&s, crl_pem(&list, s.p), NULL), APR_SUCCESS);
    assert_int_equal(verdict(&s), APR_SUCCESS);
}

/* When the next ones are due. */
static void test_until(void **state)
{
    scene_t s = scene(*state);
    const list_t week = { .signer = s.root }, old = { .signer = s.root,
                                                      .until = -2 };
    const apr_time_t now = apr_time_now();

    assert_true(npie_trust_crls_until(s.trust) == 0);
    assert_int_equal(take(&s, crl_pem(&week, s.p), NULL), APR_SUCCESS);
    assert_true(npie_trust_crls_until(s.trust) > now);
    assert_int_equal(take(&s, unit_bytes(apr_pstrcat(
        s.p, (const char *)crl_pem(&week, s.p).data,
        (const char *)crl_pem(&old, s.p).data, NULL)), NULL),
        APR_SUCCESS);
    assert_true(npie_trust_crls_until(s.trust) < now);
}

static void refused(const scene_t *s, npie_bytes_t bytes, const char *why)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(take(s, bytes, &err), NPIE_ECONFIG);
    if (strstr(err.detail, why) == NULL) {
        fail_msg("%s: %s", why, err.detail);
    }
}

/* CRLs that nobody trusted signed, or that tell only a part. */
static void test_refused(void **state)
{
    static const struct {
        forge_extension_t extension;
        const char *why;
    } cases[] = {
        { { "2.5.29.27", "critical,DER:020101" }, "it is a delta CRL" },
        { { "issuingDistributionPoint", "critical,onlyuser:TRUE" },
          "not about all certificates" },
        { { "issuingDistributionPoint", "critical,onlyAA:TRUE" },
          "not about all certificates" },
        { { "issuingDistributionPoint", "critical,indirectCRL:TRUE" },
          "not about all certificates" },
        { { "issuingDistributionPoint",
            "critical,onlysomereasons:keyCompromise" },
          "not about all certificates" },
        { { "1.2.3.4.5", "critical,DER:0500" }, "unknown" },
        { { "issuingDistributionPoint", "critical,onlyCA:TRUE" }, NULL },
        { { "1.2.3.4.5", "DER:0500" }, NULL },
    };
    scene_t s = scene(*state);
    identity_t *other = made("Raíz", "20", NULL, 1, *state);
    const list_t foreign = { .signer = other };
    const list_t leafs = { .signer = s.leaf, .issuer = s.leaf };
    const list_t named = { .signer = s.sub, .issuer = s.root };

    refused(&s, unit_bytes(""), "no CRL inside");
    refused(&s, unit_bytes(pem_of(s.root, s.p)), "no CRL inside");
    refused(&s, crl_pem(&foreign, s.p), "no trusted authority");
    refused(&s, crl_pem(&leafs, s.p), "no trusted authority");
    refused(&s, crl_der(&named, s.p), "no trusted authority");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        const list_t list = { .signer = s.root,
                              .extension = cases[i].extension };
        const npie_bytes_t bytes = crl_der(&list, s.p);

        if (cases[i].why != NULL) {
            refused(&s, bytes, cases[i].why);
        }
        else {
            assert_int_equal(take(&s, bytes, NULL), APR_SUCCESS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_intermediate), pool_test(test_same_name),
        pool_test(test_until), pool_test(test_refused),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
