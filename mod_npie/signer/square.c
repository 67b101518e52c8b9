/* SPDX-License-Identifier: Apache-2.0
 * QR codes, by libqrencode.
 */
#include "signer/square.h"

#include <string.h>

#include <qrencode.h>

/* A row of modules, a byte each with the darkness in its last bit, as hex. */
static char *write_row(char *out, const unsigned char *modules, int width)
{
    static const char digits[] = "0123456789ABCDEF";

    for (int x = 0; x < width; x += 8) {
        unsigned byte = 0;

        for (int bit = 0; bit < 8 && x + bit < width; ++bit) {
            byte |= (modules[x + bit] & 1u) << (7 - bit);
        }
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    return out;
}

apr_status_t npie_square_draw(npie_face_t *face, const char *text,
                              npie_err_t *err, apr_pool_t *p)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    char *square, *out;
    apr_size_t width;

    if (code == NULL || code->width > NPIE_FACE_MODULES) {
        QRcode_free(code);
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the address of a printed letter makes no QR code:"
                            " shorten LetterAddress");
    }
    width = (apr_size_t)code->width;
    out = square = apr_palloc(p, (width + 7) / 8 * 2 * width + 1);
    for (int y = 0; y < code->width; ++y) {
        out = write_row(out, code->data + y * code->width, code->width);
    }
    *out = '\0';
    face->modules = code->width;
    face->square = square;
    QRcode_free(code);
    return APR_SUCCESS;
}
