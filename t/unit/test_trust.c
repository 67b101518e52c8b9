/* SPDX-License-Identifier: Apache-2.0
 * pki/trust.h: which certificates were issued under which authorities,
 * whatever the date is now.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "pki/trust.h"
#include "unit/forge.h"

/* 2.999.1 */
#define POLICY "DER:30:07:30:05:06:03:88:37:01"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A CA with this name; issuer NULL: a root. Days from now. */
static identity_t *make_ca(const char *kind, const char *name,
                           const identity_t *issuer, int from, int until,
                           apr_pool_t *p)
{
    identity_t *id = identity_key(kind, p);
    forge_t forge = { .common_name = name, .extensions = FORGE_CA,
                      .issuer = issuer, .from = from, .until = until };

    forge_certificate(id, &forge, p);
    return id;
}

/* The certificate of an employer, valid on those days. */
static npie_cert_t *make_leaf(const identity_t *ca, int from, int until,
                              apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                      .issuer = ca, .from = from, .until = until };
    npie_cert_t *cert = NULL;

    forge_certificate(id, &forge, p);
    assert_int_equal(npie_cert_parse(&cert, id->der, NULL, p), 0);
    return cert;
}

/* A file with the certificates, as PEM. */
static const char *pem_file(const char *name, apr_pool_t *p,
                            const identity_t *a, const identity_t *b)
{
    const identity_t *ids[2] = { a, b };
    const char *text = "";

    for (int i = 0; i < 2; ++i) {
        npie_cert_t *cert = NULL;

        if (ids[i] != NULL) {
            assert_int_equal(npie_cert_parse(&cert, ids[i]->der, NULL, p), 0);
            text = apr_pstrcat(p, text, npie_cert_pem(cert, p), NULL);
        }
    }
    return forge_file(name, unit_bytes(text), p);
}

static apr_status_t load(npie_trust_t **ptrust, const char *file,
                         npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *files = apr_array_make(p, 1, sizeof(const char *));
    apr_status_t rv;

    APR_ARRAY_PUSH(files, const char *) = file;
    rv = npie_trust_load(ptrust, files, err, p);
    assert_int_equal(ERR_peek_error(), 0);
    return rv;
}

