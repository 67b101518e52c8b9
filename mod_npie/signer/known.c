/* SPDX-License-Identifier: Apache-2.0
 * Revocations, the last CRL, the audit's head.
 */
#include "signer/known.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"

struct npie_ledger_known_t {
    apr_pool_t *p;
    const char *issuer;
    apr_pool_t *pool;    /* of the revocations; made anew with each CRL */
    apr_hash_t *serials;
    apr_uint64_t last;   /* entry of the last revocation */
    apr_hash_t *holds;   /* "issuer:serial" of what was ever on hold, to
                            held_t * */
    apr_pool_t *crl_pool;
    npie_crl_made_t crl;
    npie_kept_t kept;
};

/* Whether it is on hold still. */
typedef struct held_t {
    apr_uint64_t number; /* of the last entry about it */
    int is;
} held_t;

npie_ledger_known_t *npie_known_create(const char *issuer, apr_pool_t *p)
{
    npie_ledger_known_t *known = apr_pcalloc(p, sizeof(*known));

    known->p = p;
    known->issuer = apr_pstrdup(p, issuer);
    apr_pool_create(&known->pool, p);
    apr_pool_create(&known->crl_pool, p);
    known->serials = apr_hash_make(known->pool);
    known->holds = apr_hash_make(p);
    return known;
}

/* The newest is found first, older ones behind it. */
static void add(npie_ledger_known_t *known, const npie_revoked_t *revoked)
{
    npie_revoked_t *newest = apr_hash_get(known->serials, revoked->serial,
                                          APR_HASH_KEY_STRING);
    npie_revoked_t **at = &newest;
    npie_revoked_t *one;

    while (*at != NULL && (*at)->number > revoked->number) {
        at = &(*at)->before;
    }
    if (*at != NULL && (*at)->number == revoked->number) {
        return;
    }
    one = apr_pmemdup(known->pool, revoked, sizeof(*revoked));
    one->serial = apr_pstrdup(known->pool, revoked->serial);
    one->before = *at;
    *at = one;
    apr_hash_set(known->serials, one->serial, APR_HASH_KEY_STRING, newest);
}

static void take_revoke(npie_ledger_known_t *known, const npie_entry_t *entry)
{
    npie_revoked_t revoked = {
        .serial = entry->field[NPIE_REVOKE_SERIAL], .number = entry->number,
        .revoked = npie_entry_time(entry, NPIE_REVOKE_TIME),
        .invalid_since = npie_entry_time(entry, NPIE_REVOKE_SINCE),
        .not_after = npie_entry_time(entry, NPIE_REVOKE_NOT_AFTER)
    };

    npie_reason_any_find(&revoked.reason, entry->field[NPIE_REVOKE_REASON]);
    add(known, &revoked);
    if (known->last < entry->number) {
        known->last = entry->number;
    }
}

static void take_hold(npie_ledger_known_t *known, const npie_entry_t *entry)
{
    const char *name = apr_pstrcat(known->p, entry->field[NPIE_REVOKE_ISSUER],
                                   ":", entry->field[NPIE_REVOKE_SERIAL],
                                   NULL);
    held_t *held = apr_hash_get(known->holds, name, APR_HASH_KEY_STRING);

    if (held == NULL) {
        held = apr_pcalloc(known->p, sizeof(*held));
        apr_hash_set(known->holds, name, APR_HASH_KEY_STRING, held);
    }
    if (held->number < entry->number) {
        held->number = entry->number;
        held->is = strcmp(entry->field[NPIE_REVOKE_REASON],
                          npie_reason_any_name(NPIE_REASON_HOLD)) == 0;
    }
}

apr_uint64_t npie_known_held(const npie_ledger_known_t *known)
{
    apr_uint64_t n = 0;
    apr_pool_t *p;

    apr_pool_create(&p, known->p);
    for (apr_hash_index_t *i = apr_hash_first(p, known->holds); i != NULL;
         i = apr_hash_next(i)) {
        n += (apr_uint64_t)((held_t *)apr_hash_this_val(i))->is;
    }
    apr_pool_destroy(p);
    return n;
}

/* RFC 5280 section 3.3: an entry stays until it has stood on a CRL that was
 * made after the certificate's end. */
static int is_past(const npie_revoked_t *revoked, const npie_crl_made_t *made)
{
    return revoked->number <= made->past_number
           && revoked->not_after < made->past_time;
}

/* What a CRL through this entry says of a certificate; NULL: nothing. */
static const npie_revoked_t *said_by(const npie_revoked_t *one,
                                     apr_uint64_t through)
{
    while (one != NULL && one->number > through) {
        one = one->before;
    }
    return one;
}

/* Keeps what the last CRL says, and what was said since. */
static void keep(npie_ledger_known_t *known, const npie_revoked_t *one)
{
    const npie_revoked_t *said = said_by(one, known->crl.through);

    for (; one != NULL; one = one->before) {
        if (!is_past(one, &known->crl)
            && (one != said || one->reason != NPIE_REASON_REMOVE)) {
            add(known, one);
        }
        if (one == said) {
            return;
        }
    }
}

/* Forgets what no CRL lists any more. */
static void compact(npie_ledger_known_t *known)
{
    apr_hash_t *all = known->serials;
    apr_pool_t *before = known->pool;

    apr_pool_create(&known->pool, known->p);
    known->serials = apr_hash_make(known->pool);
    for (apr_hash_index_t *i = apr_hash_first(before, all); i != NULL;
         i = apr_hash_next(i)) {
        keep(known, apr_hash_this_val(i));
    }
    apr_pool_destroy(before);
}

