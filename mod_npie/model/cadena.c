/* SPDX-License-Identifier: Apache-2.0
 * Writes and parses the cadena original.
 */
#include "model/cadena.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "model/bars.h"
#include "model/field.h"

/* The fields, in order. */
enum {
    AT_VERSION, AT_KIND, AT_FOLIO, AT_RP, AT_RFC, AT_CURP, AT_USER, AT_OLD,
    AT_NEW, AT_EMAIL, AT_TIME, FIELDS,
    AT_HOLDER = FIELDS, AT_PURPOSE, FIELDS_MAX
};

#define HEX_LEN (NPIE_SHA256_HEX_SIZE - 1)

char *npie_cadena_format(const npie_cadena_t *cadena, apr_pool_t *p)
{
    const char *const fields[FIELDS_MAX] = {
        [AT_VERSION] = "1.0",
        [AT_KIND] = apr_itoa(p, (int)cadena->kind),
        [AT_FOLIO] = apr_psprintf(p, "%" APR_INT64_T_FMT, cadena->folio),
        [AT_RP] = cadena->rp, [AT_RFC] = cadena->rfc,
        [AT_CURP] = cadena->curp, [AT_USER] = cadena->user,
        [AT_OLD] = cadena->old_spki, [AT_NEW] = cadena->new_spki,
        [AT_EMAIL] = cadena->email,
        [AT_TIME] = npie_text_time(cadena->time, p),
        [AT_HOLDER] = cadena->holder, [AT_PURPOSE] = cadena->purpose
    };

    return npie_bars_write(fields, cadena->kind == NPIE_LETTER_ADDITIONAL
                           ? FIELDS_MAX : FIELDS, p);
}

static npie_letter_kind_t kind_of(const char *text)
{
    return strcmp(text, "3") == 0 ? NPIE_LETTER_ADDITIONAL
        : strcmp(text, "2") == 0 ? NPIE_LETTER_TERMS : NPIE_LETTER_RENEWAL;
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
    const char *fields[FIELDS_MAX];
    char rp[NPIE_RP_SIZE];
    const int n = text.len > NPIE_CADENA_MAX ? 0
        : npie_bars_read(fields, FIELDS_MAX, text, p);

    if (n <= AT_KIND) {
        return NPIE_EINPUT;
    }
    cadena->kind = kind_of(fields[AT_KIND]);
    cadena->holder = cadena->purpose = "";
    if (n != (cadena->kind == NPIE_LETTER_ADDITIONAL ? FIELDS_MAX : FIELDS)) {
        return NPIE_EINPUT;
    }
    if (cadena->kind == NPIE_LETTER_ADDITIONAL) {
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
    if (!npie_bars_same(npie_cadena_format(cadena, p), text)) {
        return NPIE_EINPUT;
    }
    *pcadena = cadena;
    return APR_SUCCESS;
}
