/* SPDX-License-Identifier: Apache-2.0
 * AUDIT and HEADS: the heads of the registry's audit, kept where nobody who
 * can write to the registry can.
 */
#include "signer/op.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "signer/say.h"

#define HASH_LENGTH (NPIE_SHA256_HEX_SIZE - 1)
/* More rows than a registry writes: in a second, and at once. The first can
 * have been written when there was a registry first. */
#define ROWS_A_SECOND 5000
#define ROWS_AT_ONCE 100000
#define FIRST_ROW apr_time_from_sec(1704067200) /* 2024-01-01 */

static int is_hash(const char *text)
{
    return strlen(text) == HASH_LENGTH
        && strspn(text, "0123456789abcdef") == HASH_LENGTH;
}

static const npie_kept_t *kept_of(const npie_ops_t *ops)
{
    return npie_known_kept(npie_ledger_known(ops->ledger));
}

/* Can the registry have got so far? */
static int is_reachable(const npie_kept_t *kept, apr_int64_t sequence,
                        apr_time_t now)
{
    const apr_time_t since = kept->kept == 0 ? FIRST_ROW : kept->kept;
    const apr_int64_t seconds = now > since ? apr_time_sec(now - since) : 0;

    return sequence - kept->head.sequence
           <= ROWS_AT_ONCE + seconds * ROWS_A_SECOND;
}

/* Keeps a head that is ahead of the one kept. One that is behind changes
 * nothing and is no failure: it was overtaken on its way. */
static apr_status_t keep(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                         apr_pool_t *p)
{
    const npie_signer_head_t *given = baton;
    const npie_kept_t *kept = npie_known_kept(npie_ledger_known(ledger));
    const npie_signer_head_t *head = &kept->head;
    const apr_time_t now = apr_time_now();

    if (given->sequence == head->sequence
        && strcmp(given->hash, head->hash) != 0) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_INTERNAL,
                            "row %" APR_INT64_T_FMT " of the audit was given "
                            "before with another hash", given->sequence);
    }
    if (!is_reachable(kept, given->sequence, now)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_INTERNAL,
                            "so many rows of the audit as %" APR_INT64_T_FMT
                            " cannot have been written since row %"
                            APR_INT64_T_FMT, given->sequence, head->sequence);
    }
    return given->sequence <= head->sequence ? APR_SUCCESS
        : npie_ledger_add(ledger, NPIE_ENTRY_HEAD, now, apr_psprintf(
            p, "%" APR_UINT64_T_FMT " %" APR_INT64_T_FMT " %s", kept->epoch,
            given->sequence, given->hash), err, p);
}

/* Number 0 and no hash ask for the head alone. Only what is written counts
 * for the rate. */
void npie_ops_audit(npie_bytes_t *reply, npie_ops_t *ops,
                    const npie_signer_header_t *header,
                    npie_wire_reader_t *r, apr_pool_t *p)
{
    const npie_signer_head_t *head = &kept_of(ops)->head;
    const apr_uint64_t sequence = npie_wire_get_u64(r);
    const char *hash = npie_wire_get_string(r, HASH_LENGTH, p);
    const int asks = sequence == 0 && *hash == '\0';
    npie_signer_head_t given = { (apr_int64_t)sequence, "" };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS
        || (!asks && (sequence == 0 || sequence > APR_INT64_MAX
                      || !is_hash(hash)))) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of AUDIT are not a number and a hash", p);
        return;
    }
    if (!asks && given.sequence > head->sequence
        && npie_ops_is_busy(reply, ops, header, p)) {
        return;
    }
    apr_cpystrn(given.hash, hash, sizeof(given.hash));
    rv = asks ? npie_ledger_sync(ops->ledger, &err, p)
              : npie_ledger_decide(ops->ledger, keep, &given, &err, p);
    if (rv != APR_SUCCESS) {
        npie_signer_say("error", "audit: %s", err.detail);
        npie_ops_refuse(reply, header, rv == NPIE_EPOLICY ? NPIE_SIGNER_REFUSED
                                                          : NPIE_SIGNER_FAILED,
                        err.problem, err.detail, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, (apr_uint64_t)head->sequence);
    npie_wire_put_string(&w, head->hash);
    *reply = npie_ops_framed(header, &w, p);
}

/* The heads of this epoch behind a row, some at a time. */
static apr_status_t list_heads(apr_array_header_t **plist, npie_ops_t *ops,
                               apr_uint64_t place, npie_err_t *err,
                               apr_pool_t *p)
{
    const char *prefix = npie_known_head_marks(kept_of(ops)->epoch, p);
    const npie_ledger_range_t range = {
        .prefix = prefix, .most = NPIE_LEDGER_READ_MAX,
        .after = place == 0 ? "" : apr_psprintf(p, "%s%020" APR_UINT64_T_FMT,
                                                prefix, place)
    };
    apr_status_t rv = npie_ledger_sync(ops->ledger, err, p);

    return rv != APR_SUCCESS ? rv
        : npie_ledger_look_at(plist, NULL, ops->ledger, &range, err, p);
}

static apr_uint64_t sequence_of(const apr_array_header_t *list, int i)
{
    return npie_entry_number(APR_ARRAY_IDX(list, i, const npie_entry_t *),
                             NPIE_HEAD_SEQUENCE);
}

void npie_ops_heads(npie_bytes_t *reply, npie_ops_t *ops,
                    const npie_signer_header_t *header,
                    npie_wire_reader_t *r, apr_pool_t *p)
{
    const apr_uint64_t place = npie_wire_get_u64(r);
    const npie_kept_t *kept = kept_of(ops);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *list;
    npie_wire_writer_t w;
    apr_status_t rv;

    if (npie_wire_get_end(r) != APR_SUCCESS || place > APR_INT64_MAX) {
        npie_ops_refuse(reply, header, NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST,
                        "the fields of HEADS are not a place", p);
        return;
    }
    rv = list_heads(&list, ops, place, &err, p);
    if (rv != APR_SUCCESS) {
        npie_ops_answer_failure(reply, header, "HEADS", rv, &err, p);
        return;
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_u64(&w, list->nelts == 0 ? 0
                      : sequence_of(list, list->nelts - 1));
    npie_wire_put_u64(&w, kept->epoch);
    npie_wire_put_string(&w, kept->resealed == 0 ? ""
                         : npie_text_time(kept->resealed, p));
    npie_wire_put_u16(&w, (apr_uint16_t)list->nelts);
    for (int i = 0; i < list->nelts; ++i) {
        const npie_entry_t *entry = APR_ARRAY_IDX(list, i,
                                                  const npie_entry_t *);

        npie_wire_put_u64(&w, sequence_of(list, i));
        npie_wire_put_string(&w, entry->field[NPIE_HEAD_HASH]);
    }
    *reply = npie_ops_framed(header, &w, p);
}
