/* SPDX-License-Identifier: Apache-2.0
 * Certification paths that were good once, whatever the date is now.
 */
#include "pki/trust.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "pki/crls.h"
#include "pki/openssl.h"
#include "pki/pem.h"

#define COMPANIONS_MAX 8   /* certificates that came along and are looked at */
#define EC_MIN_BITS 224
#define DOCUMENT_SIGNING "1.3.6.1.5.5.7.3.36" /* RFC 9336 */

/* What a certificate may be for, of what counts here. */
enum {
    USE_CLIENT = 1,
    USE_MAIL = 2,
    USE_DOCUMENTS = 4,
    USE_ALL = 7
};

struct npie_trust_t {
    apr_array_header_t *anchors; /* of npie_cert_t *, self-signed */
    apr_array_header_t *others;  /* of npie_cert_t * */
    npie_crls_t *crls;           /* or NULL */
};

/* One verification: candidates whose keys did sign what is below them. */
typedef struct path_t {
    X509 *leaf;
    STACK_OF(X509) *anchors; /* borrowed certificates */
    STACK_OF(X509) *others;  /* borrowed certificates */
    STACK_OF(X509) *chain;   /* owned: the path found, leaf first */
    int error;               /* X509_V_ERR_... of the last attempt */
} path_t;

static npie_cert_t *cert_at(const apr_array_header_t *certs, int i)
{
    return APR_ARRAY_IDX(certs, i, npie_cert_t *);
}

static int is_known(const apr_array_header_t *certs, const npie_cert_t *cert)
{
    for (int i = 0; i < certs->nelts; ++i) {
        if (X509_cmp(cert_at(certs, i)->x509, cert->x509) == 0) {
            return 1;
        }
    }
    return 0;
}

int npie_trust_has(const npie_trust_t *trust, const npie_cert_t *ca)
{
    return is_known(trust->anchors, ca) || is_known(trust->others, ca);
}

static apr_status_t add_ca(void *baton, npie_cert_t *ca, const char *file,
                           npie_err_t *err)
{
    npie_trust_t *trust = baton;
    apr_array_header_t *certs;

    if (X509_check_ca(ca->x509) == 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: the certificate of \"%s\" is no CA's", file,
                            ca->common_name);
    }
    certs = X509_self_signed(ca->x509, 1) == 1 ? trust->anchors
                                               : trust->others;
    if (!is_known(certs, ca)) {
        APR_ARRAY_PUSH(certs, npie_cert_t *) = ca;
    }
    ERR_clear_error();
    return APR_SUCCESS;
}

apr_status_t npie_trust_load(npie_trust_t **ptrust,
                             const apr_array_header_t *files,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_trust_t *trust = apr_pcalloc(p, sizeof(*trust));

    trust->anchors = apr_array_make(p, 4, sizeof(npie_cert_t *));
    trust->others = apr_array_make(p, 4, sizeof(npie_cert_t *));
    for (int i = 0; i < files->nelts; ++i) {
        apr_status_t rv = npie_pem_read(APR_ARRAY_IDX(files, i, const char *),
                                        add_ca, trust, err, p);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (trust->anchors->nelts == 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "none of the trusted certificates is self-signed");
    }
    *ptrust = trust;
    return APR_SUCCESS;
}

/* Has one of these signed the CRL? */
static int has_listed(const apr_array_header_t *certs, X509_CRL *crl)
{
    int held = 0;

    for (int i = 0; !held && i < certs->nelts; ++i) {
        X509 *ca = cert_at(certs, i)->x509;

        /* UINT32_MAX stands for an extension that is not there. */
        held = (X509_get_key_usage(ca) & KU_CRL_SIGN) != 0
            && X509_NAME_cmp(X509_CRL_get_issuer(crl),
                             X509_get_subject_name(ca)) == 0
            && X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1;
    }
    ERR_clear_error();
    return held;
}

