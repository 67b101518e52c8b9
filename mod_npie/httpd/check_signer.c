/* SPDX-License-Identifier: Apache-2.0
 * npie-signer before it is needed: its own check of its file, and whether that
 * file and the directives say the same.
 */
#include "httpd/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_main.h>
#include <unixd.h>

#include "httpd/parse.h"
#include "httpd/probe.h"
#include "letter/art.h"
#include "pki/pem.h"

/* What npie-signer -T prints, as far as the directives say it too. */
typedef struct told_t {
    const char *peer;             /* PeerUser, a number */
    const char *certificate;      /* Certificate, a path */
    const char *seal;             /* SealCertificate, a path, or NULL */
    apr_int64_t letter_age;       /* LetterMaxAge, seconds */
    int old_bits;                 /* OldKeyMinBits */
    npie_key_rules_t new_keys;    /* NewKeys */
    const char *letters;          /* LettersDrawn */
    const char *address;          /* LetterAddress, or NULL */
    const char *wrong;            /* its own words, or NULL */
} told_t;

/* What a comparison works with. */
typedef struct comparison_t {
    const server_rec *s;
    const npie_runtime_t *runtime;
    const char *file; /* npie-signer.conf */
    apr_pool_t *p;
    int errors;
} comparison_t;

/* Whom to ask, and what letters are drawn with here. */
typedef struct asking_t {
    npie_signer_t signer;
    const char *letters;
} asking_t;

#define LETTERS_DIFFER \
    "httpd draws other letters than npie-signer, which refuses to certify and " \
    "seal upon them: NPIELetterTerms, NPIELetterFonts, NPIEInstitution and " \
    "NPIESentences must be LetterTerms, LetterFonts, Institution and " \
    "Sentences of npie-signer.conf, and the files the same"

static void ask_signer(int fd, void *baton, apr_pool_t *p)
{
    const asking_t *asking = baton;
    npie_signer_state_t state;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_signer_ping(&state, &asking->signer, &err, p) != APR_SUCCESS) {
        npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "NPIESigner: %s: no "
                       "certificate can be issued until it answers there; "
                       "PeerUser of npie-signer.conf must be httpd's User",
                       err.detail);
    }
    else if (strcmp(state.letters, asking->letters) != 0) {
        npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "NPIELetterTerms: "
                       LETTERS_DIFFER);
    }
}

/* Becomes npie-signer, which gives up root by itself. */
static void be_signer(int fd, void *baton, apr_pool_t *p)
{
    const npie_signer_setting_t *setting = baton;
    char locale[] = "LC_ALL=C";
    char *const environment[] = { locale, NULL };

    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execle(setting->program, setting->program, "-T", "-f", setting->config,
           (char *)NULL, environment);
    (void)p;
    dprintf(fd, "%s: %s\n", setting->program, strerror(errno));
    _exit(127);
}

static void take(told_t *told, const char *key, const char *value,
                 apr_pool_t *p)
{
    if (strcmp(key, "PeerUser") == 0) {
        told->peer = value;
    }
    else if (strcmp(key, "Certificate") == 0) {
        told->certificate = value;
    }
    else if (strcmp(key, "SealCertificate") == 0) {
        told->seal = value;
    }
    else if (strcmp(key, "LetterMaxAge") == 0) {
        told->letter_age = apr_atoi64(value);
    }
    else if (strcmp(key, "OldKeyMinBits") == 0) {
        told->old_bits = atoi(value);
    }
    else if (strcmp(key, "LettersDrawn") == 0) {
        told->letters = value;
    }
    else if (strcmp(key, "LetterAddress") == 0) {
        told->address = value;
    }
    else if (strcmp(key, "NewKeys") == 0) {
        told->new_keys.rsa_min_bits = 0;
        npie_parse_keys(&told->new_keys, value, p);
    }
}

/* Its lines of settings, or the last of its other ones when it found a
 * fault. */
static void read_told(told_t *told, char *text, int failed, apr_pool_t *p)
{
    static const char level[] = " error: ";
    char *rest = NULL;

    for (char *line = apr_strtok(text, "\n", &rest); line != NULL;
         line = apr_strtok(NULL, "\n", &rest)) {
        const char *said = strstr(line, level);
        char *value = strchr(line, ' ');

        if (failed) {
            told->wrong = said != NULL ? said + sizeof(level) - 1 : line;
        }
        else if (apr_isupper(*line) && value != NULL) {
            *value++ = '\0';
            take(told, line, value, p);
        }
    }
    if (failed && told->wrong == NULL) {
        told->wrong = "it ended without a word";
    }
}

