/* SPDX-License-Identifier: Apache-2.0
 * Reading npie-signer.conf.
 */
#include "signer/config.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/settings.h"
#include "letter/art.h"
#include "pki/openssl.h"
#include "pki/policy.h"
#include "pki/trust.h"
#include "signer/config_value.h"

#define BACKDATE apr_time_from_sec(300)
#define STATE "/var/lib/npie-signer"
#define LEDGER "/var/lib/npie-ledger/ledger.db"

/* What a key's function works on. */
typedef struct reading_t {
    npie_signer_config_t *config;
    const char *pin_file;      /* of the CA's key, and of the seal's */
    const char *seal_pin_file;
    apr_pool_t *p;
} reading_t;

static const char *absolute(const char **ppath, reading_t *r,
                            const char *value)
{
    return npie_signer_absolute(ppath, value, r->p);
}

/* A file, or a pkcs11: URI. */
static const char *place(npie_key_place_t *place, reading_t *r,
                         const char *value)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_uri_t *uri = NULL;

    if (!npie_pkcs11_uri_is(value)) {
        return absolute(&place->file, r, value);
    }
    if (npie_pkcs11_uri_parse(&uri, value, NPIE_PKCS11_URI_KEY, &err, r->p)
        != APR_SUCCESS) {
        return apr_pstrdup(r->p, err.detail);
    }
    place->uri = uri;
    return NULL;
}

static const char *set_key(void *baton, const char *value)
{
    reading_t *r = baton;

    return place(&r->config->key, r, value);
}

static const char *set_module(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->token_module, r, value);
}

static const char *set_environment(void *baton, const char *value)
{
    reading_t *r = baton;

    if (value[strcspn(value, "=")] != '=' || value[0] == '='
        || strncmp(value, "LD_", 3) == 0) {
        return "it is NAME=value, as SOFTHSM2_CONF=/etc/npie/softhsm2.conf";
    }
    APR_ARRAY_PUSH(r->config->token_environment, const char *) =
        apr_pstrdup(r->p, value);
    return NULL;
}

static const char *set_pin(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->pin_file, r, value);
}

static const char *set_seal_pin(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->seal_pin_file, r, value);
}

static const char *set_certificate(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->certificate_file, r, value);
}

static const char *set_seal_key(void *baton, const char *value)
{
    reading_t *r = baton;

    return place(&r->config->seal_key, r, value);
}

static const char *set_seal_certificate(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->seal_certificate_file, r, value);
}

static const char *set_state(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->state, r, value);
}

static const char *set_ledger(void *baton, const char *value)
{
    reading_t *r = baton;

    if (value[0] != '/' && strncmp(value, "pgsql:", 6) != 0) {
        return "a ledger is an absolute path, or pgsql: and the parameters of "
               "a database";
    }
    if (npie_setting_holds_password(value)) {
        return "leave the password out: name a file with passfile=, as libpq "
               "does";
    }
    r->config->ledger = apr_pstrdup(r->p, value);
    return NULL;
}

static const char *add_file(apr_array_header_t *files, reading_t *r,
                            const char *value)
{
    const char **place = apr_array_push(files);

    return absolute(place, r, value);
}

static const char *set_trust(void *baton, const char *value)
{
    reading_t *r = baton;

    return add_file(r->config->trust_files, r, value);
}

static const char *set_trust_crl(void *baton, const char *value)
{
    reading_t *r = baton;

    return add_file(r->config->trust_crls, r, value);
}

static const char *set_ledger_user(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_become(&r->config->ledger_uid, &r->config->ledger_gid,
                              value);
}

static const char *set_draw_user(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_become(&r->config->draw_uid, &r->config->draw_gid,
                              value);
}

static const char *set_terms(void *baton, const char *value)
{
    reading_t *r = baton;

    return r->config->draw.terms->nelts < NPIE_DRAW_TERMS_MAX
        ? add_file(r->config->draw.terms, r, value)
        : "so many terms are not kept: leave the oldest ones out";
}

/* Directories, as npie_letter_art_load() takes them. */
static const char *set_fonts(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->draw.fonts = apr_pstrdup(r->p, value);
    return NULL;
}

