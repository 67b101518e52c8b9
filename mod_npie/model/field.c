/* SPDX-License-Identifier: Apache-2.0
 * Formats and check digits of an employer's fields.
 */
#include "model/field.h"

#include <string.h>

#include <apr_strings.h>

#include "base/plain.h"

/* Latin-1 code of the only letter outside ASCII in RFC and CURP. */
#define ENYE 0xD1
#define RFC_MAX 13
#define CURP_LEN 18

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int is_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static int upper(int c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

char npie_field_rp_digit(const char *rp10)
{
    int digits[11];
    int n = 0, sum = 0;

    if (is_upper(rp10[0])) {
        digits[n++] = (rp10[0] - 'A' + 10) / 10;
        digits[n++] = (rp10[0] - 'A' + 10) % 10;
    } else if (is_digit(rp10[0])) {
        digits[n++] = rp10[0] - '0';
    } else {
        return 0;
    }
    for (int i = 1; i < 10; ++i) {
        if (!is_digit(rp10[i])) {
            return 0;
        }
        digits[n++] = rp10[i] - '0';
    }
    if (rp10[10] != '\0') {
        return 0;
    }
    for (int i = n - 1, factor = 2; i >= 0; --i, factor = 3 - factor) {
        int product = digits[i] * factor;

        sum += product / 10 + product % 10;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

apr_status_t npie_field_rp(char out[NPIE_RP_SIZE], const char *text)
{
    char rp10[NPIE_RP10_SIZE];
    char plain[NPIE_RP_SIZE];
    size_t n = 0;

    for (size_t blank = 0; *text != '\0'; text += blank > 0 ? blank : 1) {
        blank = *text == '-' ? 1 : npie_plain_blank(text);
        if (blank > 0) {
            continue;
        }
        if (n == NPIE_RP_SIZE - 1) {
            return NPIE_EINPUT;
        }
        plain[n++] = (char)upper(*text);
    }
    if (n != NPIE_RP_SIZE - 1) {
        return NPIE_EINPUT;
    }
    plain[n] = '\0';
    memcpy(rp10, plain, NPIE_RP10_SIZE - 1);
    rp10[NPIE_RP10_SIZE - 1] = '\0';
    if (npie_field_rp_digit(rp10) != plain[NPIE_RP10_SIZE - 1]) {
        return NPIE_EINPUT;
    }
    memcpy(out, plain, NPIE_RP_SIZE);
    return APR_SUCCESS;
}

char *npie_field_rp_display(const char *rp, apr_pool_t *p)
{
    const char end[2] = { strlen(rp) < NPIE_RP_SIZE - 1
                          ? npie_field_rp_digit(rp) : rp[NPIE_RP_SIZE - 2],
                          '\0' };

    return apr_psprintf(p, "%.10s-%s", rp, end);
}

/* Converts UTF-8 to one byte per character, Ñ to ENYE. Returns the number of
 * characters; 0: more than max, or another character. */
static size_t to_codes(unsigned char *codes, size_t max, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = 0;

    while (*s != '\0') {
        if (n == max) {
            return 0;
        }
        if (s[0] == 0xC3 && s[1] == 0x91) {
            codes[n++] = ENYE;
            s += 2;
        } else if (*s < 0x80) {
            codes[n++] = *s++;
        } else {
            return 0;
        }
    }
    return n;
}

/* Computes the weighted sum of both check digits: the index of each character
 * in the alphabet times a weight that decreases by one. */
static int weigh(const unsigned char *codes, size_t n, const char *alphabet,
                 int weight)
{
    int sum = 0;

    for (size_t i = 0; i < n; ++i, --weight) {
        sum += (int)(strchr(alphabet, codes[i]) - alphabet) * weight;
    }
    return sum;
}

/* Checks a date of six digits, yymmdd; century 0: 19 or 20. */
static int is_date(const unsigned char *s, int century)
{
    static const int days[] = {
        31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    int year, month, day;

    for (int i = 0; i < 6; ++i) {
        if (!is_digit(s[i])) {
            return 0;
        }
    }
    year = (s[0] - '0') * 10 + s[1] - '0';
    month = (s[2] - '0') * 10 + s[3] - '0';
    day = (s[4] - '0') * 10 + s[5] - '0';
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) {
        return 0;
    }
    /* 1900 had no 29 February, 2000 had one. */
    return month != 2 || day < 29
        || (year % 4 == 0 && !(year == 0 && century == 19));
}

static int are_letters(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (!is_upper(s[i]) && s[i] != ENYE) {
            return 0;
        }
    }
    return 1;
}

npie_field_verdict_t npie_field_rfc(const char *rfc)
{
    static const char alphabet[] =
        "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ \xD1";
    unsigned char codes[RFC_MAX];
    size_t n;
    int digit;

    codes[0] = ' ';
    n = to_codes(codes + 1, RFC_MAX - 1, rfc) + 1;
    if (n != RFC_MAX) {
        n = to_codes(codes, RFC_MAX, rfc);
    }
    if (n != RFC_MAX) {
        return NPIE_FIELD_BAD;
    }
    for (size_t i = codes[0] == ' ' && rfc[0] != ' '; i < 4; ++i) {
        if (codes[i] != '&' && !are_letters(codes + i, 1)) {
            return NPIE_FIELD_BAD;
        }
    }
    if (!is_date(codes + 4, 0)
        || !(is_digit(codes[10]) || is_upper(codes[10]))
        || !(is_digit(codes[11]) || is_upper(codes[11]))
        || !(is_digit(codes[12]) || codes[12] == 'A')) {
        return NPIE_FIELD_BAD;
    }
    digit = (11 - weigh(codes, RFC_MAX - 1, alphabet, 13) % 11) % 11;
    return codes[12] == (digit == 10 ? 'A' : '0' + digit) ? NPIE_FIELD_GOOD
                                                          : NPIE_FIELD_SUSPECT;
}

static const npie_entity_t entities[] = {
    { 1, "Aguascalientes", "AS" },
    { 2, "Baja California", "BC" },
    { 3, "Baja California Sur", "BS" },
    { 4, "Campeche", "CC" },
    { 5, "Coahuila de Zaragoza", "CL" },
    { 6, "Colima", "CM" },
    { 7, "Chiapas", "CS" },
    { 8, "Chihuahua", "CH" },
    { 9, "Ciudad de México", "DF" },
    { 10, "Durango", "DG" },
    { 11, "Guanajuato", "GT" },
    { 12, "Guerrero", "GR" },
    { 13, "Hidalgo", "HG" },
    { 14, "Jalisco", "JC" },
    { 15, "México", "MC" },
    { 16, "Michoacán de Ocampo", "MN" },
    { 17, "Morelos", "MS" },
    { 18, "Nayarit", "NT" },
    { 19, "Nuevo León", "NL" },
    { 20, "Oaxaca", "OC" },
    { 21, "Puebla", "PL" },
    { 22, "Querétaro", "QT" },
    { 23, "Quintana Roo", "QR" },
    { 24, "San Luis Potosí", "SP" },
    { 25, "Sinaloa", "SL" },
    { 26, "Sonora", "SR" },
    { 27, "Tabasco", "TC" },
    { 28, "Tamaulipas", "TS" },
    { 29, "Tlaxcala", "TL" },
    { 30, "Veracruz de Ignacio de la Llave", "VZ" },
    { 31, "Yucatán", "YN" },
    { 32, "Zacatecas", "ZS" },
};

#define ENTITY_COUNT ((int)(sizeof(entities) / sizeof(entities[0])))

const npie_entity_t *npie_entity_find(int inegi)
{
    return inegi >= 1 && inegi <= ENTITY_COUNT ? &entities[inegi - 1] : NULL;
}

/* Checks an entity code: one of the 32, or NE for born abroad. */
static int is_birthplace(const unsigned char *s)
{
    for (int i = 0; i < ENTITY_COUNT; ++i) {
        if (memcmp(s, entities[i].curp, 2) == 0) {
            return 1;
        }
    }
    return memcmp(s, "NE", 2) == 0;
}

npie_field_verdict_t npie_field_curp(const char *curp)
{
    static const char alphabet[] =
        "0123456789ABCDEFGHIJKLMN\xD1OPQRSTUVWXYZ";
    unsigned char codes[CURP_LEN];
    int digit;

    if (to_codes(codes, CURP_LEN, curp) != CURP_LEN
        || !are_letters(codes, 4)
        || !(is_digit(codes[16]) || is_upper(codes[16]))
        /* The homoclave is a digit for those born until 1999, then a
         * letter. */
        || !is_date(codes + 4, is_digit(codes[16]) ? 19 : 20)
        || strchr("HMX", codes[10]) == NULL
        || !is_birthplace(codes + 11) || !are_letters(codes + 13, 3)
        || !is_digit(codes[17])) {
        return NPIE_FIELD_BAD;
    }
    digit = (10 - weigh(codes, CURP_LEN - 1, alphabet, 18) % 10) % 10;
    return codes[17] == '0' + digit ? NPIE_FIELD_GOOD : NPIE_FIELD_SUSPECT;
}

int npie_field_user(const char *user)
{
    size_t n = 0;

    for (; user[n] != '\0'; ++n) {
        if (n == NPIE_USER_MAX
            || (!is_digit(user[n]) && !is_upper(upper(user[n])))) {
            return 0;
        }
    }
    return n >= NPIE_USER_MIN;
}

/* Matches a separator of a telephone number: blanks, and hyphens and dashes of
 * all widths (U+2010 to U+2015, U+2212). */
static size_t phone_mark(const char *text)
{
    size_t n = npie_plain_blank(text);

    if (n == 0 && strchr("-().", *text) != NULL) {
        return 1;
    }
    if (n == 0 && ((strncmp(text, "\xe2\x80", 2) == 0
                    && text[2] >= '\x90' && text[2] <= '\x95')
                   || strncmp(text, "\xe2\x88\x92", 3) == 0)) {
        return 3;
    }
    return n;
}

/* Copies the digits and a leading +. Returns the number of characters; 0: any
 * other character, or more than size - 1. */
static size_t phone_digits(char *digits, size_t size, const char *text)
{
    size_t n = 0;

    while (*text != '\0') {
        size_t mark = phone_mark(text);

        if (mark > 0) {
            text += mark;
            continue;
        }
        if ((!is_digit(*text) && !(*text == '+' && n == 0)) || n == size - 1) {
            return 0;
        }
        digits[n++] = *text++;
    }
    digits[n] = '\0';
    return n;
}

apr_status_t npie_field_phone(char out[11], const char *text)
{
    /* The country, as dialled from Mexico and from abroad, with the 1 that
     * cell phones had until 2019; long distance and cell phones at home. */
    static const char *const prefixes[] = {
        "", "+52", "52", "0052", "+521", "521", "00521", "01", "044", "045"
    };
    char digits[16];
    size_t n = phone_digits(digits, sizeof(digits), text);

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); ++i) {
        size_t len = strlen(prefixes[i]);

        if (n == len + 10 && digits[len] != '+'
            && strncmp(digits, prefixes[i], len) == 0) {
            memcpy(out, digits + len, 11);
            return APR_SUCCESS;
        }
    }
    return NPIE_EINPUT;
}

int npie_field_phone_like(const char *text)
{
    char digits[16];
    size_t n = phone_digits(digits, sizeof(digits), text);

    return n >= 7;
}

int npie_field_postcode(const char *text)
{
    size_t n = 0;

    while (n < 5 && is_digit(text[n])) {
        ++n;
    }
    return n == 5 && text[5] == '\0';
}
