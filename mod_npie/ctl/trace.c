/* SPDX-License-Identifier: Apache-2.0
 * Finding rows of the audit.
 */
#include "ctl/trace.h"

#include <string.h>

#include <apr_strings.h>

#include "pki/cert.h"
#include "store/list.h"

/* Longest pair of words in a detail that is looked up: "key" and a hash. */
#define PAIR_MAX 160
#define BETWEEN " ,:;"

npie_ctl_trace_t *npie_ctl_trace_make(apr_pool_t *p)
{
    npie_ctl_trace_t *trace = apr_pcalloc(p, sizeof(*trace));

    trace->words = apr_hash_make(p);
    trace->serials = apr_hash_make(p);
    trace->p = p;
    return trace;
}

static void add(npie_ctl_trace_t *trace, const char *word)
{
    apr_hash_set(trace->words, word, APR_HASH_KEY_STRING, word);
}

static void add_number(npie_ctl_trace_t *trace, const char *what,
                       apr_int64_t number)
{
    add(trace, apr_psprintf(trace->p, "%s %" APR_INT64_T_FMT, what, number));
}

void npie_ctl_trace_certificate(npie_ctl_trace_t *trace,
                                const npie_certificate_t *certificate)
{
    const char *serial = apr_pstrdup(trace->p, certificate->serial);

    add(trace, apr_pstrcat(trace->p, "certificate ", serial, NULL));
    add(trace, apr_pstrcat(trace->p, "by ", serial, NULL));
    add(trace, apr_pstrcat(trace->p, "key ", certificate->spki, NULL));
    apr_hash_set(trace->serials, serial, APR_HASH_KEY_STRING, serial);
}

static apr_status_t add_certificates(npie_ctl_trace_t *trace,
                                     npie_registry_t *registry,
                                     apr_int64_t employer, npie_err_t *err)
{
    const npie_certificate_filter_t filter = { .employer = employer,
                                               .status = "", .serial = "" };
    apr_array_header_t *list;
    apr_status_t rv = npie_certificate_list(&list, registry, &filter, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        npie_ctl_trace_certificate(trace, APR_ARRAY_IDX(
            list, i, npie_certificate_item_t).certificate);
    }
    return rv;
}

apr_status_t npie_ctl_trace_employer(npie_ctl_trace_t *trace,
                                     npie_registry_t *registry,
                                     const npie_employer_t *employer,
                                     npie_err_t *err)
{
    apr_array_header_t *letters = NULL, *moves = NULL;
    apr_status_t rv = add_certificates(trace, registry, employer->id, err);

    add_number(trace, "employer", employer->id);
    add(trace, apr_pstrdup(trace->p, employer->rp));
    if (rv == APR_SUCCESS) {
        rv = npie_moves_of(&moves, registry, employer->id, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_letters_of(&letters, registry, employer->id, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < moves->nelts; i++) {
        const npie_move_item_t *move = &APR_ARRAY_IDX(moves, i,
                                                      npie_move_item_t);

        add_number(trace, move->additional ? "request" : "renewal", move->id);
    }
    for (int i = 0; i < letters->nelts; i++) {
        add_number(trace, "letter", APR_ARRAY_IDX(letters, i,
                                                  npie_letter_item_t).folio);
    }
    return rv;
}

static int is_known(const npie_ctl_trace_t *trace, const char *before,
                    apr_size_t before_len, const char *word, apr_size_t len)
{
    char pair[PAIR_MAX];

    if (apr_hash_get(trace->words, word, (apr_ssize_t)len) != NULL) {
        return 1;
    }
    if (before == NULL || before_len + 1 + len >= sizeof(pair)) {
        return 0;
    }
    memcpy(pair, before, before_len);
    pair[before_len] = ' ';
    memcpy(pair + before_len + 1, word, len);
    return apr_hash_get(trace->words, pair,
                        (apr_ssize_t)(before_len + 1 + len)) != NULL;
}

int npie_ctl_trace_has(const npie_ctl_trace_t *trace,
                       const npie_audit_row_t *row)
{
    const char *word = row->detail + strspn(row->detail, BETWEEN);
    const char *before = NULL;
    apr_size_t before_len = 0;

    if (apr_hash_get(trace->serials, row->actor, APR_HASH_KEY_STRING)
        != NULL) {
        return 1;
    }
    while (*word != '\0') {
        apr_size_t len = strcspn(word, BETWEEN);

        if (is_known(trace, before, before_len, word, len)) {
            return 1;
        }
        before = word;
        before_len = len;
        word += len;
        word += strspn(word, BETWEEN);
    }
    return 0;
}

const char *npie_ctl_trace_actor(const npie_audit_row_t *row, apr_pool_t *p)
{
    const apr_size_t len = strlen(row->actor);

    return len > 1 && strspn(row->actor, "0123456789ABCDEF") == len
        ? npie_cert_serial_text(row->actor, p) : row->actor;
}
