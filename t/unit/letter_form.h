/* SPDX-License-Identifier: Apache-2.0
 * The smallest file that has a letter's form, written by hand: the form is
 * stated a second time, so that drawing and reading cannot drift together.
 */
#ifndef NPIE_UNIT_LETTER_FORM_H
#define NPIE_UNIT_LETTER_FORM_H

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/bytes.h"

#define FORM_HEX64 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FORM_CADENA "||1.0|1|4711|A0648787107|COSC8001137NA|BOXW310820HNERXN09|" \
    "A064878710|" FORM_HEX64 "|" FORM_HEX64 "|ana&amp;eva@empresa.example|" \
    "2026-11-21T19:02:55Z||"
#define FORM_OBJECTS \
    "1 0 obj\n<x><npie:cadena>" FORM_CADENA "</npie:cadena></x>\nendobj\n"
#define FORM_SIG "2 0 obj\n<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n" \
    "/SubFilter /ETSI.CAdES.detached\n/ByteRange "
#define FORM_REST "\n/M (D:20261121190255Z)\n>>\nendobj\n" \
    "xref\n0 1\n0000000000 65535 f\r\ntrailer\n<<\n/Size 1\n>>\n"

/* A letter with those objects before the signature, and a shift of the last
 * number of its ByteRange. */
static inline npie_bytes_t form_make(const char *objects, int shift,
                                     apr_pool_t *pool)
{
    static char zeros[32768 + 1];
    char range[64];
    char *before;
    char *after;
    char *file;
    size_t open;
    npie_bytes_t bytes;

    memset(zeros, '0', sizeof(zeros) - 1);
    before = apr_pstrcat(pool, "%PDF-1.4\n", objects, FORM_SIG, NULL);
    open = strlen(before) + 40 + strlen("\n/Contents ");
    after = apr_psprintf(pool, FORM_REST "startxref\n%d\n%%%%EOF\n",
                         (int)(open + 32770 + (strstr(FORM_REST, "xref\n0")
                                               - FORM_REST)));
    snprintf(range, sizeof(range), "[0 %d %d %d", (int)open, (int)open + 32770,
             (int)strlen(after) + shift);
    file = apr_psprintf(pool, "%s%-39s]\n/Contents <%s>%s", before, range,
                        zeros, after);
    bytes.data = (unsigned char *)file;
    bytes.len = strlen(file);
    return bytes;
}

#endif
