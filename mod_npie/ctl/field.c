/* SPDX-License-Identifier: Apache-2.0
 * The table of an employer's fields.
 */
#include "ctl/field.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <uniname.h>

#include "base/encoding.h"
#include "base/plain.h"
#include "base/text.h"
#include "letter/winansi.h"
#include "model/field.h"

/* Brings a trimmed, clean value that is not empty to its form, or says what is
 * wrong. */
typedef const char *check_fn(const char **pvalue, const char **pwarning,
                             apr_pool_t *p);

/* The least digits of a registro patronal that lost its zeros. */
#define RP_LEAST 8

static int is_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* A number as a spreadsheet shows it when it was not given room. */
static int is_rounded(const char *text)
{
    const char *e = text + strspn(text, "0123456789.,");

    return e != text && (*e == 'e' || *e == 'E') && e[1] == '+'
        && is_number(e + 2);
}

/* Whole numbers that were saved with decimals: 3810.0 */
static const char *whole(const char *text, apr_pool_t *p)
{
    apr_size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;

    return digits > 0 && (*rest == '.' || *rest == ',') && rest[1] == '0'
        && rest[1 + strspn(rest + 1, "0")] == '\0'
        ? apr_pstrmemdup(p, text, digits) : text;
}

static const char *check_rp(const char **pvalue, const char **pwarning,
                            apr_pool_t *p)
{
    const char *text = npie_plain_joined(*pvalue, p);
    char *rp = apr_palloc(p, NPIE_RP_SIZE);

    if (npie_field_rp(rp, text) == APR_SUCCESS) {
        *pvalue = rp;
        return NULL;
    }
    /* Without a letter it is a number to a spreadsheet. */
    text = apr_psprintf(p, "%011" APR_INT64_T_FMT, apr_atoi64(text));
    if (strlen(*pvalue) >= RP_LEAST && is_number(*pvalue)
        && npie_field_rp(rp, text) == APR_SUCCESS) {
        *pwarning = apr_psprintf(p, "it was taken for %s, of which a "
                                 "spreadsheet drops the zeros: compare it "
                                 "with the employer's papers", rp);
        *pvalue = rp;
        return NULL;
    }
    return "no registro patronal of 11 characters whose check digit holds: "
           "look it up in the employer's papers";
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
    *pvalue = upper(npie_plain_joined(*pvalue, p), p);
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
    *pvalue = upper(npie_plain_joined(*pvalue, p), p);
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
    *pvalue = npie_plain_joined(*pvalue, p);
    return npie_field_user(*pvalue) ? NULL
        : "a user name is 8 to 20 letters and digits; empty, it is the "
          "registro patronal without its check digit";
}

static const char *check_email(const char **pvalue, const char **pwarning,
                               apr_pool_t *p)
{
    (void)pwarning;
    (void)p;
    return npie_field_email(*pvalue) ? NULL
        : "no e-mail address: write one, as nombre@empresa.example, or leave "
          "it empty";
}

static const char *check_phone(const char **pvalue, const char **pwarning,
                               apr_pool_t *p)
{
    char *digits = apr_palloc(p, 11);

    (void)pwarning;
    *pvalue = whole(*pvalue, p);
    if (npie_field_phone(digits, *pvalue) == APR_SUCCESS) {
        *pvalue = digits;
        return NULL;
    }
    if (is_rounded(*pvalue)) {
        return "the spreadsheet rounded it: make its column one of text and "
               "enter the number again";
    }
    return "no telephone number of 10 digits: write it with its area code, or "
           "leave it empty";
}

/* A spreadsheet takes 06600 for a number and drops its zero. */
static const char *check_postcode(const char **pvalue, const char **pwarning,
                                  apr_pool_t *p)
{
    (void)pwarning;
    *pvalue = whole(*pvalue, p);
    if (strlen(*pvalue) == 4) {
        *pvalue = apr_pstrcat(p, "0", *pvalue, NULL);
    }
    return npie_field_postcode(*pvalue) ? NULL
        : "a código postal has 5 digits";
}

/* What people call some entities, in the form of npie_plain_key(). */
static const struct {
    int inegi;
    const char *names;
} customary[] = {
    { 5, "coahuila" },
    { 9, "cdmx distritofederal mexicodf" },
    { 15, "estadodemexico edodemexico edomexico edomex mex" },
    { 16, "michoacan" },
    { 30, "veracruz veracruzllave" },
};

static int is_customary(int inegi, const char *key)
{
    for (size_t i = 0; i < sizeof(customary) / sizeof(customary[0]); i++) {
        if (customary[i].inegi == inegi
            && npie_plain_is_one_of(customary[i].names, key)) {
            return 1;
        }
    }
    return 0;
}

