/* SPDX-License-Identifier: Apache-2.0
 * Opens what is needed, logs in, and goes from step to step.
 */
#include "renew/renewal.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/date.h"
#include "base/text.h"
#include "pki/cms_make.h"
#include "renew/disk.h"
#include "renew/key.h"
#include "renew/language.h"
#include "renew/steps.h"
#include "renew/terminal.h"

/* More steps than a renewal has, each done again after a session's end. */
#define STEPS_MAX 24

/* How often a person may type a password that is not the one. */
#define TRIES 3

/* Whoever typed a wrong password is asked again, and told why. */
static int ask_again(npie_secret_want_t *want, int tried, const char *question,
                     const npie_err_t *err, apr_pool_t *p)
{
    const npie_problem_info_t *info = npie_problem_find((int)err->problem);

    if (want->source != NULL || tried >= TRIES || info == NULL
        || (err->problem != NPIE_P_PASSWORD
            && err->problem != NPIE_P_NEW_PASSWORD
            && err->problem != NPIE_P_NEW_PASSWORD_DIFFERS)) {
        return 0;
    }
    want->prompt = apr_pstrcat(p, npie_language_say(info->cause), " ",
                               question, NULL);
    return 1;
}

static apr_status_t open_with(npie_credential_t *old, const npie_job_t *job,
                              const npie_credential_file_t *files,
                              npie_secret_t **ppassword,
                              npie_secret_want_t *want, npie_err_t *err,
                              apr_pool_t *p)
{
    apr_status_t rv = npie_secret_get(ppassword, want, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return npie_credential_open(old, files, job->pfx != NULL ? 1 : 2,
                                *ppassword, err, p);
}

apr_status_t npie_renewal_open_old(npie_credential_t *old,
                                   npie_secret_t **ppassword,
                                   const npie_job_t *job, int literal,
                                   npie_err_t *err, apr_pool_t *p)
{
    const char *file = npie_job_file(job);
    const char *question = npie_sentence_fill(
        npie_language(), NPIE_S_RENEW_ASK_OLD, p, "archivo", file, NULL);
    npie_secret_want_t want = { job->password, literal, 0, question, "old",
                                file };
    npie_credential_file_t files[] = { { file, { NULL, 0 } },
                                       { job->key, { NULL, 0 } } };
    int tried = 0;
    apr_status_t rv = npie_disk_read(&files[0].bytes, file,
                                     NPIE_CREDENTIAL_MAX, err, p);

    if (rv == APR_SUCCESS && job->pfx == NULL) {
        rv = npie_disk_read(&files[1].bytes, job->key, NPIE_CREDENTIAL_MAX,
                            err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    do {
        rv = open_with(old, job, files, ppassword, &want, err, p);
    } while (rv != APR_SUCCESS && ask_again(&want, ++tried, question, err, p));
    return rv;
}

static const char *user_of(const npie_steps_t *s)
{
    return s->job->user != NULL ? s->job->user : s->old.cert->rp10;
}

static apr_status_t ask_new_password(npie_steps_t *s, int is_new)
{
    const char *question = npie_sentence_fill(
        npie_language(), NPIE_S_RENEW_ASK_NEW, s->p, "archivo", s->papers.out,
        NULL);
    npie_secret_want_t want = { s->job->new_password, s->job->line != 0,
                                is_new, question, "new", s->papers.out };
    npie_secret_t *password;
    apr_status_t rv;
    int tried = 0;

    do {
        rv = npie_secret_get(&password, &want, s->err, s->p);
        if (rv == APR_SUCCESS) {
            rv = npie_secret_check_new(password, user_of(s),
                                       is_new ? s->old_password : NULL,
                                       s->err);
        }
    } while (rv != APR_SUCCESS
             && ask_again(&want, ++tried, question, s->err, s->p));
    s->new_password = password;
    return rv;
}

/* The key of an unfinished renewal, if there is one. */
static apr_status_t open_pending(npie_steps_t *s)
{
    apr_status_t rv = npie_disk_read(&s->key_file, s->papers.pending,
                                     NPIE_CREDENTIAL_MAX, s->err, s->p);

    if (rv == APR_SUCCESS) {
        rv = npie_key_read(&s->fresh.key, s->key_file, s->new_password,
                           s->err, s->p);
    }
    if (rv == APR_SUCCESS) {
        npie_say_step(s->say, NPIE_S_RENEW_GOES_ON, "archivo",
                      s->papers.pending, NULL);
        rv = npie_key_spki(s->new_spki, s->fresh.key);
    }
    return rv;
}

/* Files and passwords are judged first: who cannot be asked about the terms
 * is told of a wrong password all the same. */
static apr_status_t can_agree(npie_steps_t *s)
{
    return s->options->accept_terms || npie_terminal_is_there() ? APR_SUCCESS
        : npie_err_set(s->err, NPIE_EPOLICY, NPIE_P_DECLINED,
                       "no terminal to ask at, and no --accept-terms");
}

/* All that is wanted from this machine. @return APR_EOF: renewed already */
static apr_status_t prepare(npie_steps_t *s)
{
    int pending = npie_disk_is_there(s->papers.pending);
    int done = npie_disk_is_there(s->papers.out);
    apr_status_t rv = npie_renewal_open_old(&s->old, &s->old_password, s->job,
                                            s->job->line != 0, s->err, s->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_say_step(s->say, s->old.cert->not_after < apr_time_now()
                  ? NPIE_S_RENEW_OLD_ENDED : NPIE_S_RENEW_OLD_ENDS, "nombre",
                  s->old.cert->common_name, "rp", s->old.cert->rp10, "fecha",
                  npie_date_text(npie_language(), s->old.cert->not_after, s->p),
                  NULL);
    rv = npie_credential_check(s->old.cert, s->err);
    if (rv == APR_SUCCESS) {
        rv = ask_new_password(s, !pending && !done);
    }
    if (rv == APR_SUCCESS && done && !pending) {
        rv = npie_papers_renewed(&s->fresh, &s->papers, s->old.cert,
                                 s->new_password, s->err, s->p);
        return rv == APR_SUCCESS ? APR_EOF : rv;
    }
    if (rv == APR_SUCCESS && pending && !(s->options->new_key && !done)) {
        rv = open_pending(s);
    }
    return rv == APR_SUCCESS ? can_agree(s) : rv;
}

static apr_status_t login(npie_steps_t *s, const npie_credential_t *with)
{
    const char *challenge;
    npie_bytes_t text, cms;
    json_t *json;
    apr_status_t rv = npie_http_get(&json, s->http, "reto", s->err, s->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    challenge = npie_answer_text(json, "challenge");
    text.data = (const unsigned char *)challenge;
    text.len = strlen(challenge);
    rv = npie_cms_make(&cms, with->key, with->cert, NULL, &text, 1, s->err,
                       s->p);
    if (rv == APR_SUCCESS) {
        rv = npie_http_post(&json, s->http, "acceso.html",
                            json_pack("{s:s, s:s, s:s}", "usuario",
                                      user_of(s), "reto", challenge, "firma",
                                      npie_text_base64_encode(cms, s->p)),
                            NULL, s->err, s->p);
    }
    return rv == APR_SUCCESS ? npie_steps_take(s, json) : rv;
}

/* A certificate that still opens the application may be renewed before it
 * expires: the place that says so is not where a login leads. */
static apr_status_t look_early(npie_steps_t *s)
{
    json_t *json;
    apr_status_t rv = npie_http_get(&json, s->http, "aviso.html", s->err,
                                    s->p);

    if (rv == APR_SUCCESS) {
        rv = npie_steps_take(s, json);
    }
    else if (rv == NPIE_EBACKEND) {
        return rv;
    }
    return rv == APR_SUCCESS && *s->stage.next != '\0' ? rv
        : npie_err_set(s->err, NPIE_EPOLICY, NPIE_P_NOT_DUE, "valid until %s",
                       npie_text_time(s->old.cert->not_after, s->p));
}

/* The refusals that the program goes on after. */
static int session_ended(const npie_steps_t *s, apr_status_t rv)
{
    return rv != APR_SUCCESS && rv != APR_NOTFOUND
        && (s->err->problem == NPIE_P_SESSION
            || s->err->problem == NPIE_P_CSRF);
}

/* The server says why this certificate goes no further. */
static apr_status_t refused(npie_steps_t *s)
{
    return npie_err_set(s->err, NPIE_EPOLICY,
                        (npie_problem_t)s->stage.problem, "%s",
                        s->stage.page);
}

static apr_status_t walk(npie_steps_t *s)
{
    int rekeyed = !s->options->new_key, logins = 1;
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < STEPS_MAX && rv == APR_SUCCESS; ++i) {
        if (strcmp(s->stage.page, "listo") == 0) {
            return APR_SUCCESS;
        }
        if (strcmp(s->stage.page, "application") == 0) {
            rv = look_early(s);
            continue;
        }
        if (strncmp(s->stage.page, "rechazo", 7) == 0) {
            return refused(s);
        }
        rv = npie_steps_next(s);
        if (session_ended(s, rv) && logins++ < 3) {
            rv = login(s, &s->old);
        }
        else if (rv != APR_SUCCESS && s->err->problem == NPIE_P_OTHER_KEY
                 && !rekeyed) {
            rekeyed = 1;
            npie_say_step(s->say, NPIE_S_RENEW_REKEY, NULL);
            rv = npie_steps_rekey(s);
        }
    }
    return rv == APR_NOTFOUND || rv == APR_SUCCESS
        ? npie_err_set(s->err, NPIE_EPROTO, NPIE_P_ANSWER,
                       "page %s asks for \"%s\"", s->stage.page,
                       s->stage.next)
        : rv;
}

/* The terms were signed, and what came after was cut short: the certificate
 * is here, and opens the server's door. */
static apr_status_t finish_late(npie_steps_t *s)
{
    apr_status_t rv = npie_papers_renewed(&s->fresh, &s->papers, s->old.cert,
                                          s->new_password, s->err, s->p);

    if (rv == APR_SUCCESS
        && strcmp(s->fresh.cert->spki_sha256, s->new_spki) == 0) {
        npie_http_forget(s->http);
        rv = login(s, &s->fresh);
    }
    return rv;
}

static apr_status_t renew(npie_steps_t *s)
{
    apr_status_t rv = login(s, &s->old);

    if (rv == APR_SUCCESS) {
        rv = walk(s);
    }
    if (rv != APR_SUCCESS && s->err->problem == NPIE_P_CERT_SUPERSEDED
        && s->fresh.key != NULL && npie_disk_is_there(s->papers.out)) {
        rv = finish_late(s);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_steps_letters(s);
    }
    if (rv == APR_SUCCESS) {
        unlink(s->papers.pending);
    }
    return rv;
}

/* Whose certificate it was, and until when the newest serves. */
static void tell_whose(npie_ending_t *ending, const npie_steps_t *s)
{
    const npie_cert_t *cert = ending->err.problem == NPIE_P_NONE
        && s->fresh.cert != NULL ? s->fresh.cert : s->old.cert;

    if (cert != NULL) {
        ending->rp10 = cert->rp10;
        ending->name = npie_renewal_whose(cert);
        ending->until = cert->not_after;
    }
    if (ending->err.problem == NPIE_P_NONE) {
        ending->out = s->papers.out;
    }
}

const char *npie_renewal_whose(const npie_cert_t *cert)
{
    return *cert->organization != '\0' ? cert->organization
                                       : cert->common_name;
}

static void conclude(npie_ending_t *ending, const npie_steps_t *s,
                     apr_status_t rv, int already)
{
    const char *title, *remedy;

    if (rv == APR_SUCCESS) {
        memset(ending, 0, sizeof(*ending));
        ending->result = already ? NPIE_RESULT_ALREADY : NPIE_RESULT_RENEWED;
        return;
    }
    npie_http_words(&title, &remedy, s->http, s->err->problem);
    if (s->stage.problem != 0
        && s->stage.problem == (int)s->err->problem) {
        title = s->stage.title;
        remedy = s->stage.remedy;
    }
    if (s->err->status == APR_SUCCESS) {
        npie_err_set(s->err, rv, NPIE_P_INTERNAL, "status %d", rv);
    }
    npie_ending_set(ending, s->err,
                     title != NULL ? apr_pstrdup(s->p, title) : NULL,
                     remedy != NULL ? apr_pstrdup(s->p, remedy) : NULL);
}

void npie_renewal_run(npie_ending_t *ending, npie_http_t *http,
                      const npie_job_t *job, const npie_options_t *options,
                      const npie_say_t *say, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_steps_t s;
    int already;
    apr_status_t rv;

    memset(&s, 0, sizeof(s));
    s.http = http;
    s.job = job;
    s.options = options;
    s.say = say;
    s.err = &err;
    s.p = p;
    npie_papers_name(&s.papers, npie_job_out(job, options, p), p);
    npie_http_forget(http);
    rv = prepare(&s);
    already = rv == APR_EOF;
    if (already) {
        npie_say_step(say, NPIE_S_RENEW_WAS_RENEWED, "archivo", s.papers.out,
                      "fecha", npie_date_text(npie_language(),
                                              s.fresh.cert->not_after, p), NULL);
        rv = APR_SUCCESS;
    }
    else if (rv == APR_SUCCESS) {
        rv = renew(&s);
    }
    conclude(ending, &s, rv, already);
    tell_whose(ending, &s);
    if (rv == APR_SUCCESS && !already) {
        npie_say_step(say, NPIE_S_RENEW_DONE, "archivo", s.papers.out, NULL);
    }
}
