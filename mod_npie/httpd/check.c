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

#include "base/text.h"
#include "httpd/check.h"
#include "httpd/check_session.h"
#include "httpd/page.h"
#include "httpd/remark.h"
#include "httpd/sentences.h"
#include "httpd/ssl.h"
#include "httpd/tree.h"
#include "letter/art.h"

static void complain(const server_rec *s, const npie_server_conf_t *conf,
                     int directive, const char *text)
{
    npie_remark(NPIE_N_CONFIG, s, npie_remark_place(conf, directive), text);
}

static int has(const npie_server_conf_t *conf, npie_directive_t directive)
{
    return (conf->set & NPIE_CONF_BIT(directive)) != 0;
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
    runtime->policy.mails_to_address = conf->daily.address;
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
    return npie_check_mails(runtime, s, pconf, ptemp) == 0;
}

/* 1 = loaded. */
static int load_trust(npie_runtime_t *runtime, const server_rec *s,
                      apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    apr_time_t until;
    npie_err_t err;

    if (npie_trust_load(&runtime->trust, conf->trust, &err, pconf)
        != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_TRUST,
                 apr_pstrcat(ptemp, "NPIETrust: ", err.detail, NULL));
        return 0;
    }
    if (conf->trust_crl == NULL) {
        return 1;
    }
    if (npie_trust_crls(runtime->trust, conf->trust_crl, &err, pconf)
        != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_TRUST_CRL,
                 apr_pstrcat(ptemp, "NPIETrustCRL: ", err.detail, NULL));
        return 0;
    }
    until = npie_trust_crls_until(runtime->trust);
    if (until != 0 && until < apr_time_now()) {
        npie_remark(NPIE_N_CONFIG_DOUBT, s, conf->where[NPIE_SET_TRUST_CRL],
             apr_pstrcat(ptemp, "NPIETrustCRL: the nextUpdate of a CRL was ",
                         npie_text_time(until, ptemp),
                         ": fetch the CRLs again and restart httpd", NULL));
    }
    return 1;
}

/* 1 = loaded, or none is named. */
static int load_tsa(npie_runtime_t *runtime, const server_rec *s,
                    apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    npie_err_t err;

    if (conf->timestamp_trust != NULL
        && npie_tsa_load(&runtime->tsa, conf->timestamp_trust, &err, pconf)
           != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_TIMESTAMP_TRUST,
                 apr_pstrcat(ptemp, "NPIETimestampTrust: ", err.detail,
                             NULL));
        return 0;
    }
    return 1;
}

