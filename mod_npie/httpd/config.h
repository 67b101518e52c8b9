/* SPDX-License-Identifier: Apache-2.0
 * The directives: what an admin set, per server and per directory.
 */
#ifndef NPIE_HTTPD_CONFIG_H
#define NPIE_HTTPD_CONFIG_H

#include "httpd/private.h"

#include "flow/policy.h"
#include "flow/sender.h"
#include "store/session.h"
#include "tsa/server.h"

#define NPIE_CONF_DAY apr_time_from_sec(86400)

/** The directives of a server: one bit and one place in its configuration
 * each. */
typedef enum npie_directive_t {
    NPIE_SET_REDIS,
    NPIE_SET_SESSION,
    NPIE_SET_SESSION_SECRET,
    NPIE_SET_SESSION_CACHE,
    NPIE_SET_TRUST,
    NPIE_SET_TRUST_CRL,
    NPIE_SET_SIGNER,
    NPIE_SET_SIGNER_SOCKET,
    NPIE_SET_BASE_URL,
    NPIE_SET_APPLICATION,
    NPIE_SET_BEFORE,
    NPIE_SET_AFTER,
    NPIE_SET_TIMEOUT,
    NPIE_SET_NEW_KEYS,
    NPIE_SET_OLD_BITS,
    NPIE_SET_FONTS,
    NPIE_SET_TERMS,
    NPIE_SET_INSTITUTION,
    NPIE_SET_RATE,
    NPIE_SET_MAIL_SERVER,
    NPIE_SET_MAIL_FROM,
    NPIE_SET_MAIL_LINK,
    NPIE_SET_MAIL_TEMPLATES,
    NPIE_SET_REMINDERS,
    NPIE_SET_TLS_EXPIRED,
    NPIE_SET_ADDITIONAL_MAX,
    NPIE_SET_ADOPT,
    NPIE_SET_SEAL,
    NPIE_SET_LANGUAGES,
    NPIE_SET_SENTENCES,
    NPIE_SET_TIMESTAMP,
    NPIE_SET_TIMESTAMP_TRUST,
    NPIE_SET_SUPPORT,
    NPIE_SET_DRAIN_FILE,
    NPIE_SET_DAILY,
    NPIE_DIRECTIVES /**< how many, 64 at most */
} npie_directive_t;

#define NPIE_CONF_BIT(directive) ((apr_uint64_t)1 << (directive))

/** How the signer is reached. */
typedef struct npie_signer_setting_t {
    const char *program; /**< exec: absolute path, or NULL */
    const char *config;  /**< exec: its file, absolute */
    const char *socket;  /**< unix: absolute path, or NULL */
} npie_signer_setting_t;

/** Where the pages are, taken apart. */
typedef struct npie_base_t {
    const char *url;  /**< https://host[:port]/path/ */
    const char *host; /**< host[:port], lower case */
    const char *path; /**< /path/ */
} npie_base_t;

/** Life of a session, seconds. */
typedef struct npie_session_setting_t {
    int idle;
    int max;
} npie_session_setting_t;

/** Attempts allowed from one address in a window. */
typedef struct npie_rate_t {
    int count;
    int window; /**< seconds */
} npie_rate_t;

/** What an employer may do on one day. */
typedef struct npie_daily_t {
    int keys;          /**< keys sent, or made anew */
    int letters;       /**< signatures sent */
    int cancellations; /**< renewals begun or cancelled */
    int mails;         /**< mails caused */
    int address;       /**< mails to one address that is not the registered
                            one */
} npie_daily_t;

/** When reminders go out, days before the end, ascending. */
typedef struct npie_reminders_t {
    int days[NPIE_REMINDERS_MAX];
    int count;
} npie_reminders_t;

