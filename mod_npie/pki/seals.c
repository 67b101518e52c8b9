/* SPDX-License-Identifier: Apache-2.0
 * Knowing the institute's seals.
 */
#include "pki/seals.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "pki/pem.h"

/* A seal and where it stands. */
typedef struct seal_t {
    const npie_cert_t *cert;
    const char *file;
} seal_t;

struct npie_seals_t {
    apr_array_header_t *list;  /* of seal_t */
    apr_array_header_t *above; /* of npie_bytes_t, DER */
};

static apr_status_t add(void *baton, npie_cert_t *cert, const char *file,
                        npie_err_t *err)
{
    npie_seals_t *seals = baton;
    seal_t *seal;

    (void)err;
    if (X509_check_ca(cert->x509) != 0) {
        APR_ARRAY_PUSH(seals->above, npie_bytes_t) = cert->der;
        return APR_SUCCESS;
    }
    seal = apr_array_push(seals->list);
    seal->cert = cert;
    seal->file = file;
    return APR_SUCCESS;
}

static apr_status_t check(const npie_seals_t *seals, const npie_trust_t *trust,
                          npie_err_t *err, apr_pool_t *p)
{
    for (int i = 0; i < seals->list->nelts; ++i) {
        const seal_t *seal = &APR_ARRAY_IDX(seals->list, i, seal_t);
        npie_err_t why = { 0, NPIE_P_NONE, "" };

        if (npie_trust_verify_seal(trust, seal->cert, seals->above,
                                   NPIE_SEAL_MIN_BITS, &why, p)
            != APR_SUCCESS) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s: \"%s\": %s", seal->file,
                                seal->cert->common_name, why.detail);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_seals_load(npie_seals_t **pseals,
                             const apr_array_header_t *files,
                             const npie_trust_t *trust, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_seals_t *seals = apr_palloc(p, sizeof(*seals));
    apr_status_t rv = APR_SUCCESS;

    seals->list = apr_array_make(p, 2, sizeof(seal_t));
    seals->above = apr_array_make(p, 2, sizeof(npie_bytes_t));
    for (int i = 0; rv == APR_SUCCESS && i < files->nelts; ++i) {
        rv = npie_pem_read(APR_ARRAY_IDX(files, i, const char *), add, seals,
                           err, p);
    }
    if (rv == APR_SUCCESS && seals->list->nelts == 0) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                          "%s: CA certificates alone, no seal's",
                          files->nelts > 0
                          ? APR_ARRAY_IDX(files, 0, const char *) : "no file");
    }
    if (rv == APR_SUCCESS) {
        rv = check(seals, trust, err, p);
    }
    *pseals = seals;
    return rv;
}

apr_time_t npie_seals_end(const npie_seals_t *seals)
{
    apr_time_t end = 0;

    for (int i = 0; i < seals->list->nelts; ++i) {
        const npie_cert_t *cert = APR_ARRAY_IDX(seals->list, i, seal_t).cert;

        end = cert->not_after > end ? cert->not_after : end;
    }
    return end;
}

int npie_seals_know(const npie_seals_t *seals, const npie_cert_t *cert)
{
    for (int i = 0; seals != NULL && i < seals->list->nelts; ++i) {
        if (strcmp(APR_ARRAY_IDX(seals->list, i, seal_t).cert->spki_sha256,
                   cert->spki_sha256) == 0) {
            return 1;
        }
    }
    return 0;
}
