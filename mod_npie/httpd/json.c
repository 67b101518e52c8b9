/* SPDX-License-Identifier: Apache-2.0
 * Places of the renewal as JSON.
 */
#include "httpd/json.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/answer.h"
#include "httpd/files.h"
#include "httpd/json_moves.h"
#include "httpd/mail.h"
#include "httpd/shown.h"
#include "httpd/where.h"

#define STEPS 7
#define LOGIN "acceso.html"
#define APPLICATION "application"

/* A member that is left out when there is nothing to say. */
static void set_text(json_t *object, const char *name, const char *value)
{
    if (value != NULL && *value != '\0') {
        json_object_set_new(object, name, json_string(value));
    }
}

static void set_time(json_t *object, const char *name, apr_time_t t,
                     apr_pool_t *p)
{
    if (t != 0) {
        json_object_set_new(object, name, json_string(npie_text_time(t, p)));
    }
}

static void set_fields(json_t *object, const npie_shown_field_t *field,
                       const npie_employer_t *employer)
{
    for (; field->variable != NULL; ++field) {
        if (field->member != NULL) {
            set_text(object, field->member, npie_shown_value(field, employer));
        }
    }
}

static json_t *employer_json(const npie_employer_t *employer)
{
    json_t *object = json_object();
    json_t *address = json_object();

    set_fields(object, npie_shown_employer, employer);
    set_text(address, "entity", npie_shown_entity(employer));
    set_fields(address, npie_shown_address, employer);
    json_object_set_new(object, "address", address);
    return object;
}

static json_t *certificate_json(npie_shown_certificate_t shown, apr_time_t now,
                                apr_pool_t *p)
{
    json_t *object = json_object();

    set_text(object, "serial", shown.serial);
    set_text(object, "name", shown.name);
    set_text(object, "issuer", shown.issuer);
    set_time(object, "notBefore", shown.from, p);
    set_time(object, "notAfter", shown.until, p);
    set_text(object, "spkiSha256", shown.spki);
    set_text(object, "status", npie_shown_status(&shown, now));
    set_time(object, "endedAt", shown.ended, p);
    return object;
}

static void add_certificate(json_t *list, const char *name,
                            const npie_certificate_t *row, request_rec *r)
{
    if (row != NULL) {
        json_object_set_new(list, name,
                            certificate_json(npie_shown_row(row, r->pool),
                                             r->request_time, r->pool));
    }
}

/* The colleagues' certificates, which lapse with this one. */
static apr_status_t add_additionals(json_t *certificates, request_rec *r,
                                    npie_flow_t *flow, apr_int64_t employer,
                                    npie_err_t *err)
{
    json_t *array = json_array();
    apr_array_header_t *list;
    apr_status_t rv;

    json_object_set_new(certificates, "additional", array);
    rv = npie_certificate_additionals(&list, flow->registry, employer, err);
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        const npie_certificate_t *row =
            APR_ARRAY_IDX(list, i, const npie_certificate_t *);
        json_t *object = certificate_json(npie_shown_row(row, r->pool),
                                          r->request_time, r->pool);

        set_text(object, "holder", row->holder);
        set_text(object, "email", row->holder_email);
        json_array_append_new(array, object);
    }
    return rv;
}

static json_t *renewal_json(request_rec *r, const npie_place_t *place)
{
    const npie_renewal_t *renewal = place->renewal;
    const char *proposed = npie_shown_key_name(place, r->pool);
    json_t *object = json_pack("{s:i, s:s}", "generation", place->generation,
                               "keyAlgorithm",
                               npie_shown_algorithm(npie_conf_server(r->server),
                                                    r->pool));

    set_text(object, "keyName", renewal != NULL && *renewal->key_name != '\0'
             ? renewal->key_name : proposed);
    if (renewal != NULL) {
        set_text(object, "keySha256", renewal->key_sha256);
        set_text(object, "newSpkiSha256", renewal->new_spki);
        set_time(object, "startedAt", renewal->created, r->pool);
    }
    return object;
}

