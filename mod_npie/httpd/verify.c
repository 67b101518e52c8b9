/* SPDX-License-Identifier: Apache-2.0
 * The public page that verifies letters.
 */
#include "httpd/verify.h"

#include <apr_strings.h>

#include "flow/printed.h"
#include "flow/record.h"
#include "flow/verify_json.h"
#include "httpd/answer.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/sentences.h"
#include "httpd/vars.h"
#include "letter/stamp.h"
#include "model/field.h"
#include "pki/policy.h"

/* What was found, kept with the pool that a request and its internal redirects
 * share. */
#define FOUND "npie_verify"

static const char *kind_name(npie_file_kind_t kind)
{
    switch (kind) {
    case NPIE_FILE_EMPTY:
        return "vacio";
    case NPIE_FILE_LETTER:
    case NPIE_FILE_LETTER_RESAVED:
    case NPIE_FILE_PDF:
        return "pdf";
    default:
        return "otro";
    }
}

static void set(request_rec *r, const char *prefix, const char *name,
                const char *value)
{
    npie_vars_set(r, apr_pstrcat(r->pool, prefix, name, NULL), value);
}

static void show_signature(request_rec *r, const char *prefix,
                           const npie_signature_view_t *view)
{
    const npie_cert_t *cert = view->cert;

    set(r, prefix, "", npie_seen_name(view->seen));
    set(r, prefix, "_then", view->expired_then ? "1" : NULL);
    if (view->time != 0) {
        set(r, prefix, "_when", npie_sentences_moment(r, view->time));
    }
    if (cert == NULL) {
        return;
    }
    set(r, prefix, "_name", cert->common_name);
    set(r, prefix, "_company", cert->organization);
    set(r, prefix, "_rp", *cert->rp10 == '\0' ? ""
        : npie_field_rp_display(cert->rp10, r->pool));
    set(r, prefix, "_serial", cert->serial_text);
    set(r, prefix, "_issuer", cert->issuer_name);
    set(r, prefix, "_from", npie_sentences_date(r, cert->not_before));
    set(r, prefix, "_until", npie_sentences_date(r, cert->not_after));
}

static void show_known_cert(request_rec *r, const char *prefix,
                            const npie_known_cert_t *known)
{
    if (!known->known) {
        return;
    }
    set(r, prefix, "_serial", known->serial);
    set(r, prefix, "_status",
        known->ended == 0 && apr_time_now() >= known->not_after
        ? "expired" : known->status);
    set(r, prefix, "_until", npie_sentences_date(r, known->not_after));
    set(r, prefix, "_ended", known->ended != 0
        ? npie_sentences_moment(r, known->ended) : NULL);
}

static void show_moment(request_rec *r, const char *name, apr_time_t time)
{
    npie_vars_set(r, name, time != 0 ? npie_sentences_moment(r, time)
                                     : NULL);
}

static void show_stamps(request_rec *r, const npie_stamps_view_t *view)
{
    npie_vars_set(r, "npie_v_stamps", npie_seen_name(view->seen));
    if (view->seen == NPIE_SEEN_GOOD) {
        show_moment(r, "npie_v_stamp_when", view->first->time);
        show_moment(r, "npie_v_stamp_until", view->last->until);
        npie_vars_set(r, "npie_v_stamp_by", view->first->authority);
        npie_vars_set(r, "npie_v_stamp_serial", view->first->serial);
    }
}

/* What the institute has, beside what the file says. */
static void show_known(request_rec *r, const npie_letter_view_t *view)
{
    const npie_known_letter_t *known = &view->known;

    npie_vars_set(r, "npie_v_record", npie_record_name(known->record));
    npie_vars_set(r, "npie_v_proof", npie_proof_name(view->proof));
    show_moment(r, "npie_v_proved", view->proved);
    show_known_cert(r, "npie_v_signer", &view->signer);
    if (known->folio == 0) {
        return;
    }
    npie_vars_set(r, "npie_r_kind", apr_itoa(r->pool, (int)known->kind));
    npie_vars_set(r, "npie_r_folio", apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                                  known->folio));
    npie_vars_set(r, "npie_r_rp", npie_field_rp_display(known->rp, r->pool));
    npie_vars_set(r, "npie_r_company", known->company);
    npie_vars_set(r, "npie_r_old", known->old_spki);
    npie_vars_set(r, "npie_r_new", known->new_spki);
    show_moment(r, "npie_r_drawn", known->drawn);
    show_moment(r, "npie_r_signed", known->signed_at);
    show_moment(r, "npie_r_sealed", known->sealed_at);
    show_known_cert(r, "npie_r_made", &known->made);
}

/* What a letter says counts for nothing unless somebody has signed it. */
static void show_letter(request_rec *r, const npie_letter_view_t *view)
{
    const npie_cadena_t *cadena = view->cadena;

    if (cadena == NULL || !npie_letter_proved(view)) {
        return;
    }
    npie_vars_set(r, "npie_v_kind", apr_itoa(r->pool, (int)cadena->kind));
    npie_vars_set(r, "npie_v_folio", apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                                  cadena->folio));
    npie_vars_set(r, "npie_v_letter_rp", npie_field_rp_display(cadena->rp,
                                                               r->pool));
    npie_vars_set(r, "npie_v_letter_rfc", cadena->rfc);
    npie_vars_set(r, "npie_v_old", cadena->old_spki);
    npie_vars_set(r, "npie_v_new", cadena->new_spki);
    npie_vars_set(r, "npie_v_holder", cadena->holder);
    npie_vars_set(r, "npie_v_cadena", npie_cadena_format(cadena, r->pool));
}

