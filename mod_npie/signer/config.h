/* SPDX-License-Identifier: Apache-2.0
 * npie-signer.conf: one "Key value" a line.
 */
#ifndef NPIE_SIGNER_CONFIG_H
#define NPIE_SIGNER_CONFIG_H

#include <sys/types.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "base/status.h"
#include "draw/ask.h"
#include "pki/csr.h"
#include "pki/issue.h"
#include "pkcs11/uri.h"
#include "signer/bucket.h"

/** Where a key is. */
typedef struct npie_key_place_t {
    const char *file;            /**< PEM; or the PIN of a token. NULL with a
                                      token: it wants no PIN from us */
    const npie_pkcs11_uri_t *uri; /**< the key is in a token; NULL: a file */
} npie_key_place_t;

/** The logs of version 0.1. */
typedef struct npie_signer_logs_t {
    const char *issuance;    /**< NULL: there are none */
    const char *revocations; /**< NULL: the first's name and .revocations */
    const char *heads;       /**< NULL: the first's name and .audit */
} npie_signer_logs_t;

/** What the file says, checked, with defaults in place. Read-only. Paths are
 * absolute. */
typedef struct npie_signer_config_t {
    npie_key_place_t key;
    const char *certificate_file;
    npie_key_place_t seal_key;         /**< all NULL: there is no seal */
    const char *seal_certificate_file; /**< NULL with the key */
    const char *token_module;          /**< NULL: URIs name their own */
    apr_array_header_t *token_environment; /**< of const char *, NAME=value */
    apr_array_header_t *trust_crls;  /**< of const char * */
    apr_array_header_t *trust_files; /**< of const char *; the own first */
    const char *state;               /**< folder of the ledger's key and
                                          anchor */
    const char *ledger;              /**< its database: ledger/ask.h */
    uid_t ledger_uid;                /**< of LedgerUser; else our own */
    gid_t ledger_gid;
    npie_draw_setting_t draw;        /**< what letters are drawn with */
    const char *letter_address;      /**< where printed ones are checked, up to
                                          the last "/"; NULL: nowhere */
    uid_t draw_uid;                  /**< of DrawUser; else our own */
    gid_t draw_gid;
    npie_signer_logs_t logs;         /**< to be imported */
    apr_interval_time_t crl_validity; /**< from one CRL to the next at the
                                           latest, microseconds */
    apr_interval_time_t ocsp_validity; /**< of an answer, microseconds */
    const char *user;                /**< NULL: stay who we are */
    uid_t uid;                       /**< of User; else our own */
    gid_t gid;
    uid_t peer_uid;                  /**< who may connect */
    gid_t peer_gid;
    npie_profile_t profile;
    apr_interval_time_t letter_max_age; /**< microseconds */
    int old_key_min_bits;
    npie_key_rules_t new_keys;
    npie_bucket_t rate;                /**< of requests that cost a signature */
    npie_bucket_t revoke_rate;         /**< of revocations on httpd's word */
    npie_bucket_t ocsp_rate;           /**< of OCSP answers made for one */
    const char *weak_keys;           /**< folder of lists; see pki/weak.h */
    int sandbox;                     /**< 1: system calls are filtered */
} npie_signer_config_t;

/**
 * Reads and checks the file.
 * @param pconfig set to the configuration, in p
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail
 */
apr_status_t npie_signer_config_read(npie_signer_config_t **pconfig,
                                     const char *file, npie_err_t *err,
                                     apr_pool_t *p);

/** Writes what holds, defaults too, as lines "Key value" to standard output:
 * users by number, times in seconds. Secrets and where they are stay out.
 * @param letters npie_letter_art_digest() of npie-draw, as LettersDrawn */
void npie_signer_config_print(const npie_signer_config_t *config,
                              const char *letters);

/** Is a key of it in a token? */
int npie_signer_config_has_token(const npie_signer_config_t *config);

#endif
