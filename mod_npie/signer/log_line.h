/* SPDX-License-Identifier: Apache-2.0
 * One line of a log, to text and back: what all logs have in common, and the
 * issuance log's records. For the logs alone.
 */
#ifndef NPIE_SIGNER_LOG_LINE_H
#define NPIE_SIGNER_LOG_LINE_H

#include "signer/journal.h"
#include "signer/log.h"

/**
 * Ends a record: with its checksum, which the next one goes on from.
 * @param line set to the whole line, its end included
 * @param record number and fields, one blank between
 * @param chain the checksum of the line before; set to this one's
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_log_line_seal(npie_bytes_t *line, const char *record,
                                char chain[NPIE_SHA256_HEX_SIZE],
                                apr_pool_t *p);

/**
 * Makes the next record of a journal and has it on disk on return.
 * @param pnumber set to its number
 * @param when what stands for its time
 * @param fields those behind number and time, one blank between
 * @return APR_SUCCESS; NPIE_EINTERNAL: nothing was noted
 */
apr_status_t npie_log_line_append(apr_uint64_t *pnumber,
                                  npie_journal_t *journal, apr_time_t when,
                                  const char *fields, npie_err_t *err,
                                  apr_pool_t *ptemp);

/**
 * Cuts a line, without its end, into its fields, and checks number, first of
 * them, and checksum, the last.
 * @param fields set to count texts, in p
 * @param number the record's number as it must be
 * @param chain the checksum of the line before; set to this one's on success
 * @return NULL, or what is wrong with the line; static English
 */
const char *npie_log_line_open(char **fields, int count, npie_bytes_t line,
                               apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *p);

/**
 * Writes a record's line, its end included.
 * @param number of the record, from 1
 * @param chain the checksum of the line before; set to this one's
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_log_line_write(npie_bytes_t *line, apr_uint64_t number,
                                 const npie_issuance_entry_t *entry,
                                 char chain[NPIE_SHA256_HEX_SIZE],
                                 apr_pool_t *p);

/**
 * Reads a line, without its end.
 * @param issued folio and keys are set
 * @param number the record's number as it must be
 * @param chain the checksum of the line before; set to this one's on success
 * @param ptemp scratch
 * @return NULL, or what is wrong with the line; static English
 */
const char *npie_log_line_read(npie_issuance_record_t *issued,
                               npie_bytes_t line, apr_uint64_t number,
                               char chain[NPIE_SHA256_HEX_SIZE],
                               apr_pool_t *ptemp);

/**
 * Reads the certificate of a line, without its end, and checks it against
 * the digest beside it.
 * @return APR_SUCCESS; NPIE_EINPUT
 */
apr_status_t npie_log_line_certificate(npie_bytes_t *der, npie_bytes_t line,
                                       apr_pool_t *p);

#endif
