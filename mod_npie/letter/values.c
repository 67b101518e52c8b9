/* SPDX-License-Identifier: Apache-2.0
 * Formats the values of a letter in Spanish.
 */
#include "letter/values.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "model/field.h"
#include "model/zone.h"

/* Characters of a person's RFC, and how many of them (name and date) are
 * those of the same person's CURP. */
#define PERSON_RFC 13
#define PERSON_COMMON 10

/* The signer acts for himself when employer and signer are one person;
 * everybody else signs for somebody. */
static npie_sentence_t capacity(const npie_employer_t *employer)
{
    if (npie_text_length(employer->rfc) == PERSON_RFC
        && strncmp(employer->rfc, employer->curp, PERSON_COMMON) == 0) {
        return NPIE_S_LETTER_CAPACITY_EMPLOYER;
    }
    return NPIE_S_LETTER_CAPACITY_AGENT;
}

/* Appends ", label value" unless the value is empty. */
static const char *append(const char *text, const char *label,
                          const char *value, apr_pool_t *p)
{
    if (value[0] == '\0') {
        return text;
    }
    return apr_pstrcat(p, text, text[0] != '\0' ? ", " : "", label, value,
                       NULL);
}

static const char *address(const npie_address_t *a, apr_pool_t *p)
{
    const char *entity = npie_entity_find(a->entity)->name;
    const char *text = apr_pstrcat(p, a->street, " ", a->outer_number, NULL);

    text = append(text, "interior ", a->inner_number, p);
    text = append(text, "colonia ", a->colony, p);
    text = append(text, "C.P. ", a->postcode, p);
    text = append(text, "", a->city, p);
    if (strcmp(a->municipality, a->city) != 0) {
        text = append(text, "", a->municipality, p);
    }
    if (strcmp(entity, a->city) != 0) {
        text = append(text, "", entity, p);
    }
    return text;
}

static const char *place(const npie_address_t *a, apr_pool_t *p)
{
    const char *entity = npie_entity_find(a->entity)->name;
    const char *city = a->city[0] != '\0' ? a->city : a->municipality;

    return strcmp(city, entity) == 0 ? entity : append(city, "", entity, p);
}

void npie_letter_values(const char *values[NPIE_VALUES],
                        const npie_letter_art_t *art,
                        const npie_letter_t *letter, apr_pool_t *p)
{
    const npie_employer_t *e = letter->employer;
    const char *zone = npie_zone_of(&e->address, p);

    values[NPIE_VALUE_NAME] = npie_text_trim(
        apr_pstrcat(p, e->given_name, " ", e->surname, " ", e->surname2, NULL),
        p);
    values[NPIE_VALUE_CAPACITY] = npie_sentence(art->sentences, capacity(e));
    values[NPIE_VALUE_COMPANY] = e->name;
    values[NPIE_VALUE_RP] = npie_field_rp_display(e->rp, p);
    values[NPIE_VALUE_NPIE] = e->rp;
    values[NPIE_VALUE_RFC] = e->rfc;
    values[NPIE_VALUE_CURP] = e->curp;
    values[NPIE_VALUE_ADDRESS] = address(&e->address, p);
    values[NPIE_VALUE_USER] = e->user;
    values[NPIE_VALUE_EMAIL] = e->contact.email;
    values[NPIE_VALUE_PHONE] = e->contact.phone;
    values[NPIE_VALUE_FOLIO] = apr_psprintf(p, "%" APR_INT64_T_FMT,
                                            letter->folio);
    values[NPIE_VALUE_DATE] = npie_zone_date_es(art->zones, zone, letter->time,
                                                p);
    values[NPIE_VALUE_PLACE] = place(&e->address, p);
    values[NPIE_VALUE_INSTITUTION] = art->institution;
    values[NPIE_VALUE_OFFICE] = e->subdelegation;
    values[NPIE_VALUE_SERIAL] = "";
    values[NPIE_VALUE_FROM] = "";
    values[NPIE_VALUE_UNTIL] = "";
    values[NPIE_VALUE_HOLDER] = letter->holder;
    values[NPIE_VALUE_HOLDER_EMAIL] = letter->holder_email;
    values[NPIE_VALUE_PURPOSE] = letter->purpose;
    if (letter->kind == NPIE_LETTER_TERMS) {
        values[NPIE_VALUE_SERIAL] = letter->serial;
        values[NPIE_VALUE_FROM] = npie_zone_date_es(art->zones, zone,
                                                    letter->not_before, p);
        values[NPIE_VALUE_UNTIL] = npie_zone_date_es(art->zones, zone,
                                                     letter->not_after, p);
    }
}
