/* SPDX-License-Identifier: Apache-2.0
 * Reads letters and their signers from the registry.
 */
#include "flow/record.h"

#include <string.h>

#include "pki/cms_chain.h"
#include "store/addition.h"
#include "store/list.h"
#include "store/sealing.h"

/* A letter, wherever it is kept. */
typedef struct row_t {
    npie_sealing_of_t of;
    npie_bytes_t pdf;
    apr_int64_t employer;
    apr_int64_t about; /* the certificate's row; 0: none */
    apr_time_t drawn;
    apr_time_t signed_at;
    int voided;
} row_t;

/* Nothing found is an answer as well. */
static apr_status_t found_or_not(apr_status_t rv)
{
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t fill_cert(npie_known_cert_t *known,
                              const npie_certificate_t *row, npie_err_t *err,
                              apr_pool_t *p)
{
    npie_cert_t *cert;
    apr_status_t rv = npie_cert_parse(&cert, row->der, err, p);

    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the stored certificate %s cannot be read",
                            row->serial);
    }
    known->known = 1;
    known->additional = row->additional;
    known->serial = cert->serial_text;
    known->status = npie_certificate_status_name(row->status);
    known->ended = row->ended;
    known->not_before = row->not_before;
    known->not_after = row->not_after;
    return APR_SUCCESS;
}

static void clear_cert(npie_known_cert_t *known)
{
    memset(known, 0, sizeof(*known));
    known->serial = "";
    known->status = "";
}

static void clear_letter(npie_known_letter_t *known, npie_record_t record)
{
    memset(known, 0, sizeof(*known));
    known->record = record;
    known->rp = "";
    known->company = "";
    known->old_spki = "";
    known->new_spki = "";
    clear_cert(&known->made);
}

static apr_status_t read_addition(row_t *row, npie_registry_t *registry,
                                  apr_int64_t folio, npie_err_t *err)
{
    npie_addition_t *addition;
    apr_status_t rv = npie_addition_by_folio(&addition, registry, folio, err);

    if (rv == APR_SUCCESS) {
        row->of = NPIE_SEALING_ADDITION;
        row->pdf = addition->pdf;
        row->employer = addition->employer;
        row->about = addition->certificate;
        row->drawn = addition->keyed;
        row->signed_at = addition->signed_at;
        row->voided = addition->state == NPIE_ADDITION_WITHDRAWN;
    }
    return rv;
}

static apr_status_t read_row(row_t *row, npie_registry_t *registry,
                             apr_int64_t folio, npie_err_t *err)
{
    npie_letter_row_t *letter;
    npie_renewal_t *renewal;
    apr_status_t rv = npie_letter_get(&letter, registry, folio, err);

    if (rv == APR_NOTFOUND) {
        return read_addition(row, registry, folio, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_renewal_get(&renewal, registry, letter->renewal, err);
    }
    if (rv == APR_SUCCESS) {
        row->of = NPIE_SEALING_RENEWAL;
        row->pdf = letter->pdf;
        row->employer = letter->employer;
        row->about = renewal->new_certificate;
        row->drawn = letter->created;
        row->signed_at = letter->signed_at;
        row->voided = letter->voided;
    }
    return rv;
}

/* What the letter's row does not have: who, which certificate, which seal. */
static apr_status_t fill_rest(npie_known_letter_t *known,
                              npie_registry_t *registry, const row_t *row,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_employer_t *employer;
    npie_certificate_t *made;
    npie_sealing_t sealing;
    apr_status_t rv = npie_employer_get(&employer, registry, row->employer,
                                        err);

    if (rv == APR_SUCCESS) {
        known->company = employer->name;
        rv = npie_sealing_get(&sealing, registry, row->of, known->folio, err);
    }
    if (rv == APR_SUCCESS) {
        known->sealed_at = sealing.sealed_at;
    }
    rv = found_or_not(rv);
    if (rv == APR_SUCCESS && row->about != 0) {
        rv = npie_certificate_get(&made, registry, row->about, err);
        rv = rv == APR_SUCCESS ? fill_cert(&known->made, made, err, p)
                               : found_or_not(rv);
    }
    return rv;
}

apr_status_t npie_record_folio(npie_known_letter_t *known,
                              npie_letter_file_t **pstored,
                              npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err, apr_pool_t *p)
{
    row_t row = { .employer = 0 };
    apr_status_t rv = read_row(&row, registry, folio, err);

    *pstored = NULL;
    clear_letter(known, NPIE_RECORD_NONE);
    if (rv != APR_SUCCESS) {
        return found_or_not(rv);
    }
    if (npie_letter_file_parse(pstored, row.pdf, NULL, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the stored letter %" APR_INT64_T_FMT
                            " cannot be read", folio);
    }
    known->record = row.voided ? NPIE_RECORD_VOID
        : row.signed_at == 0 ? NPIE_RECORD_UNSIGNED : NPIE_RECORD_SAME;
    known->folio = folio;
    known->kind = (*pstored)->cadena->kind;
    known->rp = (*pstored)->cadena->rp;
    known->old_spki = (*pstored)->cadena->old_spki;
    known->new_spki = (*pstored)->cadena->new_spki;
    known->drawn = row.drawn;
    known->signed_at = row.signed_at;
    return fill_rest(known, registry, &row, err, p);
}

static apr_status_t known_letter(npie_known_letter_t *known, void *baton,
                                 const npie_letter_file_t *file,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_letter_file_t *stored;
    apr_status_t rv = npie_record_folio(known, &stored, baton,
                                       file->cadena->folio, err, p);

    if (rv != APR_SUCCESS || stored == NULL) {
        return rv;
    }
    if (!npie_letter_file_same(stored, file)) {
        clear_letter(known, NPIE_RECORD_OTHER);
    }
    else if (known->record == NPIE_RECORD_SAME
             && !npie_cms_same_signature(stored->cms, file->cms)) {
        known->record = NPIE_RECORD_RESIGNED;
    }
    return APR_SUCCESS;
}

static apr_status_t known_signer(npie_known_cert_t *known, void *baton,
                                 const npie_cert_t *cert, npie_err_t *err,
                                 apr_pool_t *p)
{
    npie_certificate_t *row;
    apr_status_t rv = npie_certificate_by_spki(&row, baton, cert->spki_sha256,
                                               err);

    clear_cert(known);
    return rv == APR_SUCCESS ? fill_cert(known, row, err, p)
                             : found_or_not(rv);
}

void npie_record_port(npie_known_t *known, npie_registry_t *registry)
{
    known->baton = registry;
    known->letter = known_letter;
    known->signer = known_signer;
}