/* By number, name or the two letters of the CURP; becomes the number. */
static const char *check_entity(const char **pvalue, const char **pwarning,
                                apr_pool_t *p)
{
    const char *key = npie_plain_key(whole(*pvalue, p), p);

    (void)pwarning;
    for (int n = 1; npie_entity_find(n) != NULL; n++) {
        const npie_entity_t *entity = npie_entity_find(n);

        if (strcmp(key, npie_plain_key(entity->name, p)) == 0
            || strcasecmp(key, entity->curp) == 0
            || is_customary(n, key)
            || (is_number(key) && apr_atoi64(key) == n)) {
            *pvalue = apr_psprintf(p, "%d", n);
            return NULL;
        }
    }
    return "no entidad: its INEGI number 1 to 32, its name, or its two "
           "letters of the CURP";
}

/* Text that letters show: a character that they cannot show is refused by its
 * name. */
static const char *check_text(const char **pvalue, const char **pwarning,
                              apr_pool_t *p)
{
    unsigned code = npie_winansi_missing(*pvalue);
    char shown[5] = "", name[UNINAME_MAX] = "no name";

    (void)pwarning;
    if (code == 0) {
        return NULL;
    }
    npie_encoding_put(shown, code);
    unicode_character_name(code, name);
    return apr_psprintf(p, "letters cannot show the character \"%s\" "
                        "(U+%04X, %s): write it another way", shown, code,
                        name);
}

#define PLACE(member) offsetof(npie_employer_t, member)

/* The first name is the one in JSON; all of them, those of the column in CSV
 * too, are known in the form of npie_plain_key(). */
static const struct {
    const char *name;
    const char *names;
    size_t place;    /* of the const char *; of the int for entity */
    unsigned max;    /* characters */
    int required;
    check_fn *check;
} fields[NPIE_CTL_FIELDS] = {
    { "name", "name razonsocial denominacion denominacionorazonsocial "
      "nombreorazonsocial", PLACE(name), 200, 1, check_text },
    { "rp", "rp registropatronal registropatronalimss nrp", PLACE(rp), 20, 1,
      check_rp },
    { "rfc", "rfc registrofederaldecontribuyentes", PLACE(rfc), 20, 1,
      check_rfc },
    { "user", "user usuario nombredeusuario", PLACE(user), 30, 0, check_user },
    { "given_name", "givenname nombre nombres nombredelrepresentante",
      PLACE(given_name), 100, 1, check_text },
    { "surname", "surname apellidopaterno paterno primerapellido",
      PLACE(surname), 100, 1, check_text },
    { "surname2", "surname2 apellidomaterno materno segundoapellido",
      PLACE(surname2), 100, 0, check_text },
    { "curp", "curp", PLACE(curp), 30, 1, check_curp },
    { "subdelegation", "subdelegation subdelegacion", PLACE(subdelegation),
      100, 0, check_text },
    { "entity", "entity entidad entidadfederativa estado",
      PLACE(address.entity), 40, 1, check_entity },
    { "city", "city ciudad localidad poblacion", PLACE(address.city), 100, 0,
      check_text },
    { "municipality", "municipality municipio alcaldia delegacion "
      "municipiooalcaldia alcaldiaomunicipio", PLACE(address.municipality),
      100, 0, check_text },
    { "colony", "colony colonia", PLACE(address.colony), 100, 0, check_text },
    { "street", "street calle domicilio", PLACE(address.street), 100, 0,
      check_text },
    { "outer_number", "outernumber numeroexterior numexterior numext noexterior "
      "noext numero", PLACE(address.outer_number), 40, 0, check_text },
    { "inner_number", "innernumber numerointerior numinterior numint nointerior "
      "noint", PLACE(address.inner_number), 40, 0, check_text },
    { "postcode", "postcode codigopostal cp zip", PLACE(address.postcode), 10,
      1, check_postcode },
    { "email", "email correo correoelectronico mail", PLACE(contact.email),
      NPIE_EMAIL_MAX, 0, check_email },
    { "phone", "phone telefono tel", PLACE(contact.phone), 30, 0,
      check_phone },
    { "fax", "fax", PLACE(contact.fax), 30, 0, check_phone },
};

static int is_entity(int field)
{
    return fields[field].check == check_entity;
}

static const char **text_place(npie_employer_t *employer, int field)
{
    return (const char **)((char *)employer + fields[field].place);
}

const char *npie_ctl_field_name(int field)
{
    return fields[field].name;
}

int npie_ctl_field_required(int field)
{
    return fields[field].required;
}

int npie_ctl_field_find(const char *key)
{
    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        if (npie_plain_is_one_of(fields[i].names, key)) {
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
    value = npie_text_trim(npie_plain_visible(value, p), p);
    if (*value == '\0' && fields[field].required) {
        return "it is empty, and must not be";
    }
    if (npie_text_length(value) > fields[field].max) {
        return apr_psprintf(p, "it is longer than %u characters",
                            fields[field].max);
    }
    wrong = *value == '\0' ? NULL : fields[field].check(&value, pwarning, p);
    if (wrong == NULL && is_entity(field)) {
        employer->address.entity = (int)apr_atoi64(value);
    }
    else if (wrong == NULL) {
        *text_place(employer, field) = value;
    }
    return wrong;
}

int npie_ctl_field_can_wait(int field, const char *value)
{
    return fields[field].check == check_phone && !fields[field].required
        && npie_field_phone_like(value);
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