static void complain(comparison_t *c, int directive, const char *text)
{
    npie_remark(NPIE_N_CONFIG, c->s,
                npie_remark_place(c->runtime->conf, directive), text);
    c->errors++;
}

/* One by one, so that NPIE_SET_... is where the admin changes it. */
static void compare_times_and_keys(comparison_t *c, const told_t *told)
{
    const npie_server_conf_t *conf = c->runtime->conf;
    const npie_key_rules_t *ours = &conf->new_keys, *its = &told->new_keys;

    if (apr_time_from_sec(told->letter_age) < conf->timeout) {
        complain(c, NPIE_SET_TIMEOUT, apr_psprintf(
            c->p, "NPIERenewalTimeout is %" APR_TIME_T_FMT " s, and "
            "LetterMaxAge of %s %" APR_INT64_T_FMT " s: a renewal may rest "
            "longer than its letter counts; make LetterMaxAge the longer one",
            apr_time_sec(conf->timeout), c->file, told->letter_age));
    }
    if (told->old_bits > conf->old_bits) {
        complain(c, NPIE_SET_OLD_BITS, apr_psprintf(
            c->p, "NPIEOldKeyMinBits is %d, and OldKeyMinBits of %s %d: "
            "letters would be signed with keys that npie-signer refuses; make "
            "both the same", conf->old_bits, c->file, told->old_bits));
    }
    if ((ours->p256 && !its->p256) || (ours->p384 && !its->p384)
        || (ours->rsa_min_bits > 0
            && (its->rsa_min_bits == 0
                || its->rsa_min_bits > ours->rsa_min_bits))) {
        complain(c, NPIE_SET_NEW_KEYS, apr_psprintf(
            c->p, "NPIENewKeys takes keys that NewKeys of %s refuses; make "
            "both the same", c->file));
    }
}

/* The first certificate of a file. */
static apr_status_t first(void *baton, npie_cert_t *cert, const char *file,
                          npie_err_t *err)
{
    npie_cert_t **pcert = baton;

    (void)file;
    (void)err;
    *pcert = *pcert != NULL ? *pcert : cert;
    return APR_SUCCESS;
}

static npie_cert_t *read_first(const char *file, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    npie_err_t err;

    return file == NULL || npie_pem_read(file, first, &cert, &err, p)
        != APR_SUCCESS ? NULL : cert;
}

/* npie-signer has read the files itself; one that we cannot read is for it
 * alone, and so are its faults. */
static void compare_certificates(comparison_t *c, const told_t *told)
{
    const npie_runtime_t *runtime = c->runtime;
    const npie_cert_t *ca = read_first(told->certificate, c->p);
    const npie_cert_t *seal = read_first(told->seal, c->p);

    if (ca != NULL && !npie_trust_has(runtime->trust, ca)) {
        complain(c, NPIE_SET_TRUST, apr_psprintf(
            c->p, "NPIETrust lacks the certificate that npie-signer issues "
            "under, %s (Certificate of %s): who renews could not log in; add "
            "it", told->certificate, c->file));
    }
    if (seal != NULL && runtime->seals == NULL
        && (runtime->conf->set & (1u << NPIE_SET_SEAL)) != 0) {
        complain(c, NPIE_SET_SEAL, apr_psprintf(
            c->p, "NPIESeal none, and %s has a seal: letters would bear one "
            "that is not known; name %s here, or take SealKey and "
            "SealCertificate out there", c->file, told->seal));
    }
    else if (seal != NULL && runtime->seals != NULL
             && !npie_seals_know(runtime->seals, seal)) {
        complain(c, NPIE_SET_SEAL, apr_psprintf(
            c->p, "NPIESeal lacks the seal in use, %s (SealCertificate of "
            "%s): no letter would show as sealed; add it", told->seal,
            c->file));
    }
    if (told->seal == NULL && runtime->seals != NULL) {
        npie_remark(NPIE_N_CONFIG_DOUBT, c->s,
                    npie_remark_place(runtime->conf, NPIE_SET_SEAL),
                    apr_psprintf(c->p, "NPIESeal names a seal, and %s has no "
                                 "SealKey: letters are not sealed", c->file));
    }
}

