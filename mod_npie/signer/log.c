/* SPDX-License-Identifier: Apache-2.0
 * The issuance log and its index.
 */
#include "signer/log.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "signer/journal.h"
#include "signer/log_line.h"

struct npie_issuance_t {
    apr_pool_t *p;
    npie_journal_t *journal;
    apr_hash_t *folios;
    apr_hash_t *keys;    /* new ones */
    apr_hash_t *olds;
};

static void index_record(npie_issuance_t *log,
                         const npie_issuance_record_t *record)
{
    npie_issuance_record_t *issued = apr_pmemdup(log->p, record,
                                                 sizeof(*record));

    issued->before = npie_issuance_by_old(log, issued->old_spki);
    apr_hash_set(log->folios, &issued->folio, sizeof(issued->folio), issued);
    apr_hash_set(log->keys, issued->new_spki, NPIE_SHA256_HEX_SIZE - 1,
                 issued);
    apr_hash_set(log->olds, issued->old_spki, NPIE_SHA256_HEX_SIZE - 1,
                 issued);
    }

static const char *take_record(void *baton, npie_bytes_t line, apr_off_t at,
                               apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *ptemp)
{
    npie_issuance_t *log = baton;
    npie_issuance_record_t issued;
    const char *fault = npie_log_line_read(&issued, line, number, chain,
                                           ptemp);

    if (fault != NULL) {
        return fault;
    }
    if (npie_issuance_by_folio(log, issued.folio) != NULL
        || npie_issuance_by_key(log, issued.new_spki) != NULL) {
        return "its folio or its new key stands in an earlier line";
    }
    issued.at = at;
    issued.len = line.len;
    index_record(log, &issued);
    return NULL;
}

static const npie_journal_kind_t kind = {
    "npie-signer issuance log 1", "this is no issuance log", take_record
};

static npie_issuance_t *make(apr_pool_t *p)
{
    npie_issuance_t *log = apr_pcalloc(p, sizeof(*log));

    log->p = p;
    log->folios = apr_hash_make(p);
    log->keys = apr_hash_make(p);
    log->olds = apr_hash_make(p);
    return log;
}

apr_status_t npie_issuance_open(npie_issuance_t **plog, const char *path,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_issuance_t *log = make(p);
    apr_status_t rv = npie_journal_open(&log->journal, path, &kind, log, err,
                                        p);

    if (rv == APR_SUCCESS) {
        *plog = log;
    }
    return rv;
}

apr_status_t npie_issuance_check(const char *path, npie_err_t *err,
                                 apr_pool_t *ptemp)
{
    return npie_journal_check(path, &kind, make(ptemp), err, ptemp);
}

const char *npie_issuance_repaired(const npie_issuance_t *log)
{
    return npie_journal_repaired(log->journal);
}

apr_uint64_t npie_issuance_count(const npie_issuance_t *log)
{
    return npie_journal_count(log->journal);
}

const npie_issuance_record_t *
npie_issuance_by_folio(const npie_issuance_t *log, apr_int64_t folio)
{
    return apr_hash_get(log->folios, &folio, sizeof(folio));
}

const npie_issuance_record_t *
npie_issuance_by_key(const npie_issuance_t *log, const char *spki)
{
    const npie_issuance_record_t *issued =
        apr_hash_get(log->keys, spki, NPIE_SHA256_HEX_SIZE - 1);

    return issued != NULL ? issued
           : apr_hash_get(log->olds, spki, NPIE_SHA256_HEX_SIZE - 1);
}

const npie_issuance_record_t *
npie_issuance_by_old(const npie_issuance_t *log, const char *spki)
{
    return apr_hash_get(log->olds, spki, NPIE_SHA256_HEX_SIZE - 1);
}

apr_status_t npie_issuance_certificate(npie_bytes_t *der,
                                       const npie_issuance_t *log,
                                       const npie_issuance_record_t *issued,
                                       npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t line;

    if (npie_journal_read(&line, log->journal, issued->at, issued->len, p)
            != APR_SUCCESS
        || npie_log_line_certificate(der, line, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: the record of folio %" APR_INT64_T_FMT
                            " is not what it was",
                            npie_journal_path(log->journal), issued->folio);
    }
    return APR_SUCCESS;
}

apr_status_t npie_issuance_append(npie_issuance_t *log,
                                  const npie_issuance_entry_t *entry,
                                  npie_err_t *err, apr_pool_t *ptemp)
{
    char chain[NPIE_SHA256_HEX_SIZE];
    npie_issuance_record_t issued;
    npie_bytes_t line;
    apr_status_t rv;

    memcpy(chain, npie_journal_chain(log->journal), sizeof(chain));
    if (npie_log_line_write(&line, npie_issuance_count(log) + 1, entry, chain,
                            ptemp) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: the record could not be made",
                            npie_journal_path(log->journal));
    }
    rv = npie_journal_append(&issued.at, log->journal, line, chain, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    issued.folio = entry->folio;
    apr_cpystrn(issued.old_spki, entry->old_spki, sizeof(issued.old_spki));
    apr_cpystrn(issued.new_spki, entry->new_spki, sizeof(issued.new_spki));
    issued.len = line.len - 1;
    index_record(log, &issued);
    return APR_SUCCESS;
}

int npie_issuance_broken(const npie_issuance_t *log)
{
    return npie_journal_broken(log->journal);
}