static int is_crl_signed(void *baton, X509_CRL *crl)
{
    const npie_trust_t *trust = baton;

    return has_listed(trust->anchors, crl) || has_listed(trust->others, crl);
}

apr_status_t npie_trust_crls(npie_trust_t *trust,
                             const apr_array_header_t *files, npie_err_t *err,
                             apr_pool_t *p)
{
    return npie_crls_load(&trust->crls, files, is_crl_signed, trust, err, p);
}

apr_time_t npie_trust_crls_until(const npie_trust_t *trust)
{
    return npie_crls_until(trust->crls);
}

/* Did this CA's key sign this certificate? A name alone proves nothing: an
 * authority keeps its name when it changes its key. */
static int has_signed(X509 *ca, X509 *x509)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);
    int held = key != NULL && EVP_PKEY_get_bits(key) <= NPIE_RSA_MAX_BITS
        && X509_NAME_cmp(X509_get_subject_name(ca),
                         X509_get_issuer_name(x509)) == 0
        && X509_verify(x509, key) == 1;

    ERR_clear_error();
    return held;
}

/* Adds those of pool that signed the leaf or one of found; 1 if any. */
static int gather(STACK_OF(X509) *found, const apr_array_header_t *pool,
                  const path_t *path)
{
    int added = 0;

    for (int i = 0; i < pool->nelts; ++i) {
        X509 *ca = cert_at(pool, i)->x509;
        int wanted;

        if (sk_X509_find(found, ca) >= 0) {
            continue;
        }
        wanted = has_signed(ca, path->leaf);
        for (int k = 0; !wanted && k < sk_X509_num(path->others); ++k) {
            wanted = has_signed(ca, sk_X509_value(path->others, k));
        }
        added |= wanted && sk_X509_push(found, ca) > 0;
    }
    return added;
}

/* The moments to try: the last second of the leaf, and of each issuer that
 * ends within the leaf's validity. When a path holds at any moment, the last
 * at which it does is among them. */
static apr_array_header_t *moments(const npie_trust_t *trust,
                                   const npie_cert_t *leaf,
                                   const apr_array_header_t *companions,
                                   apr_pool_t *ptemp)
{
    const apr_array_header_t *sources[3];
    apr_array_header_t *times = apr_array_make(ptemp, 8, sizeof(apr_time_t));

    sources[0] = trust->anchors;
    sources[1] = trust->others;
    sources[2] = companions;
    APR_ARRAY_PUSH(times, apr_time_t) = leaf->not_after - APR_USEC_PER_SEC;
    for (int s = 0; s < 3; ++s) {
        for (int i = 0; i < sources[s]->nelts; ++i) {
            apr_time_t last = cert_at(sources[s], i)->not_after
                - APR_USEC_PER_SEC;

            if (last >= leaf->not_before && last < leaf->not_after) {
                APR_ARRAY_PUSH(times, apr_time_t) = last;
            }
        }
    }
    return times;
}

/* Whatever policy a path has will do, but where a CA asks for one there must
 * be one (RFC 5280 section 6.1, user-initial-policy-set any-policy). */
static int heed_policies(X509_VERIFY_PARAM *param)
{
    ASN1_OBJECT *any = OBJ_nid2obj(NID_any_policy);

    return X509_VERIFY_PARAM_add0_policy(param, any) == 1
        && X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_POLICY_CHECK) == 1;
}

/* One attempt at one moment. 1: the path holds; 0: it does not, why in
 * path->error; -1: libcrypto failed. */
static int attempt(path_t *path, apr_time_t moment)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;
    int held = -1;

    if (ctx == NULL
        || X509_STORE_CTX_init(ctx, NULL, path->leaf, path->others) != 1) {
        goto cleanup;
    }
    X509_STORE_CTX_set0_trusted_stack(ctx, path->anchors);
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, apr_time_sec(moment));
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    if (!heed_policies(param)) {
        goto cleanup;
    }
    held = X509_verify_cert(ctx);
    path->error = X509_STORE_CTX_get_error(ctx);
    if (held == 1) {
        path->chain = X509_STORE_CTX_get1_chain(ctx);
        held = path->chain != NULL ? 1 : -1;
    }