static const char *set_institution(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->draw.institution = apr_pstrdup(r->p, value);
    return NULL;
}

static const char *set_sentences(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->draw.sentences, r, value);
}

static const char *set_letter_address(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_pages(&r->config->letter_address, value, r->p);
}

static const char *set_user(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->user = apr_pstrdup(r->p, value);
    return npie_signer_become(&r->config->uid, &r->config->gid, value);
}

static const char *set_peer(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_account(&r->config->peer_uid, &r->config->peer_gid, value);
}

static const char *set_validity(void *baton, const char *value)
{
    reading_t *r = baton;
    long n = npie_signer_number(value, 1, 120);

    if (n < 0) {
        return "months are a number from 1 to 120";
    }
    r->config->profile.validity_months = (int)n;
    return NULL;
}

static const char *set_crl_url(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_url(&r->config->profile.points.crl_url, value,
                           r->p);
}

static const char *set_ocsp_url(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_url(&r->config->profile.points.ocsp_url, value,
                           r->p);
}

static const char *set_issuer_url(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_url(&r->config->profile.points.issuer_url, value,
                           r->p);
}

static const char *set_policy(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_oid(&r->config->profile.policy_oid, value, r->p);
}

static const char *set_additional(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_oid(&r->config->profile.additional_oid, value, r->p);
}

static const char *set_unique_id(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->profile.unique_id_bit_string = strcmp(value, "BitString") == 0;
    return r->config->profile.unique_id_bit_string
        || strcmp(value, "PrintableString") == 0
        ? NULL : "PrintableString or BitString";
}

static const char *set_letter_age(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->letter_max_age = npie_signer_interval(value, r->p);
    return r->config->letter_max_age > 0 ? NULL
           : "a time is a number and s, m, h or d, as 10d";
}

static const char *set_crl_validity(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->crl_validity = npie_signer_interval(value, r->p);
    return r->config->crl_validity >= apr_time_from_sec(60) ? NULL
           : "a time is a number and s, m, h or d, one minute at least, as 1d";
}

static const char *set_ocsp_validity(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->ocsp_validity = npie_signer_interval(value, r->p);
    return r->config->ocsp_validity >= apr_time_from_sec(60) ? NULL
           : "a time is a number and s, m, h or d, one minute at least, as 1h";
}

static const char *set_old_bits(void *baton, const char *value)
{
    reading_t *r = baton;
    long n = npie_signer_number(value, NPIE_OLD_KEY_MIN_BITS, NPIE_RSA_MAX_BITS);

    if (n < 0) {
        return "bits are a number from 1024 to 8192";
    }
    r->config->old_key_min_bits = (int)n;
    return NULL;
}

static const char *set_new_keys(void *baton, const char *value)
{
    reading_t *r = baton;
    npie_key_rules_t rules = { 0, 0, 0, NULL };
    char *rest;
    char *word;

    for (word = apr_strtok(apr_pstrdup(r->p, value), " \t", &rest);
         word != NULL; word = apr_strtok(NULL, " \t", &rest)) {
        if (strcmp(word, "p256") == 0) {
            rules.p256 = 1;
        }
        else if (strcmp(word, "p384") == 0) {
            rules.p384 = 1;
        }
        else if (strncmp(word, "rsa:", 4) == 0
                 && npie_signer_number(word + 4, 2048, 16384) > 0) {
            rules.rsa_min_bits = (int)npie_signer_number(word + 4, 2048, 16384);
        }
        else {
            return "kinds of keys are rsa:<bits, 2048 at least>, p256, p384";
        }
    }
    r->config->new_keys = rules;
    return NULL;
}

static const char *set_rate(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_rate(&r->config->rate, value, r->p);
}

static const char *set_revoke_rate(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_rate(&r->config->revoke_rate, value, r->p);
}

static const char *set_ocsp_rate(void *baton, const char *value)
{
    reading_t *r = baton;

    return npie_signer_rate(&r->config->ocsp_rate, value, r->p);
}

static const char *set_weak_keys(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->weak_keys, r, value);
}

