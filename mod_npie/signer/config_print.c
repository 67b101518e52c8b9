/* SPDX-License-Identifier: Apache-2.0
 * What npie-signer.conf comes to, for npie-signer -T.
 */
#include <stdio.h>

#include "signer/config.h"

static void text(const char *key, const char *value)
{
    if (value != NULL) {
        printf("%s %s\n", key, value);
    }
}

static void number(const char *key, long value)
{
    printf("%s %ld\n", key, value);
}

static void texts(const char *key, const apr_array_header_t *values, int from)
{
    for (int i = from; i < values->nelts; i++) {
        text(key, APR_ARRAY_IDX(values, i, const char *));
    }
}

static void rate(const char *key, const npie_bucket_t *bucket)
{
    printf("%s %d %" APR_INT64_T_FMT "\n", key, bucket->limit,
           apr_time_sec(bucket->window));
}

static void new_keys(const npie_key_rules_t *rules)
{
    printf("NewKeys");
    if (rules->rsa_min_bits > 0) {
        printf(" rsa:%d", rules->rsa_min_bits);
    }
    printf("%s%s\n", rules->p256 ? " p256" : "", rules->p384 ? " p384" : "");
}

void npie_signer_config_print(const npie_signer_config_t *config,
                              const char *letters)
{
    const npie_profile_t *profile = &config->profile;

    text("Certificate", config->certificate_file);
    text("SealCertificate", config->seal_certificate_file);
    text("PKCS11Module", config->token_module);
    /* The first is Certificate. */
    texts("Trust", config->trust_files, 1);
    texts("TrustCRL", config->trust_crls, 0);
    text("State", config->state);
    text("Ledger", config->ledger);
    number("LedgerUser", (long)config->ledger_uid);
    texts("LetterTerms", config->draw.terms, 0);
    text("LetterFonts", config->draw.fonts);
    text("Institution", config->draw.institution);
    text("Sentences", config->draw.sentences);
    text("LetterAddress", config->letter_address);
    number("DrawUser", (long)config->draw_uid);
    text("LettersDrawn", letters);
    text("IssuanceLog", config->logs.issuance);
    text("RevocationLog", config->logs.revocations);
    text("AuditLog", config->logs.heads);
    number("User", (long)config->uid);
    number("PeerUser", (long)config->peer_uid);
    number("CertificateValidity", profile->validity_months);
    text("CRLURL", profile->points.crl_url);
    text("OCSPURL", profile->points.ocsp_url);
    text("IssuerURL", profile->points.issuer_url);
    text("Policy", profile->policy_oid);
    text("AdditionalPolicy", profile->additional_oid);
    text("UniqueIdentifier", profile->unique_id_bit_string ? "BitString"
                                                           : "PrintableString");
    number("CRLValidity", (long)apr_time_sec(config->crl_validity));
    number("OCSPValidity", (long)apr_time_sec(config->ocsp_validity));
    number("LetterMaxAge", (long)apr_time_sec(config->letter_max_age));
    number("OldKeyMinBits", config->old_key_min_bits);
    new_keys(&config->new_keys);
    text("WeakKeys", config->weak_keys);
    rate("Rate", &config->rate);
    rate("RevokeRate", &config->revoke_rate);
    rate("OCSPRate", &config->ocsp_rate);
    text("Sandbox", config->sandbox ? "on" : "off");
    fflush(stdout);
}
