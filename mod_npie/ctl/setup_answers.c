/* SPDX-License-Identifier: Apache-2.0
 * The answers of npiectl setup.
 */
#include "ctl/setup_answers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/settings.h"
#include "base/text.h"
#include "mail/address.h"
#include "pki/trust.h"
#include "store/session_address.h"

#define ANSWER_SIZE 1024
#define INSTITUTION_MAX 56 /* with what ca init puts behind it */
#define NONE "none"

/* What Debian makes for every machine: good for a first look. */
#define SNAKEOIL_CERTIFICATE "/etc/ssl/certs/ssl-cert-snakeoil.pem"
#define SNAKEOIL_KEY "/etc/ssl/private/ssl-cert-snakeoil.key"

static int is_file(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS
        && info.filetype == APR_REG;
}

static const char *set_site(void *baton, const char *value)
{
    npie_answers_t *answers = baton;
    apr_size_t len = strlen(value);

    if (strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789.-") != len
        || len > 253 || !isalnum((unsigned char)value[0])
        || !isalnum((unsigned char)value[len - 1])) {
        return "the host name of the site, in small letters, as in "
               "https://NAME/npie/: idse.example";
    }
    answers->site = apr_pstrdup(answers->p, value);
    return NULL;
}

static const char *set_institution(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    if (!npie_text_is_clean(value, strlen(value))
        || npie_text_length(value) > INSTITUTION_MAX) {
        return "a name in UTF-8 of at most 56 characters";
    }
    answers->institution = apr_pstrdup(answers->p, value);
    return NULL;
}

static const char *set_mail_server(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    if (strcmp(value, NONE) == 0) {
        return NULL;
    }
    if (strncmp(value, "smtp://", 7) != 0 && strncmp(value, "smtps://", 8) != 0
        && strncmp(value, "smtp+plain://", 13) != 0) {
        return "a mail server is smtp://host, smtps://host or "
               "smtp+plain://localhost, and options as of NPIEMailServer, or "
               NONE;
    }
    answers->mail_server = apr_pstrdup(answers->p, value);
    return NULL;
}

static const char *set_mail_from(void *baton, const char *value)
{
    npie_answers_t *answers = baton;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_mailbox_t mailbox;

    if (npie_mailbox_parse(&mailbox, value, &err, answers->p)
        != APR_SUCCESS) {
        return "a sender is an address, or Name <address>";
    }
    answers->mail_from = apr_pstrdup(answers->p, value);
    return NULL;
}

static const char *set_registry(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    answers->registry = apr_pstrdup(answers->p, value);
    return npie_ctl_settings_set(npie_ctl_settings_make(answers->p),
                                 "registry", value);
}

static const char *set_keys(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    if (strcmp(value, "files") == 0) {
        return NULL;
    }
    answers->token = apr_pstrdup(answers->p, value);
    return strncmp(value, "pkcs11:", 7) == 0 ? NULL
        : "files, or the URI of a token: "
          "pkcs11:token=NAME?module-path=FILE";
}

static const char *file_of(const char **ppath, const npie_answers_t *answers,
                           const char *value)
{
    *ppath = apr_pstrdup(answers->p, value);
    return *value == '/' && is_file(value, answers->p) ? NULL
        : "there is no such file: give the absolute path of one";
}

static const char *set_pin_file(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    return file_of(&answers->pin_file, answers, value);
}

static const char *set_trust(void *baton, const char *value)
{
    npie_answers_t *answers = baton;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *one;
    npie_trust_t *trust;
    const char *path;
    const char *wrong;

    if (strcmp(value, NONE) == 0) {
        return NULL;
    }
    wrong = file_of(&path, answers, value);
    if (wrong != NULL) {
        return wrong;
    }
    one = apr_array_make(answers->p, 1, sizeof(const char *));
    APR_ARRAY_PUSH(one, const char *) = path;
    if (npie_trust_load(&trust, one, &err, answers->p) != APR_SUCCESS) {
        return apr_pstrdup(answers->p, err.detail);
    }
    APR_ARRAY_PUSH(answers->trust, const char *) = path;
    return NULL;
}

static const char *set_redis(void *baton, const char *value)
{
    npie_answers_t *answers = baton;
    npie_redis_t redis = { .connections = 1 };

    answers->redis = apr_pstrdup(answers->p, value);
    return npie_redis_parse(&redis, value, answers->p);
}

static const char *set_signer(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    answers->service = strcmp(value, "systemd") == 0;
    return answers->service || strcmp(value, "httpd") == 0 ? NULL
        : "who runs npie-signer: httpd or systemd";
}

static const char *set_certificate(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    return file_of(&answers->certificate, answers, value);
}

static const char *set_key(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    return file_of(&answers->key, answers, value);
}

static const char *path_of(const char **ppath, const npie_answers_t *answers,
                           const char *value)
{
    *ppath = apr_pstrdup(answers->p, value);
    return *value == '/' ? NULL : "the path must be absolute";
}

static const char *set_state(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    return path_of(&answers->state, answers, value);
}

static const char *set_ledger(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    return path_of(&answers->ledger, answers, value);
}

