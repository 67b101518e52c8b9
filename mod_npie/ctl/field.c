/* SPDX-License-Identifier: Apache-2.0
 * The table of an employer's fields.
 */
#include "ctl/field.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "model/field.h"

/* Brings a trimmed, clean value to its form, or says what is wrong. */
typedef const char *check_fn(const char **pvalue, const char **pwarning,
                             apr_pool_t *p);

static const char *check_rp(const char **pvalue, const char **pwarning,
                            apr_pool_t *p)
{
    char *rp = apr_palloc(p, NPIE_RP_SIZE);

    (void)pwarning;
    if (npie_field_rp(rp, *pvalue) != APR_SUCCESS) {
        return "no registro patronal of 11 characters whose check digit "
               "holds: look it up in the employer's papers";
    }
    *pvalue = rp;
    return NULL;
}

/* Capitals, ñ included. */
static const char *upper(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *c = copy; *c != '\0'; c++) {
        if (c[0] == '\xc3' && c[1] == '\xb1') {
            *++c = '\x91';
        }
        else {
            *c = (char)apr_toupper(*c);
        }
    }
    return copy;
}

static const char *check_rfc(const char **pvalue, const char **pwarning,
                             apr_pool_t *p)
{
    *pvalue = upper(*pvalue, p);
    switch (npie_field_rfc(*pvalue)) {
    case NPIE_FIELD_BAD:
        return "no RFC: 3 letters for a company, 4 for a person, a date "
               "yymmdd and 3 characters";
    case NPIE_FIELD_SUSPECT:
        *pwarning = "the RFC's check digit does not hold: compare it with "
                    "the employer's papers";
        break;
    default:
        break;
    }
    return NULL;
}

static const char *check_curp(const char **pvalue, const char **pwarning,
                              apr_pool_t *p)
{
    (void)pwarning;
    *pvalue = upper(*pvalue, p);
    switch (npie_field_curp(*pvalue)) {
    case NPIE_FIELD_BAD:
        return "no CURP of 18 characters: letters, date of birth, sex, "
               "entity";
    case NPIE_FIELD_SUSPECT:
        return "the CURP's check digit does not hold: a character is wrong";
    default:
        return NULL;
    }
}

static const char *check_user(const char **pvalue, const char **pwarning,
                              apr_pool_t *p)
{
    (void)pwarning;
    (void)p;
    return **pvalue == '\0' || npie_field_user(*pvalue) ? NULL
        : "a user name is 8 to 20 letters and digits; empty, it is the "
          "registro patronal without its check digit";
}

static const char *check_email(const char **pvalue, const char **pwarning,
                               apr_pool_t *p)
{
    (void)pwarning;
    (void)p;
    return **pvalue == '\0' || npie_field_email(*pvalue) ? NULL
        : "no e-mail address: write one, as nombre@empresa.example, or leave "
          "it empty";
}

static const char *check_phone(const char **pvalue, const char **pwarning,
                               apr_pool_t *p)
{
    char *digits = apr_palloc(p, 11);

    (void)pwarning;
    if (**pvalue == '\0') {
        return NULL;
    }
    if (npie_field_phone(digits, *pvalue) != APR_SUCCESS) {
        return "no telephone number of 10 digits: write it with its area "
               "code, or leave it empty";
    }
    *pvalue = digits;
    return NULL;
}

/* A spreadsheet takes 06600 for a number and drops its zero. */
static const char *check_postcode(const char **pvalue, const char **pwarning,
                                  apr_pool_t *p)
{
    (void)pwarning;
    if (strlen(*pvalue) == 4) {
        *pvalue = apr_pstrcat(p, "0", *pvalue, NULL);
    }
    return npie_field_postcode(*pvalue) ? NULL
        : "a código postal has 5 digits";
}

/* By number, name or the two letters of the CURP; becomes the number. */
static const char *check_entity(const char **pvalue, const char **pwarning,
                                apr_pool_t *p)
{
    (void)pwarning;
    for (int n = 1; npie_entity_find(n) != NULL; n++) {
        const npie_entity_t *entity = npie_entity_find(n);

        if (strcasecmp(*pvalue, entity->name) == 0
            || strcasecmp(*pvalue, entity->curp) == 0
            || strcmp(*pvalue, apr_psprintf(p, "%02d", n)) == 0
            || strcmp(*pvalue, apr_psprintf(p, "%d", n)) == 0) {
            *pvalue = apr_psprintf(p, "%d", n);
            return NULL;
        }
    }
    return "no entidad: its INEGI number 1 to 32, its name, or its two "
           "letters of the CURP";
}

