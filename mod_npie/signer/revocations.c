/* SPDX-License-Identifier: Apache-2.0
 * The revocation log and its index.
 */
#include "signer/revocations.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"
#include "signer/log_line.h"

#define SERIAL_MAX 64

enum {
    AT_NUMBER, AT_TIME, AT_KIND, AT_A, AT_B, AT_C, AT_D, AT_E, AT_CHECKSUM,
    FIELDS
};

struct npie_revocations_t {
    apr_pool_t *p;
    npie_journal_t *journal;
    apr_array_header_t *all;
    apr_hash_t *serials;
    npie_crl_made_t crl;
};

static void index_record(npie_revocations_t *log,
                         const npie_revoked_t *revoked)
{
    npie_revoked_t *one = apr_pmemdup(log->p, revoked, sizeof(*revoked));

    one->serial = apr_pstrdup(log->p, revoked->serial);
    APR_ARRAY_PUSH(log->all, npie_revoked_t *) = one;
    apr_hash_set(log->serials, one->serial, APR_HASH_KEY_STRING, one);
}

static int is_serial(const char *text)
{
    const apr_size_t len = strlen(text);

    return len > 0 && len <= SERIAL_MAX
           && strspn(text, "0123456789ABCDEF") == len;
}

static const char *take_revoke(npie_revocations_t *log, char **fields,
                               apr_uint64_t number)
{
    npie_revoked_t revoked = { .serial = fields[AT_A], .number = number };

    if (!is_serial(fields[AT_A])
        || !npie_reason_find(&revoked.reason, fields[AT_B])
        || npie_text_time_parse(&revoked.revoked, fields[AT_C]) != APR_SUCCESS
        || (strcmp(fields[AT_D], "-") != 0
            && npie_text_time_parse(&revoked.invalid_since, fields[AT_D])
               != APR_SUCCESS)
        || npie_text_time_parse(&revoked.not_after, fields[AT_E])
           != APR_SUCCESS) {
        return "a field of the revocation cannot be read";
    }
    if (npie_revocations_find(log, revoked.serial) != NULL) {
        return "its serial stands in an earlier line";
    }
    index_record(log, &revoked);
    return NULL;
}

static const char *take_crl(npie_revocations_t *log, char **fields,
                            apr_uint64_t number)
{
    npie_crl_made_t made = { .number = number };

    made.crl_number = (apr_uint64_t)apr_atoi64(fields[AT_A]);
    if (made.crl_number != log->crl.crl_number + 1) {
        return "its CRL number does not follow";
    }
    if (npie_text_time_parse(&made.this_update, fields[AT_B]) != APR_SUCCESS
        || npie_text_time_parse(&made.next_update, fields[AT_C])
           != APR_SUCCESS) {
        return "a time of the CRL cannot be read";
    }
    log->crl = made;
    return NULL;
}

static const char *take_record(void *baton, npie_bytes_t line, apr_off_t at,
                               apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *ptemp)
{
    char *fields[FIELDS];
    const char *fault = npie_log_line_open(fields, FIELDS, line, number, chain,
                                           ptemp);

    (void)at;
    if (fault != NULL) {
        return fault;
    }
    if (strcmp(fields[AT_KIND], "revoke") == 0) {
        return take_revoke(baton, fields, number);
    }
    return strcmp(fields[AT_KIND], "crl") == 0
           ? take_crl(baton, fields, number) : "its kind is unknown";
}

static const npie_journal_kind_t kind = {
    "npie-signer revocation log 1", "this is no revocation log", take_record
};

static npie_revocations_t *make(apr_pool_t *p)
{
    npie_revocations_t *log = apr_pcalloc(p, sizeof(*log));

    log->p = p;
    log->all = apr_array_make(p, 64, sizeof(npie_revoked_t *));
    log->serials = apr_hash_make(p);
    return log;
}

apr_status_t npie_revocations_open(npie_revocations_t **plog, const char *path,
                                   npie_err_t *err, apr_pool_t *p)
{
    npie_revocations_t *log = make(p);

    *plog = log;
    return npie_journal_open(&log->journal, path, &kind, log, err, p);
}

apr_status_t npie_revocations_check(const char *path, npie_err_t *err,
                                    apr_pool_t *ptemp)
{
    return npie_journal_check(path, &kind, make(ptemp), err, ptemp);
}

const char *npie_revocations_repaired(const npie_revocations_t *log)
{
    return npie_journal_repaired(log->journal);
}

int npie_revocations_broken(const npie_revocations_t *log)
{
    return npie_journal_broken(log->journal);
}

const npie_revoked_t *npie_revocations_find(const npie_revocations_t *log,
                                            const char *serial)
{
    return apr_hash_get(log->serials, serial, APR_HASH_KEY_STRING);
}

const apr_array_header_t *npie_revocations_all(const npie_revocations_t *log)
{
    return log->all;
}

const npie_crl_made_t *npie_revocations_crl(const npie_revocations_t *log)
{
    return &log->crl;
}

apr_status_t npie_revocations_add(npie_revocations_t *log,
                                  const npie_revoked_t *revoked,
                                  npie_err_t *err, apr_pool_t *ptemp)
{
    npie_revoked_t noted = *revoked;
    apr_status_t rv;

    if (npie_revocations_find(log, revoked->serial) != NULL) {
        return APR_SUCCESS;
    }
    if (!is_serial(revoked->serial)) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the serial is no hex");
    }
    rv = npie_log_line_append(
        &noted.number, log->journal, apr_time_now(),
        apr_psprintf(ptemp, "revoke %s %s %s %s %s", revoked->serial,
                             npie_reason_name((int)revoked->reason),
                             npie_text_time(revoked->revoked, ptemp),
                             revoked->invalid_since == 0 ? "-"
                             : npie_text_time(revoked->invalid_since, ptemp),
                             npie_text_time(revoked->not_after, ptemp)),
                err, ptemp);
    if (rv == APR_SUCCESS) {
        index_record(log, &noted);
    }
    return rv;
}

apr_status_t npie_revocations_note_crl(npie_revocations_t *log,
                                       const npie_crl_made_t *made,
                                       npie_err_t *err, apr_pool_t *ptemp)
{
    npie_crl_made_t noted = *made;
    apr_status_t rv;

    rv = npie_log_line_append(
        &noted.number, log->journal, apr_time_now(),
        apr_psprintf(ptemp, "crl %" APR_UINT64_T_FMT " %s %s - -",
                             made->crl_number,
                             npie_text_time(made->this_update, ptemp),
                             npie_text_time(made->next_update, ptemp)),
                err, ptemp);
    if (rv == APR_SUCCESS) {
        log->crl = noted;
    }
    return rv;
}
