/* SPDX-License-Identifier: Apache-2.0
 * The steps of a renewal, each from the place that asks for it.
 */
#include "renew/steps.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/date.h"
#include "base/text.h"
#include "model/field.h"
#include "pki/cms_make.h"
#include "pki/digest.h"
#include "renew/disk.h"
#include "renew/key.h"
#include "renew/language.h"
#include "renew/terminal.h"
#include "renew/verify.h"

#define KIND_DEFAULT "RSA-3072"

/** What differs between the two letters. */
typedef struct paper_t {
    npie_letter_kind_t kind;
    const char *href;
    const char *what;     /**< in the name of its file */
    const char *unsigned_what;
    npie_sentence_t title;
} paper_t;

static const paper_t papers[NPIE_STEPS_LETTERS] = {
    { NPIE_LETTER_RENEWAL, "CartadeAceptaciondeRenovacion.pdf", "carta",
      "carta-por-firmar", NPIE_S_RENEW_LETTER1 },
    { NPIE_LETTER_TERMS, "TerminosyCondiciones.pdf", "terminos",
      "terminos-por-firmar", NPIE_S_RENEW_LETTER2 },
};

apr_status_t npie_steps_take(npie_steps_t *s, const json_t *json)
{
    return npie_answer_whereabouts(&s->stage, json, s->err, s->p);
}

static apr_status_t post(npie_steps_t *s, const char *href, json_t *body)
{
    json_t *json;
    apr_status_t rv = npie_http_post(&json, s->http, href, body,
                                     s->stage.csrf, s->err, s->p);

    return rv == APR_SUCCESS ? npie_steps_take(s, json) : rv;
}

static const char *said(const char *wish, const char *registered)
{
    return wish != NULL ? wish : registered;
}

/* Sends the contact data, those asked for before those registered.
 * corrige: "si" where there are others in the letter already. */
static apr_status_t send_data(npie_steps_t *s, const char *href,
                              npie_sentence_t sentence, const char *corrige)
{
    const char *email = said(s->job->email, s->stage.email);
    const char *phone = said(s->job->phone, s->stage.phone);
    const char *fax = said(s->job->fax, s->stage.fax);

    npie_say_step(s->say, sentence, "correo", email, "telefono", phone, NULL);
    return post(s, href,
                json_pack("{s:s, s:s, s:s, s:s, s:s*}", "correo", email,
                          "correo2", email, "telefono", phone, "fax", fax,
                          "corrige", corrige));
}

static apr_status_t start(npie_steps_t *s)
{
    return send_data(s, s->stage.next_href, NPIE_S_RENEW_DATA, NULL);
}

static int is_other_number(const char *wish, const char *registered)
{
    char digits[11] = "";

    return wish != NULL
        && (*wish == '\0' || npie_field_phone(digits, wish) == APR_SUCCESS)
        && strcmp(digits, registered) != 0;
}

/* Are other data asked for than an open renewal has? */
static int wants_others(const npie_steps_t *s)
{
    const npie_job_t *job = s->job;

    return (job->email != NULL
            && !npie_field_email_same(job->email, s->stage.email))
        || is_other_number(job->phone, s->stage.phone)
        || is_other_number(job->fax, s->stage.fax);
}

/* Corrects them; the key stays. */
static apr_status_t correct(npie_steps_t *s)
{
    s->corrected = 1;
    return send_data(s, "datos.html", NPIE_S_RENEW_CORRECT, "si");
}

/* Keeps a new key on the disk before anybody hears of it. */
static apr_status_t new_key(npie_steps_t *s)
{
    const char *kind = s->options->kind != NULL ? s->options->kind
        : *s->stage.key_kind != '\0' ? s->stage.key_kind : KIND_DEFAULT;
    apr_status_t rv;

    npie_say_step(s->say, NPIE_S_RENEW_NEW_KEY, "tipo", kind, NULL);
    rv = npie_key_make(&s->fresh.key, kind, s->err, s->p);
    if (rv == APR_SUCCESS) {
        rv = npie_key_write(&s->key_file, s->fresh.key, s->new_password,
                            s->options->iterations, s->err, s->p);
    }
    if (rv == APR_SUCCESS && s->options->new_key) {
        unlink(s->papers.pending);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_disk_write_new(s->papers.pending, s->key_file, s->err,
                                 s->p);
    }
    return rv != APR_SUCCESS ? rv
        : npie_key_spki(s->new_spki, s->fresh.key);
}

