/* SPDX-License-Identifier: Apache-2.0
 * Writes and parses what a letter says beside its cadena.
 */
#include "letter/data.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "model/bars.h"

enum {
    AT_VERSION, AT_ART, AT_GIVEN_NAME, AT_SURNAME, AT_SURNAME2, AT_COMPANY,
    AT_OFFICE, AT_ENTITY, AT_CITY, AT_MUNICIPALITY, AT_COLONY, AT_STREET,
    AT_OUTER, AT_INNER, AT_POSTCODE, AT_EMAIL, AT_PHONE, FIELDS
};

#define HEX_LEN (NPIE_SHA256_HEX_SIZE - 1)

char *npie_letter_data_format(const npie_letter_data_t *data, apr_pool_t *p)
{
    const npie_employer_t *e = &data->employer;
    const char *const fields[FIELDS] = {
        [AT_VERSION] = "1.0", [AT_ART] = data->art,
        [AT_GIVEN_NAME] = e->given_name, [AT_SURNAME] = e->surname,
        [AT_SURNAME2] = e->surname2, [AT_COMPANY] = e->name,
        [AT_OFFICE] = e->subdelegation,
        [AT_ENTITY] = apr_itoa(p, e->address.entity),
        [AT_CITY] = e->address.city,
        [AT_MUNICIPALITY] = e->address.municipality,
        [AT_COLONY] = e->address.colony, [AT_STREET] = e->address.street,
        [AT_OUTER] = e->address.outer_number,
        [AT_INNER] = e->address.inner_number,
        [AT_POSTCODE] = e->address.postcode,
        [AT_EMAIL] = e->contact.email, [AT_PHONE] = e->contact.phone
    };

    return npie_bars_write(fields, FIELDS, p);
}

apr_status_t npie_letter_data_parse(npie_letter_data_t **pdata,
                                    npie_bytes_t text, apr_pool_t *p)
{
    npie_letter_data_t *data = apr_pcalloc(p, sizeof(*data));
    npie_employer_t *e = &data->employer;
    const char *fields[FIELDS];

    if (text.len > NPIE_LETTER_DATA_MAX
        || npie_bars_read(fields, FIELDS, text, p) != FIELDS
        || strlen(fields[AT_ART]) != HEX_LEN
        || strspn(fields[AT_ART], "0123456789abcdef") != HEX_LEN) {
        return NPIE_EINPUT;
    }
    data->art = fields[AT_ART];
    e->given_name = fields[AT_GIVEN_NAME];
    e->surname = fields[AT_SURNAME];
    e->surname2 = fields[AT_SURNAME2];
    e->name = fields[AT_COMPANY];
    e->subdelegation = fields[AT_OFFICE];
    e->address.entity = atoi(fields[AT_ENTITY]);
    e->address.city = fields[AT_CITY];
    e->address.municipality = fields[AT_MUNICIPALITY];
    e->address.colony = fields[AT_COLONY];
    e->address.street = fields[AT_STREET];
    e->address.outer_number = fields[AT_OUTER];
    e->address.inner_number = fields[AT_INNER];
    e->address.postcode = fields[AT_POSTCODE];
    e->contact.email = fields[AT_EMAIL];
    e->contact.phone = fields[AT_PHONE];
    e->rp = e->rfc = e->user = e->curp = e->contact.fax = "";
    if (!npie_bars_same(npie_letter_data_format(data, p), text)) {
        return NPIE_EINPUT;
    }
    *pdata = data;
    return APR_SUCCESS;
}