static void compare_letters(comparison_t *c, const told_t *told)
{
    if (told->letters == NULL
        || strcmp(told->letters, npie_letter_art_digest(c->runtime->art))
           != 0) {
        complain(c, NPIE_SET_TERMS,
                 apr_psprintf(c->p, "NPIELetterTerms: " LETTERS_DIFFER
                              " (%s)", c->file));
    }
}

/* Does a server of this httpd have its pages there? */
static int is_served(const char *url)
{
    for (server_rec *s = ap_server_conf; s != NULL; s = s->next) {
        const npie_server_conf_t *conf = npie_conf_server(s);

        if (conf->base.url != NULL && strcmp(conf->base.url, url) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Where printed letters lead. Another server of the same signer may be meant:
 * no error, and no word where it is one of these. */
static void compare_address(comparison_t *c, const told_t *told)
{
    const npie_server_conf_t *conf = c->runtime->conf;
    const char *text = NULL;

    if (told->address == NULL && told->seal != NULL) {
        text = apr_psprintf(c->p, "%s has a seal and no LetterAddress: printed "
                            "letters cannot be checked; set it to NPIEBaseURL, "
                            "%s", c->file, conf->base.url);
    }
    else if (told->address != NULL && !is_served(told->address)) {
        text = apr_psprintf(c->p, "NPIEBaseURL is %s, and LetterAddress of %s "
                            "is %s: the code of a printed letter leads there, "
                            "which must be a server with the same registry",
                            conf->base.url, c->file, told->address);
    }
    if (text != NULL) {
        npie_remark(NPIE_N_CONFIG_DOUBT, c->s,
                    npie_remark_place(conf, NPIE_SET_BASE_URL), text);
    }
}

static void compare_user(comparison_t *c, const told_t *told)
{
    uid_t user = geteuid() == 0 ? ap_unixd_config.user_id : geteuid();

    if (told->peer != NULL && (uid_t)apr_atoi64(told->peer) != user) {
        complain(c, NPIE_SET_SIGNER, apr_psprintf(
            c->p, "NPIESigner: %s answers user %s alone (PeerUser), and httpd "
            "runs as user %ld (User); make both the same", c->file, told->peer,
            (long)user));
    }
}

/* exec: starts it, and is the only one that says where its file is. */
static int check_program(const server_rec *s, const npie_runtime_t *runtime,
                         apr_pool_t *ptemp)
{
    comparison_t c = { s, runtime, runtime->conf->signer.config, ptemp, 0 };
    npie_signer_setting_t setting = runtime->conf->signer;
    told_t told = { .wrong = NULL };
    char *text;
    int status = 0;
    apr_status_t rv;

    if (geteuid() != 0 && access(setting.config, R_OK) != 0) {
        npie_remark(NPIE_N_CONFIG_DOUBT, s,
                    npie_remark_place(runtime->conf, NPIE_SET_SIGNER),
                    apr_psprintf(ptemp, "NPIESigner: %s: %s: npie-signer was "
                                 "not looked at; run httpd -t as root",
                                 setting.config, strerror(errno)));
        return 0;
    }
    rv = npie_probe_run(&text, &status, be_signer, &setting, 0, ptemp);
    if (rv != APR_SUCCESS) {
        text = apr_pstrdup(ptemp, "it does not end, or cannot be run");
    }
    read_told(&told, text, rv != APR_SUCCESS || status != 0, ptemp);
    if (told.wrong != NULL) {
        complain(&c, NPIE_SET_SIGNER,
                 apr_psprintf(ptemp, "NPIESigner: npie-signer would not start: "
                              "%s", told.wrong));
        return c.errors;
    }
    compare_user(&c, &told);
    compare_times_and_keys(&c, &told);
    compare_certificates(&c, &told);
    compare_letters(&c, &told);
    compare_address(&c, &told);
    return c.errors;
}

int npie_check_signer(const server_rec *s, const npie_runtime_t *runtime,
                      apr_pool_t *ptemp)
{
    asking_t asking = {
        npie_signer_within(&runtime->signer, NPIE_SIGNER_PUBLIC_TIMEOUT),
        npie_letter_art_digest(runtime->art)
    };

    return runtime->conf->signer.program != NULL
        ? check_program(s, runtime, ptemp)
        : npie_probe_remarks(ask_signer, &asking, s,
                             npie_remark_place(runtime->conf, NPIE_SET_SIGNER),
                             "npie-signer", ptemp);
}
