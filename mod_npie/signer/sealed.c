/* SPDX-License-Identifier: Apache-2.0
 * The seal log and its index.
 */
#include "signer/sealed.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"
#include "signer/log_line.h"

enum {
    AT_NUMBER, AT_TIME, AT_WORD, AT_FOLIO, AT_KIND, AT_KEY, AT_DIGEST,
    AT_CHECKSUM, FIELDS
};

struct npie_sealed_log_t {
    apr_pool_t *p;
    npie_journal_t *journal;
    apr_hash_t *folios;
    apr_hash_t *terms; /* by key */
};

static void index_record(npie_sealed_log_t *log, const npie_sealed_t *sealed)
{
    npie_sealed_t *one = apr_pmemdup(log->p, sealed, sizeof(*sealed));

    apr_hash_set(log->folios, &one->folio, sizeof(one->folio), one);
    if (one->kind == NPIE_LETTER_TERMS) {
        apr_hash_set(log->terms, one->key, NPIE_SHA256_HEX_SIZE - 1, one);
    }
}

static const char *take_record(void *baton, npie_bytes_t line, apr_off_t at,
                               apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *ptemp)
{
    npie_sealed_log_t *log = baton;
    npie_sealed_t sealed;
    char *fields[FIELDS];
    const char *fault = npie_log_line_open(fields, FIELDS, line, number, chain,
                                           ptemp);

    (void)at;
    if (fault != NULL) {
        return fault;
    }
    sealed.folio = apr_atoi64(fields[AT_FOLIO]);
    sealed.kind = (npie_letter_kind_t)apr_atoi64(fields[AT_KIND]);
    if (strcmp(fields[AT_WORD], "seal") != 0 || sealed.folio < 1
        || strlen(fields[AT_KEY]) != NPIE_SHA256_HEX_SIZE - 1
        || strlen(fields[AT_DIGEST]) != NPIE_SHA256_HEX_SIZE - 1
        || npie_text_time_parse(&sealed.time, fields[AT_TIME])
           != APR_SUCCESS) {
        return "a field of the seal cannot be read";
    }
    if (npie_sealed_by_folio(log, sealed.folio) != NULL) {
        return "its folio stands in an earlier line";
    }
    apr_cpystrn(sealed.key, fields[AT_KEY], sizeof(sealed.key));
    apr_cpystrn(sealed.digest, fields[AT_DIGEST], sizeof(sealed.digest));
    index_record(log, &sealed);
    return NULL;
}

static const npie_journal_kind_t kind = {
    "npie-signer seal log 1", "this is no seal log", take_record
};

static npie_sealed_log_t *make(apr_pool_t *p)
{
    npie_sealed_log_t *log = apr_pcalloc(p, sizeof(*log));

    log->p = p;
    log->folios = apr_hash_make(p);
    log->terms = apr_hash_make(p);
    return log;
}

apr_status_t npie_sealed_open(npie_sealed_log_t **plog, const char *path,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_sealed_log_t *log = make(p);

    *plog = log;
    return npie_journal_open(&log->journal, path, &kind, log, err, p);
}

apr_status_t npie_sealed_check(const char *path, npie_err_t *err,
                               apr_pool_t *ptemp)
{
    return npie_journal_check(path, &kind, make(ptemp), err, ptemp);
}

const char *npie_sealed_repaired(const npie_sealed_log_t *log)
{
    return npie_journal_repaired(log->journal);
}

int npie_sealed_broken(const npie_sealed_log_t *log)
{
    return npie_journal_broken(log->journal);
}

const npie_sealed_t *npie_sealed_by_folio(const npie_sealed_log_t *log,
                                          apr_int64_t folio)
{
    return apr_hash_get(log->folios, &folio, sizeof(folio));
}

const npie_sealed_t *npie_sealed_terms(const npie_sealed_log_t *log,
                                       const char *key)
{
    return apr_hash_get(log->terms, key, NPIE_SHA256_HEX_SIZE - 1);
}

apr_status_t npie_sealed_add(npie_sealed_log_t *log,
                             const npie_sealed_t *sealed, npie_err_t *err,
                             apr_pool_t *ptemp)
{
    apr_uint64_t number;
    apr_status_t rv = npie_log_line_append(
        &number, log->journal, sealed->time,
        apr_psprintf(ptemp, "seal %" APR_INT64_T_FMT " %d %s %s",
                     sealed->folio, (int)sealed->kind, sealed->key,
                     sealed->digest), err, ptemp);

    if (rv == APR_SUCCESS) {
        index_record(log, sealed);
    }
    return rv;
}
