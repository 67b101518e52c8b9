/* SPDX-License-Identifier: Apache-2.0
 * What an employer's file holds, by its bytes.
 */
#ifndef NPIE_RENEW_PIECES_H
#define NPIE_RENEW_PIECES_H

#include <apr_tables.h>

#include "base/bytes.h"
#include "base/status.h"

typedef enum npie_piece_kind_t {
    NPIE_PIECE_PFX,
    NPIE_PIECE_CERTIFICATE, /**< X.509 */
    NPIE_PIECE_CHAIN,       /**< .p7b: SignedData without signers */
    NPIE_PIECE_KEY,         /**< private key, encrypted or not */
    NPIE_PIECE_DAMAGED,     /**< a file of these kinds that is cut or torn */
    NPIE_PIECE_OTHER        /**< none of them */
} npie_piece_kind_t;

/** One thing in a file. */
typedef struct npie_piece_t {
    npie_piece_kind_t kind;
    npie_bytes_t der;   /**< what follows its own length is not looked at */
    const char *header; /**< of a PEM block in OpenSSL's old way, else "" */
} npie_piece_t;

/**
 * Looks into a file: DER, bytes after it included, PEM with any number of
 * blocks, either in bare base64 or as UTF-16.
 * @param name of the file: .pfx and .p12 that cannot be parsed are damaged
 * @return of npie_piece_t, one at least, in p
 */
apr_array_header_t *npie_pieces_read(const char *name, npie_bytes_t file,
                                     apr_pool_t *p);

#endif
