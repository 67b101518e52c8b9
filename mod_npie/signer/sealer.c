/* SPDX-License-Identifier: Apache-2.0
 * Sealing letters.
 */
#include "signer/sealer.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "letter/printed.h"
#include "letter/seal.h"
#include "model/zone.h"
#include "pki/cms_make.h"
#include "pki/seals.h"
#include "signer/say.h"
#include "signer/square.h"

struct npie_sealer_t {
    EVP_PKEY *key;
    npie_cert_t *cert;
    apr_array_header_t *above; /* of npie_bytes_t */
    npie_zones_t *zones;
    const char *address; /* NULL: printed letters bear no QR code */
};

static apr_status_t free_key(void *data)
{
    npie_sealer_t *sealer = data;

    EVP_PKEY_free(sealer->key);
    sealer->key = NULL;
    return APR_SUCCESS;
}

apr_status_t npie_sealer_create(npie_sealer_t **psealer,
                                apr_array_header_t *chain,
                                const char *address, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_sealer_t *sealer = apr_pcalloc(p, sizeof(*sealer));
    npie_err_t why = { 0, NPIE_P_NONE, "" };

    if (npie_cert_parse(&sealer->cert,
                        APR_ARRAY_IDX(chain, 0, npie_bytes_t), &why, p)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "SealCertificate: %s", why.detail);
    }
    sealer->address = address != NULL ? apr_pstrdup(p, address) : NULL;
    sealer->above = apr_array_make(p, 2, sizeof(npie_bytes_t));
    for (int i = 1; i < chain->nelts; ++i) {
        APR_ARRAY_PUSH(sealer->above, npie_bytes_t) =
            APR_ARRAY_IDX(chain, i, npie_bytes_t);
    }
    *psealer = sealer;
    return npie_zones_load(&sealer->zones, err, p);
}

const npie_cert_t *npie_sealer_certificate(const npie_sealer_t *sealer)
{
    return sealer->cert;
}

apr_status_t npie_sealer_unlock(npie_sealer_t *sealer, EVP_PKEY *key,
                                const npie_trust_t *trust, npie_err_t *err,
                                apr_pool_t *p)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    const char *wrong = NULL;

    sealer->key = key;
    apr_pool_cleanup_register(p, sealer, free_key, apr_pool_cleanup_null);
    if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC")) {
        wrong = "SealKey: it is neither an RSA nor an EC key";
    }
    else if (X509_check_private_key(sealer->cert->x509, key) != 1) {
        wrong = "SealKey: it is not the key of SealCertificate";
    }
    else if (apr_time_now() >= sealer->cert->not_after) {
        wrong = "SealCertificate: it has expired";
    }
    else if (npie_trust_verify_seal(trust, sealer->cert, sealer->above,
                                    NPIE_SEAL_MIN_BITS, &why, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "SealCertificate: %s", why.detail);
    }
    ERR_clear_error();
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s", wrong);
    }
    /* SealCertificate need not name its authorities when Trust has them. */
    return npie_trust_path(&sealer->above, trust, sealer->cert, sealer->above,
                           err, p);
}

/* The sello, and the way to the letter's record. */
static apr_status_t add_paper(npie_face_t *face, const npie_sealer_t *sealer,
                              const npie_letter_file_t *file,
                              const npie_sealing_about_t *about,
                              npie_err_t *err, apr_pool_t *p)
{
    char code[NPIE_PRINTED_CODE_SIZE];
    apr_status_t rv = npie_printed_code(code, file->cms, err, p);

    face->form = NPIE_FACE_PAPER;
    face->seal = sealer->cert->serial_text;
    face->signer = about->signer;
    face->square = "";
    if (rv == APR_SUCCESS && sealer->address != NULL) {
        rv = npie_square_draw(face, npie_printed_address(
            sealer->address, about->cadena->folio, code, p), err, p);
    }
    return rv;
}

/* What the seal shows: letters of older versions name no time zone. */
static apr_status_t find_face(npie_face_t *face, const npie_sealer_t *sealer,
                              npie_bytes_t letter,
                              const npie_sealing_about_t *about,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_letter_file_t *file;
    const apr_status_t rv = npie_letter_file_parse(&file, letter, err, p);

    memset(face, 0, sizeof(*face));
    face->form = NPIE_FACE_UTC;
    if (rv != APR_SUCCESS || file->zone == NULL) {
        return rv;
    }
    face->offset = npie_zone_offset(sealer->zones, file->zone, about->time);
    return add_paper(face, sealer, file, about, err, p);
}

apr_status_t npie_sealer_seal(npie_bytes_t *psection,
                              npie_bytes_t *signature, npie_sealer_t *sealer,
                              const npie_sealing_about_t *about,
                              npie_bytes_t letter, npie_err_t *err,
                              apr_pool_t *p)
{
    const npie_cadena_t *cadena = about->cadena;
    npie_face_t face;
    npie_seal_t *seal;
    npie_bytes_t cms;
    apr_status_t rv = find_face(&face, sealer, letter, about, err, p);

    if (rv == APR_SUCCESS && apr_time_now() >= sealer->cert->not_after) {
        rv = npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                          "the seal's certificate has expired: put another "
                          "into SealCertificate");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_seal_prepare(&seal, letter, about->time, &face, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cms_make_same(&cms, signature, sealer->key, sealer->cert,
                                sealer->above, seal->signed_part, 3, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_seal_fill(seal, cms, err);
    }
    if (rv == APR_SUCCESS) {
        *psection = seal->section;
        npie_signer_say("notice", "sealed letter %d of %s, folio %"
                        APR_INT64_T_FMT, (int)cadena->kind, cadena->rp,
                        cadena->folio);
    }
    return rv;
}
