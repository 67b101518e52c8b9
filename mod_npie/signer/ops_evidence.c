/* SPDX-License-Identifier: Apache-2.0
 * What the ledger says of a letter whose signature holds: httpd may be broken
 * into, and its word counts for none of this.
 */
#include "signer/op.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "pki/digest.h"
#include "signer/hold.h"

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_err_set(err, NPIE_EPOLICY, problem, "%s", what);
}

apr_status_t npie_ops_digest(char digest[NPIE_SHA256_HEX_SIZE],
                             npie_bytes_t letter, npie_err_t *err)
{
    return npie_sha256_hex(digest, letter) == APR_SUCCESS ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                       "the letter's digest could not be computed");
}

apr_status_t npie_ops_certificate(npie_bytes_t *der, npie_cert_t **pcert,
                                  const npie_entry_t *entry, npie_err_t *err,
                                  apr_pool_t *p)
{
    const char *text = entry->field[NPIE_ISSUE_CERTIFICATE];
    apr_status_t rv = npie_text_base64_decode(der, text, strlen(text), p);

    if (rv == APR_SUCCESS && pcert != NULL) {
        rv = npie_cert_parse(pcert, *der, NULL, p);
    }
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                       "the certificate of the ledger's entry %"
                       APR_UINT64_T_FMT " cannot be read", entry->number);
}

apr_status_t npie_ops_issuer(const char **pissuer, npie_ops_t *ops,
                             const npie_cert_t *cert, npie_err_t *err,
                             apr_pool_t *p)
{
    apr_array_header_t *chain;
    npie_cert_t *ca;
    apr_status_t rv;

    *pissuer = npie_known_issuer(npie_ledger_known(ops->ledger));
    if (npie_ops_is_ours(ops, cert)) {
        return APR_SUCCESS;
    }
    rv = npie_trust_chain(&chain, ops->authority->trust, cert, err, p);
    if (rv == APR_SUCCESS && chain->nelts > 0) {
        rv = npie_cert_parse(&ca, APR_ARRAY_IDX(chain, 0, npie_bytes_t), err,
                             p);
    }
    if (rv == APR_SUCCESS) {
        *pissuer = chain->nelts > 0 ? ca->spki_sha256 : cert->spki_sha256;
    }
    return rv;
}

static apr_status_t find_revoked(npie_hold_t *hold, npie_ops_t *ops,
                                 const npie_cert_t *cert, npie_err_t *err,
                                 apr_pool_t *p)
{
    const char *issuer;
    apr_status_t rv = npie_ops_issuer(&issuer, ops, cert, err, p);

    return rv != APR_SUCCESS ? rv
        : npie_hold_find(hold, ops->ledger, issuer, cert->serial, err, p);
}

apr_status_t npie_ops_check_revoked(npie_ops_t *ops, const npie_cert_t *cert,
                                    const char *what, npie_err_t *err,
                                    apr_pool_t *p)
{
    npie_hold_t hold;
    apr_status_t rv = find_revoked(&hold, ops, cert, err, p);

    return rv != APR_SUCCESS || !hold.revoked ? rv
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                       "%s a certificate that %s", what,
                       hold.reason == NPIE_REASON_HOLD ? "is on hold"
                       : "was revoked or superseded");
}

apr_status_t npie_ops_check_key(npie_ops_t *ops, const npie_cadena_t *cadena,
                                npie_err_t *err, apr_pool_t *p)
{
    const npie_ledger_range_t used = {
        .prefix = apr_pstrcat(p, "used:", cadena->new_spki, ":", NULL),
        .after = "", .most = 1
    };
    const npie_entry_t *entry;
    apr_array_header_t *list;
    apr_status_t rv = npie_ledger_look(&entry, ops->ledger, npie_mark_of(
        "key", cadena->new_spki, p), err, p);

    if (rv == APR_SUCCESS && entry == NULL) {
        rv = npie_ledger_look_at(&list, NULL, ops->ledger, &used, err, p);
        if (rv == APR_SUCCESS && list->nelts > 0) {
            entry = APR_ARRAY_IDX(list, 0, const npie_entry_t *);
        }
    }
    return rv != APR_SUCCESS || entry == NULL ? rv
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                       "the new key has been used for folio %s",
                       entry->field[NPIE_ISSUE_FOLIO]);
}

int npie_ops_is_renewed(npie_ops_t *ops, const char *spki, apr_pool_t *p)
{
    const npie_ledger_range_t used = {
        .prefix = apr_pstrcat(p, "used:", spki, ":", NULL),
        .after = "", .most = 1
    };
    apr_array_header_t *list;

    return npie_ledger_look_at(&list, NULL, ops->ledger, &used, NULL, p)
           == APR_SUCCESS && list->nelts > 0;
}

/* Was this certificate made in vain, and is nobody's to use? */
static apr_status_t is_in_vain(int *pvain, npie_ops_t *ops,
                               const npie_entry_t *issued, npie_err_t *err,
                               apr_pool_t *p)
{
    const npie_entry_t *terms = NULL;
    npie_hold_t hold = { .revoked = 0 };
    npie_bytes_t der;
    npie_cert_t *made;
    int lost;
    apr_status_t rv = npie_ops_certificate(&der, &made, issued, err, p);

    if (rv == APR_SUCCESS) {
        rv = find_revoked(&hold, ops, made, err, p);
    }
    /* What is on hold may be somebody's again. */
    lost = hold.revoked && hold.reason != NPIE_REASON_HOLD;
    if (rv == APR_SUCCESS && lost) {
        rv = npie_ledger_look(&terms, ops->ledger, npie_mark_of(
            "terms", made->spki_sha256, p), err, p);
    }
    *pvain = lost && terms == NULL;
    return rv;
}