cleanup:
    X509_STORE_CTX_free(ctx);
    return held < 0 ? -1 : held;
}

/* Parses what came along with the leaf; what cannot be read is no help. */
static apr_array_header_t *parse_companions(const apr_array_header_t *chain,
                                            apr_pool_t *ptemp)
{
    apr_array_header_t *certs = apr_array_make(ptemp, 4,
                                               sizeof(npie_cert_t *));

    for (int i = 0; chain != NULL && i < chain->nelts
         && certs->nelts < COMPANIONS_MAX; ++i) {
        npie_cert_t *cert = NULL;

        if (npie_cert_parse(&cert, APR_ARRAY_IDX(chain, i, npie_bytes_t),
                            NULL, ptemp) == APR_SUCCESS
            && X509_check_ca(cert->x509) != 0) {
            APR_ARRAY_PUSH(certs, npie_cert_t *) = cert;
        }
    }
    return certs;
}

static apr_status_t find_path(path_t *path, const npie_trust_t *trust,
                              const npie_cert_t *leaf,
                              const apr_array_header_t *chain,
                              apr_pool_t *ptemp)
{
    apr_array_header_t *companions = parse_companions(chain, ptemp);
    apr_array_header_t *times = moments(trust, leaf, companions, ptemp);
    int held = 0, more = 1;

    path->leaf = leaf->x509;
    path->error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    path->chain = NULL;
    path->anchors = sk_X509_new_null();
    path->others = sk_X509_new(NULL);
    if (path->anchors == NULL || path->others == NULL) {
        return NPIE_EINTERNAL;
    }
    while (more) {
        more = gather(path->others, trust->others, path);
        more |= gather(path->others, companions, path);
    }
    gather(path->anchors, trust->anchors, path);
    for (int i = 0; held == 0 && i < times->nelts; ++i) {
        held = attempt(path, APR_ARRAY_IDX(times, i, apr_time_t));
        if (path->error != X509_V_ERR_CERT_HAS_EXPIRED
            && path->error != X509_V_ERR_CERT_NOT_YET_VALID) {
            break;
        }
    }
    if (held < 0) {
        return NPIE_EINTERNAL;
    }
    return held == 1 ? APR_SUCCESS : NPIE_ESIGNATURE;
}

static void path_free(path_t *path)
{
    sk_X509_pop_free(path->chain, X509_free);
    sk_X509_free(path->anchors);
    sk_X509_free(path->others);
    ERR_clear_error();
}

/* libcrypto 3.0 has no name for the purpose, nor a flag. */
static int signs_documents(X509 *x509)
{
    EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL,
                                                NULL);
    char text[sizeof(DOCUMENT_SIGNING) + 1];
    int found = 0;

    for (int i = 0; i < sk_ASN1_OBJECT_num(list) && !found; ++i) {
        OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(list, i), 1);
        found = strcmp(text, DOCUMENT_SIGNING) == 0;
    }
    EXTENDED_KEY_USAGE_free(list);
    return found;
}

/* What the extendedKeyUsage lets a certificate, or what is below it, be
 * for. */
static int uses_of(X509 *x509)
{
    const uint32_t extended = X509_get_extended_key_usage(x509);

    /* UINT32_MAX stands for an extension that is not there. */
    if (extended == UINT32_MAX || extended & XKU_ANYEKU) {
        return USE_ALL;
    }
    return (extended & XKU_SSL_CLIENT ? USE_CLIENT : 0)
        | (extended & XKU_SMIME ? USE_MAIL : 0)
        | (signs_documents(x509) ? USE_DOCUMENTS : 0);
}

/* NULL when every intermediate issues for one of the uses wanted of the leaf.
 * The anchor is trusted for what it is named for, whatever it says. */
