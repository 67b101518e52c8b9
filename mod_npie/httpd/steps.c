/* SPDX-License-Identifier: Apache-2.0
 * The forms of a renewal.
 */
#include "httpd/steps.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/answer.h"
#include "httpd/draft.h"
#include "httpd/files.h"
#include "httpd/login.h"
#include "httpd/pages.h"

/* A session that has just been replaced lives on this long, so that the second
 * request of a double click still finds one. */
#define AFTERLIFE_SECONDS 60

/* Goes on to where the renewal is now; what was kept of this page's failures
 * is of no use any more. */
static int done(npie_step_t *step, const char *page)
{
    npie_place_t place;
    npie_err_t err;

    npie_draft_save(step->r, step->holder, page, NULL, NULL);
    if (npie_flow_place(&place, step->flow, &step->who, &err) != APR_SUCCESS) {
        return npie_answer_error(step->r, &err);
    }
    return npie_pages_go_home(step->r, &place);
}

/* Back to the page with the reason and what was typed; frees the draft. */
static int refuse(npie_step_t *step, const char *page, const npie_err_t *err,
                  json_t *draft)
{
    npie_err_t lost;

    if (npie_answer_status(err->status) >= 500
        || npie_answer_wants_json(step->r)) {
        json_decref(draft);
        return npie_answer_error(step->r, err);
    }
    npie_answer_log(step->r, err);
    if (err->status == NPIE_ECONFLICT) {
        json_decref(draft);
        return done(step, page);
    }
    if (npie_draft_save(step->r, step->holder, page, draft, &lost)
        != APR_SUCCESS) {
        return npie_answer_error(step->r, &lost);
    }
    return npie_answer_redirect(step->r, page);
}

static int end_step(npie_step_t *step, const char *page, apr_status_t rv,
                    const npie_err_t *err)
{
    return rv == APR_SUCCESS ? done(step, page)
        : refuse(step, page, err, npie_draft_new(err->problem, NULL));
}

static json_t *contact_draft(const npie_form_t *form,
                             const npie_contact_check_t *check)
{
    json_t *draft = npie_draft_new(NPIE_P_NONE, NULL);

    npie_draft_field(draft, "correo", npie_form_text(form, "correo"),
                     check->email);
    npie_draft_field(draft, "correo2", npie_form_text(form, "correo2"),
                     check->email2);
    npie_draft_field(draft, "telefono", npie_form_text(form, "telefono"),
                     check->phone);
    npie_draft_field(draft, "fax", npie_form_text(form, "fax"), check->fax);
    return draft;
}

/* The first problem of a contact, to stand at the head of the page. */
static npie_problem_t first_problem(const npie_contact_check_t *check)
{
    return check->email != NPIE_P_NONE ? check->email
        : check->email2 != NPIE_P_NONE ? check->email2
        : check->phone != NPIE_P_NONE ? check->phone : check->fax;
}

int npie_step_data(npie_step_t *step)
{
    static const char page[] = "datos.html";
    npie_contact_t contact;
    npie_contact_check_t check = { 0 };
    npie_err_t err;
    json_t *draft;

    if (npie_flow_contact_check(&contact, &check,
                                npie_form_text(step->form, "correo"),
                                npie_form_text(step->form, "correo2"),
                                npie_form_text(step->form, "telefono"),
                                npie_form_text(step->form, "fax"),
                                step->r->pool) == APR_SUCCESS) {
        return end_step(step, page,
                        npie_flow_data(step->flow, &step->who, &contact, &err),
                        &err);
    }
    npie_err_set(&err, NPIE_EINPUT, first_problem(&check), "contact data");
    draft = contact_draft(step->form, &check);
    json_object_set_new(draft, "number", json_integer(err.problem));
    return refuse(step, page, &err, draft);
}

