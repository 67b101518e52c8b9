/* SPDX-License-Identifier: Apache-2.0
 * The directives.
 */
#include "httpd/directives.h"

#include <apr_strings.h>

#include "httpd/parse.h"
#include "letter/art.h"
#include "pki/openssl.h"
#include "pki/trust.h"
#include "httpd/support.h"
#include "store/session_address.h"
#include "store/session_secret.h"

/* Notes that a directive was given, once it was parsed without an error. */
static const char *note(cmd_parms *cmd, npie_directive_t directive,
                        const char *error)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);

    if (error != NULL) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error, NULL);
    }
    conf->set |= NPIE_CONF_BIT(directive);
    conf->where[directive] = cmd->directive;
    return NULL;
}

static const char *set_engine(cmd_parms *cmd, void *dir, int on)
{
    ((npie_dir_conf_t *)dir)->engine = on;
    if (on) {
        npie_conf_server(cmd->server)->engine = cmd->directive;
    }
    return NULL;
}

static const char *set_redis(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_REDIS,
                npie_redis_parse(&npie_conf_server(cmd->server)->redis, args,
                                 cmd->pool));
}

static const char *set_session(cmd_parms *cmd, void *dir, const char *idle,
                               const char *max)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);
    apr_interval_time_t a, b = apr_time_from_sec(conf->session.max);
    const char *error = npie_parse_time(&a, idle, apr_time_from_sec(30),
                                        7 * NPIE_CONF_DAY, cmd->pool);

    (void)dir;
    if (error == NULL && max != NULL) {
        error = npie_parse_time(&b, max, a, 30 * NPIE_CONF_DAY, cmd->pool);
    }
    if (error == NULL) {
        conf->session.idle = (int)apr_time_sec(a);
        conf->session.max = (int)apr_time_sec(b > a ? b : a);
    }
    return note(cmd, NPIE_SET_SESSION, error);
}

static const char *set_session_cache(cmd_parms *cmd, void *dir,
                                     const char *arg)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);

    (void)dir;
    if (ap_cstr_casecmp(arg, "off") == 0) {
        conf->session_cache = 0;
        return note(cmd, NPIE_SET_SESSION_CACHE, NULL);
    }
    return note(cmd, NPIE_SET_SESSION_CACHE,
                npie_parse_time(&conf->session_cache, arg,
                                apr_time_from_msec(100), apr_time_from_sec(10),
                                cmd->pool));
}

/* A path as the admin wrote it, made absolute under ServerRoot. */
static const char *absolute(cmd_parms *cmd, const char *arg)
{
    return ap_server_root_relative(cmd->pool, arg);
}

static const char *set_session_secret(cmd_parms *cmd, void *dir,
                                      const char *arg)
{
    const char *path = absolute(cmd, arg);

    (void)dir;
    return note(cmd, NPIE_SET_SESSION_SECRET, path == NULL
                ? "the path cannot be read"
                : npie_session_secret_read(
                      &npie_conf_server(cmd->server)->session_secret, path,
                      cmd->pool));
}

/* One file more in a list of them. */
static const char *add_file(cmd_parms *cmd, npie_directive_t directive,
                            apr_array_header_t **pfiles, const char *arg)
{
    const char *path = absolute(cmd, arg);

    if (*pfiles == NULL) {
        *pfiles = apr_array_make(cmd->pool, 4, sizeof(const char *));
    }
    if (path != NULL) {
        APR_ARRAY_PUSH(*pfiles, const char *) = path;
    }
    return note(cmd, directive,
                path != NULL ? NULL : "the path cannot be read");
}

static const char *set_trust(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return add_file(cmd, NPIE_SET_TRUST, &npie_conf_server(cmd->server)->trust,
                    arg);
}

static const char *set_trust_crl(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return add_file(cmd, NPIE_SET_TRUST_CRL,
                    &npie_conf_server(cmd->server)->trust_crl, arg);
}

static const char *set_seal(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    if (ap_cstr_casecmp(arg, "none") == 0) {
        return note(cmd, NPIE_SET_SEAL, NULL);
    }
    return add_file(cmd, NPIE_SET_SEAL, &npie_conf_server(cmd->server)->seal,
                    arg);
}

static const char *set_signer(cmd_parms *cmd, void *dir, const char *arg,
                              const char *arg2)
{
    (void)dir;
    return note(cmd, NPIE_SET_SIGNER,
                npie_parse_signer(&npie_conf_server(cmd->server)->signer, arg,
                                  arg2, cmd->pool));
}

static const char *set_base(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return note(cmd, NPIE_SET_BASE_URL,
                npie_parse_base(&npie_conf_server(cmd->server)->base, arg,
                                cmd->pool));
}