static apr_status_t add_letter(json_t *list, request_rec *r, npie_flow_t *flow,
                               apr_int64_t folio, const char *file,
                               npie_err_t *err)
{
    const char *base = npie_conf_server(r->server)->base.path;
    npie_letter_row_t *letter;
    apr_status_t rv;

    if (folio == 0) {
        return APR_SUCCESS;
    }
    rv = npie_letter_get(&letter, flow->registry, folio, err);
    if (rv == APR_SUCCESS) {
        json_array_append_new(list, json_pack("{s:i, s:I, s:s, s:s, s:s?}",
            "kind", letter->kind == NPIE_LETTER_RENEWAL ? 1 : 2,
            "folio", (json_int_t)letter->folio,
            "href", apr_pstrcat(r->pool, base, file, NULL),
            "sha256", letter->sha256,
            "signedAt", letter->signed_at != 0
                        ? npie_text_time(letter->signed_at, r->pool) : NULL));
    }
    return rv;
}

/* What can be fetched once there is a certificate. */
static json_t *files_json(request_rec *r)
{
    static const char *const files[][3] = {
        { "certificate", "certificado.cer", "application/pkix-cert" },
        { "chain", "certificado.pem", "application/pem-certificate-chain" },
        { "both", "certificado.json", "application/json" },
        { "calendar", "vencimiento.ics", "text/calendar" },
    };
    const char *base = npie_conf_server(r->server)->base.path;
    json_t *list = json_array();

    for (apr_size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
            "name", files[i][0],
            "href", apr_pstrcat(r->pool, base, files[i][1], NULL),
            "type", files[i][2]));
    }
    return list;
}

static npie_stage_t stage_of(const npie_place_t *place)
{
    static const npie_stage_t by_state[NPIE_RENEWAL_STATES] = {
        [NPIE_RENEWAL_STARTED] = NPIE_STAGE_STARTED,
        [NPIE_RENEWAL_KEYED] = NPIE_STAGE_KEYED,
        [NPIE_RENEWAL_SIGNED] = NPIE_STAGE_CONFIRMED,
        [NPIE_RENEWAL_CONFIRMED] = NPIE_STAGE_CONFIRMED,
        [NPIE_RENEWAL_ISSUED] = NPIE_STAGE_ISSUED,
    };

    if (place->verdict == NPIE_VERDICT_REFUSED) {
        return NPIE_STAGE_REFUSED;
    }
    if (place->mail.waits) {
        return place->mail.link_required ? NPIE_STAGE_LINK : NPIE_STAGE_MAIL;
    }
    if (place->renewal != NULL
        && npie_machine_is_open(place->renewal->state)) {
        return by_state[place->renewal->state];
    }
    return place->verdict == NPIE_VERDICT_APPLICATION ? NPIE_STAGE_IDLE
                                                      : NPIE_STAGE_READY;
}

/* Page, step, token, and what can be done: what every place begins with. */
static json_t *head_json(request_rec *r, const char *name, npie_stage_t stage,
                         const npie_session_t *session, int mails)
{
    const npie_server_conf_t *conf = npie_conf_server(r->server);
    const npie_page_t *page = npie_where_page(name);
    json_t *next = npie_json_next(stage, conf->base.path, r->pool);
    json_t *object = json_object();

    set_text(object, "page", apr_pstrmemdup(r->pool, name,
                                            strcspn(name, ".")));
    if (page != NULL && page->step > 0) {
        json_object_set_new(object, "step", json_integer(page->step));
        json_object_set_new(object, "steps", json_integer(STEPS));
    }
    if (session != NULL) {
        set_text(object, "csrf", session->csrf);
    }
    if (next != NULL) {
        json_object_set_new(object, "next", next);
    }
    json_object_set_new(object, "actions",
                        npie_json_actions(stage, mails, conf->base.path,
                                          r->pool));
    set_text(object, "application", conf->application);
    return object;
}

/* Why a certificate is refused, and since or until when. */
static json_t *refusal_json(request_rec *r, npie_problem_t problem,
                            npie_shown_certificate_t shown)
{
    json_t *error = npie_answer_problem_json(HTTP_FORBIDDEN, problem);
    apr_time_t at = 0;

    switch (problem) {
    case NPIE_P_CERT_REVOKED:
    case NPIE_P_CERT_SUPERSEDED:
        at = shown.ended;
        break;
    case NPIE_P_CERT_NOT_YET:
        at = shown.from;
        break;
    case NPIE_P_CERT_TOO_OLD:
        at = shown.until;
        break;
    case NPIE_P_CERT_ADDITIONAL:
        at = shown.ended != 0 ? shown.ended : shown.until;
        break;
    default:
        break;
    }
    set_time(error, "at", at, r->pool);
    return error;
}

