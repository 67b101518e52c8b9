/* SPDX-License-Identifier: Apache-2.0
 * From logs to entries.
 */
#include "signer/import.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"
#include "pki/cert.h"
#include "pki/policy.h"
#include "signer/book.h"
#include "signer/old_log.h"
#include "signer/say.h"

/* The fields behind a record's number. */
enum { ISSUE_TIME, ISSUE_FOLIO, ISSUE_OLD, ISSUE_NEW, ISSUE_SERIAL,
       ISSUE_DIGEST, ISSUE_CERTIFICATE };
enum { REVOKE_TIME, REVOKE_KIND, REVOKE_SERIAL, REVOKE_REASON, REVOKE_REVOKED,
       REVOKE_SINCE, REVOKE_NOT_AFTER };
enum { SEAL_TIME, SEAL_WORD, SEAL_FOLIO, SEAL_KIND, SEAL_KEY, SEAL_DIGEST };

/* What is on its way, and how much of it. */
typedef struct importing_t {
    npie_ledger_t *ledger;
    const char *additional_oid;
    apr_uint64_t crl_number;  /* of the last CRL */
    apr_uint64_t epoch;       /* of the audit's heads */
    int taken, known;
} importing_t;

/* An entry that is to be there. */
typedef struct wanted_t {
    npie_entry_kind_t kind;
    apr_time_t time;
    const char *mark;   /* by which it is known */
    const char *fields;
    int known;          /* set to 1 when it was there */
} wanted_t;

static apr_status_t add(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                        apr_pool_t *p)
{
    wanted_t *wanted = baton;
    const npie_entry_t *entry;
    apr_status_t rv = npie_ledger_look(&entry, ledger, wanted->mark, err, p);

    wanted->known = entry != NULL;
    return rv != APR_SUCCESS || entry != NULL ? rv
        : npie_ledger_add(ledger, wanted->kind, wanted->time, wanted->fields,
                          err, p);
}

static apr_status_t want(importing_t *importing, npie_entry_kind_t kind,
                         const char *time, const char *mark,
                         const char *fields, npie_err_t *err, apr_pool_t *p)
{
    wanted_t wanted = { kind, 0, mark, fields, 0 };
    apr_status_t rv = npie_text_time_parse(&wanted.time, time);

    if (rv == APR_SUCCESS) {
        rv = npie_ledger_decide(importing->ledger, add, &wanted, err, p);
    }
    importing->taken += rv == APR_SUCCESS && !wanted.known;
    importing->known += rv == APR_SUCCESS && wanted.known;
    return rv;
}

/* How often an old key was renewed with what stands in the ledger already. */
static apr_status_t next_turn(apr_uint64_t *pturn, importing_t *importing,
                              const char *old, npie_err_t *err, apr_pool_t *p)
{
    const npie_ledger_range_t range = {
        .prefix = apr_pstrcat(p, "next:", old, ":", NULL), .after = "",
        .last_first = 1, .most = 1
    };
    apr_array_header_t *list;
    apr_status_t rv = npie_ledger_look_at(&list, NULL, importing->ledger,
                                          &range, err, p);

    *pturn = 1;
    if (rv == APR_SUCCESS && list->nelts > 0) {
        *pturn += npie_entry_number(APR_ARRAY_IDX(list, 0,
                                                  const npie_entry_t *),
                                    NPIE_ISSUE_TURN);
    }
    return rv;
}

static apr_status_t take_issue(void *baton, char **fields, npie_err_t *err,
                               apr_pool_t *p)
{
    importing_t *importing = baton;
    const apr_int64_t folio = apr_atoi64(fields[ISSUE_FOLIO]);
    apr_uint64_t turn = 0;
    npie_bytes_t der;
    npie_cert_t *cert;
    apr_status_t rv = npie_text_base64_decode(
        &der, fields[ISSUE_CERTIFICATE], strlen(fields[ISSUE_CERTIFICATE]), p);

    if (rv != APR_SUCCESS || folio < 1
        || npie_cert_parse(&cert, der, NULL, p) != APR_SUCCESS) {
        return NPIE_EINPUT;
    }
    if (npie_cert_has_policy(cert, importing->additional_oid) != 1) {
        rv = next_turn(&turn, importing, fields[ISSUE_OLD], err, p);
    }
    return rv != APR_SUCCESS ? rv
        : want(importing, NPIE_ENTRY_ISSUE, fields[ISSUE_TIME],
               npie_mark_folio(folio, p), apr_psprintf(
                   p, "%" APR_INT64_T_FMT " %s %s %s %" APR_UINT64_T_FMT
                   " - %s", folio, fields[ISSUE_OLD], fields[ISSUE_NEW],
                   fields[ISSUE_SERIAL], turn, fields[ISSUE_CERTIFICATE]),
               err, p);
}

static apr_status_t take_revocation(void *baton, char **fields,
                                    npie_err_t *err, apr_pool_t *p)
{
    importing_t *importing = baton;
    const char *issuer = npie_known_issuer(npie_ledger_known(
        importing->ledger));

    if (strcmp(fields[REVOKE_KIND], "crl") == 0) {
        importing->crl_number = (apr_uint64_t)apr_atoi64(
            fields[REVOKE_SERIAL]);
        return APR_SUCCESS;
    }
    return strcmp(fields[REVOKE_KIND], "revoke") != 0 ? NPIE_EINPUT
        : want(importing, NPIE_ENTRY_REVOKE, fields[REVOKE_TIME],
               npie_mark_revoked(issuer, fields[REVOKE_SERIAL], p),
               apr_pstrcat(p, issuer, " ", fields[REVOKE_SERIAL], " ",
                           fields[REVOKE_REASON], " ", fields[REVOKE_REVOKED],
                           " ", fields[REVOKE_SINCE], " ",
                           fields[REVOKE_NOT_AFTER], NULL), err, p);
}