/* What was found, as the variables of the page. */
static void show_view(request_rec *r, const npie_letter_view_t *view)
{
    npie_vars_set(r, "npie_v_outcome", npie_outcome_name(view->outcome));
    npie_vars_set(r, "npie_v_file", kind_name(view->kind));
    npie_vars_set(r, "npie_v_size", apr_psprintf(r->pool, "%" APR_SIZE_T_FMT,
                                                 view->size));
    if (view->after > 0) {
        npie_vars_set(r, "npie_v_after",
                      apr_psprintf(r->pool, "%" APR_SIZE_T_FMT, view->after));
    }
    if (view->before > 0) {
        npie_vars_set(r, "npie_v_before",
                      apr_psprintf(r->pool, "%" APR_SIZE_T_FMT, view->before));
    }
    npie_vars_set(r, "npie_v_where", npie_where_name(view->where));
    npie_vars_set(r, "npie_v_update", view->update ? "1" : NULL);
    show_known(r, view);
    show_signature(r, "npie_v_employer", &view->employer);
    show_signature(r, "npie_v_seal", &view->seal);
    show_stamps(r, &view->stamps);
    show_letter(r, view);
}

/* Judges a file with the registry at hand. Half a verdict would be taken for a
 * whole one: no registry, none. */
static apr_status_t judge(npie_letter_view_t **pview, request_rec *r,
                          npie_flow_t *flow, npie_bytes_t file,
                          npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_verify_rules_t rules = {
        .trust = runtime->trust, .seals = runtime->seals,
        .tsa = runtime->tsa,
        .old_key_min_bits = runtime->conf->old_bits,
        .additional_oid = NPIE_ADDITIONAL_OID, .now = apr_time_now()
    };
    npie_known_t known;

    npie_record_port(&known, flow->registry);
    rules.known = &known;
    return npie_letter_verify(pview, &rules, file, err, r->pool);
}

/* A letter on paper: the institute's own copy, judged as any other. */
static int show_printed(request_rec *r, const char *code)
{
    npie_letter_view_t *view;
    npie_bytes_t file;
    npie_flow_t *flow;
    npie_err_t err;
    apr_status_t rv = npie_rate_within(r, "verificar", &err);

    if (rv == APR_SUCCESS) {
        rv = npie_runtime_flow(&flow, r, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_flow_printed(&file, flow, npie_query_number(r, "folio"),
                               code, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = judge(&view, r, flow, file, &err);
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_answer_wants_json(r)) {
        return npie_answer_json(r, HTTP_OK, npie_verify_json(view, r->pool));
    }
    npie_vars_set(r, "npie_v_printed", "1");
    show_view(r, view);
    return OK;
}

int npie_verify_show(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const char *code = npie_query_text(r, "codigo");
    void *found = NULL;

    apr_pool_userdata_get(&found, FOUND, r->pool);
    if (found != NULL) {
        show_view(r, found);
        return OK;
    }
    if (*code != '\0') {
        return show_printed(r, code);
    }
    return npie_answer_wants_json(r)
        ? npie_answer_json(r, HTTP_OK,
                           json_pack("{s:s, s:s, s:I}", "page",
                                     npie_page_stem(visit->page, r->pool),
                                     "field", "carta", "limit",
                                     (json_int_t)NPIE_STAMPED_MAX))
        : OK;
}

/* Shows the page in this very answer: what was found is kept nowhere. */
static int show_found(request_rec *r, const npie_letter_view_t *view)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);

    apr_pool_userdata_setn(view, FOUND, NULL, r->pool);
    r->method = "GET";
    r->method_number = M_GET;
    ap_internal_redirect(apr_pstrcat(r->pool, runtime->conf->base.path,
                                     npie_page_name(NPIE_PAGE_VERIFY), NULL), r);
    return OK;
}

int npie_verify_post(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_flow_t *flow;
    const char *filename;
    npie_bytes_t file = npie_form_file(visit->form, "carta", &filename);
    npie_letter_view_t *view;
    npie_err_t err;

    if (npie_rate_within(r, "verificar", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (*filename == '\0' && file.len == 0) {
        return npie_answer_lead(r, NPIE_PAGE_VERIFY, NULL);
    }
    if (file.len > NPIE_STAMPED_MAX) {
        npie_err_set(&err, NPIE_EINPUT, NPIE_P_TOO_LARGE, "longer than any "
                     "letter");
        return npie_answer_problem(r, HTTP_REQUEST_ENTITY_TOO_LARGE, &err);
    }
    if (npie_runtime_flow(&flow, r, &err) != APR_SUCCESS
        || judge(&view, r, flow, file, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    return npie_answer_wants_json(r)
        ? npie_answer_json(r, HTTP_OK, npie_verify_json(view, r->pool))
        : show_found(r, view);
}