/* Trust in one or two CAs. */
static npie_trust_t *trust_in(const identity_t *a, const identity_t *b,
                              apr_pool_t *p)
{
    npie_trust_t *trust = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (load(&trust, pem_file("ca.pem", p, a, b), &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return trust;
}

/* Verifies, and sees that status and problem go together. */
static apr_status_t verdict(const npie_trust_t *trust,
                            const npie_cert_t *leaf,
                            const identity_t *companion, int min_bits,
                            apr_pool_t *p)
{
    apr_array_header_t *chain = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (companion != NULL) {
        APR_ARRAY_PUSH(chain, npie_bytes_t) = companion->der;
    }
    rv = npie_trust_verify(trust, leaf, chain, min_bits, &err, p);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(err.problem, rv == APR_SUCCESS ? NPIE_P_NONE
                     : rv == NPIE_EPOLICY ? NPIE_P_KEY_WEAK
                     : NPIE_P_UNTRUSTED);
    return rv;
}

static void test_chains(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *sub = make_ca("P-256", "Sub", root, -800, 800, *state);
    npie_cert_t *direct = make_leaf(root, -10, 10, *state);
    npie_cert_t *below = make_leaf(sub, -10, 10, *state);
    npie_trust_t *only_root = trust_in(root, NULL, *state);
    npie_trust_t *both = trust_in(sub, root, *state);

    assert_int_equal(verdict(only_root, direct, NULL, 0, *state), 0);
    assert_int_equal(verdict(both, direct, NULL, 0, *state), 0);
    assert_int_equal(verdict(both, below, NULL, 0, *state), 0);
    assert_int_equal(verdict(only_root, below, sub, 0, *state), 0);
    assert_int_equal(verdict(only_root, below, NULL, 0, *state),
                     NPIE_ESIGNATURE);
    assert_int_equal(npie_trust_verify(both, below, NULL, 0, NULL, *state),
                     0);
}

/* The leaf, the intermediate or the root may have expired, as long as there
 * was a moment at which all were valid. */
static void test_times(void **state)
{
    static const struct {
        int root[2], sub[2], leaf[2];
        int held;
    } cases[] = {
        { { -900, 900 }, { -800, 800 }, { -400, -200 }, 1 },
        { { -900, -300 }, { -800, -350 }, { -400, -200 }, 1 },
        { { -900, -500 }, { -800, -450 }, { -400, -200 }, 0 },
        { { -900, 900 }, { -800, -401 }, { -400, -200 }, 0 },
        { { -300, 900 }, { -300, 900 }, { -400, -200 }, 1 },
        { { -100, 900 }, { -100, 900 }, { -400, -200 }, 0 },
        { { -900, 900 }, { -800, 800 }, { 10, 200 }, 1 },
        /* Each overlaps with the leaf, but never both at once. */
        { { -900, -350 }, { -300, 900 }, { -400, -200 }, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *root = make_ca("P-256", "Raíz", NULL, cases[i].root[0],
                                   cases[i].root[1], *state);
        identity_t *sub = make_ca("P-256", "Sub", root, cases[i].sub[0],
                                  cases[i].sub[1], *state);
        npie_cert_t *leaf = make_leaf(sub, cases[i].leaf[0],
                                      cases[i].leaf[1], *state);

        assert_int_equal(verdict(trust_in(root, sub, *state), leaf, NULL, 0,
                                 *state),
                         cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE);
        assert_int_equal(verdict(trust_in(root, NULL, *state), leaf, sub, 0,
                                 *state),
                         cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE);
    }
}

/* The same key with a second certificate: the old one expired, and the new
 * one began, within the leaf's time. */
static void test_renewed_ca(void **state)
{
    identity_t *old = make_ca("P-256", "Raíz", NULL, -900, -300, *state);
    identity_t *new = apr_pcalloc(*state, sizeof(*new));
    forge_t forge = { .common_name = "Raíz", .extensions = FORGE_CA,
                      .from = -310, .until = 900, .serial = "2" };
    npie_cert_t *leaf = make_leaf(old, -400, -200, *state);

    new->key = old->key;
    forge_certificate(new, &forge, *state);
    assert_int_equal(verdict(trust_in(old, new, *state), leaf, NULL, 0,
                             *state), 0);
    assert_int_equal(verdict(trust_in(new, old, *state), leaf, NULL, 0,
                             *state), 0);
    X509_free(new->x509);
}

/* A CA with the trusted one's name and another key is nobody. */
static void test_same_name(void **state)
{
    identity_t *real = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *false_ca = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    npie_cert_t *forged = make_leaf(false_ca, -10, 10, *state);
    npie_trust_t *trust = trust_in(real, NULL, *state);

    assert_int_equal(verdict(trust, forged, NULL, 0, *state),
                     NPIE_ESIGNATURE);
    assert_int_equal(verdict(trust, forged, false_ca, 0, *state),
                     NPIE_ESIGNATURE);
}

/* An authority that changed its key and kept its name: both are trusted, the
 * leaves name neither key, and the order of the files does not matter. */
static void test_rollover(void **state)
{
    identity_t *first = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *second = make_ca("P-256", "Raíz", NULL, -800, 900, *state);
    npie_cert_t *by_first = make_leaf(first, -10, 10, *state);
    npie_cert_t *by_second = make_leaf(second, -10, 10, *state);
    npie_trust_t *one = trust_in(first, second, *state);
    npie_trust_t *other = trust_in(second, first, *state);

    assert_int_equal(verdict(one, by_first, NULL, 0, *state), 0);
    assert_int_equal(verdict(one, by_second, NULL, 0, *state), 0);
    assert_int_equal(verdict(other, by_first, NULL, 0, *state), 0);
    assert_int_equal(verdict(other, by_second, NULL, 0, *state), 0);
}

/* Leaves that are not what an employer has. */
static void test_leaf_rules(void **state)
{
    static const struct {
        forge_extension_t extensions[3];
        int held;
    } cases[] = {
        { { { NULL, NULL } }, 1 },
        { { { "keyUsage", "digitalSignature" } }, 1 },
        { { { "keyUsage", "nonRepudiation,keyEncipherment" } }, 0 },
        { { { "keyUsage", "digitalSignature,keyCertSign" },
            { "basicConstraints", "CA:TRUE" } }, 0 },
        { { { "basicConstraints", "critical,CA:TRUE" } }, 0 },
        { { { "extendedKeyUsage", "clientAuth" } }, 1 },
        { { { "extendedKeyUsage", "emailProtection,serverAuth" } }, 1 },
        { { { "extendedKeyUsage", "anyExtendedKeyUsage" } }, 1 },
        { { { "extendedKeyUsage", "serverAuth" } }, 0 },
        /* The institute's seal is nobody's to log in with. */
        { { { "extendedKeyUsage", FORGE_SEAL_USAGE } }, 0 },
        { { { "extendedKeyUsage", "critical,timeStamping" } }, 0 },
        { { { "1.2.3.4.5", "DER:0500" } }, 1 },
        { { { "1.2.3.4.5", "critical,DER:0500" } }, 0 },
        { { { "nsCertType", "client" } }, 1 },
    };
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    npie_trust_t *trust = trust_in(root, NULL, *state);

    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *id = identity_key("P-256", *state);
        forge_t forge = { .common_name = "Ana", .issuer = root };
        npie_cert_t *leaf = NULL;

        memcpy(forge.extensions, cases[i].extensions,
               sizeof(cases[i].extensions));
        forge_certificate(id, &forge, *state);
        assert_int_equal(npie_cert_parse(&leaf, id->der, NULL, *state), 0);
        assert_int_equal(verdict(trust, leaf, NULL, 0, *state),
                         cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE);
    }
}

/* Intermediates that must not issue, or not this. */
static void test_intermediate_rules(void **state)
{
    static const struct {
        forge_extension_t extensions[3];
        int held;
    } cases[] = {
        { FORGE_CA, 1 },
        { FORGE_LEAF, 0 },
        { { { NULL, NULL } }, 0 },
        { { { "basicConstraints", "critical,CA:TRUE" },
            { "keyUsage", "critical,cRLSign" } }, 0 },
        { { { "basicConstraints", "critical,CA:TRUE" },
            { "1.2.3.4.5", "critical,DER:0500" } }, 0 },
        { { { "basicConstraints", "critical,CA:TRUE" },
            { "nameConstraints", "critical,permitted;email:otro.example" } },
          0 },
        { { { "basicConstraints", "critical,CA:TRUE" },
            { "nameConstraints", "critical,permitted;email:b.example" } },
          1 },
    };
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    npie_trust_t *trust = trust_in(root, NULL, *state);

    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *sub = identity_key("P-256", *state);
        identity_t *id = identity_key("P-256", *state);
        forge_t forge = { .common_name = "Sub", .issuer = root };
        forge_t below = {
            .common_name = "Ana", .issuer = sub,
            .extensions = { { "subjectAltName", "email:a@b.example" } },
        };
        npie_cert_t *leaf = NULL;

        memcpy(forge.extensions, cases[i].extensions,
               sizeof(cases[i].extensions));
        forge_certificate(sub, &forge, *state);
        forge_certificate(id, &below, *state);
        assert_int_equal(npie_cert_parse(&leaf, id->der, NULL, *state), 0);
        assert_int_equal(verdict(trust, leaf, sub, 0, *state),
                         cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE);
    }
}

/* Usages that an intermediate names hold for what is below it; and a policy
 * that a path must have. */
static void test_path_usages(void **state)
{
    static const struct {
        forge_extension_t sub, leaf;
        int held;
    } cases[] = {
        { { "extendedKeyUsage", "serverAuth" }, { NULL, NULL }, 0 },
        { { "extendedKeyUsage", "serverAuth" },
          { "extendedKeyUsage", "clientAuth" }, 0 },
        { { "extendedKeyUsage", "clientAuth" }, { NULL, NULL }, 1 },
        { { "extendedKeyUsage", "emailProtection" },
          { "extendedKeyUsage", "clientAuth" }, 0 },
        { { "extendedKeyUsage", "emailProtection" },
          { "extendedKeyUsage", "clientAuth,emailProtection" }, 1 },
        { { "extendedKeyUsage", "anyExtendedKeyUsage" },
          { "extendedKeyUsage", "clientAuth" }, 1 },
        { { "policyConstraints", "critical,requireExplicitPolicy:0" },
          { NULL, NULL }, 0 },
        { { "policyConstraints", "critical,requireExplicitPolicy:0" },
          { "certificatePolicies", POLICY }, 1 },
        { { "inhibitAnyPolicy", "critical,0" },
          { "certificatePolicies", POLICY }, 1 },
    };
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    npie_trust_t *trust = trust_in(root, NULL, *state);

    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *sub = identity_key("P-256", *state);
        identity_t *id = identity_key("P-256", *state);
        forge_t forge = {
            .common_name = "Sub", .issuer = root,
            .extensions = { { "basicConstraints", "critical,CA:TRUE" },
                            { "certificatePolicies", POLICY },
                            cases[i].sub },
        };
        forge_t below = { .common_name = "Ana", .issuer = sub,
                          .extensions = { cases[i].leaf } };
        npie_cert_t *leaf = NULL;

        forge_certificate(sub, &forge, *state);
        forge_certificate(id, &below, *state);
        assert_int_equal(npie_cert_parse(&leaf, id->der, NULL, *state), 0);
        if (verdict(trust, leaf, sub, 0, *state)
            != (cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE)) {
            fail_msg("case %d", (int)i);
        }
    }
}