static const char *use_fault(const path_t *path, int wanted)
{
    int uses = wanted;

    for (int i = 0; i + 1 < sk_X509_num(path->chain); ++i) {
        uses &= uses_of(sk_X509_value(path->chain, i));
    }
    return uses != 0 ? NULL
        : "a CA of the chain issues for other uses (extendedKeyUsage)";
}

/* NULL when the leaf is an end entity's for signing and logging in. */
static const char *leaf_fault(X509 *leaf)
{
    uint32_t extended = X509_get_extended_key_usage(leaf);

    if (X509_check_ca(leaf) != 0) {
        return "the certificate is a CA's";
    }
    /* UINT32_MAX stands for an extension that is not there. */
    if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE)) {
        return "the certificate is not for signatures (keyUsage)";
    }
    if (!(extended & (XKU_SSL_CLIENT | XKU_SMIME | XKU_ANYEKU))) {
        return "the certificate is not for persons (extendedKeyUsage)";
    }
    if (signs_documents(leaf)) {
        return "the certificate is for the institute's seals";
    }
    return NULL;
}

/* NULL when the leaf is the institute's for seals. */
static const char *seal_fault(X509 *leaf)
{
    if (X509_check_ca(leaf) != 0) {
        return "the certificate is a CA's";
    }
    if (!(X509_get_key_usage(leaf)
          & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))) {
        return "the certificate is not for signatures (keyUsage)";
    }
    return signs_documents(leaf) ? NULL
        : "the certificate is not for seals (extendedKeyUsage)";
}

static int is_digest_taken(X509 *x509)
{
    int digest = NID_undef, kind = NID_undef;

    if (X509_get_signature_info(x509, &digest, &kind, NULL, NULL) != 1) {
        ERR_clear_error();
        return 0;
    }
    switch (digest) {
    case NID_sha1:
    case NID_sha224:
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
        return 1;
    default:
        return kind == NID_ED25519 || kind == NID_ED448;
    }
}

/* NULL when keys and digests along the path are strong enough. The anchor's
 * own signature proves nothing and is not judged. */
static const char *strength_fault(const path_t *path, int min_bits)
{
    for (int i = 0; i < sk_X509_num(path->chain); ++i) {
        X509 *x509 = sk_X509_value(path->chain, i);
        const EVP_PKEY *key = X509_get0_pubkey(x509);
        int bits = EVP_PKEY_get_bits(key);

        switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
        case EVP_PKEY_RSA_PSS:
            if (bits < min_bits || bits > NPIE_RSA_MAX_BITS) {
                return "an RSA key of the chain is too short or too long";
            }
            break;
        case EVP_PKEY_EC:
            if (bits < EC_MIN_BITS) {
                return "a curve of the chain is too small";
            }
            break;
        case EVP_PKEY_ED25519:
        case EVP_PKEY_ED448:
            break;
        default:
            return "a key of the chain is of a kind that is not taken";
        }
        if (i + 1 < sk_X509_num(path->chain) && !is_digest_taken(x509)) {
            return "a signature of the chain uses a broken digest";
        }
    }
    return NULL;
}

/* The path above the leaf as DER in p. */
static apr_status_t copy_chain(apr_array_header_t **pchain,
                               const path_t *path, apr_pool_t *p)
{
    int count = sk_X509_num(path->chain);
    apr_array_header_t *chain = apr_array_make(p, count,
                                               sizeof(npie_bytes_t));

    for (int i = 1; i < count; ++i) {
        npie_bytes_t der =
            npie_openssl_x509_der(sk_X509_value(path->chain, i), p);

        if (der.len == 0) {
            return NPIE_EINTERNAL;
        }
        APR_ARRAY_PUSH(chain, npie_bytes_t) = der;
    }
    *pchain = chain;
    return APR_SUCCESS;
}

/* NULL when no CA of the path was revoked by the one above it. What becomes
 * of the leaf is the registry's matter, and of the anchor the admin's. */
