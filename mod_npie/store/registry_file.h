/* SPDX-License-Identifier: Apache-2.0
 * Files in the registry's tables: letters and seals. They are stored packed,
 * as binary. Inside store/ only.
 *
 * The first byte of what is stored says how the rest is to be read:
 *   0  the file as it is
 *   1  the file compressed by zstd (RFC 8878), with its checksum
 *   2  the SHA-256 of a frame (store/frame.h), 64 hex digits, then the file
 *      compressed by zstd with the frame as its prefix, with its checksum
 * In SQLite anything else is what versions before schema 9 wrote: base64.
 */
#ifndef NPIE_STORE_REGISTRY_FILE_H
#define NPIE_STORE_REGISTRY_FILE_H

#include "store/registry_sql.h"

/** Puts a file, packed with the registry's frame where there is one. The
 * frame must be in the registry: see npie_frame_keep(). */
void npie_args_file(npie_args_t *args, const npie_registry_t *registry,
                    npie_bytes_t file);

/** Takes the next column, unpacked; no bytes for NULL. What cannot be
 * unpacked makes the row bad. Reads the frame from the registry when this
 * connection needs it for the first time. */
npie_bytes_t npie_row_file(npie_row_t *row);

/** What is stored, as PostgreSQL writes binary: "\\x" and lower-case hex.
 * @param text that already, or base64 as versions before schema 9 wrote, or
 *        NULL, which is returned
 * @return in p; text itself where it is neither */
const char *npie_file_text(const char *text, apr_pool_t *p);

/** Makes sure that the registry's frame is in its table, before files are
 * written; costs nothing once this connection knows.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_frame_keep(npie_registry_t *registry, npie_err_t *err);

/** Notes that the transaction has ended, and whether what it wrote stays. */
void npie_frame_ended(npie_registry_t *registry, int committed);

#endif