/* The same for the institute's seals. */
static void test_seal_usages(void **state)
{
    static const struct {
        const char *usage;
        int held;
    } cases[] = {
        { "serverAuth", 0 }, { "emailProtection", 0 },
        { "1.3.6.1.5.5.7.3.36", 1 }, { "anyExtendedKeyUsage", 1 },
    };
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);

    /* An employer's certificate, which names no usage, is no seal. */
    assert_int_equal(npie_trust_verify_seal(trust_in(root, NULL, *state),
                                            make_leaf(root, -10, 10, *state),
                                            NULL, 0, NULL, *state),
                     NPIE_ESIGNATURE);
    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *sub = identity_key("P-256", *state);
        forge_t forge = {
            .common_name = "Sub", .issuer = root,
            .extensions = { { "basicConstraints", "critical,CA:TRUE" },
                            { "extendedKeyUsage", cases[i].usage } },
        };
        npie_cert_t *seal = NULL;

        forge_certificate(sub, &forge, *state);
        assert_int_equal(npie_cert_parse(&seal, forge_seal(
            sub, FORGE_SEAL_USAGE, *state)->der, NULL, *state), 0);
        assert_int_equal(npie_trust_verify_seal(trust_in(root, sub, *state),
                                                seal, NULL, 2048, NULL,
                                                *state),
                         cases[i].held ? APR_SUCCESS : NPIE_ESIGNATURE);
    }
}

