/* SPDX-License-Identifier: Apache-2.0
 * Places of the renewal as JSON.
 */
#include "httpd/json.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/answer.h"
#include "httpd/mail_view.h"
#include "httpd/shown.h"
#include "httpd/subject.h"
#include "store/stamping.h"

#define STEPS 7
#define APPLICATION "application"
#define FIELDS_MAX 5

static const char *href(request_rec *r, npie_page_id_t page)
{
    return apr_pstrcat(r->pool, npie_conf_server(r->server)->base.path,
                       npie_page_name(page), NULL);
}

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
                               apr_int64_t folio, npie_page_id_t file,
                               npie_page_id_t token, npie_err_t *err)
{
    npie_stamping_t stamping = { .first = 0 };
    npie_sealing_t sealing = { .sealed_at = 0 };
    npie_letter_row_t *letter;
    json_t *one;
    apr_status_t rv;

    if (folio == 0) {
        return APR_SUCCESS;
    }
    rv = npie_letter_get(&letter, flow->registry, folio, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_sealing_get(&sealing, flow->registry, NPIE_SEALING_RENEWAL,
                          folio, err);
    if (rv == APR_SUCCESS) {
        rv = npie_stamping_get(&stamping, flow->registry, NPIE_SEALING_RENEWAL,
                               folio, err);
    }
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND) {
        return rv;
    }
    one = json_pack("{s:i, s:I, s:s, s:s, s:s?}",
                    "kind", letter->kind == NPIE_LETTER_RENEWAL ? 1 : 2,
                    "folio", (json_int_t)letter->folio,
                    "href", href(r, file), "sha256", letter->sha256,
                    "signedAt", letter->signed_at != 0
                    ? npie_text_time(letter->signed_at, r->pool) : NULL);
    set_time(one, "sealedAt", sealing.sealed_at, r->pool);
    set_time(one, "datedAt", stamping.first, r->pool);
    if (stamping.first != 0) {
        json_object_set_new(one, "timestamp", json_string(href(r, token)));
    }
    json_array_append_new(list, one);
    return APR_SUCCESS;
}

/* What can be fetched once there is a certificate. */
static json_t *files_json(request_rec *r)
{
    json_t *list = json_array();

    for (int id = 0; id < NPIE_PAGES; ++id) {
        const npie_page_t *page = npie_page((npie_page_id_t)id);

        if (page->label != NULL) {
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
                "name", page->label, "href", href(r, page->id),
                "type", page->type));
        }
    }
    return list;
}

/* A field of a move's form; a name of NULL ends them. */
typedef struct field_t {
    const char *name;
    const char *what;
    const char *value; /* it must be this; NULL: the program's choice */
    int optional;
} field_t;

/* A request that a program can make. */
typedef struct move_t {
    const char *name;
    const char *method;
    npie_page_id_t page;
    unsigned next;   /* the stages that it goes on from */
    unsigned action; /* the stages at which it can be done besides */
    int is_mail;     /* asks for a mail */
    field_t fields[FIELDS_MAX];
} move_t;

#define NPIE_FIELD_NONE { NULL, NULL, NULL, 0 }
#define NPIE_FIELD_CMS \
    { "firma", "detached CMS over the letter's ByteRange; base64 of DER, or " \
      "PEM", NULL, 0 }
#define NPIE_FIELD_LETTER \
    { "carta", "the letter's file that was signed, base64", NULL, 1 }
#define NPIE_FIELD_EMAIL { "correo", "e-mail address", NULL, 0 }
#define NPIE_FIELD_EMAIL2 \
    { "correo2", "the same again; may be left out of JSON", NULL, 1 }
#define NPIE_FIELDS_NUMBERS \
    { "telefono", "telephone, ten digits", NULL, 0 }, \
    { "fax", "fax, ten digits", NULL, 1 }

