/* SPDX-License-Identifier: Apache-2.0
 * Checks the content of a letter.
 */
#include "letter/check.h"

#include <string.h>

#include "base/text.h"
#include "model/field.h"

/* RSA-8192 has 1,042. */
#define KEY_MAX 1200
#define TEXT_MAX 200
#define SHORT_MAX 64

static apr_status_t bad(npie_err_t *err, const char *field)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER_DRAW,
                        "letter: %s is not clean, missing or too long", field);
}

static int is_hash(const char *text)
{
    return text != NULL && strlen(text) == NPIE_SHA256_HEX_SIZE - 1
        && strspn(text, "0123456789abcdef") == NPIE_SHA256_HEX_SIZE - 1;
}

static int is_key(npie_bytes_t key)
{
    return key.len > 2 && key.len <= KEY_MAX && key.data[0] == 0x03;
}

static int is_text(const char *text, apr_size_t max)
{
    return text != NULL && strlen(text) <= max * 4
        && npie_text_is_clean(text, strlen(text))
        && npie_text_length(text) <= max;
}

static apr_status_t check_strings(const npie_employer_t *e, npie_err_t *err)
{
    const struct { const char *field; const char *text; apr_size_t max; }
    strings[] = {
        { "razón social", e->name, TEXT_MAX },
        { "registro patronal", e->rp, NPIE_RP_SIZE - 1 },
        { "RFC", e->rfc, 13 },
        { "user", e->user, NPIE_USER_MAX },
        { "given name", e->given_name, TEXT_MAX },
        { "surname", e->surname, TEXT_MAX },
        { "second surname", e->surname2, TEXT_MAX },
        { "CURP", e->curp, 18 },
        { "subdelegation", e->subdelegation, TEXT_MAX },
        { "city", e->address.city, TEXT_MAX },
        { "municipality", e->address.municipality, TEXT_MAX },
        { "colony", e->address.colony, TEXT_MAX },
        { "street", e->address.street, TEXT_MAX },
        { "outer number", e->address.outer_number, SHORT_MAX },
        { "inner number", e->address.inner_number, SHORT_MAX },
        { "postcode", e->address.postcode, 5 },
        { "e-mail", e->contact.email, NPIE_EMAIL_MAX },
        { "telephone", e->contact.phone, SHORT_MAX }
    };

    for (unsigned i = 0; i < sizeof(strings) / sizeof(strings[0]); ++i) {
        if (!is_text(strings[i].text, strings[i].max)) {
            return bad(err, strings[i].field);
        }
    }
    return npie_entity_find(e->address.entity) != NULL ? APR_SUCCESS
                                                       : bad(err, "entity");
}

apr_status_t npie_letter_check(const npie_letter_t *letter, npie_err_t *err)
{
    if (letter->kind < NPIE_LETTER_RENEWAL
        || letter->kind > NPIE_LETTER_ADDITIONAL) {
        return bad(err, "kind");
    }
    if (letter->folio < 1) {
        return bad(err, "folio");
    }
    if (!is_hash(letter->old_spki) || !is_hash(letter->new_spki)) {
        return bad(err, "SHA-256 of a key");
    }
    if (!is_key(letter->new_public_key)
        || (letter->kind != NPIE_LETTER_TERMS
            && !is_key(letter->old_public_key))) {
        return bad(err, "public key");
    }
    if (letter->kind == NPIE_LETTER_TERMS
        && (letter->serial == NULL || strlen(letter->serial) > SHORT_MAX
            || !npie_text_is_clean(letter->serial, strlen(letter->serial)))) {
        return bad(err, "serial");
    }
    if (letter->kind == NPIE_LETTER_ADDITIONAL
        && (!is_text(letter->holder, NPIE_HOLDER_MAX)
            || !is_text(letter->purpose, NPIE_PURPOSE_MAX)
            || !is_text(letter->holder_email, NPIE_EMAIL_MAX))) {
        return bad(err, "holder");
    }
    return check_strings(letter->employer, err);
}
