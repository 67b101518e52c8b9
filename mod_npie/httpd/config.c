/* SPDX-License-Identifier: Apache-2.0
 * Defaults and merging.
 */
#include "httpd/config.h"

#include <stddef.h>

#include <apr_strings.h>

#include "letter/art.h"
#include "letter/letter.h"
#include "pki/trust.h"

/* Where a directive's value lies in the server's configuration. Merging goes by
 * this table alone, so none can be forgotten there. */
static const struct {
    apr_size_t offset;
    apr_size_t size;
} places[NPIE_DIRECTIVES] = {
#define PLACE(member) { offsetof(npie_server_conf_t, member), \
                        sizeof(((npie_server_conf_t *)NULL)->member) }
    [NPIE_SET_REDIS] = PLACE(redis),
    [NPIE_SET_SESSION] = PLACE(session),
    [NPIE_SET_SESSION_SECRET] = PLACE(session_secret),
    [NPIE_SET_TRUST] = PLACE(trust),
    [NPIE_SET_TRUST_CRL] = PLACE(trust_crl),
    [NPIE_SET_SIGNER] = PLACE(signer),
    [NPIE_SET_SIGNER_SOCKET] = PLACE(signer_socket),
    [NPIE_SET_BASE_URL] = PLACE(base),
    [NPIE_SET_APPLICATION] = PLACE(application),
    [NPIE_SET_BEFORE] = PLACE(before),
    [NPIE_SET_AFTER] = PLACE(after),
    [NPIE_SET_TIMEOUT] = PLACE(timeout),
    [NPIE_SET_NEW_KEYS] = PLACE(new_keys),
    [NPIE_SET_OLD_BITS] = PLACE(old_bits),
    [NPIE_SET_FONTS] = PLACE(fonts),
    [NPIE_SET_TERMS] = PLACE(terms),
    [NPIE_SET_INSTITUTION] = PLACE(institution),
    [NPIE_SET_RATE] = PLACE(rate),
    [NPIE_SET_DAILY] = PLACE(daily),
    [NPIE_SET_MAIL_SERVER] = PLACE(mail_server),
    [NPIE_SET_MAIL_FROM] = PLACE(mail_from),
    [NPIE_SET_MAIL_LINK] = PLACE(mail_link),
    [NPIE_SET_MAIL_TEMPLATES] = PLACE(mail_templates),
    [NPIE_SET_REMINDERS] = PLACE(reminders),
    [NPIE_SET_TLS_EXPIRED] = PLACE(tls_expired),
    [NPIE_SET_ADDITIONAL_MAX] = PLACE(additional_max),
    [NPIE_SET_ADOPT] = PLACE(adopt),
    [NPIE_SET_SEAL] = PLACE(seal),
    [NPIE_SET_LANGUAGES] = PLACE(languages),
    [NPIE_SET_SENTENCES] = PLACE(sentences),
    [NPIE_SET_TIMESTAMP] = PLACE(timestamp),
    [NPIE_SET_TIMESTAMP_TRUST] = PLACE(timestamp_trust),
    [NPIE_SET_SUPPORT] = PLACE(support),
    [NPIE_SET_DRAIN_FILE] = PLACE(drain_file),
    [NPIE_SET_SESSION_CACHE] = PLACE(session_cache),
#undef PLACE
};

/* Nobody meets them who renews, whatever goes wrong meanwhile. */
static const npie_daily_t daily = { 30, 60, 30, 40, 10 };

static const npie_reminders_t reminders = { { 1, 7, 15, 30 }, 4 };

void *npie_conf_server_create(apr_pool_t *p, server_rec *s)
{
    npie_server_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    (void)s;
    conf->redis.host = "127.0.0.1";
    conf->redis.port = 6379;
    conf->redis.timeout = apr_time_from_msec(500);
    conf->redis.connections = 64;
    conf->session.idle = 20 * 60;
    conf->session.max = 8 * 60 * 60;
    conf->signer_socket = "npie-signer.sock";
    conf->application = "/idse/";
    conf->before = 30 * NPIE_CONF_DAY;
    conf->after = -1;
    conf->timeout = 10 * NPIE_CONF_DAY;
    conf->new_keys.rsa_min_bits = 2048;
    conf->new_keys.p256 = 1;
    conf->new_keys.p384 = 1;
    conf->old_bits = NPIE_OLD_KEY_MIN_BITS;
    conf->fonts = NPIE_LETTER_FONTS;
    conf->institution = NPIE_LETTER_INSTITUTION;
    conf->rate.count = 120;
    conf->rate.window = 60;
    conf->daily = daily;
    conf->mail_server.timeout = apr_time_from_sec(30);
    conf->reminders = reminders;
    conf->additional_max = 10;
    return conf;
}

void *npie_conf_server_merge(apr_pool_t *p, void *base, void *add)
{
    npie_server_conf_t *conf = apr_pmemdup(p, add, sizeof(*conf));
    const npie_server_conf_t *from = base;

    for (int i = 0; i < NPIE_DIRECTIVES; ++i) {
        if ((conf->set & NPIE_CONF_BIT(i)) == 0) {
            memcpy((char *)conf + places[i].offset,
                   (const char *)from + places[i].offset, places[i].size);
            conf->where[i] = from->where[i];
        }
    }
    conf->set |= from->set;
    conf->runtime = NULL;
    return conf;
}

int npie_conf_same(const npie_server_conf_t *a, const npie_server_conf_t *b)
{
    for (int i = 0; i < NPIE_DIRECTIVES; ++i) {
        if (memcmp((const char *)a + places[i].offset,
                   (const char *)b + places[i].offset, places[i].size) != 0) {
            return 0;
        }
    }
    return 1;
}

void *npie_conf_dir_create(apr_pool_t *p, char *dir)
{
    npie_dir_conf_t *conf = apr_palloc(p, sizeof(*conf));

    (void)dir;
    conf->engine = -1;
    return conf;
}

void *npie_conf_dir_merge(apr_pool_t *p, void *base, void *add)
{
    npie_dir_conf_t *conf = apr_pmemdup(p, add, sizeof(*conf));

    if (conf->engine == -1) {
        conf->engine = ((npie_dir_conf_t *)base)->engine;
    }
    return conf;
}

void *npie_conf_value(npie_server_conf_t *conf, npie_directive_t directive)
{
    return (char *)conf + places[directive].offset;
}

npie_server_conf_t *npie_conf_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &npie_module);
}

int npie_conf_engine(const request_rec *r)
{
    const npie_dir_conf_t *conf = ap_get_module_config(r->per_dir_config,
                                                       &npie_module);

    return conf->engine == 1;
}