static const move_t moves[] = {
#define NPIE_MOVE(id, name, method, next, action, mail, ...) \
    { name, #method, NPIE_PAGE_##id, next, action, mail, { __VA_ARGS__ } },
#include "httpd/page.def"
};

#define MOVES (sizeof(moves) / sizeof(moves[0]))

static json_t *field_json(const field_t *field)
{
    json_t *json = json_pack("{s:s, s:b, s:s}", "name", field->name,
                             "required", !field->optional,
                             "what", field->what);

    if (field->value != NULL) {
        json_object_set_new(json, "value", json_string(field->value));
    }
    return json;
}

/* {name, href, method, fields} */
static json_t *move_json(request_rec *r, const move_t *move)
{
    json_t *list = json_array();

    for (int i = 0; i < FIELDS_MAX && move->fields[i].name != NULL; ++i) {
        json_array_append_new(list, field_json(&move->fields[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "name", move->name,
                     "href", href(r, move->page), "method", move->method,
                     "fields", list);
}

/* The request that goes on, or NULL where nothing does. */
static json_t *next_json(request_rec *r, unsigned stages)
{
    for (apr_size_t i = 0; i < MOVES; ++i) {
        if (moves[i].next & stages) {
            return move_json(r, &moves[i]);
        }
    }
    return NULL;
}

/* Everything else that can be done; the mail only while it can be asked for. */
static json_t *actions_json(request_rec *r, unsigned stages, int mails)
{
    json_t *list = json_array();

    for (apr_size_t i = 0; i < MOVES; ++i) {
        if ((moves[i].action & stages) && (mails || !moves[i].is_mail)) {
            json_array_append_new(list, move_json(r, &moves[i]));
        }
    }
    return list;
}

/* Page, step, token, and what can be done: what every place begins with. */
static json_t *head_json(request_rec *r, const npie_page_t *page,
                         unsigned stages, const npie_session_t *session,
                         int mails)
{
    json_t *next = next_json(r, stages);
    json_t *object = json_object();

    set_text(object, "page", page != NULL ? npie_page_stem(page, r->pool)
                                          : APPLICATION);
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
    json_object_set_new(object, "actions", actions_json(r, stages, mails));
    set_text(object, "application", npie_conf_server(r->server)->application);
    return object;
}

/* Why a certificate is refused, and since or until when. */
static json_t *refusal_json(request_rec *r, npie_problem_t problem,
                            npie_shown_certificate_t shown)
{
    json_t *error = npie_answer_problem_json(r, HTTP_FORBIDDEN, problem);
    const char *session = npie_subject_session(r);
    apr_time_t at = 0;

    /* The login was refused, and this request tells of it: as its page does. */
    if (*session != '\0') {
        set_text(error, "reference", session);
    }

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
                        NPIE_PAGE_FILE_LETTER1, NPIE_PAGE_FILE_TOKEN1,
                        err);
    }
    if (rv == APR_SUCCESS && renewal != NULL) {
        rv = add_letter(letters, r, flow, renewal->letter2,
                        NPIE_PAGE_FILE_LETTER2, NPIE_PAGE_FILE_TOKEN2,
                        err);
    }
    return rv;
}

int npie_json_place(npie_visit_t *visit, const npie_page_t *page)
{
    request_rec *r = visit->r;
    const npie_place_t *place = &visit->place;
    json_t *object = head_json(r, page, npie_page_stages(place),
                               visit->holder->session, place->mail.left > 0);
    npie_err_t err;

    set_text(object, "state", place->renewal != NULL
             ? npie_renewal_state_name(place->renewal->state) : "none");
    json_object_set_new(object, "employer", employer_json(place->employer));
    json_object_set_new(object, "renewal", renewal_json(r, place));
    if (add_rows(object, r, visit->flow, place, &err) != APR_SUCCESS) {
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
                            npie_answer_problem_json(r, HTTP_CONFLICT,
                                                     NPIE_P_LAPSED));
    }
    return npie_answer_json(r, HTTP_OK, object);
}

int npie_json_refused(request_rec *r, const npie_holder_t *holder)
{
    const npie_session_t *session = holder->session;
    npie_problem_t problem = (npie_problem_t)session->problem;
    npie_shown_certificate_t shown = npie_shown_proved(session, r->pool);
    json_t *object = head_json(r, npie_page_refusal(problem),
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
    json_t *object = head_json(r, npie_page(NPIE_PAGE_LOGIN), NPIE_STAGE_OUT,
                               NULL, 0);

    set_text(object, "state", "none");
    set_text(object, "challenge", href(r, NPIE_PAGE_CHALLENGE));
    return npie_answer_json(r, HTTP_OK, object);
}

int npie_json_link(request_rec *r, const char *move, const char *token,
                   const char *key_name)
{
    const move_t next = { move, "POST", NPIE_PAGE_LINK, 0, 0, 0,
                          { { "t", "the link's token", token, 0 } } };
    json_t *object = json_object();

    set_text(object, "page", npie_page_stem(npie_page(NPIE_PAGE_LINK),
                                            r->pool));
    json_object_set_new(object, "next", move_json(r, &next));
    set_text(object, "keyName", key_name);
    return npie_answer_json(r, HTTP_OK, object);
}