static apr_status_t make_key(npie_steps_t *s)
{
    const char *name = *s->stage.key_name != '\0' ? s->stage.key_name
        : apr_pstrcat(s->p, s->old.cert->rp10, "_2", NULL);
    char sha256[NPIE_SHA256_HEX_SIZE];
    char *request = NULL;
    apr_status_t rv = s->fresh.key != NULL ? APR_SUCCESS : new_key(s);

    if (rv == APR_SUCCESS) {
        rv = npie_key_request(&request, s->fresh.key, name, s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sha256_hex(sha256, s->key_file);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_say_step(s->say, NPIE_S_RENEW_REQUEST, NULL);
    return post(s, s->stage.next_href,
                json_pack("{s:s, s:s, s:s}", "solicitud", request, "nombre",
                          name, "huella", sha256));
}

/* Is an answer one of the words of a sentence? */
static int is_among(const char *answer, const char *words, apr_pool_t *p)
{
    char *state = NULL;
    char *word = apr_strtok(apr_pstrdup(p, words), " ", &state);

    while (word != NULL && strcmp(word, answer) != 0) {
        word = apr_strtok(NULL, " ", &state);
    }
    return word != NULL;
}

static apr_status_t agree(npie_steps_t *s, const paper_t *paper,
                          const char *path, const npie_cadena_t *cadena)
{
    char answer[16];

    npie_say_step(s->say, NPIE_S_RENEW_LETTER, "carta",
                  npie_language_say(paper->title), "folio",
                  apr_psprintf(s->p, "%" APR_INT64_T_FMT, cadena->folio),
                  "archivo", path, NULL);
    npie_say_step(s->say, NPIE_S_RENEW_CADENA, "cadena",
                  npie_cadena_format(cadena, s->p), NULL);
    if (s->options->accept_terms) {
        return APR_SUCCESS;
    }
    if (npie_terminal_ask(answer, sizeof(answer),
                          apr_pstrcat(s->p, npie_language_say(
                              NPIE_S_RENEW_ASK_SIGN), " ", NULL)) == APR_SUCCESS
        && is_among(answer, npie_language_say(NPIE_S_RENEW_YES), s->p)) {
        return APR_SUCCESS;
    }
    return npie_err_set(s->err, NPIE_EPOLICY, NPIE_P_DECLINED, "folio %"
                        APR_INT64_T_FMT, cadena->folio);
}

/* The signature in place: over the bytes of the letter's ByteRange. */
static apr_status_t send_signed(npie_steps_t *s, const paper_t *paper,
                                const npie_letter_file_t *file,
                                npie_bytes_t pdf,
                                const npie_credential_t *signer)
{
    npie_bytes_t cms;
    apr_status_t rv = npie_cms_make(&cms, signer->key, signer->cert, NULL,
                                    file->signed_part, 2, s->err, s->p);

    if (rv == APR_SUCCESS) {
        rv = npie_letter_file_sign(&s->signed_pdf[paper - papers], pdf, cms,
                                   s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        rv = post(s, s->stage.next_href,
                  json_pack("{s:s}", "firma",
                            npie_text_base64_encode(cms, s->p)));
    }
    return rv;
}

static apr_status_t sign_letter(npie_steps_t *s, const paper_t *paper,
                                const npie_credential_t *signer)
{
    npie_letter_file_t *file;
    npie_bytes_t pdf;
    const char *path;
    apr_status_t rv = npie_http_file(&pdf, s->http, paper->href, s->err,
                                     s->p);

    if (rv == APR_SUCCESS) {
        rv = npie_verify_letter(&file, pdf, paper->kind, s->old.cert,
                                s->new_spki, s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_papers_save(&path, &s->papers, paper->unsigned_what, pdf,
                              s->err, s->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = agree(s, paper, path, file->cadena);
    if (rv == APR_SUCCESS) {
        unlink(path);
        rv = send_signed(s, paper, file, pdf, signer);
    }
    return rv;
}

static apr_status_t sign_first(npie_steps_t *s)
{
    return sign_letter(s, &papers[0], &s->old);
}

static apr_status_t await_link(npie_steps_t *s)
{
    return s->stage.mail_refused
        ? npie_err_set(s->err, NPIE_EPOLICY, NPIE_P_MAIL_REFUSED, "%s%s%s",
                       s->stage.email, *s->stage.mail_said != '\0' ? ": " : "",
                       s->stage.mail_said)
        : npie_err_set(s->err, NPIE_EPOLICY, NPIE_P_MAIL_WAITS,
                       "the mail went to %s", s->stage.email);
}

static apr_status_t look(npie_steps_t *s, const char *page)
{
    json_t *json;
    apr_status_t rv = npie_http_get(&json, s->http, page, s->err, s->p);

    return rv == APR_SUCCESS ? npie_steps_take(s, json) : rv;
}

static apr_status_t issue(npie_steps_t *s)
{
    json_t *json;
    apr_status_t rv;

    npie_say_step(s->say, NPIE_S_RENEW_ISSUE, NULL);
    rv = npie_http_post(&json, s->http, "certificado.html", json_object(),
                        s->stage.csrf, s->err, s->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return *npie_answer_text(json, "page") != '\0' ? npie_steps_take(s, json)
                                                   : look(s, "");
}

static apr_status_t write_pfx(npie_steps_t *s, const npie_issued_t *issued)
{
    npie_credential_t there;
    npie_bytes_t pfx;
    apr_status_t rv;

    if (npie_disk_is_there(s->papers.out)) {
        rv = npie_papers_renewed(&there, &s->papers, s->old.cert,
                                 s->new_password, s->err, s->p);
        return rv != APR_SUCCESS
            || strcmp(there.cert->spki_sha256, s->new_spki) == 0 ? rv
            : npie_err_set(s->err, NPIE_ECONFLICT, NPIE_P_FILE_EXISTS, "%s",
                           s->papers.out);
    }
    rv = npie_credential_make_pfx(&pfx, &s->fresh, issued->chain,
                                  issued->name, s->new_password,
                                  s->options->iterations, s->err, s->p);
    if (rv == APR_SUCCESS) {
        rv = npie_disk_write_new(s->papers.out, pfx, s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        npie_say_step(s->say, NPIE_S_RENEW_SAVED, "archivo", s->papers.out,
                      NULL);
    }
    return rv;
}

/* The certificate is fetched, verified and saved before anything is signed
 * with it. */
static apr_status_t sign_second(npie_steps_t *s)
{
    npie_issued_t issued;
    json_t *json;
    apr_status_t rv = npie_http_get(&json, s->http, "certificado.json",
                                    s->err, s->p);

    if (rv == APR_SUCCESS) {
        rv = npie_answer_issued(&issued, json, s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_verify_certificate(&s->fresh, &issued, s->old.cert,
                                     s->options->trust, s->err, s->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_say_step(s->say, NPIE_S_RENEW_NEW, "serie",
                  s->fresh.cert->serial_text, "fecha",
                  npie_date_text(npie_language(), s->fresh.cert->not_after, s->p),
                  NULL);
    rv = write_pfx(s, &issued);
    return rv == APR_SUCCESS ? sign_letter(s, &papers[1], &s->fresh) : rv;
}

static const struct step_t {
    const char *name;
    apr_status_t (*run)(npie_steps_t *s);
    int wants_key;   /* of this renewal, at hand */
    int may_correct; /* the data can still be others */
} steps[] = {
    { "start", start, 0, 0 },
    { "make-key", make_key, 0, 1 },
    { "sign-letter-1", sign_first, 1, 1 },
    { "await-link", await_link, 0, 1 },
    { "go-on", issue, 1, 1 },
    { "issue", issue, 1, 1 },
    { "sign-letter-2", sign_second, 1, 0 },
};

/* One of the steps. */
static apr_status_t run(npie_steps_t *s, const struct step_t *step)
{
    if (step->may_correct && !s->corrected && wants_others(s)) {
        return correct(s);
    }
    if (step->wants_key && strcmp(s->stage.new_spki, s->new_spki) != 0) {
        return npie_err_set(s->err, NPIE_ECONFLICT, NPIE_P_OTHER_KEY,
                            "%s is not this renewal's key",
                            s->papers.pending);
    }
    return step->run(s);
}

apr_status_t npie_steps_next(npie_steps_t *s)
{
    for (apr_size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); ++i) {
        if (strcmp(steps[i].name, s->stage.next) == 0) {
            return run(s, &steps[i]);
        }
    }
    return APR_NOTFOUND;
}

apr_status_t npie_steps_rekey(npie_steps_t *s)
{
    return post(s, "rehacer", json_object());
}

/* Saves a letter as the server has it. It must be the one that was signed
 * here. */
static apr_status_t save_signed(npie_steps_t *s, const paper_t *paper)
{
    npie_bytes_t ours = s->signed_pdf[paper - papers];
    npie_bytes_t pdf;
    const char *path;
    apr_status_t rv = npie_http_file(&pdf, s->http, paper->href, s->err,
                                     s->p);

    if (rv == APR_SUCCESS && ours.len > 0) {
        rv = npie_verify_signed(pdf, ours, s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_papers_save(&path, &s->papers, paper->what, pdf, s->err,
                              s->p);
    }
    if (rv == APR_SUCCESS) {
        npie_say_step(s->say, NPIE_S_RENEW_LETTER_SAVED, "archivo", path, NULL);
    }
    return rv;
}

apr_status_t npie_steps_letters(npie_steps_t *s)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < NPIE_STEPS_LETTERS; ++i) {
        if (!npie_papers_have(&s->papers, papers[i].what, s->p)) {
            rv = save_signed(s, &papers[i]);
        }
    }
    return rv;
}
