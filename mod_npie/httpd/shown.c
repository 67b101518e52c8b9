/* SPDX-License-Identifier: Apache-2.0
 * Names and values that pages and programs are shown.
 */
#include "httpd/shown.h"

#include <stddef.h>

#include <apr_strings.h>

#include "model/field.h"

#define AT(member) offsetof(npie_employer_t, member)

const npie_shown_field_t npie_shown_employer[] = {
    { "npie_name", "name", AT(name) },
    { "npie_rp", "rp", AT(rp) },
    { "npie_rfc", "rfc", AT(rfc) },
    { "npie_user", "user", AT(user) },
    { "npie_given_name", "given_name", AT(given_name) },
    { "npie_surname", "surname", AT(surname) },
    { "npie_surname2", "surname2", AT(surname2) },
    { "npie_curp", "curp", AT(curp) },
    { "npie_correo", "email", AT(contact.email) },
    { "npie_correo2", NULL, AT(contact.email) },
    { "npie_telefono", "phone", AT(contact.phone) },
    { "npie_fax", "fax", AT(contact.fax) },
    { NULL, NULL, 0 },
};

const npie_shown_field_t npie_shown_address[] = {
    { "npie_city", "city", AT(address.city) },
    { "npie_municipality", "municipality", AT(address.municipality) },
    { "npie_colony", "colony", AT(address.colony) },
    { "npie_street", "street", AT(address.street) },
    { "npie_outer", "outer", AT(address.outer_number) },
    { "npie_inner", "inner", AT(address.inner_number) },
    { "npie_postcode", "postcode", AT(address.postcode) },
    { NULL, NULL, 0 },
};

const char *npie_shown_value(const npie_shown_field_t *field,
                             const npie_employer_t *employer)
{
    return *(const char *const *)((const char *)employer + field->offset);
}

const char *npie_shown_entity(const npie_employer_t *employer)
{
    const npie_entity_t *entity = npie_entity_find(employer->address.entity);

    return entity != NULL ? entity->name : "";
}

const char *npie_shown_status(const npie_shown_certificate_t *shown,
                              apr_time_t now)
{
    return shown->status != NULL ? shown->status
        : now < shown->from ? "future" : now < shown->until ? "valid"
                                                            : "expired";
}

npie_shown_certificate_t npie_shown_row(const npie_certificate_t *row,
                                        apr_pool_t *p)
{
    npie_shown_certificate_t shown = {
        npie_cert_serial_text(row->serial, p), row->spki, "", "",
        row->not_before, row->not_after, row->ended,
        row->status == NPIE_CERTIFICATE_REVOKED ? "revoked"
            : row->status == NPIE_CERTIFICATE_SUPERSEDED ? "superseded" : NULL,
    };
    npie_cert_t *cert;

    if (npie_cert_parse(&cert, row->der, NULL, p) == APR_SUCCESS) {
        shown.name = cert->common_name;
        shown.issuer = cert->issuer;
    }
    return shown;
}

npie_shown_certificate_t npie_shown_proved(const npie_session_t *session,
                                           apr_pool_t *p)
{
    npie_shown_certificate_t shown = {
        npie_cert_serial_text(session->serial, p), session->spki,
        session->common_name, "", session->not_before, session->not_after,
        session->event,
        session->problem == NPIE_P_CERT_REVOKED ? "revoked"
            : session->problem == NPIE_P_CERT_SUPERSEDED
              || (session->problem == NPIE_P_CERT_ADDITIONAL
                  && session->event != 0) ? "superseded" : NULL,
    };

    return shown;
}

const char *npie_shown_algorithm(const npie_server_conf_t *conf,
                                 apr_pool_t *p)
{
    const npie_key_rules_t *rules = &conf->new_keys;

    if (rules->rsa_min_bits == 0) {
        return rules->p256 ? "P-256" : "P-384";
    }
    return rules->rsa_min_bits > 3072
        ? apr_psprintf(p, "RSA-%d", rules->rsa_min_bits) : "RSA-3072";
}

const char *npie_shown_key_name(const npie_place_t *place, apr_pool_t *p)
{
    return apr_psprintf(p, "%.10s_%d", place->employer->rp,
                        place->generation);
}
