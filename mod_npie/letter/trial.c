/* SPDX-License-Identifier: Apache-2.0
 * Draws trial letters from a template.
 */
#include "letter/trial.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/letter.h"
#include "model/field.h"
#include "pki/digest.h"

#define TEXT_SIZE 200
#define KEY_SIZE 1042 /* RSA-8192 */

static const char spki[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* Words of eight letters, so many bytes in all. */
static const char *words(apr_size_t size, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, size + 1);

    memset(text, 'M', size);
    for (apr_size_t i = 8; i + 1 < size; i += 9) {
        text[i] = ' ';
    }
    return text;
}

static void fill(npie_employer_t *e, apr_pool_t *p)
{
    const char *text = words(TEXT_SIZE, p);

    e->name = text;
    e->rp = "A0648787107";
    e->rfc = "AUA881212566";
    e->user = "A064878710";
    e->given_name = text;
    e->surname = text;
    e->surname2 = text;
    e->curp = "BOXW310820HNERXN09";
    e->subdelegation = text;
    e->address.entity = 1;
    e->address.city = text;
    e->address.municipality = "M";
    e->address.colony = text;
    e->address.street = text;
    e->address.outer_number = "1";
    e->address.inner_number = "1";
    e->address.postcode = "00000";
    e->contact.email = words(NPIE_EMAIL_MAX, p);
    e->contact.phone = "0000000000";
    e->contact.fax = "";
}

/* Appends a digest to those so far. @return 1; 0: there is none */
static int add_digest(const char **all, npie_bytes_t bytes, apr_pool_t *p)
{
    char one[NPIE_SHA256_HEX_SIZE];

    if (npie_sha256_hex(one, bytes) != APR_SUCCESS) {
        return 0;
    }
    *all = apr_pstrcat(p, *all, one, NULL);
    return 1;
}

/* The fonts' own digests: no letter has every character. */
static int add_fonts(const char **all, const npie_letter_art_t *art,
                     apr_pool_t *p)
{
    int added = 1;

    for (int i = 0; i < NPIE_FONTS; ++i) {
        const npie_font_t *font = &art->fonts[i];

        for (int k = 0; k < NPIE_ALPHABETS; ++k) {
            added = added && add_digest(all, font->cuts[k].file, p);
        }
        added = added && add_digest(all, font->extra, p);
    }
    return added;
}

static apr_status_t no_digest(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "the letters' digest cannot be computed");
}

apr_status_t npie_letter_trial(npie_bytes_t *sample,
                               char digest[NPIE_SHA256_HEX_SIZE],
                               const npie_letter_art_t *art, npie_err_t *err,
                               apr_pool_t *p)
{
    unsigned char *key = apr_pcalloc(p, KEY_SIZE);
    npie_employer_t employer = { .id = 0 };
    npie_letter_t letter = { .folio = 1, .employer = &employer,
                             .old_spki = spki, .new_spki = spki,
                             .serial = "00000000000000000000",
                             .holder = words(NPIE_HOLDER_MAX, p),
                             .holder_email = words(NPIE_EMAIL_MAX, p),
                             .purpose = words(NPIE_PURPOSE_MAX, p) };
    npie_bytes_t pdf, all;
    npie_err_t why;
    const char *digests = "";

    fill(&employer, p);
    key[0] = 0x03;
    letter.old_public_key.data = key;
    letter.old_public_key.len = KEY_SIZE;
    letter.new_public_key = letter.old_public_key;
    for (int kind = NPIE_LETTER_RENEWAL; kind <= NPIE_LETTER_ADDITIONAL; ++kind) {
        letter.kind = (npie_letter_kind_t)kind;
        if (npie_letter_draw(&pdf, art, &letter, &why, p) != APR_SUCCESS) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "carta %d cannot be drawn with these terms: "
                                "%s; shorten the template", kind, why.detail);
        }
        if (kind == NPIE_LETTER_RENEWAL) {
            *sample = pdf;
        }
        if (!add_digest(&digests, pdf, p)) {
            return no_digest(err);
        }
    }
    if (!add_fonts(&digests, art, p)) {
        return no_digest(err);
    }
    all.data = (const unsigned char *)digests;
    all.len = strlen(digests);
    return npie_sha256_hex(digest, all) == APR_SUCCESS ? APR_SUCCESS
        : no_digest(err);
}
