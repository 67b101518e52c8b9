/* SPDX-License-Identifier: Apache-2.0
 * Variables for the pages.
 */
#include "httpd/vars.h"

#include <apr_strings.h>

#include "base/text.h"
#include "model/field.h"

void npie_vars_set(request_rec *r, const char *name, const char *value)
{
    if (value != NULL && *value != '\0') {
        apr_table_setn(r->subprocess_env, name, value);
    }
}

static void set_date(request_rec *r, const char *name, apr_time_t t)
{
    if (t != 0) {
        npie_vars_set(r, name, npie_text_date_es(t, r->pool));
    }
}

void npie_vars_common(request_rec *r, const char *page, int step)
{
    const npie_server_conf_t *conf = npie_conf_server(r->server);
    apr_size_t stem = strcspn(page, ".");

    npie_vars_set(r, "npie_base", conf->base.path);
    npie_vars_set(r, "npie_application", conf->application);
    npie_vars_set(r, "npie_institution", conf->institution);
    npie_vars_set(r, "npie_page", apr_pstrmemdup(r->pool, page, stem));
    npie_vars_set(r, "npie_new_algorithm",
                  conf->new_keys.rsa_min_bits == 0
                  ? (conf->new_keys.p256 ? "P-256" : "P-384")
                  : conf->new_keys.rsa_min_bits > 3072
                  ? apr_psprintf(r->pool, "RSA-%d", conf->new_keys.rsa_min_bits)
                  : "RSA-3072");
    if (step > 0) {
        npie_vars_set(r, "npie_step", apr_itoa(r->pool, step));
    }
}

void npie_vars_session(request_rec *r, const npie_session_t *session)
{
    npie_vars_set(r, "npie_session", "1");
    npie_vars_set(r, "npie_csrf", session->csrf);
    npie_vars_set(r, "npie_name", session->name);
    npie_vars_set(r, "npie_user", session->user);
    if (*session->rp != '\0') {
        npie_vars_set(r, "npie_rp", session->rp);
        npie_vars_set(r, "npie_rp_display",
                      npie_field_rp_display(session->rp, r->pool));
    }
    npie_vars_set(r, "npie_cert_name", session->common_name);
    npie_vars_set(r, "npie_cert_serial",
                  npie_cert_serial_text(session->serial, r->pool));
    npie_vars_set(r, "npie_cert_spki", session->spki);
    set_date(r, "npie_cert_from", session->not_before);
    set_date(r, "npie_cert_until", session->not_after);
    set_date(r, "npie_event_date", session->event);
}

static void set_employer(request_rec *r, const npie_employer_t *e)
{
    const npie_entity_t *entity = npie_entity_find(e->address.entity);

    npie_vars_set(r, "npie_name", e->name);
    npie_vars_set(r, "npie_rp", e->rp);
    npie_vars_set(r, "npie_rp_display", npie_field_rp_display(e->rp, r->pool));
    npie_vars_set(r, "npie_rp10", apr_pstrmemdup(r->pool, e->rp, 10));
    npie_vars_set(r, "npie_rfc", e->rfc);
    npie_vars_set(r, "npie_user", e->user);
    npie_vars_set(r, "npie_given_name", e->given_name);
    npie_vars_set(r, "npie_surname", e->surname);
    npie_vars_set(r, "npie_surname2", e->surname2);
    npie_vars_set(r, "npie_curp", e->curp);
    npie_vars_set(r, "npie_entity", entity != NULL ? entity->name : NULL);
    npie_vars_set(r, "npie_city", e->address.city);
    npie_vars_set(r, "npie_municipality", e->address.municipality);
    npie_vars_set(r, "npie_colony", e->address.colony);
    npie_vars_set(r, "npie_street", e->address.street);
    npie_vars_set(r, "npie_outer", e->address.outer_number);
    npie_vars_set(r, "npie_inner", e->address.inner_number);
    npie_vars_set(r, "npie_postcode", e->address.postcode);
    npie_vars_set(r, "npie_correo", e->contact.email);
    npie_vars_set(r, "npie_correo2", e->contact.email);
    npie_vars_set(r, "npie_telefono", e->contact.phone);
    npie_vars_set(r, "npie_fax", e->contact.fax);
}

/* One certificate under a prefix: npie_old_serial and so on. What stands in
 * the certificate itself comes from its bytes. */