int npie_step_key(npie_step_t *step)
{
    const char *csr = npie_form_text(step->form, "solicitud");
    npie_bytes_t bytes = { (const unsigned char *)csr, strlen(csr) };
    npie_err_t err;
    apr_status_t rv = npie_flow_key(step->flow, &step->who, bytes,
                                    npie_form_text(step->form, "nombre"),
                                    npie_form_text(step->form, "huella"),
                                    &err);

    return end_step(step, "llave.html", rv, &err);
}

/* What a file was that was not the letter, for a person. */
static const char *mismatch_text(const npie_letter_check_t *check,
                                 apr_pool_t *p)
{
    static const char *const kinds[] = {
        [NPIE_FILE_PFX] = "Es un archivo de certificado (.pfx), no la carta.",
        [NPIE_FILE_CERTIFICATE] = "Es un certificado (.cer), no la carta.",
        [NPIE_FILE_KEY] = "Es una llave (.key), no la carta.",
        [NPIE_FILE_PICTURE] = "Es una imagen, no la carta en PDF.",
        [NPIE_FILE_ZIP] = "Es un archivo comprimido o un documento de oficina, "
                          "no la carta en PDF.",
        [NPIE_FILE_HTML] = "Es una página web guardada, no la carta en PDF.",
        [NPIE_FILE_OTHER] = "No es un archivo PDF.",
    };

    switch (check->mismatch) {
    case NPIE_MISMATCH_EMPTY:
        return "El archivo está vacío: la descarga no terminó.";
    case NPIE_MISMATCH_NOT_PDF:
        return kinds[check->kind] != NULL ? kinds[check->kind]
                                          : kinds[NPIE_FILE_OTHER];
    case NPIE_MISMATCH_OTHER_PDF:
        return "Es un PDF, pero no es una carta de esta renovación.";
    case NPIE_MISMATCH_RESAVED:
        return "Es la carta, pero otro programa la guardó o la imprimió de "
               "nuevo y la cambió.";
    case NPIE_MISMATCH_ALTERED:
        return "Es la carta, pero su contenido cambió después de descargarla.";
    case NPIE_MISMATCH_OLDER:
        return apr_psprintf(p, "Es una carta anterior, con folio %"
                            APR_INT64_T_FMT ".", check->folio);
    case NPIE_MISMATCH_OTHER_KIND:
        return "Es la otra carta de la renovación.";
    case NPIE_MISMATCH_OTHER_EMPLOYER:
        return "Es la carta de otro patrón.";
    case NPIE_MISMATCH_FORGED:
        return "Trae un folio que este servicio nunca entregó.";
    default:
        return NULL;
    }
}

/* Signs one of the letters with what the form holds. */
static apr_status_t sign(npie_step_t *step, npie_letter_kind_t kind,
                         npie_letter_check_t *check, npie_err_t *err)
{
    const char *firma = npie_form_text(step->form, "firma");
    const char *filename;
    npie_bytes_t file = npie_form_file(step->form, "carta", &filename);
    npie_bytes_t cms;

    if (*filename != '\0' && file.len == 0) {
        check->mismatch = NPIE_MISMATCH_EMPTY;
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "the file is empty");
    }
    if (npie_text_base64_decode(&cms, firma, strlen(firma), step->r->pool)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the signature is no base64");
    }
    return npie_flow_sign(step->flow, &step->who, kind, cms, file, check, err);
}

static int refuse_letter(npie_step_t *step, const char *page,
                         const npie_err_t *err,
                         const npie_letter_check_t *check)
{
    return refuse(step, page, err,
                  npie_draft_new(err->problem,
                                 mismatch_text(check, step->r->pool)));
}

int npie_step_letter(npie_step_t *step)
{
    static const char page[] = "carta.html";
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, 0 };
    npie_err_t err;

    return sign(step, NPIE_LETTER_RENEWAL, &check, &err) == APR_SUCCESS
        ? done(step, page) : refuse_letter(step, page, &err, &check);
}