static const char *revocation_fault(const path_t *path,
                                    const npie_crls_t *crls)
{
    for (int i = 1; i + 1 < sk_X509_num(path->chain); ++i) {
        if (npie_crls_list(crls, sk_X509_value(path->chain, i),
                           sk_X509_value(path->chain, i + 1))) {
            return "a CA of the chain was revoked";
        }
    }
    return NULL;
}

/* A path that holds: are its uses and its strength right, and all its CAs
 * good? */
static apr_status_t judge_path(const path_t *path, const npie_trust_t *trust,
                               int uses, int min_bits, npie_err_t *err)
{
    const char *fault = use_fault(path, uses);

    if (fault == NULL) {
        fault = revocation_fault(path, trust->crls);
    }
    if (fault != NULL) {
        return npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_UNTRUSTED, "%s",
                            fault);
    }
    fault = strength_fault(path, min_bits);
    return fault == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_KEY_WEAK, "%s", fault);
}

/* All public functions in one; pchain may be NULL.
 * fault: what the leaf alone is unfit by, or NULL; uses: one of them at
 * least */
static apr_status_t verify(apr_array_header_t **pchain, const char *fault,
                           int uses, const npie_trust_t *trust, const npie_cert_t *leaf,
                           const apr_array_header_t *chain, int min_bits,
                           npie_err_t *err, apr_pool_t *p)
{
    path_t path;
    apr_status_t rv;

    if (fault != NULL) {
        return npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_UNTRUSTED, "%s",
                            fault);
    }
    rv = find_path(&path, trust, leaf, chain, p);
    if (rv == NPIE_EINTERNAL) {
        npie_openssl_fail(err, rv, NPIE_P_INTERNAL, "no path could be built");
    } else if (rv != APR_SUCCESS) {
        npie_err_set(err, rv, NPIE_P_UNTRUSTED,
                     "the certificate is not of a trusted authority: %s",
                     X509_verify_cert_error_string(path.error));
    } else {
        rv = judge_path(&path, trust, uses, min_bits, err);
    }
    if (rv == APR_SUCCESS && pchain != NULL) {
        rv = copy_chain(pchain, &path, p);
    }
    path_free(&path);
    return rv;
}

apr_status_t npie_trust_verify(const npie_trust_t *trust,
                               const npie_cert_t *leaf,
                               const apr_array_header_t *chain, int min_bits,
                               npie_err_t *err, apr_pool_t *ptemp)
{
    return verify(NULL, leaf_fault(leaf->x509), USE_CLIENT | USE_MAIL, trust,
                  leaf, chain, min_bits, err, ptemp);
}

apr_status_t npie_trust_verify_seal(const npie_trust_t *trust,
                                    const npie_cert_t *leaf,
                                    const apr_array_header_t *chain,
                                    int min_bits, npie_err_t *err,
                                    apr_pool_t *ptemp)
{
    return verify(NULL, seal_fault(leaf->x509), USE_DOCUMENTS, trust, leaf,
                  chain, min_bits, err, ptemp);
}

apr_status_t npie_trust_chain(apr_array_header_t **pchain,
                              const npie_trust_t *trust,
                              const npie_cert_t *leaf, npie_err_t *err,
                              apr_pool_t *p)
{
    return verify(pchain, leaf_fault(leaf->x509), USE_CLIENT | USE_MAIL, trust,
                  leaf, NULL, 0, err, p);
}

apr_status_t npie_trust_path(apr_array_header_t **ppath,
                             const npie_trust_t *trust,
                             const npie_cert_t *leaf,
                             const apr_array_header_t *chain, npie_err_t *err,
                             apr_pool_t *p)
{
    apr_status_t rv = verify(ppath, NULL, USE_ALL, trust, leaf, chain, 0,
                             err, p);

    if (rv == APR_SUCCESS) {
        apr_array_pop(*ppath);
    }
    return rv;
}
