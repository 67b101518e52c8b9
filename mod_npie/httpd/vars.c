/* SPDX-License-Identifier: Apache-2.0
 * Variables for the pages.
 */
#include "httpd/vars.h"

#include <apr_strings.h>

#include "httpd/shown.h"
#include "httpd/sentences.h"
#include "model/field.h"
#include "store/stamping.h"

void npie_vars_set(request_rec *r, const char *name, const char *value)
{
    if (value != NULL && *value != '\0') {
        apr_table_setn(r->subprocess_env, name, value);
    }
}

static void set_date(request_rec *r, const char *name, apr_time_t t)
{
    if (t != 0) {
        npie_vars_set(r, name, npie_sentences_date(r, t));
    }
}

/* One certificate under a prefix: npie_old_serial and so on. */
static void set_certificate(request_rec *r, const char *which,
                            npie_shown_certificate_t shown)
{
    const char *prefix = apr_pstrcat(r->pool, "npie_", which, "_", NULL);

    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "serial", NULL),
                  shown.serial);
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "spki", NULL), shown.spki);
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "name", NULL), shown.name);
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "issuer", NULL),
                  shown.issuer);
    set_date(r, apr_pstrcat(r->pool, prefix, "from", NULL), shown.from);
    set_date(r, apr_pstrcat(r->pool, prefix, "until", NULL), shown.until);
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, "status", NULL),
                  npie_shown_status(&shown, r->request_time));
}

void npie_vars_common(request_rec *r, const npie_page_t *page)
{
    const npie_server_conf_t *conf = npie_conf_server(r->server);

    npie_vars_set(r, "npie_base", conf->base.path);
    npie_vars_set(r, "npie_base_url", conf->base.url);
    npie_vars_set(r, "npie_application", conf->application);
    npie_vars_set(r, "npie_institution", conf->institution);
    npie_vars_set(r, "npie_page", npie_page_stem(page, r->pool));
    npie_vars_set(r, "npie_new_algorithm",
                  npie_shown_algorithm(conf, r->pool));
    npie_vars_set(r, "npie_script", page->script);
    npie_vars_set(r, "npie_sentences", npie_sentences_script(r));
    if (page->step > 0) {
        npie_vars_set(r, "npie_step", apr_itoa(r->pool, page->step));
    }
}

/* How long a session lives on without another request, and with them. */
static void set_life(request_rec *r, const npie_session_t *session)
{
    const int idle = npie_conf_server(r->server)->session.idle;
    const apr_time_t left = session->expires - r->request_time;

    npie_vars_set(r, "npie_session_idle", apr_itoa(r->pool, idle));
    npie_vars_set(r, "npie_session_left",
                  apr_ltoa(r->pool, (long)apr_time_sec(left > 0 ? left : 0)));
}

void npie_vars_session(request_rec *r, const npie_session_t *session)
{
    npie_vars_set(r, "npie_session", "1");
    set_life(r, session);
    npie_vars_set(r, "npie_csrf", session->csrf);
    npie_vars_set(r, "npie_name", session->name);
    npie_vars_set(r, "npie_user", session->user);
    if (*session->rp != '\0') {
        npie_vars_set(r, "npie_rp", session->rp);
        npie_vars_set(r, "npie_rp_display",
                      npie_field_rp_display(session->rp, r->pool));
    }
    npie_vars_set(r, "npie_additional", session->additional ? "1" : NULL);
    set_certificate(r, "cert", npie_shown_proved(session, r->pool));
    set_date(r, "npie_event_date", session->event);
}

static void set_fields(request_rec *r, const npie_shown_field_t *field,
                       const npie_employer_t *employer)
{
    for (; field->variable != NULL; ++field) {
        npie_vars_set(r, field->variable, npie_shown_value(field, employer));
    }
}

static void set_employer(request_rec *r, const npie_employer_t *e)
{
    set_fields(r, npie_shown_employer, e);
    set_fields(r, npie_shown_address, e);
    npie_vars_set(r, "npie_rp_display", npie_field_rp_display(e->rp, r->pool));
    npie_vars_set(r, "npie_rp10", apr_pstrmemdup(r->pool, e->rp, 10));
    npie_vars_set(r, "npie_entity", npie_shown_entity(e));
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
    set_certificate(r, "cert", npie_shown_row(place->certificate, r->pool));
    if (place->old != NULL) {
        set_certificate(r, "old", npie_shown_row(place->old, r->pool));
    }
    if (place->issued != NULL) {
        set_certificate(r, "new", npie_shown_row(place->issued, r->pool));
    }
    if (place->renewal != NULL) {
        set_renewal(r, place);
    }
    set_date(r, "npie_event_date", place->certificate->ended);
    npie_vars_set(r, "npie_generation", apr_itoa(r->pool, place->generation));
    npie_vars_set(r, "npie_key_default",
                  npie_shown_key_name(place, r->pool));
    if (place->verdict == NPIE_VERDICT_EARLY) {
        npie_vars_set(r, "npie_early", "1");
    }
    if (left > 0) {
        npie_vars_set(r, "npie_days_left",
                      apr_ltoa(r->pool, (long)(apr_time_sec(left) / 86400)));
    }
}

static void set_letter(request_rec *r, npie_flow_t *flow, apr_int64_t folio,
                       const char *name, const char *digest)
{
    npie_letter_row_t *letter;

    if (folio != 0 && npie_letter_get(&letter, flow->registry, folio, NULL)
        == APR_SUCCESS) {
        set_date(r, name, letter->signed_at);
        npie_vars_set(r, digest, letter->sha256);
    }
}

static void set_seal(request_rec *r, npie_flow_t *flow, apr_int64_t folio,
                     const char *sealed, const char *dated)
{
    npie_sealing_t sealing;
    npie_stamping_t stamping;

    if (folio != 0 && npie_sealing_get(&sealing, flow->registry,
                                       NPIE_SEALING_RENEWAL, folio, NULL)
        == APR_SUCCESS) {
        set_date(r, sealed, sealing.sealed_at);
    }
    if (folio != 0 && npie_stamping_get(&stamping, flow->registry,
                                        NPIE_SEALING_RENEWAL, folio, NULL)
        == APR_SUCCESS) {
        set_date(r, dated, stamping.first);
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
        set_letter(r, flow, place->renewal->letter1, "npie_letter1_signed",
                   "npie_letter1_sha256");
        set_letter(r, flow, place->renewal->letter2, "npie_letter2_signed",
                   "npie_letter2_sha256");
        set_seal(r, flow, place->renewal->letter1, "npie_letter1_sealed",
                 "npie_letter1_dated");
        set_seal(r, flow, place->renewal->letter2, "npie_letter2_sealed",
                 "npie_letter2_dated");
    }
}

void npie_vars_reference(request_rec *r, const char *reference)
{
    if (reference != NULL) {
        npie_vars_set(r, "npie_error_reference",
                      apr_pstrdup(r->pool, reference));
    }
}

void npie_vars_problem(request_rec *r, int number, const char *detail)
{
    const npie_problem_info_t *info = npie_problem_find(number);

    if (info != NULL) {
        npie_vars_set(r, "npie_error_number", apr_itoa(r->pool, number));
        npie_vars_set(r, "npie_error_cause",
                      npie_sentences_say(r, info->cause));
        npie_vars_set(r, "npie_error_remedy",
                      npie_sentences_say(r, info->remedy));
        npie_vars_set(r, "npie_error_detail", detail);
    }
}