int npie_step_issue(npie_step_t *step)
{
    static const char page[] = "certificado.html";
    npie_place_t place;
    npie_err_t err;

    if (npie_flow_issue(step->flow, &step->who, &err) != APR_SUCCESS) {
        return refuse(step, page, &err, npie_draft_new(err.problem, NULL));
    }
    npie_count(NPIE_COUNT_ISSUED);
    if (!npie_answer_wants_json(step->r)) {
        return done(step, page);
    }
    if (npie_flow_place(&place, step->flow, &step->who, &err) != APR_SUCCESS) {
        return npie_answer_error(step->r, &err);
    }
    return npie_file_certificate_json(step->r, step->flow, &place);
}

/* Every session that the certificate before this one opened ends, but for the
 * one spared. */
static apr_status_t end_sessions_before(npie_step_t *step, apr_int64_t newest,
                                        npie_err_t *err)
{
    npie_registry_t *registry = step->flow->registry;
    npie_renewal_t *renewal;
    npie_certificate_t *old;
    apr_status_t rv = npie_renewal_by_new(&renewal, registry, newest, err);

    if (rv == APR_SUCCESS) {
        rv = npie_certificate_get(&old, registry, renewal->old_certificate,
                                  err);
    }
    return rv != APR_SUCCESS ? rv
        : npie_session_end_all(npie_runtime_get(step->r->server)->sessions,
                               old->spki, step->holder->key, err,
                               step->r->pool);
}

/* The renewal is complete: whoever signed holds the new key, so the session
 * becomes the new certificate's, under a new identifier. */
static apr_status_t change_over(npie_step_t *step, npie_err_t *err)
{
    npie_registry_t *registry = step->flow->registry;
    npie_session_t *before = step->holder->session;
    npie_certificate_t *row;
    npie_employer_t *employer;
    npie_cert_t *cert;
    apr_status_t rv = npie_certificate_newest(&row, registry,
                                              step->who.employer, err);

    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, registry, step->who.employer, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, row->der, err, step->r->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_login_open(step->r, NPIE_ACCESS_APPLICATION, NPIE_P_NONE,
                             cert, employer, row, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    before->access = NPIE_ACCESS_RENEWAL;
    before->certificate = row->id;
    before->serial = row->serial;
    before->spki = row->spki;
    rv = npie_session_put(npie_runtime_get(step->r->server)->sessions,
                          step->holder->key, before, AFTERLIFE_SECONDS, err,
                          step->r->pool);
    return rv == APR_SUCCESS ? end_sessions_before(step, row->id, err) : rv;
}

int npie_step_terms(npie_step_t *step)
{
    static const char page[] = "terminos.html";
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, 0 };
    npie_err_t err;

    if (sign(step, NPIE_LETTER_TERMS, &check, &err) != APR_SUCCESS) {
        return refuse_letter(step, page, &err, &check);
    }
    if (change_over(step, &err) != APR_SUCCESS) {
        return npie_answer_error(step->r, &err);
    }
    npie_count(NPIE_COUNT_COMPLETED);
    return npie_answer_redirect(step->r, "listo.html");
}

int npie_step_cancel(npie_step_t *step)
{
    npie_err_t err;
    apr_status_t rv = npie_flow_cancel(step->flow, &step->who, &err);

    return rv == APR_SUCCESS || rv == NPIE_ECONFLICT
        ? done(step, "llave.html") : npie_answer_error(step->r, &err);
}

int npie_step_rekey(npie_step_t *step)
{
    npie_err_t err;
    apr_status_t rv = npie_flow_rekey(step->flow, &step->who, &err);

    return rv == APR_SUCCESS || rv == NPIE_ECONFLICT
        ? done(step, "carta.html") : npie_answer_error(step->r, &err);
}

int npie_step_logout(npie_step_t *step)
{
    npie_err_t err;

    return npie_holder_end(step->r, &err) == APR_SUCCESS
        ? npie_answer_redirect(step->r, "acceso.html")
        : npie_answer_error(step->r, &err);
}