/* What dates letters; the rest is loaded. */
static int set_stamper(npie_runtime_t *runtime, const server_rec *s)
{
    const npie_server_conf_t *conf = runtime->conf;

    if (conf->timestamp.url == NULL) {
        return 1;
    }
    if (runtime->tsa == NULL || runtime->seals == NULL) {
        complain(s, conf, NPIE_SET_TIMESTAMP, runtime->tsa == NULL
                 ? "NPIETimestamp needs NPIETimestampTrust: the root of that "
                   "authority, without which its timestamps prove nothing"
                 : "NPIETimestamp needs NPIESeal: sealed letters are dated");
        return 0;
    }
    runtime->stamper.server = conf->timestamp;
    runtime->stamper.tsa = runtime->tsa;
    runtime->stamper.signer = &runtime->signer;
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
            npie_remark(NPIE_N_CONFIG_DOUBT, s, conf->where[NPIE_SET_BASE_URL],
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
    if (npie_check_sentences(runtime, s, pconf, ptemp) != 0) {
        return NULL;
    }
    if (!load_trust(runtime, s, pconf, ptemp)) {
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
    if (npie_letter_art_say(runtime->art, npie_runtime_sentences(runtime),
                            &err, pconf) != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_SENTENCES,
                 apr_pstrcat(ptemp, "NPIESentences: ", err.detail, NULL));
        return NULL;
    }
    if (npie_frame_make(&runtime->frame, npie_letter_art_sample(runtime->art),
                        &err) != APR_SUCCESS) {
        complain(s, conf, NPIE_SET_FONTS, err.detail);
        return NULL;
    }
    if (!load_seals(runtime, s, pconf, ptemp)
        || !load_tsa(runtime, s, pconf, ptemp)
        || !set_stamper(runtime, s)
        || !load_mail(runtime, s, pconf, ptemp)) {
        return NULL;
    }
    runtime->tls_end = npie_check_tls_end(ptemp);
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

static int check_session(const server_rec *s, const npie_server_conf_t *conf,
                         apr_pool_t *ptemp)
{
    const char *lack = npie_check_session(conf, ptemp);

    if (lack != NULL) {
        complain(s, conf, has(conf, NPIE_SET_REDIS) ? NPIE_SET_REDIS
                                                    : NPIE_SET_BASE_URL, lack);
    }
    return lack == NULL;
}

int npie_conf_shares_registry(const server_rec *a, const server_rec *b)
{
    const module *dbd = ap_find_linked_module("mod_dbd.c");

    return dbd != NULL && ap_get_module_config(a->module_config, dbd)
        == ap_get_module_config(b->module_config, dbd);
}

/* The first server before this one for which something holds, or NULL. */
static server_rec *earlier(server_rec *main_server, const server_rec *s,
                           int (*holds)(const server_rec *, const server_rec *))
{
    for (server_rec *t = main_server; t != s; t = t->next) {
        if (has(npie_conf_server(t), NPIE_SET_BASE_URL) && holds(t, s)) {
            return t;
        }
    }
    return NULL;
}

static int is_any(const server_rec *a, const server_rec *b)
{
    return a != b;
}

static int has_same(const server_rec *a, const server_rec *b)
{
    return npie_conf_same(npie_conf_server(a), npie_conf_server(b));
}

/* The registry's statements are prepared once a registry, whatever becomes of
 * the server: mod_dbd takes no label twice. */
static int check_registry(server_rec *main_server, server_rec *s,
                          const npie_server_conf_t *conf, apr_pool_t *ptemp)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_prepare) *prepare =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_prepare);

    if (prepare == NULL) {
        if (earlier(main_server, s, is_any) == NULL) {
            complain(s, conf, NPIE_SET_BASE_URL, "mod_npie needs mod_dbd for "
                     "its registry: load it, and set DBDriver and DBDParams");
        }
        return 0;
    }
    if (earlier(main_server, s, npie_conf_shares_registry) != NULL) {
        return 1;
    }
    for (const npie_statement_t *st = npie_registry_statements;
         st->label != NULL; ++st) {
        prepare(s, st->sql, st->label);
    }
    return !npie_remark_is_first() || npie_check_registry(s, conf, ptemp) == 0;
}

static int is_npie_ocsp(const ap_directive_t *at, const void *handler)
{
    return strcmp(at->args, handler) == 0;
}

static int is_not_off(const ap_directive_t *at, const void *baton)
{
    (void)baton;
    return ap_cstr_casecmp(at->args, "off") != 0;
}

/* NULL: there is none. */
static const server_rec *first_with_pages(const server_rec *s)
{
    while (s != NULL && npie_conf_server(s)->runtime == NULL) {
        s = s->next;
    }
    return s;
}

/* Pages in the clear everywhere: TLS ends in front of httpd, and so does the
 * client's address. */
static void check_address(const server_rec *main_server)
{
    const server_rec *s = first_with_pages(main_server);

    if (s == NULL || npie_tree_find(ap_conftree, "SSLEngine", is_not_off, NULL) != NULL
        || npie_tree_find(ap_conftree, "RemoteIPHeader", NULL, NULL) != NULL
        || npie_tree_find(ap_conftree, "RemoteIPProxyProtocol", is_not_off,
                          NULL) != NULL) {
        return;
    }
    npie_remark(NPIE_N_CONFIG_DOUBT, s,
                npie_remark_place(npie_conf_server(s), NPIE_SET_BASE_URL),
                "NPIEBaseURL is https, and no virtual host has SSLEngine on: "
                "behind a balancer all clients have its address and share one "
                "NPIERate; load mod_remoteip and set RemoteIPProxyProtocol or "
                "RemoteIPHeader");
}

