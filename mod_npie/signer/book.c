/* SPDX-License-Identifier: Apache-2.0
 * The ledger's process and key; the audit's head set by hand.
 */
#include "signer/book.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "pki/digest.h"
#include "pki/openssl.h"
#include "pki/vouch.h"
#include "signer/say.h"

/* As long as the CA's. */
#define KEY_LIFE apr_time_from_sec((apr_int64_t)36600 * 86400)
/* A client's clock may be a little behind ours. */
#define BACKDATE apr_time_from_sec(300)
#define HASH_LENGTH (NPIE_SHA256_HEX_SIZE - 1)

apr_status_t npie_book_start(npie_book_t *book,
                             const npie_signer_config_t *config,
                             npie_err_t *err, apr_pool_t *p)
{
    const npie_child_place_t place = {
        npie_child_program(NPIE_LEDGER_NAME, NULL, p), config->ledger_uid,
        config->ledger_gid, config->sandbox
    };

    apr_status_t rv = npie_ledger_start(&book->ask, &place, err, p);

    return rv == APR_SUCCESS
        ? npie_chain_create(&book->chain, config->trust_files, err, p) : rv;
}

static apr_status_t vouch(npie_bytes_t *pder, void *baton, EVP_PKEY *key,
                          npie_err_t *err, apr_pool_t *p)
{
    static const npie_vouch_extension_t extensions[] = {
        { NID_ext_key_usage, "critical," NPIE_LEDGER_KEY_PURPOSE },
        { 0, NULL }
    };
    static const npie_vouch_t ledger = { "Ledger", extensions, KEY_LIFE };
    const npie_authority_t *authority = baton;
    X509 *x509;
    apr_status_t rv = npie_issuer_vouch(&x509, authority->issuer, key, &ledger,
                                        apr_time_now(), err);

    if (rv == APR_SUCCESS) {
        *pder = npie_openssl_x509_der(x509, p);
        X509_free(x509);
        npie_signer_say("notice", "made a key for the ledger");
    }
    return rv;
}

apr_status_t npie_book_open(npie_ledger_t **pledger, const npie_book_t *book,
                            npie_authority_t *authority,
                            const npie_signer_config_t *config, int read_only,
                            npie_err_t *err, apr_pool_t *p)
{
    npie_ledger_begin_t begin = { book->ask, book->chain, config, NULL, vouch,
                                  authority, read_only };
    npie_cert_t *ca;
    apr_status_t rv = npie_cert_parse(&ca, APR_ARRAY_IDX(
        authority->chain, 0, npie_bytes_t), err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    begin.issuer = ca->spki_sha256;
    return npie_ledger_begin(pledger, &begin, err, p);
}

static apr_time_t later(apr_time_t a, apr_time_t b)
{
    return a > b ? a : b;
}

apr_status_t npie_book_crl(npie_ledger_t *ledger,
                           const npie_authority_t *authority,
                           npie_crl_made_t *made,
                           apr_interval_time_t validity, npie_err_t *err,
                           apr_pool_t *p)
{
    const npie_ledger_known_t *known = npie_ledger_known(ledger);
    const apr_time_t now = apr_time_from_sec(apr_time_sec(apr_time_now()));
    npie_bytes_t der, signature;
    npie_crl_t crl;
    apr_status_t rv;

    made->crl_number++;
    /* Time goes on, also when the one before is of a clock ahead of ours. */
    made->this_update = later(now - BACKDATE,
                              npie_known_crl(known)->this_update);
    made->next_update = now + validity;
    made->through = npie_ledger_number(ledger);
    crl = npie_known_list(known, made, p);
    rv = npie_crl_make(&der, &signature, authority->issuer, &crl, err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_sha256_hex(made->digest, der);
    }
    return rv != APR_SUCCESS ? rv
        : npie_ledger_add(ledger, NPIE_ENTRY_CRL, now, apr_psprintf(
            p, "%s %" APR_UINT64_T_FMT " %s %s %" APR_UINT64_T_FMT " %"
            APR_UINT64_T_FMT "@%s %s %s", npie_known_issuer(known),
            made->crl_number, npie_text_time(made->this_update, p),
            npie_text_time(made->next_update, p), made->through,
            made->past_number, npie_text_time(made->past_time, p),
            made->digest, npie_text_base64_encode(signature, p)), err, p);
}

static apr_status_t set(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                        apr_pool_t *p)
{
    const npie_signer_head_t *head = baton;
    const npie_kept_t *kept = npie_known_kept(npie_ledger_known(ledger));
    const apr_int64_t was = kept->head.sequence;
    apr_status_t rv = npie_ledger_add(
        ledger, NPIE_ENTRY_RESEAL, apr_time_now(),
        apr_psprintf(p, "%" APR_UINT64_T_FMT " %" APR_INT64_T_FMT " %s",
                     kept->epoch + 1, head->sequence, head->hash), err, p);

    if (rv == APR_SUCCESS) {
        npie_signer_say("warn", "the audit's head is set by hand from row %"
                        APR_INT64_T_FMT " to row %" APR_INT64_T_FMT, was,
                        head->sequence);
    }
    return rv;
}

apr_status_t npie_book_reseal(npie_ledger_t *ledger, const char *head,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_signer_head_t given;
    char *hash = NULL;

    given.sequence = apr_strtoi64(head, &hash, 10);
    if (*head < '1' || *head > '9' || *hash != ':' || given.sequence <= 0
        || strlen(hash + 1) != HASH_LENGTH
        || strspn(hash + 1, "0123456789abcdef") != HASH_LENGTH) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "-r %s: give a row's number, a colon and its hash, "
                            "as npiectl audit reseal does", head);
    }
    apr_cpystrn(given.hash, hash + 1, sizeof(given.hash));
    return npie_ledger_decide(ledger, set, &given, err, p);
}