static const char *set_application(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    if (*arg != '/' && ap_cstr_casecmpn(arg, "https://", 8) != 0) {
        return note(cmd, NPIE_SET_APPLICATION,
                    "must be a path from / on, or an https:// address");
    }
    npie_conf_server(cmd->server)->application = arg;
    return note(cmd, NPIE_SET_APPLICATION, NULL);
}

static const char *set_before(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return note(cmd, NPIE_SET_BEFORE,
                npie_parse_time(&npie_conf_server(cmd->server)->before, arg, 0,
                                365 * NPIE_CONF_DAY, cmd->pool));
}

static const char *set_after(cmd_parms *cmd, void *dir, const char *arg)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);

    (void)dir;
    if (ap_cstr_casecmp(arg, "unlimited") == 0) {
        conf->after = -1;
        return note(cmd, NPIE_SET_AFTER, NULL);
    }
    return note(cmd, NPIE_SET_AFTER,
                npie_parse_time(&conf->after, arg, 0, 36525 * NPIE_CONF_DAY,
                                cmd->pool));
}

static const char *set_timeout(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return note(cmd, NPIE_SET_TIMEOUT,
                npie_parse_time(&npie_conf_server(cmd->server)->timeout, arg,
                                apr_time_from_sec(60), 365 * NPIE_CONF_DAY,
                                cmd->pool));
}

static const char *set_new_keys(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_NEW_KEYS,
                npie_parse_keys(&npie_conf_server(cmd->server)->new_keys, args,
                                cmd->pool));
}

static const char *set_adopt(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    npie_conf_server(cmd->server)->adopt = on;
    return note(cmd, NPIE_SET_ADOPT, NULL);
}

static const char *set_additional_max(cmd_parms *cmd, void *dir,
                                      const char *arg)
{
    (void)dir;
    return note(cmd, NPIE_SET_ADDITIONAL_MAX,
                npie_parse_int(&npie_conf_server(cmd->server)->additional_max,
                               arg, 0, 40, cmd->pool));
}

static const char *set_old_bits(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    return note(cmd, NPIE_SET_OLD_BITS,
                npie_parse_int(&npie_conf_server(cmd->server)->old_bits, arg,
                               NPIE_OLD_KEY_MIN_BITS, NPIE_RSA_MAX_BITS,
                               cmd->pool));
}

/* A path. cmd->info holds which. */
static const char *set_path(cmd_parms *cmd, void *dir, const char *arg)
{
    npie_directive_t directive = (npie_directive_t)(apr_uintptr_t)cmd->info;
    npie_server_conf_t *conf = npie_conf_server(cmd->server);
    const char *path = absolute(cmd, arg);

    (void)dir;
    if (path == NULL) {
        return note(cmd, directive, "the path cannot be read");
    }
    *(const char **)npie_conf_value(conf, directive) = path;
    return note(cmd, directive, NULL);
}

/* Directories, as npie_letter_art_load() takes them. */
static const char *set_fonts(cmd_parms *cmd, void *dir, const char *first,
                             const char *second)
{
    const char *one = absolute(cmd, first);
    const char *other = second != NULL ? absolute(cmd, second) : one;

    (void)dir;
    if (one == NULL || other == NULL) {
        return note(cmd, NPIE_SET_FONTS, "the path cannot be read");
    }
    npie_conf_server(cmd->server)->fonts =
        second != NULL ? apr_pstrcat(cmd->pool, one, ":", other, NULL) : one;
    return note(cmd, NPIE_SET_FONTS, NULL);
}

static const char *set_institution(cmd_parms *cmd, void *dir, const char *arg)
{
    (void)dir;
    npie_conf_server(cmd->server)->institution = arg;
    return note(cmd, NPIE_SET_INSTITUTION,
                *arg != '\0' && strlen(arg) <= 200
                ? NULL : "must be 1 to 200 bytes of UTF-8");
}

static const char *add_support(cmd_parms *cmd, void *dir, const char *args)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);
    npie_support_t support = { .office = NULL };
    const char *error = npie_support_parse(&support, args, cmd->pool);

    (void)dir;
    if (error == NULL && conf->support == NULL) {
        conf->support = apr_array_make(cmd->pool, 1, sizeof(support));
    }
    if (error == NULL) {
        APR_ARRAY_PUSH(conf->support, npie_support_t) = support;
    }
    return note(cmd, NPIE_SET_SUPPORT, error);
}

