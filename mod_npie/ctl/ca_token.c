/* SPDX-License-Identifier: Apache-2.0
 * The token in which an authority's keys are made.
 */
#include "ctl/ca_token.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/parse.h"
#include "base/text.h"
#include "pkcs11/token.h"

#define LABEL_MAX 40

struct npie_ca_token_t {
    apr_pool_t *p;
    npie_pkcs11_t *tokens;
    npie_pkcs11_uri_t *uri;
    npie_pkcs11_pin_t pin;
    const char *pin_file; /* absolute; NULL: the token wants none from us */
    const char *label;
};

static apr_status_t cleanse(void *data)
{
    const npie_pkcs11_pin_t *pin = data;

    OPENSSL_cleanse((void *)(apr_uintptr_t)pin->bytes.data, pin->bytes.len);
    return APR_SUCCESS;
}

static const char *read_pin(npie_ca_token_t *token, const char *file)
{
    const char *text = NULL;
    char *absolute = NULL;
    const char *wrong = npie_parse_secret(&text, file, token->p);

    if (wrong != NULL) {
        return wrong;
    }
    token->pin.bytes.data = (const unsigned char *)text;
    token->pin.bytes.len = strlen(text);
    token->pin.name = apr_pstrcat(token->p, "--pin-file ", file, NULL);
    apr_pool_cleanup_register(token->p, &token->pin, cleanse,
                              apr_pool_cleanup_null);
    if (apr_filepath_merge(&absolute, NULL, file, 0, token->p)
        != APR_SUCCESS) {
        return "it has no absolute path";
    }
    token->pin_file = absolute;
    return NULL;
}

/* The options that are for tokens alone. */
static apr_status_t check_without(const npie_ctl_t *ctl, npie_err_t *err)
{
    static const char *const names[] = { "pin-file", "label", "root-in-token" };

    for (int i = 0; i < 3; i++) {
        if (npie_ctl_option(ctl, names[i]) != NULL) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                                "--%s is for keys in a token: give --pkcs11 "
                                "too", names[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_ca_token_open(npie_ca_token_t **ptoken, npie_ctl_t *ctl,
                                npie_err_t *err)
{
    npie_ca_token_t *token = apr_pcalloc(ctl->p, sizeof(*token));
    const char *uri = npie_ctl_option(ctl, "pkcs11");
    const char *file = npie_ctl_option(ctl, "pin-file");
    const char *label = npie_ctl_option(ctl, "label");
    const char *wrong;
    apr_status_t rv;

    *ptoken = NULL;
    if (uri == NULL) {
        return check_without(ctl, err);
    }
    token->p = ctl->p;
    token->label = label == NULL ? "npie" : label;
    if (!npie_text_is_clean(token->label, strlen(token->label))
        || *token->label == '\0' || strlen(token->label) > LABEL_MAX) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--label: 1 to %d "
                            "bytes of UTF-8", LABEL_MAX);
    }
    wrong = file == NULL ? NULL : read_pin(token, file);
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--pin-file %s: %s",
                            file, wrong);
    }
    rv = npie_pkcs11_uri_parse(&token->uri, uri, NPIE_PKCS11_URI_TOKEN, err,
                              ctl->p);
    if (rv == APR_SUCCESS && token->uri->module == NULL) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--pkcs11: name the "
                          "token's module: add ?module-path=/path/to/it.so");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_pkcs11_create(&token->tokens, NULL, err, ctl->p);
    }
    *ptoken = token;
    return rv;
}

static const char *label_of(const npie_ca_token_t *token, const char *part)
{
    return apr_pstrcat(token->p, token->label, "-", part, NULL);
}

apr_status_t npie_ca_token_room(npie_ca_token_t *token, const char *part,
                                npie_err_t *err)
{
    return npie_pkcs11_room(token->tokens, token->uri, &token->pin,
                            label_of(token, part), err, token->p);
}

apr_status_t npie_ca_token_make(EVP_PKEY **pkey, const char **puri,
                                npie_ca_token_t *token, const char *part,
                                const char *kind, npie_err_t *err)
{
    return npie_pkcs11_generate(pkey, puri, token->tokens, token->uri,
                                &token->pin, kind, label_of(token, part), err,
                                token->p);
}

void npie_ca_token_undo(npie_ca_token_t *token)
{
    npie_pkcs11_undo(token->tokens);
}

npie_bytes_t npie_ca_token_conf(const npie_ca_token_t *token, const char *dir,
                                const char *issuing_uri, const char *seal_uri,
                                const npie_points_t *points)
{
    npie_bytes_t bytes;
    const char *addresses = points->crl_url == NULL ? ""
        : apr_psprintf(token->p, "\nCRLURL %s\nOCSPURL %s\nIssuerURL %s\n",
                       points->crl_url, points->ocsp_url, points->issuer_url);
    const char *text = apr_psprintf(token->p,
        "# npie-signer(8): what npiectl ca init made. All that can be said "
        "here stands\n# in the reference, npie-signer.conf.\n\n"
        "Key %s\nCertificate %s/issuing.crt\n"
        "SealKey %s\nSealCertificate %s/seal.crt\n\n"
        "PKCS11Module %s\n%s%s\n\n"
        "State /var/lib/npie-signer\n"
        "Ledger /var/lib/npie-ledger/ledger.db\nLedgerUser npie-ledger\n"
        "LetterTerms " NPIE_TERMS_FILE "\nDrawUser npie-draw\n"
        "User npie-signer\nPeerUser www-data\n%s",
        issuing_uri, dir, seal_uri, dir, token->uri->module,
        token->pin_file == NULL ? "# No PINFile: the token asks for its PIN "
        "itself, or wants none." : "PINFile ",
        token->pin_file == NULL ? "" : token->pin_file, addresses);

    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return bytes;
}