/** Who helps: whom people are told to turn to. Texts UTF-8, NULL: not said. */
typedef struct npie_support_t {
    const char *office;    /**< of the employers of this subdelegation alone */
    const char *language;  /**< of pages in this language alone: "en" */
    const char *telephone;
    const char *hours;
    const char *address;
    const char *link;      /**< https://, http:// or mailto: */
} npie_support_t;

/** A server's settings, defaults filled in where they were not set. */
typedef struct npie_server_conf_t {
    apr_uint64_t set;  /**< NPIE_CONF_BIT() of what was given or inherited */
    const ap_directive_t *where[NPIE_DIRECTIVES]; /**< NULL: default */
    npie_redis_t redis;
    npie_session_setting_t session;
    apr_interval_time_t session_cache; /**< 0: off */
    npie_secrets_t *session_secret; /**< NULL: none, see check_session.h */
    apr_array_header_t *trust; /**< of const char *, absolute paths */
    apr_array_header_t *trust_crl; /**< likewise; NULL: none */
    apr_array_header_t *seal;  /**< likewise; NULL or empty: none is known */
    npie_tsa_server_t timestamp; /**< url NULL: none */
    const char *timestamp_trust; /**< PEM of timestamp authorities, or NULL */
    npie_signer_setting_t signer;
    const char *signer_socket; /**< for exec:, absolute */
    npie_base_t base;
    const char *application;   /**< URL or path */
    apr_interval_time_t before;
    apr_interval_time_t after; /**< -1: no limit */
    apr_interval_time_t timeout;
    npie_key_rules_t new_keys;
    int old_bits;
    const char *fonts;
    const char *terms;
    const char *institution;
    apr_array_header_t *languages; /**< of const char *, tags; es is among them;
                                    NULL: es and en */
    const char *sentences;     /**< directory, absolute; NULL: as built in */
    npie_rate_t rate;
    npie_daily_t daily;
    npie_smtp_t mail_server;   /**< host NULL: none, no mail is queued */
    npie_mailbox_t mail_from;
    int mail_link;             /**< 1: required */
    const char *mail_templates; /**< directory, absolute */
    npie_reminders_t reminders;
    apr_interval_time_t tls_expired; /**< longest forgiven; -1: no limit; 0: off */
    const char *drain_file;    /**< absolute, or NULL */
    int adopt;                 /**< 1: first certificates come in by login */
    apr_array_header_t *support; /**< of npie_support_t; NULL: nobody is named */
    int additional_max;        /**< certificates of an employer's colleagues */
    const ap_directive_t *engine; /**< an NPIEEngine on of this server, or NULL */
    struct npie_runtime_t *runtime; /**< made by check_config; NULL: not used */
} npie_server_conf_t;

/** A directory's settings. */
typedef struct npie_dir_conf_t {
    int engine; /**< 1 on, 0 off, -1 not set */
} npie_dir_conf_t;

void *npie_conf_server_create(apr_pool_t *p, server_rec *s);
void *npie_conf_server_merge(apr_pool_t *p, void *base, void *add);
void *npie_conf_dir_create(apr_pool_t *p, char *dir);
void *npie_conf_dir_merge(apr_pool_t *p, void *base, void *add);

/** Where a directive's value lies. */
void *npie_conf_value(npie_server_conf_t *conf, npie_directive_t directive);

/** The settings of a server; never NULL. */
npie_server_conf_t *npie_conf_server(const server_rec *s);

/** Are the renewal's pages in this request's directory? 1 = yes. */
int npie_conf_engine(const request_rec *r);

/** Have two servers one mod_dbd configuration, and so one registry, between
 * them? 1 = yes. */
int npie_conf_shares_registry(const server_rec *a, const server_rec *b);

/** Have two servers the same settings? 1 = yes. */
int npie_conf_same(const npie_server_conf_t *a, const npie_server_conf_t *b);

/** Hook check_config: every rule that needs more than one directive, and every
 * file they name. What is loaded stays in conf->runtime. */
int npie_conf_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *s);

#endif