#define PLACE(member) offsetof(npie_employer_t, member)

/* check NULL: any text of at most so many characters. */
static const struct {
    const char *name;
    const char *spanish;
    size_t place;    /* of the const char *; of the int for entity */
    unsigned max;    /* characters */
    int required;
    check_fn *check;
} fields[NPIE_CTL_FIELDS] = {
    { "name", "razon_social", PLACE(name), 200, 1, NULL },
    { "rp", "registro_patronal", PLACE(rp), 20, 1, check_rp },
    { "rfc", "rfc", PLACE(rfc), 13, 1, check_rfc },
    { "user", "usuario", PLACE(user), 20, 0, check_user },
    { "given_name", "nombre", PLACE(given_name), 100, 1, NULL },
    { "surname", "apellido_paterno", PLACE(surname), 100, 1, NULL },
    { "surname2", "apellido_materno", PLACE(surname2), 100, 0, NULL },
    { "curp", "curp", PLACE(curp), 18, 1, check_curp },
    { "subdelegation", "subdelegacion", PLACE(subdelegation), 100, 0, NULL },
    { "entity", "entidad", PLACE(address.entity), 40, 1, check_entity },
    { "city", "ciudad", PLACE(address.city), 100, 0, NULL },
    { "municipality", "municipio", PLACE(address.municipality), 100, 0, NULL },
    { "colony", "colonia", PLACE(address.colony), 100, 0, NULL },
    { "street", "calle", PLACE(address.street), 100, 0, NULL },
    { "outer_number", "numero_exterior", PLACE(address.outer_number), 40, 0,
      NULL },
    { "inner_number", "numero_interior", PLACE(address.inner_number), 40, 0,
      NULL },
    { "postcode", "codigo_postal", PLACE(address.postcode), 5, 1,
      check_postcode },
    { "email", "correo", PLACE(contact.email), NPIE_EMAIL_MAX, 0,
      check_email },
    { "phone", "telefono", PLACE(contact.phone), 30, 0, check_phone },
    { "fax", "fax", PLACE(contact.fax), 30, 0, check_phone },
};

static int is_entity(int field)
{
    return fields[field].check == check_entity;
}

static const char **text_place(npie_employer_t *employer, int field)
{
    return (const char **)(void *)((char *)employer + fields[field].place);
}

const char *npie_ctl_field_name(int field)
{
    return fields[field].name;
}

int npie_ctl_field_required(int field)
{
    return fields[field].required;
}

static int same_name(const char *known, const char *name, apr_size_t len)
{
    if (strlen(known) != len) {
        return 0;
    }
    for (apr_size_t i = 0; i < len; i++) {
        int c = name[i] == ' ' || name[i] == '-' ? '_' : apr_tolower(name[i]);

        if (c != known[i]) {
            return 0;
        }
    }
    return 1;
}

int npie_ctl_field_find(const char *name, apr_size_t len)
{
    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        if (same_name(fields[i].name, name, len)
            || same_name(fields[i].spanish, name, len)) {
            return i;
        }
    }
    return -1;
}

const char *npie_ctl_field_set(npie_employer_t *employer, int field,
                               const char *value, const char **pwarning,
                               apr_pool_t *p)
{
    const char *wrong = NULL;

    *pwarning = NULL;
    if (!npie_text_is_clean(value, strlen(value))) {
        return "it has control characters or is not UTF-8";
    }
    value = npie_text_trim(value, p);
    if (*value == '\0' && fields[field].required) {
        return "it is empty, and must not be";
    }
    if (npie_text_length(value) > fields[field].max) {
        return apr_psprintf(p, "it is longer than %u characters",
                            fields[field].max);
    }
    if (fields[field].check != NULL) {
        wrong = fields[field].check(&value, pwarning, p);
    }
    if (wrong == NULL && is_entity(field)) {
        employer->address.entity = (int)apr_atoi64(value);
    }
    else if (wrong == NULL) {
        *text_place(employer, field) = value;
    }
    return wrong;
}

const char *npie_ctl_field_get(const npie_employer_t *employer, int field,
                               apr_pool_t *p)
{
    npie_employer_t copy = *employer;
    const char *text;

    if (is_entity(field)) {
        return apr_psprintf(p, "%d", employer->address.entity);
    }
    text = *text_place(&copy, field);
    return text;
}

void npie_ctl_employer_clear(npie_employer_t *employer)
{
    memset(employer, 0, sizeof(*employer));
    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        if (!is_entity(i)) {
            *text_place(employer, i) = "";
        }
    }
}