static void set_certificate(request_rec *r, const char *which,
                            const npie_certificate_t *row)
{
    const char *prefix = apr_pstrcat(r->pool, "npie_", which, "_", NULL);
    npie_cert_t *cert;

    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "serial", NULL),
                  npie_cert_serial_text(row->serial, r->pool));
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "spki", NULL), row->spki);
    set_date(r, apr_pstrcat(r->pool, prefix, "from", NULL), row->not_before);
    set_date(r, apr_pstrcat(r->pool, prefix, "until", NULL), row->not_after);
    if (npie_cert_parse(&cert, row->der, NULL, r->pool) == APR_SUCCESS) {
        npie_vars_set(r, apr_pstrcat(r->pool, prefix, "name", NULL),
                      cert->common_name);
        npie_vars_set(r, apr_pstrcat(r->pool, prefix, "issuer", NULL),
                      cert->issuer);
    }
}

static void set_renewal(request_rec *r, const npie_place_t *place)
{
    const npie_renewal_t *renewal = place->renewal;

    npie_vars_set(r, "npie_state", npie_renewal_state_name(renewal->state));
    npie_vars_set(r, "npie_key_name", renewal->key_name);
    npie_vars_set(r, "npie_key_sha256", renewal->key_sha256);
    npie_vars_set(r, "npie_new_spki", renewal->new_spki);
    if (renewal->letter1 != 0) {
        npie_vars_set(r, "npie_folio1", apr_ltoa(r->pool, renewal->letter1));
    }
    if (renewal->letter2 != 0) {
        npie_vars_set(r, "npie_folio2", apr_ltoa(r->pool, renewal->letter2));
    }
}

void npie_vars_place(request_rec *r, const npie_place_t *place)
{
    apr_time_t left = place->certificate->not_after - r->request_time;

    set_employer(r, place->employer);
    set_certificate(r, "cert", place->certificate);
    if (place->old != NULL) {
        set_certificate(r, "old", place->old);
    }
    if (place->issued != NULL) {
        set_certificate(r, "new", place->issued);
    }
    if (place->renewal != NULL) {
        set_renewal(r, place);
    }
    set_date(r, "npie_event_date", place->certificate->ended);
    npie_vars_set(r, "npie_generation", apr_itoa(r->pool, place->generation));
    npie_vars_set(r, "npie_key_default",
                  apr_psprintf(r->pool, "%.10s_%d", place->employer->rp,
                               place->generation));
    if (place->verdict == NPIE_VERDICT_EARLY) {
        npie_vars_set(r, "npie_early", "1");
    }
    if (left > 0) {
        npie_vars_set(r, "npie_days_left",
                      apr_ltoa(r->pool, (long)(apr_time_sec(left) / 86400)));
    }
}

static void set_letter(request_rec *r, npie_flow_t *flow, apr_int64_t folio,
                       const char *name)
{
    npie_letter_row_t *letter;

    if (folio != 0 && npie_letter_get(&letter, flow->registry, folio, NULL)
        == APR_SUCCESS) {
        set_date(r, name, letter->signed_at);
    }
}

/* The colleagues' certificates that lapse with this one, a line each. */
static void set_additionals(request_rec *r, npie_flow_t *flow,
                            apr_int64_t employer)
{
    apr_array_header_t *list;
    char *text = apr_pstrdup(r->pool, "");

    if (npie_certificate_additionals(&list, flow->registry, employer, NULL)
        != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < list->nelts; ++i) {
        const npie_certificate_t *c =
            APR_ARRAY_IDX(list, i, const npie_certificate_t *);

        text = apr_pstrcat(r->pool, text, *text != '\0' ? "\n" : "", c->holder,
                           " <", c->holder_email, ">", NULL);
    }
    npie_vars_set(r, "npie_additionals", text);
}

void npie_vars_letters(request_rec *r, npie_flow_t *flow,
                       const npie_place_t *place)
{
    set_additionals(r, flow, place->employer->id);
    if (place->renewal != NULL) {
        set_letter(r, flow, place->renewal->letter1, "npie_letter1_signed");
        set_letter(r, flow, place->renewal->letter2, "npie_letter2_signed");
    }
}

void npie_vars_problem(request_rec *r, int number, const char *detail)
{
    const npie_problem_info_t *info = npie_problem_find(number);

    if (info != NULL) {
        npie_vars_set(r, "npie_error_number", apr_itoa(r->pool, number));
        npie_vars_set(r, "npie_error_cause", info->cause);
        npie_vars_set(r, "npie_error_remedy", info->remedy);
        npie_vars_set(r, "npie_error_detail", detail);
    }
}