static const char *set_rate(cmd_parms *cmd, void *dir, const char *count,
                            const char *window)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);
    npie_rate_t rate;
    apr_interval_time_t t;
    const char *error = npie_parse_int(&rate.count, count, 1, 1000000,
                                       cmd->pool);

    (void)dir;
    if (error == NULL) {
        error = npie_parse_time(&t, window, apr_time_from_sec(1), NPIE_CONF_DAY,
                                cmd->pool);
    }
    if (error == NULL) {
        rate.window = (int)apr_time_sec(t);
        conf->rate = rate;
    }
    return note(cmd, NPIE_SET_RATE, error);
}

static const char *set_daily(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_DAILY,
                npie_parse_daily(&npie_conf_server(cmd->server)->daily, args,
                                 cmd->pool));
}

static const char *set_mail_server(cmd_parms *cmd, void *dir,
                                   const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_MAIL_SERVER,
                npie_parse_mail_server(
                    &npie_conf_server(cmd->server)->mail_server, args,
                    cmd->pool));
}

static const char *set_timestamp(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_TIMESTAMP,
                npie_tsa_server_parse(
                    &npie_conf_server(cmd->server)->timestamp, args,
                    cmd->pool));
}

static const char *set_mail_from(cmd_parms *cmd, void *dir, const char *arg)
{
    npie_err_t err;
    apr_status_t rv = npie_mailbox_parse(
        &npie_conf_server(cmd->server)->mail_from, arg, &err, cmd->pool);

    (void)dir;
    return note(cmd, NPIE_SET_MAIL_FROM,
                rv == APR_SUCCESS ? NULL
                : "must be name@host.example or \"Name <name@host.example>\"");
}

static const char *set_mail_link(cmd_parms *cmd, void *dir, const char *arg)
{
    const int required = ap_cstr_casecmp(arg, "required") == 0;

    (void)dir;
    npie_conf_server(cmd->server)->mail_link = required;
    return note(cmd, NPIE_SET_MAIL_LINK,
                required || ap_cstr_casecmp(arg, "optional") == 0
                ? NULL : "must be required or optional");
}

static const char *set_languages(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_LANGUAGES,
                npie_parse_languages(&npie_conf_server(cmd->server)->languages,
                                     args, cmd->pool));
}

static const char *set_reminders(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return note(cmd, NPIE_SET_REMINDERS,
                npie_parse_reminders(
                    &npie_conf_server(cmd->server)->reminders, args,
                    cmd->pool));
}

static const char *set_tls_expired(cmd_parms *cmd, void *dir, const char *arg)
{
    npie_server_conf_t *conf = npie_conf_server(cmd->server);
    const char *error = NULL;

    (void)dir;
    if (ap_cstr_casecmp(arg, "off") == 0) {
        conf->tls_expired = 0;
    }
    else if (ap_cstr_casecmp(arg, "on") == 0) {
        conf->tls_expired = -1;
    }
    else {
        error = npie_parse_time(&conf->tls_expired, arg, apr_time_from_sec(1),
                                36525 * NPIE_CONF_DAY, cmd->pool);
    }
    return note(cmd, NPIE_SET_TLS_EXPIRED, error);
}

#define SETTING(name) ((void *)(apr_uintptr_t)(name))