static void test_path_length(void **state)
{
    identity_t *root = identity_key("P-256", *state);
    forge_t forge = {
        .common_name = "Raíz",
        .extensions = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" } }
    };
    identity_t *sub;

    forge_certificate(root, &forge, *state);
    sub = make_ca("P-256", "Sub", root, -20, 20, *state);
    assert_int_equal(verdict(trust_in(root, NULL, *state),
                             make_leaf(root, -10, 10, *state), NULL, 0,
                             *state), 0);
    assert_int_equal(verdict(trust_in(root, sub, *state),
                             make_leaf(sub, -10, 10, *state), NULL, 0,
                             *state), NPIE_ESIGNATURE);
}

/* An employer's certificate cannot issue another, nor vouch for itself. */
static void test_leaf_as_issuer(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *employer = identity_key("P-256", *state);
    identity_t *self = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                      .issuer = root };
    npie_trust_t *trust = trust_in(root, NULL, *state);
    npie_cert_t *leaf = NULL;

    forge_certificate(employer, &forge, *state);
    assert_int_equal(verdict(trust, make_leaf(employer, -5, 5, *state),
                             employer, 0, *state), NPIE_ESIGNATURE);
    forge.issuer = NULL;
    forge_certificate(self, &forge, *state);
    assert_int_equal(npie_cert_parse(&leaf, self->der, NULL, *state), 0);
    assert_int_equal(verdict(trust, leaf, self, 0, *state), NPIE_ESIGNATURE);
    assert_int_equal(verdict(trust, leaf, NULL, 0, *state), NPIE_ESIGNATURE);
}

