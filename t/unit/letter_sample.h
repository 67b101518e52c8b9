/* SPDX-License-Identifier: Apache-2.0
 * A letter to try things on.
 */
#ifndef NPIE_UNIT_LETTER_SAMPLE_H
#define NPIE_UNIT_LETTER_SAMPLE_H

#include <stdlib.h>

#include <apr_strings.h>

#include "letter/art.h"
#include "letter/letter.h"

#define SAMPLE_FONTS "/usr/share/fonts/truetype/liberation:/usr/share/fonts/truetype/dejavu"
#define SAMPLE_TERMS NPIE_TOP "/conf/letter/terminos.txt"
#define SAMPLE_INSTITUTION "Instituto Mexicano del Seguro Social"
#define SAMPLE_OLD \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SAMPLE_NEW \
    "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* A letter and what it points to. */
typedef struct sample_t {
    npie_employer_t employer;
    npie_letter_t letter;
} sample_t;

static inline npie_letter_art_t *sample_art(apr_pool_t *p)
{
    npie_letter_art_t *art;
    npie_err_t err;

    if (npie_letter_art_load(&art, SAMPLE_FONTS, SAMPLE_TERMS,
                             SAMPLE_INSTITUTION, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return art;
}

/* A BIT STRING of some size, with an RSA key's beginning and end. */
static inline npie_bytes_t sample_key(apr_size_t size, apr_pool_t *p)
{
    unsigned char *key = apr_palloc(p, size);
    npie_bytes_t bytes = { key, size };

    for (apr_size_t i = 0; i < size; ++i) {
        key[i] = (unsigned char)(i * 37 + size);
    }
    memcpy(key, "\x03\x82", 2);
    key[2] = (unsigned char)((size - 4) >> 8);
    key[3] = (unsigned char)(size - 4);
    memcpy(key + size - 5, "\x02\x03\x01\x00\x01", 5);
    return bytes;
}

static inline sample_t *sample_make(npie_letter_kind_t kind, apr_pool_t *p)
{
    sample_t *s = apr_pcalloc(p, sizeof(*s));
    npie_employer_t employer = {
        .name = "Cigüeñas & Ñandúes <del Norte>, S.A. de C.V.",
        .rp = "A0648787107", .rfc = "AUA881212566", .user = "A064878710",
        .given_name = "María Begoña", .surname = "Núñez", .surname2 = "Güemes",
        .curp = "BOXW310820HNERXN09", .subdelegation = "3 Polanco",
        .address = { 9, "Ciudad de México", "Cuauhtémoc", "Peñón de los Baños",
                     "Avenida Álvaro Obregón", "151", "4-B", "06700" },
        .contact = { "ana&eva@nandu.example", "5512345678", "" }
    };
    npie_letter_t letter = {
        .kind = kind, .folio = 4711, .time = apr_time_from_sec(1795287775),
        .old_spki = SAMPLE_OLD, .new_spki = SAMPLE_NEW,
        .serial = "00001000000504465028",
        .not_before = apr_time_from_sec(1795287475),
        .not_after = apr_time_from_sec(1810926000),
        .holder = "Iñaki Peña | & Cía", .holder_email = "inaki@nandu.example",
        .purpose = "Movimientos afiliatorios 100 %"
    };

    s->employer = employer;
    s->letter = letter;
    s->letter.employer = &s->employer;
    s->letter.old_public_key = sample_key(145, p);
    s->letter.new_public_key = sample_key(402, p);
    return s;
}

static inline npie_bytes_t sample_draw(const npie_letter_art_t *art,
                                       const npie_letter_t *letter,
                                       apr_pool_t *p)
{
    npie_bytes_t pdf;
    npie_err_t err;

    if (npie_letter_draw(&pdf, art, letter, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return pdf;
}

#endif