static apr_status_t take_seal(void *baton, char **fields, npie_err_t *err,
                              apr_pool_t *p)
{
    const apr_int64_t folio = apr_atoi64(fields[SEAL_FOLIO]);

    return folio < 1 ? NPIE_EINPUT
        : want(baton, NPIE_ENTRY_SEAL, fields[SEAL_TIME],
               npie_mark_seal(folio, p), apr_pstrcat(
                   p, fields[SEAL_FOLIO], " ", fields[SEAL_KIND], " ",
                   fields[SEAL_KEY], " ", fields[SEAL_DIGEST], " - -", NULL), err,
               p);
}

/* "SEQUENCE HASH TIME", or with "reseal" before it. */
static apr_status_t take_head(void *baton, char **fields, npie_err_t *err,
                              apr_pool_t *p)
{
    importing_t *importing = baton;
    const int by_hand = fields[0] != NULL && strcmp(fields[0], "reseal") == 0;
    apr_int64_t sequence;

    fields += by_hand;
    importing->epoch += (apr_uint64_t)by_hand;
    if (fields[0] == NULL || fields[1] == NULL || fields[2] == NULL
        || (sequence = apr_atoi64(fields[0])) < 1) {
        return NPIE_EINPUT;
    }
    return want(importing, by_hand ? NPIE_ENTRY_RESEAL : NPIE_ENTRY_HEAD,
                fields[2], apr_psprintf(
                    p, "%s%020" APR_INT64_T_FMT,
                    npie_known_head_marks(importing->epoch, p), sequence),
                apr_psprintf(p, "%" APR_UINT64_T_FMT " %s %s",
                             importing->epoch, fields[0], fields[1]), err, p);
}

/* Numbers of CRLs never go back: the next one is made at once. */
static apr_status_t make_crl(importing_t *importing,
                             const npie_authority_t *authority,
                             const npie_signer_config_t *config,
                             npie_err_t *err, apr_pool_t *p)
{
    const npie_ledger_known_t *known = npie_ledger_known(importing->ledger);
    npie_crl_made_t made = { .crl_number = importing->crl_number };
    apr_status_t rv = NPIE_ECONFLICT;

    while (rv == NPIE_ECONFLICT
           && npie_known_crl(known)->crl_number <= importing->crl_number) {
        rv = npie_ledger_sync(importing->ledger, err, p);
        if (rv == APR_SUCCESS) {
            rv = npie_book_crl(importing->ledger, authority, &made,
                               config->crl_validity, err, p);
        }
    }
    return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
}

apr_status_t npie_import(npie_ledger_t *ledger,
                         const npie_authority_t *authority,
                         const npie_signer_config_t *config, npie_err_t *err,
                         apr_pool_t *p)
{
    static const npie_old_log_t issuance = {
        "npie-signer issuance log 1", 9, take_issue
    }, revocations = {
        "npie-signer revocation log 1", 9, take_revocation
    }, seals = {
        "npie-signer seal log 1", 8, take_seal
    }, heads = {
        "npie-signer audit heads 1", 0, take_head
    };
    const npie_signer_logs_t *logs = &config->logs;
    importing_t importing = { ledger, config->profile.additional_oid, 0, 0, 0,
                              0 };
    apr_status_t rv;

    if (logs->issuance == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "no IssuanceLog is named: that of version 0.1");
    }
    rv = npie_old_log_read(logs->issuance, &issuance, &importing, err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_old_log_read(logs->revocations, &revocations, &importing,
                               err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_old_log_read(apr_pstrcat(p, logs->issuance, ".seals", NULL),
                               &seals, &importing, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_old_log_read(logs->heads, &heads, &importing, err, p);
    }
    if (rv == APR_SUCCESS && importing.crl_number > 0) {
        rv = make_crl(&importing, authority, config, err, p);
    }
    if (rv == APR_SUCCESS) {
        npie_signer_say("notice", "%d entries imported, %d were there "
                        "already", importing.taken, importing.known);
    }
    return rv;
}

/* The last folio of an issuance log. */
static apr_status_t take_last(void *baton, char **fields, npie_err_t *err,
                              apr_pool_t *p)
{
    (void)err;
    (void)p;
    *(apr_int64_t *)baton = apr_atoi64(fields[ISSUE_FOLIO]);
    return APR_SUCCESS;
}

apr_status_t npie_import_done(npie_ledger_t *ledger,
                              const npie_signer_config_t *config,
                              npie_err_t *err, apr_pool_t *p)
{
    static const npie_old_log_t kind = {
        "npie-signer issuance log 1", 9, take_last
    };
    const npie_entry_t *entry;
    apr_int64_t folio = 0;
    apr_status_t rv;

    if (config->logs.issuance == NULL) {
        return APR_SUCCESS;
    }
    rv = npie_old_log_read(config->logs.issuance, &kind, &folio, err, p);
    if (rv == APR_SUCCESS && folio > 0) {
        rv = npie_ledger_look(&entry, ledger, npie_mark_folio(folio, p), err,
                              p);
        if (rv == APR_SUCCESS && entry == NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "IssuanceLog %s: the ledger has not its folio "
                                "%" APR_INT64_T_FMT ": run npie-signer -i "
                                "first", config->logs.issuance, folio);
        }
    }
    return rv == NPIE_EBACKEND ? APR_SUCCESS : rv;
}