/* The authorities between a leaf and its root, from the trust or from what came
 * along; the root itself is left out. */
static void test_path(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *sub = make_ca("P-256", "Emisora", root, -900, 900, *state);
    npie_cert_t *leaf = make_leaf(sub, -10, 10, *state);
    apr_array_header_t *along = apr_array_make(*state, 1,
                                               sizeof(npie_bytes_t));
    npie_trust_t *trusts[] = { trust_in(root, NULL, *state),
                               trust_in(root, sub, *state) };
    apr_array_header_t *path = NULL;

    assert_int_equal(npie_trust_path(&path, trusts[0], leaf, NULL, NULL,
                                     *state), NPIE_ESIGNATURE);
    APR_ARRAY_PUSH(along, npie_bytes_t) = sub->der;
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(npie_trust_path(&path, trusts[i], leaf,
                                         i == 0 ? along : NULL, NULL, *state),
                         APR_SUCCESS);
        assert_int_equal(path->nelts, 1);
        assert_memory_equal(APR_ARRAY_IDX(path, 0, npie_bytes_t).data,
                            sub->der.data, sub->der.len);
    }
    leaf = make_leaf(root, -10, 10, *state);
    assert_int_equal(npie_trust_path(&path, trusts[0], leaf, NULL, NULL,
                                     *state), APR_SUCCESS);
    assert_int_equal(path->nelts, 0);
}

/* The old chain may be weak, but not broken. */
static void test_strength(void **state)
{
    static const struct {
        const char *ca, *leaf;
        const EVP_MD *(*md)(void);
        int min_bits;
        apr_status_t status;
    } cases[] = {
        { "RSA-2048", "RSA-1024", EVP_sha1, 1024, APR_SUCCESS },
        { "RSA-1024", "RSA-1024", EVP_sha1, 1024, APR_SUCCESS },
        { "RSA-2048", "RSA-1024", EVP_sha256, 2048, NPIE_EPOLICY },
        { "RSA-2048", "RSA-1024", EVP_md5, 1024, NPIE_EPOLICY },
        { "RSA-2048", "RSA-512", EVP_sha256, 1024, NPIE_EPOLICY },
        { "RSA-512", "RSA-1024", EVP_sha1, 1024, NPIE_EPOLICY },
        { "P-256", "P-224", EVP_sha224, 1024, APR_SUCCESS },
        { "P-256", "P-192", EVP_sha256, 1024, NPIE_EPOLICY },
        { "ED25519", "P-256", EVP_sha256, 1024, APR_SUCCESS },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        identity_t *root = make_ca(cases[i].ca, "Raíz", NULL, -900, 900,
                                   *state);
        identity_t *id = identity_key(cases[i].leaf, *state);
        forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                          .issuer = root, .md = cases[i].md() };
        npie_cert_t *leaf = NULL;

        forge_certificate(id, &forge, *state);
        assert_int_equal(npie_cert_parse(&leaf, id->der, NULL, *state), 0);
        assert_int_equal(verdict(trust_in(root, NULL, *state), leaf, NULL,
                                 cases[i].min_bits, *state),
                         cases[i].status);
    }
}

