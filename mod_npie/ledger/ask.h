/* SPDX-License-Identifier: Apache-2.0
 * Asking npie-ledger, the process without keys that keeps the ledger's
 * database. What it answers is believed by nobody: see ledger/chain.h.
 *
 * Both speak in the frames of ledger/child.h. A request begins with u16 its
 * operation, a reply with u16 its status, and unless that is OK goes on with
 * string detail.
 *
 *   OPEN   -> string place, u16 1: only read;  reply: (nothing)
 *   HEAD   -> (nothing);  reply: rows, the last or none
 *   APPEND -> u64 number, string line, u16 n, n x (string mark, u64 expires)
 *            reply: (nothing)
 *   FIND   -> string mark;  reply: rows, one or none
 *   READ   -> u64 from, u32 at most;  reply: rows
 *   LIST   -> string prefix, string after, u64 expires, u64 above, u16 1: from
 *            the last, u16 1: without lines, u32 at most;  reply: rows
 *
 * A row is u16 1, of LIST alone string mark and u64 expires, u64 number, string
 * line; behind the last stands u16 0.
 */
#ifndef NPIE_LEDGER_ASK_H
#define NPIE_LEDGER_ASK_H

#include "ledger/child.h"
#include "ledger/entry.h"

/** The program. */
#define NPIE_LEDGER_NAME "npie-ledger"
/** The longest place and mark, bytes. */
#define NPIE_LEDGER_PLACE_MAX 4096
#define NPIE_LEDGER_MARK_MAX 255
/** The most entries of one reply. */
#define NPIE_LEDGER_READ_MAX 500

typedef enum npie_ledger_op_t {
    NPIE_LEDGER_OPEN = 1, NPIE_LEDGER_HEAD, NPIE_LEDGER_APPEND,
    NPIE_LEDGER_FIND, NPIE_LEDGER_READ, NPIE_LEDGER_LIST
} npie_ledger_op_t;

/** How a request ended. */
typedef enum npie_ledger_status_t {
    NPIE_LEDGER_OK = 0,
    NPIE_LEDGER_TAKEN = 1,  /**< number or mark: nothing was appended */
    NPIE_LEDGER_AWAY = 2,   /**< out of reach now; it may be there later */
    NPIE_LEDGER_FAILED = 3
} npie_ledger_status_t;

/** The process at the other end. One thread. */
typedef npie_child_t npie_ledger_ask_t;

/**
 * Starts the process; it ends with the pool, or with who has started it.
 * Nothing is opened yet.
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_ledger_start(npie_ledger_ask_t **pask,
                               const npie_child_place_t *place,
                               npie_err_t *err, apr_pool_t *p);

/**
 * Has the database opened, and made where that is the way.
 * @param read_only 1: nothing is made or written
 * @return APR_SUCCESS; NPIE_EBACKEND: it cannot be reached now, and is tried
 *         again with what is asked; NPIE_ECONFIG; NPIE_EPROTO
 */
apr_status_t npie_ledger_open(npie_ledger_ask_t *ask, const char *database,
                              int read_only, npie_err_t *err,
                              apr_pool_t *ptemp);

/** An entry as it was kept: nothing of it is checked. */
typedef struct npie_ledger_row_t {
    const char *mark;    /**< of npie_ledger_list(), else NULL */
    apr_time_t expires;  /**< the mark's */
    apr_uint64_t number; /**< 0: there is none */
    const char *line;
} npie_ledger_row_t;

/* All of these: APR_SUCCESS; NPIE_EBACKEND (SIGNER_DOWN): out of reach;
 * NPIE_EINTERNAL; NPIE_EPROTO. Rows live in p. */
apr_status_t npie_ledger_head(npie_ledger_row_t *row, npie_ledger_ask_t *ask,
                              npie_err_t *err, apr_pool_t *p);
apr_status_t npie_ledger_find(npie_ledger_row_t *row, npie_ledger_ask_t *ask,
                              const char *mark, npie_err_t *err,
                              apr_pool_t *p);
/** @param plist set to an array of npie_ledger_row_t, from that number on */
apr_status_t npie_ledger_read(apr_array_header_t **plist,
                              npie_ledger_ask_t *ask, apr_uint64_t from,
                              apr_uint32_t most, npie_err_t *err,
                              apr_pool_t *p);

/** Which marks are listed. */
typedef struct npie_ledger_range_t {
    const char *prefix;
    const char *after;    /**< the mark to go on behind; "" = from the first */
    apr_time_t expires;   /**< those that expire then or later, */
    apr_uint64_t above;   /**< and those of entries above; 0 and 0 = all */
    int last_first;       /**< 1 */
    int bare;             /**< 1: without lines */
    apr_uint32_t most;
} npie_ledger_range_t;

apr_status_t npie_ledger_list(apr_array_header_t **plist,
                              npie_ledger_ask_t *ask,
                              const npie_ledger_range_t *range,
                              npie_err_t *err, apr_pool_t *p);

/** Appends a line, whole or not at all, and has it on disk on return.
 * @param marks of npie_ledger_mark_t
 * @return besides: NPIE_ECONFLICT: that number or one of its marks is there
 *         already. After NPIE_EBACKEND it may or may not be there. */
apr_status_t npie_ledger_append(npie_ledger_ask_t *ask, apr_uint64_t number,
                                const char *line,
                                const apr_array_header_t *marks,
                                npie_err_t *err, apr_pool_t *ptemp);

#endif