static const char *set_sandbox(void *baton, const char *value)
{
    reading_t *r = baton;

    r->config->sandbox = strcmp(value, "on") == 0;
    return r->config->sandbox || strcmp(value, "off") == 0 ? NULL
           : "it is on or off";
}

/* The logs of version 0.1, for npie-signer -i. */
static const char *set_log(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->logs.issuance, r, value);
}

static const char *set_revocations(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->logs.revocations, r, value);
}

static const char *set_heads(void *baton, const char *value)
{
    reading_t *r = baton;

    return absolute(&r->config->logs.heads, r, value);
}

static const npie_setting_t keys[] = {
    { "Key", set_key, NPIE_SETTING_REQUIRED },
    { "Certificate", set_certificate, NPIE_SETTING_REQUIRED },
    { "SealKey", set_seal_key, 0 },
    { "SealCertificate", set_seal_certificate, 0 },
    { "PKCS11Module", set_module, 0 },
    { "PKCS11Environment", set_environment, NPIE_SETTING_REPEATED },
    { "PINFile", set_pin, 0 },
    { "SealPINFile", set_seal_pin, 0 },
    { "Trust", set_trust, NPIE_SETTING_REPEATED },
    { "TrustCRL", set_trust_crl, NPIE_SETTING_REPEATED },
    { "State", set_state, 0 },
    { "Ledger", set_ledger, 0 },
    { "LedgerUser", set_ledger_user, NPIE_SETTING_REQUIRED_BY_ROOT },
    { "LetterTerms", set_terms,
      NPIE_SETTING_REPEATED | NPIE_SETTING_REQUIRED },
    { "LetterFonts", set_fonts, 0 },
    { "Institution", set_institution, 0 },
    { "Sentences", set_sentences, 0 },
    { "LetterAddress", set_letter_address, 0 },
    { "DrawUser", set_draw_user, NPIE_SETTING_REQUIRED_BY_ROOT },
    { "IssuanceLog", set_log, 0 },
    { "RevocationLog", set_revocations, 0 },
    { "AuditLog", set_heads, 0 },
    { "User", set_user, NPIE_SETTING_REQUIRED_BY_ROOT },
    { "PeerUser", set_peer, NPIE_SETTING_REQUIRED },
    { "CertificateValidity", set_validity, 0 },
    { "CRLURL", set_crl_url, 0 },
    { "OCSPURL", set_ocsp_url, 0 },
    { "IssuerURL", set_issuer_url, 0 },
    { "Policy", set_policy, 0 },
    { "AdditionalPolicy", set_additional, 0 },
    { "UniqueIdentifier", set_unique_id, 0 },
    { "CRLValidity", set_crl_validity, 0 },
    { "OCSPValidity", set_ocsp_validity, 0 },
    { "LetterMaxAge", set_letter_age, 0 },
    { "OldKeyMinBits", set_old_bits, 0 },
    { "NewKeys", set_new_keys, 0 },
    { "WeakKeys", set_weak_keys, 0 },
    { "Rate", set_rate, 0 },
    { "RevokeRate", set_revoke_rate, 0 },
    { "OCSPRate", set_ocsp_rate, 0 },
    { "Sandbox", set_sandbox, 0 },
    { NULL, NULL, 0 }
};

static void set_defaults(npie_signer_config_t *config, apr_pool_t *p)
{
    config->trust_files = apr_array_make(p, 4, sizeof(const char *));
    config->trust_crls = apr_array_make(p, 2, sizeof(const char *));
    config->token_environment = apr_array_make(p, 2, sizeof(const char *));
    config->uid = config->ledger_uid = config->draw_uid = geteuid();
    config->gid = config->ledger_gid = config->draw_gid = getegid();
    config->draw.terms = apr_array_make(p, 2, sizeof(const char *));
    config->draw.fonts = NPIE_LETTER_FONTS;
    config->draw.institution = NPIE_LETTER_INSTITUTION;
    config->state = STATE;
    config->ledger = LEDGER;
    config->profile.validity_months = 6;
    config->profile.backdate = BACKDATE;
    config->profile.additional_oid = NPIE_ADDITIONAL_OID;
    config->ocsp_validity = apr_time_from_sec(3600);
    config->crl_validity = apr_time_from_sec(86400);
    config->letter_max_age = apr_time_from_sec(10 * 86400);
    config->old_key_min_bits = NPIE_OLD_KEY_MIN_BITS;
    config->new_keys.rsa_min_bits = 2048;
    config->new_keys.p256 = 1;
    config->new_keys.p384 = 1;
    config->rate = npie_bucket(600, apr_time_from_sec(60));
    config->revoke_rate = npie_bucket(100, apr_time_from_sec(600));
    config->ocsp_rate = npie_bucket(6000, apr_time_from_sec(60));
    config->weak_keys = NPIE_WEAK_KEYS;
    config->sandbox = 1;
}