const command_rec npie_directives[] = {
    AP_INIT_FLAG("NPIEEngine", set_engine, NULL, ACCESS_CONF,
                 "On: the pages of the renewal are in this directory"),
    AP_INIT_RAW_ARGS("NPIERedis", set_redis, NULL, RSRC_CONF,
                     "unix:/path or host:port of Redis, then options"),
    AP_INIT_TAKE12("NPIESessionTimeout", set_session, NULL, RSRC_CONF,
                   "How long a session lives without a request, and in all"),
    AP_INIT_TAKE1("NPIESessionCache", set_session_cache, NULL, RSRC_CONF,
                  "How long a process may take a session for live without "
                  "asking Redis, or off"),
    AP_INIT_TAKE1("NPIESessionSecret", set_session_secret, NULL, RSRC_CONF,
                  "File of the secrets that seal sessions in Redis"),
    AP_INIT_ITERATE("NPIETrust", set_trust, NULL, RSRC_CONF,
                    "PEM files of the authorities whose certificates log in"),
    AP_INIT_ITERATE("NPIETrustCRL", set_trust_crl, NULL, RSRC_CONF,
                    "CRL files that name intermediate authorities revoked"),
    AP_INIT_ITERATE("NPIESeal", set_seal, NULL, RSRC_CONF,
                    "PEM files of the institute's seal and of those before "
                    "it, or none"),
    AP_INIT_TAKE12("NPIESigner", set_signer, NULL, RSRC_CONF,
                   "exec:/path/npie-signer /path/npie-signer.conf, or "
                   "unix:/path/socket"),
    AP_INIT_TAKE1("NPIESignerSocket", set_path,
                  SETTING(NPIE_SET_SIGNER_SOCKET), RSRC_CONF,
                  "The socket of a signer started by exec:"),
    AP_INIT_TAKE1("NPIEBaseURL", set_base, NULL, RSRC_CONF,
                  "Public address of the pages, https://host/npie/"),
    AP_INIT_TAKE1("NPIEApplicationURL", set_application, NULL, RSRC_CONF,
                  "Where the application begins"),
    AP_INIT_TAKE1("NPIERenewBefore", set_before, NULL, RSRC_CONF,
                  "How long before its end a certificate may be renewed"),
    AP_INIT_TAKE1("NPIERenewAfter", set_after, NULL, RSRC_CONF,
                  "How long after its end, or unlimited"),
    AP_INIT_TAKE1("NPIERenewalTimeout", set_timeout, NULL, RSRC_CONF,
                  "How long an unfinished renewal may rest"),
    AP_INIT_RAW_ARGS("NPIENewKeys", set_new_keys, NULL, RSRC_CONF,
                     "New keys accepted: rsa:<least bits> p256 p384"),
    AP_INIT_TAKE1("NPIEOldKeyMinBits", set_old_bits, NULL, RSRC_CONF,
                  "Shortest RSA key of the certificates in use"),
    AP_INIT_TAKE12("NPIELetterFonts", set_fonts, NULL, RSRC_CONF,
                   "Directories of the Liberation and DejaVu fonts"),
    AP_INIT_TAKE1("NPIELetterTerms", set_path, SETTING(NPIE_SET_TERMS),
                  RSRC_CONF, "Template of the letters' text"),
    AP_INIT_RAW_ARGS("NPIETimestamp", set_timestamp, NULL, RSRC_CONF,
                     "The timestamp authority that dates letters"),
    AP_INIT_TAKE1("NPIETimestampTrust", set_path,
                  SETTING(NPIE_SET_TIMESTAMP_TRUST), RSRC_CONF,
                  "Roots of the timestamp authorities that are trusted"),
    AP_INIT_TAKE1("NPIEInstitution", set_institution, NULL, RSRC_CONF,
                  "Name of the institute in letters and pages"),
    AP_INIT_RAW_ARGS("NPIESupport", add_support, NULL, RSRC_CONF,
                     "Who helps: telephone, hours, address, link, office, each "
                     "with its text"),
    AP_INIT_TAKE2("NPIERate", set_rate, NULL, RSRC_CONF,
                  "Logins tried from one address, and in what time"),
    AP_INIT_RAW_ARGS("NPIEDailyLimits", set_daily, NULL, RSRC_CONF,
                     "What an employer may do a day: keys=, letters=, "
                     "cancellations=, mails=, address="),
    AP_INIT_RAW_ARGS("NPIEMailServer", set_mail_server, NULL, RSRC_CONF,
                     "smtp://, smtps:// or smtp+plain://host[:port], then "
                     "options"),
    AP_INIT_TAKE1("NPIEMailFrom", set_mail_from, NULL, RSRC_CONF,
                  "The address that mails come from, with or without a name"),
    AP_INIT_TAKE1("NPIEMailLink", set_mail_link, NULL, RSRC_CONF,
                  "Must the link in the mail be opened: required or optional"),
    AP_INIT_RAW_ARGS("NPIELanguages", set_languages, NULL, RSRC_CONF,
                     "Languages of pages and mails, the first for who asks for "
                     "none"),
    AP_INIT_TAKE1("NPIESentences", set_path, SETTING(NPIE_SET_SENTENCES),
                  RSRC_CONF,
                  "Directory of files with sentences, a language each"),
    AP_INIT_TAKE1("NPIEMailTemplates", set_path,
                  SETTING(NPIE_SET_MAIL_TEMPLATES), RSRC_CONF,
                  "Directory of the mails' templates"),
    AP_INIT_RAW_ARGS("NPIEReminders", set_reminders, NULL, RSRC_CONF,
                     "How many days before the end reminders go out, or off"),
    AP_INIT_TAKE1("NPIETLSExpired", set_tls_expired, NULL, RSRC_CONF,
                  "Client certificates log in, expired ones renew: on, off, or "
                  "how long after their end"),
    AP_INIT_TAKE1("NPIEDrainFile", set_path, SETTING(NPIE_SET_DRAIN_FILE),
                  RSRC_CONF, "While this file exists, salud answers 503"),
    AP_INIT_FLAG("NPIEAdopt", set_adopt, NULL, RSRC_CONF,
                 "Do unknown certificates of known employers come in by "
                 "logging in?"),
    AP_INIT_TAKE1("NPIEAdditionalMax", set_additional_max, NULL, RSRC_CONF,
                  "How many additional certificates an employer may have"),
    { .name = NULL }
};