/* Who sends a body byte by byte holds a worker as long as it likes. */
static void check_slow(const server_rec *main_server)
{
    const server_rec *s = first_with_pages(main_server);

    if (s == NULL || ap_find_linked_module("mod_reqtimeout.c") != NULL) {
        return;
    }
    npie_remark(NPIE_N_CONFIG_DOUBT, s,
                npie_remark_place(npie_conf_server(s), NPIE_SET_BASE_URL),
                "mod_reqtimeout is not loaded: clients that send slowly can "
                "hold every worker; load it and set RequestReadTimeout as "
                "conf/npie.conf shows");
}

/* httpd refuses a path with an escaped slash before any handler is asked. Where
 * one virtual host takes them, others with the same handler need not. */
static void check_ocsp(const server_rec *main_server)
{
    const ap_directive_t *at = npie_tree_find(ap_conftree, "SetHandler",
                                              is_npie_ocsp, "npie-ocsp");

    for (const server_rec *s = main_server; s != NULL; s = s->next) {
        const core_dir_config *core =
            ap_get_core_module_config(s->lookup_defaults);

        if (at == NULL || core->allow_encoded_slashes) {
            return;
        }
    }
    npie_remark(NPIE_N_CONFIG_DOUBT, main_server, at, "npie-ocsp without "
                "AllowEncodedSlashes NoDecode in a virtual host: requests by "
                "GET that have an escaped slash are answered with 404");
}

/* What is beyond the configuration's own files: looked at when all of those
 * could be loaded. */
static int check_beyond(server_rec *main_server, server_rec *s,
                        const npie_runtime_t *runtime, apr_pool_t *ptemp)
{
    const npie_server_conf_t *conf = runtime->conf;
    int errors = npie_check_signer(s, runtime, ptemp);

    errors += npie_check_redis(s, conf, ptemp);
    errors += npie_check_pages(main_server, s, conf, ptemp);
    errors += npie_check_tls(s, conf);
    return errors == 0;
}

/* A server whose settings none before it has. 1 = all is well. */
static int check_server(server_rec *main_server, server_rec *s,
                        apr_pool_t *pconf, apr_pool_t *ptemp)
{
    npie_server_conf_t *conf = npie_conf_server(s);
    int ok;

    if (!has(conf, NPIE_SET_BASE_URL)) {
        /* Without pages there is nothing an expired one could do. */
        conf->tls_expired = 0;
        if (conf->engine != NULL) {
            complain(s, conf, -1, "NPIEEngine on needs NPIEBaseURL in the "
                     "same server: https://host/npie/");
        }
        return conf->engine == NULL;
    }
    ok = check_registry(main_server, s, conf, ptemp);
    if (!complete(s, conf) || !complete_mail(s, conf)
        || !check_session(s, conf, ptemp)
        || !check_programs(s, conf, ptemp) || !check_tls(s, conf)) {
        return 0;
    }
    conf->runtime = load(s, conf, pconf, ptemp);
    return conf->runtime != NULL && ok;
}

static int check_beyond_all(server_rec *main_server, apr_pool_t *ptemp)
{
    int ok = npie_check_gates(main_server, ptemp) == 0;

    for (server_rec *s = main_server; s != NULL; s = s->next) {
        const npie_runtime_t *runtime = npie_conf_server(s)->runtime;

        if (runtime != NULL && earlier(main_server, s, has_same) == NULL) {
            ok = check_beyond(main_server, s, runtime, ptemp) && ok;
        }
    }
    check_address(main_server);
    check_slow(main_server);
    check_ocsp(main_server);
    return ok;
}

int npie_conf_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *main_server)
{
    int ok = 1;

    (void)plog;
    for (server_rec *s = main_server; s != NULL; s = s->next) {
        npie_conf_server(s)->runtime = NULL;
    }
    for (server_rec *s = main_server; s != NULL; s = s->next) {
        npie_server_conf_t *conf = npie_conf_server(s);
        server_rec *twin = earlier(main_server, s, has_same);

        /* A virtual host without directives of ours has the main server's. */
        if (twin != NULL) {
            conf->runtime = npie_conf_server(twin)->runtime;
            ok = check_registry(main_server, s, conf, ptemp) && ok;
        }
        else if (s == main_server || conf != npie_conf_server(main_server)) {
            ok = check_server(main_server, s, pconf, ptemp) && ok;
        }
    }
    if (npie_remark_is_first()) {
        ok = check_beyond_all(main_server, ptemp) && ok;
    }
    return ok ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