static apr_status_t add_rows(json_t *object, request_rec *r,
                             npie_flow_t *flow, const npie_place_t *place,
                             npie_err_t *err)
{
    const npie_renewal_t *renewal = place->renewal;
    json_t *certificates = json_object();
    json_t *letters = json_array();
    apr_status_t rv;

    json_object_set_new(object, "certificates", certificates);
    json_object_set_new(object, "letters", letters);
    add_certificate(certificates, "proved", place->certificate, r);
    add_certificate(certificates, "old", place->old, r);
    add_certificate(certificates, "new", place->issued, r);
    rv = add_additionals(certificates, r, flow, place->employer->id, err);
    if (rv == APR_SUCCESS && renewal != NULL) {
        rv = add_letter(letters, r, flow, renewal->letter1,
                        NPIE_LETTER1_FILE, err);
    }
    if (rv == APR_SUCCESS && renewal != NULL) {
        rv = add_letter(letters, r, flow, renewal->letter2,
                        NPIE_LETTER2_FILE, err);
    }
    return rv;
}

int npie_json_place(request_rec *r, const npie_holder_t *holder,
                    npie_flow_t *flow, const npie_place_t *place,
                    const char *page)
{
    const char *name = page != NULL ? page : APPLICATION;
    json_t *object = head_json(r, name, stage_of(place), holder->session,
                               place->mail.left > 0);
    npie_err_t err;

    set_text(object, "state", place->renewal != NULL
             ? npie_renewal_state_name(place->renewal->state) : "none");
    json_object_set_new(object, "employer", employer_json(place->employer));
    json_object_set_new(object, "renewal", renewal_json(r, place));
    if (add_rows(object, r, flow, place, &err) != APR_SUCCESS) {
        json_decref(object);
        return npie_answer_error(r, &err);
    }
    if (place->issued != NULL) {
        json_object_set_new(object, "files", files_json(r));
    }
    if (place->mail.waits) {
        json_object_set_new(object, "mail", npie_mail_json(r, place));
    }
    if (place->verdict == NPIE_VERDICT_REFUSED) {
        json_object_set_new(object, "error",
                            refusal_json(r, place->problem,
                                         npie_shown_row(place->certificate,
                                                        r->pool)));
    }
    else if (place->lapsed) {
        json_object_set_new(object, "error",
                            npie_answer_problem_json(HTTP_CONFLICT,
                                                     NPIE_P_LAPSED));
    }
    return npie_answer_json(r, HTTP_OK, object);
}

int npie_json_refused(request_rec *r, const npie_holder_t *holder)
{
    const npie_session_t *session = holder->session;
    npie_problem_t problem = (npie_problem_t)session->problem;
    npie_shown_certificate_t shown = npie_shown_proved(session, r->pool);
    json_t *object = head_json(r, npie_where_refusal(problem),
                               NPIE_STAGE_REFUSED, session, 0);
    json_t *employer = json_object();

    set_text(object, "state", "none");
    set_text(employer, "name", session->name);
    set_text(employer, "rp", session->rp);
    set_text(employer, "rfc", session->rfc);
    set_text(employer, "user", session->user);
    json_object_set_new(object, "employer", employer);
    json_object_set_new(object, "certificates",
                        json_pack("{s:o}", "proved",
                                  certificate_json(shown, r->request_time,
                                                   r->pool)));
    json_object_set_new(object, "error", refusal_json(r, problem, shown));
    return npie_answer_json(r, HTTP_OK, object);
}

int npie_json_login(request_rec *r)
{
    const char *base = npie_conf_server(r->server)->base.path;
    json_t *object = head_json(r, LOGIN, NPIE_STAGE_OUT, NULL, 0);

    set_text(object, "state", "none");
    set_text(object, "challenge", apr_pstrcat(r->pool, base, "reto", NULL));
    return npie_answer_json(r, HTTP_OK, object);
}

int npie_json_link(request_rec *r, const char *move, const char *token,
                   const char *key_name)
{
    const char *base = npie_conf_server(r->server)->base.path;
    json_t *object = json_object();

    set_text(object, "page", "enlace");
    json_object_set_new(object, "next",
                        npie_json_link_move(move, token, base, r->pool));
    set_text(object, "keyName", key_name);
    return npie_answer_json(r, HTTP_OK, object);
}