/* With one policy for both every certificate would be an additional one. */
static apr_status_t check_policies(const char *file,
                                   const npie_profile_t *profile,
                                   npie_err_t *err)
{
    return profile->policy_oid == NULL
        || strcmp(profile->policy_oid, profile->additional_oid) != 0
        ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: AdditionalPolicy "
                       "must differ from Policy", file);
}

int npie_signer_config_has_token(const npie_signer_config_t *config)
{
    return config->key.uri != NULL || config->seal_key.uri != NULL;
}

/* Gives keys in tokens their PINs. */
static apr_status_t settle_tokens(const char *file, reading_t *r,
                                  npie_err_t *err)
{
    npie_signer_config_t *config = r->config;

    if (!npie_signer_config_has_token(config)
        && (r->pin_file != NULL || r->seal_pin_file != NULL
            || config->token_module != NULL
            || config->token_environment->nelts > 0)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: PINFile, "
                            "SealPINFile, PKCS11Module and PKCS11Environment "
                            "are for a Key or SealKey pkcs11:...", file);
    }
    if (r->seal_pin_file != NULL && config->seal_key.uri == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: SealPINFile "
                            "is for a SealKey pkcs11:...", file);
    }
    if (config->key.uri != NULL) {
        config->key.file = r->pin_file;
    }
    if (config->seal_key.uri != NULL) {
        config->seal_key.file = r->seal_pin_file != NULL ? r->seal_pin_file
                                : r->pin_file;
    }
    return APR_SUCCESS;
}

static void settle_logs(npie_signer_logs_t *logs, apr_pool_t *p)
{
    if (logs->issuance != NULL && logs->revocations == NULL) {
        logs->revocations = apr_pstrcat(p, logs->issuance, ".revocations",
                                        NULL);
    }
    if (logs->issuance != NULL && logs->heads == NULL) {
        logs->heads = apr_pstrcat(p, logs->issuance, ".audit", NULL);
    }
}

static int has_seal(const npie_signer_config_t *config)
{
    return config->seal_key.file != NULL || config->seal_key.uri != NULL;
}

apr_status_t npie_signer_config_read(npie_signer_config_t **pconfig,
                                     const char *file, npie_err_t *err,
                                     apr_pool_t *p)
{
    reading_t r = { NULL, NULL, NULL, p };
    npie_weak_list_t *weak = NULL;
    apr_array_header_t *trust;
    apr_status_t rv;

    r.config = apr_pcalloc(p, sizeof(*r.config));
    set_defaults(r.config, p);
    rv = npie_settings_read(file, keys, &r, err);
    if (rv == APR_SUCCESS) {
        rv = check_policies(file, &r.config->profile, err);
    }
    if (rv == APR_SUCCESS) {
        rv = settle_tokens(file, &r, err);
    }
    if (rv == APR_SUCCESS && has_seal(r.config)
                             != (r.config->seal_certificate_file != NULL)) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: SealKey and "
                          "SealCertificate go together", file);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_weak_list_load(&weak, r.config->weak_keys, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r.config->new_keys.known_weak = weak;
    settle_logs(&r.config->logs, p);
    trust = apr_array_make(p, 4, sizeof(const char *));
    APR_ARRAY_PUSH(trust, const char *) = r.config->certificate_file;
    apr_array_cat(trust, r.config->trust_files);
    r.config->trust_files = trust;
    *pconfig = r.config;
    return APR_SUCCESS;
}