static const char *set_user(void *baton, const char *value)
{
    npie_answers_t *answers = baton;

    answers->user = apr_pstrdup(answers->p, value);
    return npie_ctl_settings_set(npie_ctl_settings_make(answers->p), "user",
                                 value);
}

/* The first six are asked for, and what follows of them. */
static const npie_setting_t keys[] = {
    { "Site", set_site, NPIE_SETTING_REQUIRED },
    { "Institution", set_institution, NPIE_SETTING_REQUIRED },
    { "MailServer", set_mail_server, 0 },
    { "Registry", set_registry, 0 },
    { "Keys", set_keys, 0 },
    { "Trust", set_trust, NPIE_SETTING_REPEATED },
    { "MailFrom", set_mail_from, 0 },
    { "PINFile", set_pin_file, 0 },
    { "Redis", set_redis, 0 },
    { "Signer", set_signer, 0 },
    { "TLSCertificate", set_certificate, 0 },
    { "TLSKey", set_key, 0 },
    { "State", set_state, 0 },
    { "Ledger", set_ledger, 0 },
    { "User", set_user, 0 },
    { NULL, NULL, 0 }
};

static const struct {
    const char *text;
    const char *otherwise; /* "": there must be an answer */
} questions[] = {
    { "Host name of the site, as in https://NAME/npie/", "" },
    { "Name of the institution, in letters and certificates", "" },
    { "Mail server: smtp://host or smtps://host, or " NONE, NONE },
    { "Registry: sqlite3:FILE, or pgsql:PARAMETERS of libpq",
      "sqlite3:/var/lib/npie/registry.db" },
    { "Keys of the authority: files, or the pkcs11: URI of a token",
      "files" },
    { "Certificates of older authorities, a PEM file, or " NONE, NONE },
    { "Sender of mails: Name <address>", "" },
    { "File of the token's PIN, absolute path", "" },
};
enum { ASKED = 6, MAIL_FROM = 6, PIN_FILE = 7 };

static apr_status_t no_terminal(npie_err_t *err)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "there is no terminal "
                        "to ask at: give --answers FILE; npiectl(8) lists "
                        "what stands in it");
}

/* Asks until the answer will do. */
static apr_status_t ask(npie_answers_t *answers, int question,
                        npie_err_t *err)
{
    const char *otherwise = questions[question].otherwise;
    const char *wrong;
    char line[ANSWER_SIZE];

    do {
        fprintf(stderr, "%s%s%s%s: ", questions[question].text,
                *otherwise == '\0' ? "" : " [", otherwise,
                *otherwise == '\0' ? "" : "]");
        if (fgets(line, sizeof(line), stdin) == NULL) {
            return no_terminal(err);
        }
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0') {
            apr_cpystrn(line, otherwise, sizeof(line));
        }
        wrong = line[0] == '\0' ? "there is no default"
            : keys[question].set(answers, line);
        if (wrong != NULL) {
            fprintf(stderr, "  %s\n", wrong);
        }
    } while (wrong != NULL);
    return APR_SUCCESS;
}

static apr_status_t ask_all(npie_answers_t *answers, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return no_terminal(err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < ASKED; i++) {
        rv = ask(answers, i, err);
    }
    if (rv == APR_SUCCESS && answers->mail_server != NULL) {
        rv = ask(answers, MAIL_FROM, err);
    }
    if (rv == APR_SUCCESS && answers->token != NULL) {
        rv = ask(answers, PIN_FILE, err);
    }
    return rv;
}

/* What one answer wants of another. */
static apr_status_t check(npie_answers_t *answers, const char *file,
                          npie_err_t *err)
{
    const char *wrong = NULL;

    if (answers->certificate == NULL && answers->key == NULL
        && is_file(SNAKEOIL_CERTIFICATE, answers->p)) {
        answers->certificate = SNAKEOIL_CERTIFICATE;
        answers->key = SNAKEOIL_KEY;
    }
    if (answers->mail_server != NULL && answers->mail_from == NULL) {
        wrong = "MailServer needs MailFrom beside it";
    }
    else if (answers->certificate == NULL || answers->key == NULL) {
        wrong = "TLSCertificate and TLSKey are missing: the site's "
                "certificate and key, PEM";
    }
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s",
                       file == NULL ? "setup" : file, wrong);
}

apr_status_t npie_answers_get(npie_answers_t **panswers, npie_ctl_t *ctl,
                              npie_err_t *err)
{
    npie_answers_t *answers = apr_pcalloc(ctl->p, sizeof(*answers));
    const char *file = npie_ctl_option(ctl, "answers");
    apr_status_t rv;

    answers->p = ctl->p;
    answers->trust = apr_array_make(ctl->p, 2, sizeof(const char *));
    answers->registry = "sqlite3:/var/lib/npie/registry.db";
    answers->state = "/var/lib/npie-signer";
    answers->ledger = "/var/lib/npie-ledger/ledger.db";
    answers->user = "www-data";
    *panswers = answers;
    rv = file == NULL ? ask_all(answers, err)
        : npie_settings_read(file, keys, answers, err);
    return rv == APR_SUCCESS ? check(answers, file, err) : rv;
}
