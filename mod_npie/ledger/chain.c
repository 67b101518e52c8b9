/* SPDX-License-Identifier: Apache-2.0
 * Following a ledger.
 */
#include "ledger/chain.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "ledger/key.h"
#include "pki/pem.h"

struct npie_chain_t {
    apr_pool_t *p;
    apr_array_header_t *authorities; /* of X509 * */
    apr_hash_t *signers;             /* EVP_PKEY by short name */
    apr_uint64_t number;
    char digest[NPIE_SHA256_HEX_SIZE];
};

static apr_status_t add_authority(void *baton, npie_cert_t *cert,
                                  const char *file, npie_err_t *err)
{
    npie_chain_t *chain = baton;

    (void)file;
    (void)err;
    APR_ARRAY_PUSH(chain->authorities, X509 *) = cert->x509;
    return APR_SUCCESS;
}

apr_status_t npie_chain_create(npie_chain_t **pchain,
                               const apr_array_header_t *files,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_chain_t *chain = apr_pcalloc(p, sizeof(*chain));
    apr_status_t rv = npie_entry_digest(chain->digest, NPIE_LEDGER_GENESIS);

    chain->p = p;
    chain->authorities = apr_array_make(p, 4, sizeof(X509 *));
    chain->signers = apr_hash_make(p);
    for (int i = 0; rv == APR_SUCCESS && i < files->nelts; i++) {
        rv = npie_pem_read(APR_ARRAY_IDX(files, i, const char *),
                           add_authority, chain, err, p);
    }
    *pchain = chain;
    return rv;
}

apr_uint64_t npie_chain_number(const npie_chain_t *chain)
{
    return chain->number;
}

const char *npie_chain_digest(const npie_chain_t *chain)
{
    return chain->digest;
}

void npie_chain_set(npie_chain_t *chain, apr_uint64_t number,
                    const char *digest)
{
    chain->number = number;
    apr_cpystrn(chain->digest, digest, sizeof(chain->digest));
}

static EVP_PKEY *key_of(const npie_chain_t *chain, const char *signer)
{
    return apr_hash_get(chain->signers, signer, APR_HASH_KEY_STRING);
}

int npie_chain_knows(const npie_chain_t *chain, const char *signer)
{
    return key_of(chain, signer) != NULL;
}

/* Did one of the authorities make it? */
static int is_vouched(const npie_chain_t *chain, X509 *x509)
{
    int found = 0;

    for (int i = 0; !found && i < chain->authorities->nelts; i++) {
        X509 *ca = APR_ARRAY_IDX(chain->authorities, i, X509 *);

        found = X509_check_ca(ca) > 0
                && X509_NAME_cmp(X509_get_issuer_name(x509),
                                 X509_get_subject_name(ca)) == 0
                && X509_verify(x509, X509_get0_pubkey(ca)) == 1;
    }
    ERR_clear_error();
    return found;
}

const char *npie_chain_vouch(npie_chain_t *chain, const npie_entry_t *entry,
                             apr_pool_t *ptemp)
{
    const char *text = entry->field[NPIE_SIGNER_CERTIFICATE];
    npie_bytes_t der;
    npie_cert_t *cert;

    if (npie_chain_knows(chain, entry->signer)) {
        return NULL;
    }
    if (npie_text_base64_decode(&der, text, strlen(text), ptemp)
            != APR_SUCCESS
        || npie_cert_parse(&cert, der, NULL, chain->p) != APR_SUCCESS) {
        return "its certificate cannot be read";
    }
    if (!npie_ledger_key_is_for(cert) || !is_vouched(chain, cert->x509)) {
        return "its certificate is none that the authority made for a signer";
    }
    if (strncmp(cert->spki_sha256, entry->signer, NPIE_ENTRY_SIGNER_SIZE - 1)
        != 0) {
        return "its certificate is of another key";
    }
    apr_hash_set(chain->signers, apr_pstrdup(chain->p, entry->signer),
                 APR_HASH_KEY_STRING, X509_get0_pubkey(cert->x509));
    return NULL;
}

const char *npie_chain_believe(npie_entry_t **pentry, npie_chain_t *chain,
                               const char *line, apr_pool_t *p)
{
    const char *fault = npie_entry_parse(pentry, line, p);
    EVP_PKEY *key;

    if (fault == NULL && (*pentry)->kind == NPIE_ENTRY_SIGNER) {
        fault = npie_chain_vouch(chain, *pentry, p);
    }
    if (fault != NULL) {
        return fault;
    }
    key = key_of(chain, (*pentry)->signer);
    if (key == NULL) {
        return "it is signed by a key that no signer of this authority has";
    }
    return npie_ledger_key_verify(key, line, p) ? NULL
        : "its signature does not hold";
}

const char *npie_chain_follow(npie_entry_t **pentry, npie_chain_t *chain,
                              const char *line, apr_pool_t *p)
{
    const char *fault = npie_chain_believe(pentry, chain, line, p);

    if (fault != NULL) {
        return fault;
    }
    if ((*pentry)->number != chain->number + 1) {
        return "its number does not follow";
    }
    if (strcmp((*pentry)->before, chain->digest) != 0) {
        return "it stands behind another entry: the one before was changed";
    }
    return npie_chain_advance(chain, *pentry) == APR_SUCCESS ? NULL
        : "its digest could not be computed";
}

apr_status_t npie_chain_advance(npie_chain_t *chain, const npie_entry_t *entry)
{
    char digest[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = npie_entry_digest(digest, entry->line);

    if (rv == APR_SUCCESS) {
        npie_chain_set(chain, entry->number, digest);
    }
    return rv;
}
