/* SPDX-License-Identifier: Apache-2.0
 * QR codes (ISO/IEC 18004) for the face of a seal.
 */
#ifndef NPIE_SIGNER_SQUARE_H
#define NPIE_SIGNER_SQUARE_H

#include "base/status.h"
#include "letter/face.h"

/**
 * Draws a text as a QR code of medium error correction. The same text and
 * version of libqrencode give the same code.
 * @param face its modules and square set; in p
 * @param text ASCII
 * @return APR_SUCCESS; NPIE_EINTERNAL: too long, or no memory
 */
apr_status_t npie_square_draw(npie_face_t *face, const char *text,
                              npie_err_t *err, apr_pool_t *p);

#endif