apr_status_t npie_ops_check_successor(apr_uint64_t *pturn, npie_ops_t *ops,
                                      const npie_evidence_t *evidence,
                                      npie_err_t *err, apr_pool_t *p)
{
    /* All before the last are in vain, or it would not have been made. */
    const npie_ledger_range_t range = {
        .prefix = apr_pstrcat(p, "next:", evidence->cadena->old_spki, ":",
                              NULL),
        .after = "", .last_first = 1, .most = 1
    };
    const npie_entry_t *last;
    apr_array_header_t *list;
    int vain;
    apr_status_t rv = npie_ledger_look_at(&list, NULL, ops->ledger, &range,
                                          err, p);

    *pturn = 1;
    if (rv != APR_SUCCESS || list->nelts == 0) {
        return rv;
    }
    last = APR_ARRAY_IDX(list, 0, const npie_entry_t *);
    *pturn = npie_entry_number(last, NPIE_ISSUE_TURN) + 1;
    rv = is_in_vain(&vain, ops, last, err, p);
    return rv != APR_SUCCESS || vain ? rv
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                       "the old key was renewed already, with folio %s",
                       last->field[NPIE_ISSUE_FOLIO]);
}

/* Letter 2: the certificate that it is about is one that we made, and good. */
static apr_status_t check_terms(npie_op_seal_t *sealing, npie_ops_t *ops,
                                apr_time_t now, npie_err_t *err,
                                apr_pool_t *p)
{
    const npie_cadena_t *cadena = sealing->cadena;
    const npie_entry_t *issued, *terms = NULL;
    npie_cert_t *made = NULL;
    npie_bytes_t der;
    apr_status_t rv = npie_ledger_look(&issued, ops->ledger, npie_mark_of(
        "key", cadena->new_spki, p), err, p);

    if (rv == APR_SUCCESS && issued == NULL) {
        return refuse(err, NPIE_P_LETTER,
                      "no certificate was made for the key of these terms");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_look(&terms, ops->ledger, npie_mark_of(
            "terms", cadena->new_spki, p), err, p);
    }
    if (rv == APR_SUCCESS && terms != NULL) {
        return refuse(err, NPIE_P_LETTER,
                      "other terms of this certificate are sealed");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ops_certificate(&der, &made, issued, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ops_check_revoked(ops, made, "the terms are signed with",
                                    err, p);
    }
    sealing->made = made;
    return rv != APR_SUCCESS || now < made->not_after ? rv
        : refuse(err, NPIE_P_CERT_TOO_OLD,
                 "the certificate of these terms has expired");
}

/* Letters 1 and 3: a certificate was made upon them. Those of version 0.1 are
 * not known by what they say. */
static apr_status_t check_issued(npie_ops_t *ops,
                                 const npie_op_seal_t *sealing,
                                 npie_err_t *err, apr_pool_t *p)
{
    const npie_entry_t *issued;
    apr_status_t rv = npie_ledger_look(&issued, ops->ledger, npie_mark_folio(
        sealing->cadena->folio, p), err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (issued != NULL
        && strcmp(issued->field[NPIE_ISSUE_LETTER], "-") == 0) {
        return refuse(err, NPIE_P_LETTER_OUTDATED, "the certificate upon this "
                      "letter was made before version 0.2, which did not look "
                      "at what a letter says");
    }
    return issued != NULL
        && strcmp(issued->field[NPIE_ISSUE_LETTER], sealing->digest) == 0
        ? APR_SUCCESS
        : refuse(err, NPIE_P_LETTER,
                 "no certificate was made upon this letter");
}

apr_status_t npie_ops_check_sealing(npie_op_seal_t *sealing, npie_ops_t *ops,
                                    apr_time_t now, npie_err_t *err,
                                    apr_pool_t *p)
{
    const npie_cadena_t *cadena = sealing->cadena;
    const npie_entry_t *before;
    apr_status_t rv = npie_ledger_look(&before, ops->ledger, npie_mark_seal(
        cadena->folio, p), err, p);

    sealing->again = 0;
    sealing->made = NULL;
    sealing->time = apr_time_from_sec(apr_time_sec(now));
    if (rv == APR_SUCCESS) {
        rv = npie_ops_digest(sealing->digest, sealing->letter, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (before != NULL) {
        sealing->again = strcmp(before->field[NPIE_SEAL_DIGEST],
                                sealing->digest) == 0;
        sealing->time = before->time;
        sealing->section = before->field[NPIE_SEAL_SECTION];
        sealing->signature = before->field[NPIE_SEAL_SIGNATURE];
        return sealing->again ? APR_SUCCESS
            : refuse(err, NPIE_P_LETTER,
                     "another letter of this folio is sealed");
    }
    return cadena->kind == NPIE_LETTER_TERMS
        ? check_terms(sealing, ops, now, err, p)
        : check_issued(ops, sealing, err, p);
}
