/* SPDX-License-Identifier: Apache-2.0
 * Hook check_config: the rules that need more than one directive, and the
 * files they name, so that `httpd -t` finds what is wrong with them.
 */
#include "httpd/ocsp.h"
#include "httpd/runtime.h"

#include <apr_strings.h>
#include <http_core.h>
#include <mod_dbd.h>
#include <mod_watchdog.h>

#include "httpd/notice.h"
#include "httpd/page.h"
#include "httpd/ssl.h"

/* A sentence about a server's configuration with the place it is about: the
 * directive when it was given, else the server. */
static void tell(npie_notice_t notice, const server_rec *s,
                 const npie_server_conf_t *conf, int directive,
                 const char *text)
{
    const ap_directive_t *at = directive >= 0 ? conf->where[directive]
                                              : conf->engine;
    const char *file = at != NULL ? at->filename : s->defn_name;
    int line = at != NULL ? at->line_num : (int)s->defn_line_number;

    npie_notice(APLOG_MARK, 0, s, NULL, notice, "%s:%d: %s",
                file != NULL ? file : "(server)", line, text);
}

static void complain(const server_rec *s, const npie_server_conf_t *conf,
                     int directive, const char *text)
{
    tell(NPIE_N_CONFIG, s, conf, directive, text);
}

static int has(const npie_server_conf_t *conf, npie_directive_t directive)
{
    return (conf->set & (1u << directive)) != 0;
}

/* Which directives must be there beside NPIEBaseURL. 1 = all are. */
static int complete(const server_rec *s, const npie_server_conf_t *conf)
{
    static const struct {
        npie_directive_t directive;
        const char *text;
    } needed[] = {
        { NPIE_SET_TRUST, "NPIEBaseURL needs NPIETrust beside it: the CA "
          "certificates (PEM) of those who may log in" },
        { NPIE_SET_SIGNER, "NPIEBaseURL needs NPIESigner beside it: exec:"
          "/path/npie-signer /path/npie-signer.conf, or unix:/path/socket" },
        { NPIE_SET_TERMS, "NPIEBaseURL needs NPIELetterTerms beside it: the "
          "template of the letters' text, terminos.txt as installed" },
    };
    int ok = 1;

    for (apr_size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); ++i) {
        if (!has(conf, needed[i].directive)) {
            complain(s, conf, NPIE_SET_BASE_URL, needed[i].text);
            ok = 0;
        }
    }
    return ok;
}

/* What NPIEMailServer needs beside it, and what needs it. 1 = all is there. */
static int complete_mail(const server_rec *s, const npie_server_conf_t *conf)
{
    if (conf->mail_server.host == NULL) {
        if (conf->mail_link) {
            complain(s, conf, NPIE_SET_MAIL_LINK, "NPIEMailLink required "
                     "needs NPIEMailServer: without mail no renewal can "
                     "continue");
        }
        return !conf->mail_link;
    }
    if (!has(conf, NPIE_SET_MAIL_FROM)) {
        complain(s, conf, NPIE_SET_MAIL_SERVER, "NPIEMailServer needs "
                 "NPIEMailFrom: \"Name <address>\"");
        return 0;
    }
    if (!has(conf, NPIE_SET_MAIL_TEMPLATES)) {
        complain(s, conf, NPIE_SET_MAIL_SERVER, "NPIEMailServer needs "
                 "NPIEMailTemplates: the directory of the mail templates, "
                 "installed as mail/");
        return 0;
    }
    if (APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance) == NULL) {
        complain(s, conf, NPIE_SET_MAIL_SERVER, "NPIEMailServer needs "
                 "mod_watchdog, which sends queued mails: load it");
        return 0;
    }
    return 1;
}

static int check_programs(const server_rec *s, const npie_server_conf_t *conf,
                          apr_pool_t *ptemp)
{
    const char *files[2] = { conf->signer.program, conf->signer.config };
    apr_finfo_t info;

    for (int i = 0; i < 2; ++i) {
        apr_status_t rv = files[i] == NULL ? APR_SUCCESS
            : apr_stat(&info, files[i], APR_FINFO_TYPE, ptemp);

        if (rv != APR_SUCCESS || (files[i] != NULL
                                  && info.filetype != APR_REG)) {
            complain(s, conf, NPIE_SET_SIGNER,
                     apr_psprintf(ptemp, "NPIESigner: %s is not a file: "
                                  "check the path", files[i]));
            return 0;
        }
    }
    return 1;
}

