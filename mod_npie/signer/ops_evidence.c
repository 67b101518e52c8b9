/* SPDX-License-Identifier: Apache-2.0
 * What the logs say against a letter whose signature holds: httpd may be
 * broken into, and its word for none of this.
 */
#include "signer/ops.h"

#include <string.h>

#include "pki/digest.h"
#include "pki/policy.h"

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_err_set(err, NPIE_EPOLICY, problem, "%s", what);
}

/* The certificate of a record, taken apart. */
static apr_status_t read_record(npie_cert_t **pcert, const npie_ops_t *ops,
                                const npie_issuance_record_t *record,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t der;
    apr_status_t rv = npie_issuance_certificate(&der, ops->log, record, err,
                                                p);

    return rv == APR_SUCCESS ? npie_cert_parse(pcert, der, err, p) : rv;
}

apr_status_t npie_ops_check_successor(const npie_ops_t *ops,
                                      const npie_evidence_t *evidence,
                                      npie_err_t *err, apr_pool_t *p)
{
    const npie_issuance_record_t *record =
        npie_issuance_by_old(ops->log, evidence->cadena->old_spki);

    for (; record != NULL; record = record->before) {
        npie_cert_t *made;
        apr_status_t rv = read_record(&made, ops, record, err, p);

        if (rv != APR_SUCCESS) {
            return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                "the certificate of folio %" APR_INT64_T_FMT
                                " cannot be read", record->folio);
        }
        if (npie_cert_has_policy(made, ops->rules.additional_oid) == 1) {
            continue;
        }
        /* One that was made in vain, and is nobody's to use, is no
         * successor. */
        if (npie_revocations_find(ops->revocations, made->serial) == NULL
            || npie_sealed_terms(ops->sealed, made->spki_sha256) != NULL) {
            return npie_err_set(err, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                                "the old key was renewed already, with folio %"
                                APR_INT64_T_FMT, record->folio);
        }
    }
    return APR_SUCCESS;
}

/* Letter 2: the certificate that it is about is one that we made, and good. */
static apr_status_t check_terms(const npie_ops_t *ops,
                                const npie_cadena_t *cadena, apr_time_t now,
                                npie_err_t *err, apr_pool_t *p)
{
    const npie_issuance_record_t *record =
        npie_issuance_by_key(ops->log, cadena->new_spki);
    const npie_sealed_t *sealed = npie_sealed_terms(ops->sealed,
                                                    cadena->new_spki);
    npie_cert_t *made;
    apr_status_t rv;

    if (record == NULL || strcmp(record->new_spki, cadena->new_spki) != 0) {
        return refuse(err, NPIE_P_LETTER,
                      "no certificate was made for the key of these terms");
    }
    if (sealed != NULL && sealed->folio != cadena->folio) {
        return refuse(err, NPIE_P_LETTER,
                      "other terms of this certificate are sealed");
    }
    rv = read_record(&made, ops, record, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_revocations_find(ops->revocations, made->serial) != NULL) {
        return refuse(err, NPIE_P_CERT_REVOKED,
                      "the terms are signed with a revoked certificate");
    }
    return now < made->not_after ? APR_SUCCESS
        : refuse(err, NPIE_P_CERT_TOO_OLD,
                 "the certificate of these terms has expired");
}

/* Letters 1 and 3: a certificate was made upon them. */
static apr_status_t check_issued(const npie_ops_t *ops,
                                 const npie_cadena_t *cadena, npie_err_t *err)
{
    const npie_issuance_record_t *record =
        npie_issuance_by_folio(ops->log, cadena->folio);

    return record != NULL && strcmp(record->old_spki, cadena->old_spki) == 0
        && strcmp(record->new_spki, cadena->new_spki) == 0 ? APR_SUCCESS
        : refuse(err, NPIE_P_LETTER,
                 "no certificate was made upon this letter");
}

apr_status_t npie_ops_check_sealing(npie_sealed_t *sealed, int *pagain,
                                    const npie_ops_t *ops,
                                    const npie_cadena_t *cadena,
                                    npie_bytes_t letter, apr_time_t now,
                                    npie_err_t *err, apr_pool_t *p)
{
    const npie_sealed_t *before = npie_sealed_by_folio(ops->sealed,
                                                       cadena->folio);

    memset(sealed, 0, sizeof(*sealed));
    sealed->folio = cadena->folio;
    sealed->kind = cadena->kind;
    sealed->time = apr_time_from_sec(apr_time_sec(now));
    strcpy(sealed->key, cadena->new_spki);
    if (npie_sha256_hex(sealed->digest, letter) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the letter's digest could not be computed");
    }
    *pagain = before != NULL && strcmp(before->digest, sealed->digest) == 0;
    if (*pagain) {
        *sealed = *before;
        return APR_SUCCESS;
    }
    if (before != NULL) {
        return refuse(err, NPIE_P_LETTER,
                      "another letter of this folio is sealed");
    }
    return cadena->kind == NPIE_LETTER_TERMS
        ? check_terms(ops, cadena, now, err, p)
        : check_issued(ops, cadena, err);
}
