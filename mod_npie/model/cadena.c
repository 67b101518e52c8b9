/* SPDX-License-Identifier: Apache-2.0
 * Writes and parses the cadena original.
 */
#include "model/cadena.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "model/field.h"

/* The fields, in order. */
enum {
    AT_VERSION, AT_KIND, AT_FOLIO, AT_RP, AT_RFC, AT_CURP, AT_USER, AT_OLD,
    AT_NEW, AT_EMAIL, AT_TIME, FIELDS,
    AT_HOLDER = FIELDS, AT_PURPOSE, FIELDS_MAX
};

#define HEX_LEN (NPIE_SHA256_HEX_SIZE - 1)

/* Escapes '|' and '%' as %7C and %25. */
static const char *escape(const char *text, apr_pool_t *p)
{
    char *result = apr_palloc(p, strlen(text) * 3 + 1);
    char *out = result;

    for (; *text != '\0'; ++text) {
        if (*text == '|' || *text == '%') {
            memcpy(out, *text == '|' ? "%7C" : "%25", 3);
            out += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
    return result;
}

/* Reverses escape() in place. Other escapes stay; writing the line again
 * detects them. */
static void unescape(char *text)
{
    char *out = text;

    while (*text != '\0') {
        if (strncmp(text, "%7C", 3) == 0 || strncmp(text, "%25", 3) == 0) {
            *out++ = text[1] == '7' ? '|' : '%';
            text += 3;
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
}

char *npie_cadena_format(const npie_cadena_t *cadena, apr_pool_t *p)
{
    const char *more = cadena->kind != NPIE_LETTER_ADDITIONAL ? ""
        : apr_pstrcat(p, "|", escape(cadena->holder, p), "|",
                      escape(cadena->purpose, p), NULL);

    return apr_psprintf(p, "||1.0|%d|%" APR_INT64_T_FMT
                        "|%s|%s|%s|%s|%s|%s|%s|%s%s||",
                        (int)cadena->kind, cadena->folio,
                        escape(cadena->rp, p), escape(cadena->rfc, p),
                        escape(cadena->curp, p), escape(cadena->user, p),
                        cadena->old_spki, cadena->new_spki,
                        escape(cadena->email, p),
                        npie_text_time(cadena->time, p), more);
}

static npie_letter_kind_t kind_of(const char *text)
{
    return strcmp(text, "3") == 0 ? NPIE_LETTER_ADDITIONAL
        : strcmp(text, "2") == 0 ? NPIE_LETTER_TERMS : NPIE_LETTER_RENEWAL;
}

/* Splits the line in place at '|'. Returns 0 when the number of fields is
 * wrong. */
static int split(char *fields[FIELDS_MAX], char *line, apr_size_t len)
{
    int n = 0;

    if (len < 4 || memcmp(line, "||", 2) != 0
        || memcmp(line + len - 2, "||", 2) != 0) {
        return 0;
    }
    line[len - 2] = '\0';
    for (line += 2; line != NULL; ++n) {
        char *bar = strchr(line, '|');

        if (n == FIELDS_MAX) {
            return 0;
        }
        fields[n] = line;
        if (bar != NULL) {
            *bar++ = '\0';
        }
        line = bar;
    }
    return n > AT_KIND
        && n == (kind_of(fields[AT_KIND]) == NPIE_LETTER_ADDITIONAL
                 ? FIELDS_MAX : FIELDS);
}

static int is_hash(const char *text)
{
    return strlen(text) == HEX_LEN
        && strspn(text, "0123456789abcdef") == HEX_LEN;
}

apr_status_t npie_cadena_parse(npie_cadena_t **pcadena, npie_bytes_t text,
                               apr_pool_t *p)
{
    npie_cadena_t *cadena = apr_pcalloc(p, sizeof(*cadena));
    char *fields[FIELDS_MAX];
    char rp[NPIE_RP_SIZE];
    const char *again;

    if (text.len > NPIE_CADENA_MAX
        || !npie_text_is_clean((const char *)text.data, text.len)
        || !split(fields, npie_text_of(text, p), text.len)) {
        return NPIE_EINPUT;
    }
    for (int i = AT_RP; i <= AT_EMAIL; ++i) {
        unescape(fields[i]);
    }
    cadena->kind = kind_of(fields[AT_KIND]);
    cadena->holder = cadena->purpose = "";
    if (cadena->kind == NPIE_LETTER_ADDITIONAL) {
        unescape(fields[AT_HOLDER]);
        unescape(fields[AT_PURPOSE]);
        cadena->holder = fields[AT_HOLDER];
        cadena->purpose = fields[AT_PURPOSE];
    }
    cadena->folio = apr_atoi64(fields[AT_FOLIO]);
    cadena->rp = fields[AT_RP];
    cadena->rfc = fields[AT_RFC];
    cadena->curp = fields[AT_CURP];
    cadena->user = fields[AT_USER];
    cadena->old_spki = fields[AT_OLD];
    cadena->new_spki = fields[AT_NEW];
    cadena->email = fields[AT_EMAIL];
    if (npie_field_rp(rp, cadena->rp) != APR_SUCCESS
        || strcmp(rp, cadena->rp) != 0 || cadena->folio < 1
        || !is_hash(cadena->old_spki) || !is_hash(cadena->new_spki)
        || npie_text_time_parse(&cadena->time, fields[AT_TIME])
           != APR_SUCCESS) {
        return NPIE_EINPUT;
    }
    /* Written again it must be the same bytes: two lines that differ must
     * never be read as one. */
    again = npie_cadena_format(cadena, p);
    if (strlen(again) != text.len || memcmp(again, text.data, text.len) != 0) {
        return NPIE_EINPUT;
    }
    *pcadena = cadena;
    return APR_SUCCESS;
}