static void set_policy(npie_runtime_t *runtime,
                       const npie_weak_list_t *weak)
{
    const npie_server_conf_t *conf = runtime->conf;

    runtime->policy.renew_before = conf->before;
    runtime->policy.renew_after = conf->after;
    runtime->policy.renewal_timeout = conf->timeout;
    runtime->policy.old_key_min_bits = conf->old_bits;
    runtime->policy.new_keys = conf->new_keys;
    runtime->policy.new_keys.known_weak = weak;
    runtime->policy.adopt = conf->adopt;
    runtime->policy.additional_max = conf->additional_max;
    runtime->policy.mail = conf->mail_server.host != NULL;
    runtime->policy.mail_link_required = conf->mail_link;
}

/* The address of a page of links, up to the token. */
static const char *link_url(const npie_server_conf_t *conf, npie_page_id_t id,
                            apr_pool_t *p)
{
    return apr_pstrcat(p, conf->base.url, npie_page_name(id), "?t=", NULL);
}

/* 1 = loaded, or there is no mail server. */
static int load_mail(npie_runtime_t *runtime, const server_rec *s,
                     apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    npie_templates_t *templates;
    npie_err_t err;

    if (!runtime->policy.mail) {
        return 1;
    }
    if (npie_templates_load(&templates, conf->mail_templates, &err, pconf)
        != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_MAIL_TEMPLATES,
                 apr_pstrcat(ptemp, "NPIEMailTemplates: ", err.detail, NULL));
        return 0;
    }
    runtime->mailer.smtp = &conf->mail_server;
    runtime->mailer.templates = templates;
    runtime->mailer.from = conf->mail_from;
    runtime->mailer.base_url = conf->base.url;
    runtime->mailer.link_url = link_url(conf, NPIE_PAGE_LINK, pconf);
    runtime->mailer.colleague_url = link_url(conf, NPIE_PAGE_ADDITIONAL_LINK,
                                             pconf);
    runtime->mailer.institution = conf->institution;
    return 1;
}

/* 1 = loaded, or there is no seal, which is said unless it was meant. */
static int load_seals(npie_runtime_t *runtime, const server_rec *s,
                      apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    npie_err_t err;

    if (conf->seal == NULL) {
        if (!has(conf, NPIE_SET_SEAL)) {
            tell(NPIE_N_CONFIG_DOUBT, s, conf, NPIE_SET_BASE_URL,
                 "NPIEBaseURL without NPIESeal beside it: letters are not "
                 "sealed, and no seal is taken for the institute's; name the "
                 "SealCertificate of npie-signer.conf, or say NPIESeal none");
        }
        return 1;
    }
    if (npie_seals_load(&runtime->seals, conf->seal, runtime->trust, &err,
                        pconf) != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_SEAL,
                 apr_pstrcat(ptemp, "NPIESeal: ", err.detail, NULL));
        return 0;
    }
    return 1;
}

/* Loads what a server's directives name. */
static npie_runtime_t *load(const server_rec *s, const npie_server_conf_t *conf,
                            apr_pool_t *pconf, apr_pool_t *ptemp)
{
    npie_runtime_t *runtime = apr_pcalloc(pconf, sizeof(*runtime));
    npie_weak_list_t *weak;
    npie_err_t err;

    runtime->conf = conf;
    runtime->port.end_sessions = npie_runtime_end_sessions;
    runtime->port.renew_answers = npie_ocsp_renew;
    runtime->port.baton = runtime;
    if (npie_weak_list_load(&weak, NPIE_WEAK_KEYS, &err, pconf)
        != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_NEW_KEYS,
                 apr_pstrcat(ptemp, "NPIENewKeys: ", err.detail, NULL));
        return NULL;
    }
    set_policy(runtime, weak);
    if (npie_trust_load(&runtime->trust, conf->trust, &err, pconf)
        != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_TRUST,
                 apr_pstrcat(ptemp, "NPIETrust: ", err.detail, NULL));
        return NULL;
    }
    if (npie_letter_art_load(&runtime->art, conf->fonts, conf->terms,
                             conf->institution, &err, pconf) != APR_SUCCESS) {
        int is_terms = strstr(err.detail, conf->terms) != NULL;

        complain(s, conf, is_terms ? NPIE_SET_TERMS : NPIE_SET_FONTS,
                 apr_pstrcat(ptemp, is_terms ? "NPIELetterTerms: "
                                             : "NPIELetterFonts: ",
                             err.detail, NULL));
        return NULL;
    }
    if (!load_seals(runtime, s, pconf, ptemp)
        || !load_mail(runtime, s, pconf, ptemp)) {
        return NULL;
    }
    runtime->signer.timeout = apr_time_from_sec(10);
    runtime->signer.path = conf->signer.socket != NULL
        ? conf->signer.socket
        : ap_runtime_dir_relative(pconf, conf->signer_socket);
    return runtime;
}