static void take_crl(npie_ledger_known_t *known, const npie_entry_t *entry)
{
    npie_crl_made_t *crl = &known->crl;
    const apr_uint64_t number = npie_entry_number(entry, NPIE_CRL_NUMBER);
    const char *past = entry->field[NPIE_CRL_PAST];

    if (number <= crl->crl_number) {
        return;
    }
    apr_pool_clear(known->crl_pool);
    crl->crl_number = number;
    crl->made = entry->time;
    crl->this_update = npie_entry_time(entry, NPIE_CRL_THIS);
    crl->next_update = npie_entry_time(entry, NPIE_CRL_NEXT);
    crl->through = npie_entry_number(entry, NPIE_CRL_THROUGH);
    crl->past_number = (apr_uint64_t)apr_atoi64(past);
    npie_text_time_parse(&crl->past_time, strchr(past, '@') + 1);
    apr_cpystrn(crl->digest, entry->field[NPIE_CRL_DIGEST],
                sizeof(crl->digest));
    crl->signature = apr_pstrdup(known->crl_pool,
                                 entry->field[NPIE_CRL_SIGNATURE]);
    compact(known);
}

static void take_head(npie_ledger_known_t *known, const npie_entry_t *entry)
{
    npie_kept_t *kept = &known->kept;
    const apr_uint64_t epoch = npie_entry_number(entry, NPIE_HEAD_EPOCH);
    const apr_int64_t sequence = (apr_int64_t)npie_entry_number(
        entry, NPIE_HEAD_SEQUENCE);

    if (epoch < kept->epoch
        || (epoch == kept->epoch && sequence <= kept->head.sequence)) {
        return;
    }
    if (entry->kind == NPIE_ENTRY_RESEAL) {
        kept->resealed = entry->time;
    }
    kept->epoch = epoch;
    kept->kept = entry->time;
    kept->head.sequence = sequence;
    apr_cpystrn(kept->head.hash, entry->field[NPIE_HEAD_HASH],
                sizeof(kept->head.hash));
}

void npie_known_take(npie_ledger_known_t *known, const npie_entry_t *entry)
{
    switch (entry->kind) {
    case NPIE_ENTRY_REVOKE:
        if (strcmp(entry->field[NPIE_REVOKE_ISSUER], known->issuer) == 0) {
            take_revoke(known, entry);
        }
        break;
    case NPIE_ENTRY_HOLD:
        take_hold(known, entry);
        if (strcmp(entry->field[NPIE_REVOKE_ISSUER], known->issuer) == 0) {
            take_revoke(known, entry);
        }
        break;
    case NPIE_ENTRY_CRL:
        if (strcmp(entry->field[NPIE_CRL_ISSUER], known->issuer) == 0) {
            take_crl(known, entry);
        }
        break;
    case NPIE_ENTRY_HEAD:
    case NPIE_ENTRY_RESEAL:
        take_head(known, entry);
        break;
    default:
        break;
    }
}

const char *npie_known_issuer(const npie_ledger_known_t *known)
{
    return known->issuer;
}

const npie_revoked_t *npie_known_revoked(const npie_ledger_known_t *known,
                                         const char *serial)
{
    const npie_revoked_t *one = apr_hash_get(known->serials, serial,
                                             APR_HASH_KEY_STRING);

    return one == NULL || one->reason == NPIE_REASON_REMOVE ? NULL : one;
}

const npie_crl_made_t *npie_known_crl(const npie_ledger_known_t *known)
{
    return &known->crl;
}

int npie_known_is_behind(const npie_ledger_known_t *known)
{
    return known->last > known->crl.through;
}

static int by_number(const void *a, const void *b)
{
    const npie_revoked_t *const *x = a;
    const npie_revoked_t *const *y = b;

    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

npie_crl_t npie_known_list(const npie_ledger_known_t *known,
                           const npie_crl_made_t *made, apr_pool_t *p)
{
    npie_crl_t crl = { NULL, made->crl_number, made->this_update,
                       made->next_update };
    const int count = (int)apr_hash_count(known->serials);
    apr_array_header_t *order = apr_array_make(p, count + 1,
                                               sizeof(npie_revoked_t *));
    apr_array_header_t *list = apr_array_make(p, count + 1,
                                              sizeof(npie_crl_entry_t));

    for (apr_hash_index_t *i = apr_hash_first(p, known->serials); i != NULL;
         i = apr_hash_next(i)) {
        const npie_revoked_t *one = said_by(apr_hash_this_val(i),
                                            made->through);

        if (one != NULL && one->reason != NPIE_REASON_REMOVE
            && !is_past(one, made)) {
            APR_ARRAY_PUSH(order, const npie_revoked_t *) = one;
        }
    }
    qsort(order->elts, (size_t)order->nelts, sizeof(npie_revoked_t *),
          by_number);
    for (int i = 0; i < order->nelts; i++) {
        const npie_revoked_t *one = APR_ARRAY_IDX(order, i, npie_revoked_t *);
        npie_crl_entry_t *entry = apr_array_push(list);

        entry->serial = one->serial;
        entry->reason = (int)one->reason;
        entry->revoked = one->revoked;
        entry->invalid_since = one->invalid_since;
    }
    crl.entries = list;
    return crl;
}

const npie_kept_t *npie_known_kept(const npie_ledger_known_t *known)
{
    return &known->kept;
}

const char *npie_known_crl_marks(const npie_ledger_known_t *known, apr_pool_t *p)
{
    return apr_pstrcat(p, "crl:", known->issuer, ":", NULL);
}

const char *npie_known_revoked_marks(const npie_ledger_known_t *known, apr_pool_t *p)
{
    return apr_pstrcat(p, "revoked:", known->issuer, ":", NULL);
}

const char *npie_known_head_marks(apr_uint64_t epoch, apr_pool_t *p)
{
    return apr_psprintf(p, "head:%06" APR_UINT64_T_FMT ":", epoch);
}