static void test_chain(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *sub = make_ca("P-256", "Sub", root, -800, 800, *state);
    identity_t *other = make_ca("P-256", "Otra", NULL, -800, 800, *state);
    npie_trust_t *trust = trust_in(root, sub, *state);
    apr_array_header_t *chain = NULL;

    assert_int_equal(npie_trust_chain(&chain, trust,
                                      make_leaf(sub, -10, 10, *state), NULL,
                                      *state), 0);
    assert_int_equal(chain->nelts, 2);
    assert_int_equal(APR_ARRAY_IDX(chain, 0, npie_bytes_t).len,
                     sub->der.len);
    assert_memory_equal(APR_ARRAY_IDX(chain, 0, npie_bytes_t).data,
                        sub->der.data, sub->der.len);
    assert_memory_equal(APR_ARRAY_IDX(chain, 1, npie_bytes_t).data,
                        root->der.data, root->der.len);
    assert_int_equal(npie_trust_chain(&chain, trust,
                                      make_leaf(other, -10, 10, *state),
                                      NULL, *state), NPIE_ESIGNATURE);
}

static void refused_file(const char *file, const char *reason, apr_pool_t *p)
{
    npie_trust_t *trust = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(load(&trust, file, &err, p), NPIE_ECONFIG);
    assert_null(trust);
    assert_non_null(strstr(err.detail, reason));
}

static void test_load_refuses(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    identity_t *sub = make_ca("P-256", "Sub", root, -800, 800, *state);
    identity_t *leaf = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF,
                      .issuer = root };
    apr_pool_t *p = *state;

    forge_certificate(leaf, &forge, p);
    identity_write_key(root, forge_path("key.pem", p));
    refused_file("/nonexistent/ca.pem", "/nonexistent/ca.pem: ", p);
    refused_file(forge_file("empty.pem", unit_bytes(""), p),
                 "empty.pem: no certificate inside", p);
    refused_file(forge_path("key.pem", p),
                 "key.pem: no certificate inside", p);
    refused_file(forge_file("bad.pem", unit_bytes(
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
        p), "bad.pem: ", p);
    refused_file(pem_file("leaf.pem", p, root, leaf), "\"Ana\" is no CA's",
                 p);
    refused_file(pem_file("sub.pem", p, sub, NULL), "self-signed", p);
    refused_file(forge_path("", p), "", p);
}

/* A certificate given twice is one, and text round the blocks is no matter. */
static void test_load_takes(void **state)
{
    identity_t *root = make_ca("P-256", "Raíz", NULL, -900, 900, *state);
    npie_trust_t *trust = NULL;
    apr_array_header_t *files = apr_array_make(*state, 2,
                                               sizeof(const char *));

    APR_ARRAY_PUSH(files, const char *) = pem_file("a.pem", *state, root,
                                                   root);
    assert_int_equal(forge_run(NULL, *state, "{ echo '# la raíz'; cat a.pem; "
                               "echo fin; } > b.pem"), 0);
    APR_ARRAY_PUSH(files, const char *) = forge_path("b.pem", *state);
    assert_int_equal(npie_trust_load(&trust, files, NULL, *state), 0);
    assert_int_equal(verdict(trust, make_leaf(root, -10, 10, *state), NULL,
                             0, *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_chains), pool_test(test_times),
        pool_test(test_renewed_ca), pool_test(test_same_name),
        pool_test(test_rollover), pool_test(test_leaf_rules),
        pool_test(test_intermediate_rules), pool_test(test_path_usages),
        pool_test(test_seal_usages), pool_test(test_path_length),
        pool_test(test_leaf_as_issuer), pool_test(test_path),
        pool_test(test_strength),
        pool_test(test_chain), pool_test(test_load_refuses),
        pool_test(test_load_takes),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