static int check_tls(const server_rec *s, const npie_server_conf_t *conf)
{
    const char *obstacle = conf->tls_expired != 0 ? npie_ssl_obstacle() : NULL;

    if (obstacle != NULL) {
        complain(s, conf, NPIE_SET_TLS_EXPIRED, obstacle);
    }
    return obstacle == NULL;
}

int npie_conf_shares_registry(const server_rec *a, const server_rec *b)
{
    const module *dbd = ap_find_linked_module("mod_dbd.c");

    return dbd != NULL && ap_get_module_config(a->module_config, dbd)
        == ap_get_module_config(b->module_config, dbd);
}

/* Has mod_dbd a connection's worth of directives? It says so itself when
 * they are wrong; here only that it is there. Statements are prepared once a
 * registry. */
static int prepare_statements(server_rec *main_server, server_rec *s,
                              const npie_server_conf_t *conf)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_prepare) *prepare =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_prepare);

    if (prepare == NULL) {
        complain(s, conf, NPIE_SET_BASE_URL, "mod_npie needs mod_dbd for its "
                 "registry: load it, and set DBDriver and DBDParams");
        return 0;
    }
    for (const server_rec *t = main_server; t != s; t = t->next) {
        if (npie_conf_server(t)->runtime != NULL && npie_conf_shares_registry(t, s)) {
            return 1;
        }
    }
    for (const npie_statement_t *st = npie_registry_statements;
         st->label != NULL; ++st) {
        prepare(s, st->sql, st->label);
    }
    return 1;
}

/* The runtime of an earlier server with the same settings, or a new one. */
static npie_runtime_t *runtime_for(server_rec *main_server, server_rec *s,
                                   apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = npie_conf_server(s);

    for (server_rec *t = main_server; t != s; t = t->next) {
        npie_runtime_t *other = npie_conf_server(t)->runtime;

        if (other != NULL && npie_conf_same(other->conf, conf)) {
            return other;
        }
    }
    return load(s, conf, pconf, ptemp);
}

/* The line that gives a handler to a place, or NULL. */
static const ap_directive_t *find_handler(const ap_directive_t *at,
                                          const char *handler)
{
    const ap_directive_t *found = NULL;

    for (; at != NULL && found == NULL; at = at->next) {
        if (ap_cstr_casecmp(at->directive, "SetHandler") == 0
            && strcmp(at->args, handler) == 0) {
            found = at;
        }
        else {
            found = find_handler(at->first_child, handler);
        }
    }
    return found;
}

/* httpd refuses a path with an escaped slash before any handler is asked. Where
 * one virtual host takes them, others with the same handler need not. */
static void check_ocsp(const server_rec *main_server)
{
    const ap_directive_t *at = find_handler(ap_conftree, "npie-ocsp");

    for (const server_rec *s = main_server; s != NULL; s = s->next) {
        const core_dir_config *core =
            ap_get_core_module_config(s->lookup_defaults);

        if (at == NULL || core->allow_encoded_slashes) {
            return;
        }
    }
    npie_notice(APLOG_MARK, 0, main_server, NULL, NPIE_N_CONFIG_DOUBT,
                "%s:%d: npie-ocsp without AllowEncodedSlashes NoDecode in a "
                "virtual host: requests by GET that have an escaped slash are "
                "answered with 404", at->filename, at->line_num);
}

int npie_conf_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *main_server)
{
    int ok = 1;

    (void)plog;
    /* A virtual host without directives of ours has the main server's. */
    for (server_rec *s = main_server; s != NULL; s = s->next) {
        npie_conf_server(s)->runtime = NULL;
    }
    for (server_rec *s = main_server; s != NULL; s = s->next) {
        npie_server_conf_t *conf = npie_conf_server(s);

        if (conf->runtime != NULL) {
            ok = prepare_statements(main_server, s, conf) && ok;
            continue;
        }
        if (!has(conf, NPIE_SET_BASE_URL)) {
            /* Without pages there is nothing an expired one could do. */
            conf->tls_expired = 0;
            if (conf->engine != NULL) {
                complain(s, conf, -1, "NPIEEngine on needs NPIEBaseURL in the "
                         "same server: https://host/npie/");
                ok = 0;
            }
            continue;
        }
        if (!complete(s, conf) || !complete_mail(s, conf)
            || !check_programs(s, conf, ptemp) || !check_tls(s, conf)
            || !prepare_statements(main_server, s, conf)) {
            ok = 0;
            continue;
        }
        conf->runtime = runtime_for(main_server, s, pconf, ptemp);
        ok = ok && conf->runtime != NULL;
    }
    check_ocsp(main_server);
    return ok ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
