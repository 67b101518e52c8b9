/* SPDX-License-Identifier: Apache-2.0
 * Codes of printed letters.
 */
#include "letter/printed.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "pki/digest.h"

/* No other digest of a signature is one of these. */
#define PURPOSE "mod_npie:carta-impresa:1\n"
#define DIGITS (NPIE_PRINTED_CODE_SIZE - 1)

apr_status_t npie_printed_code(char code[NPIE_PRINTED_CODE_SIZE],
                               npie_bytes_t cms, npie_err_t *err,
                               apr_pool_t *p)
{
    const apr_size_t head = strlen(PURPOSE);
    unsigned char *bytes;
    char hex[NPIE_SHA256_HEX_SIZE];

    code[0] = '\0';
    if (cms.len == 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "a letter without a signature has no code");
    }
    bytes = apr_palloc(p, head + cms.len);
    memcpy(bytes, PURPOSE, head);
    memcpy(bytes + head, cms.data, cms.len);
    if (npie_sha256_hex(hex, (npie_bytes_t){ bytes, head + cms.len })
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "SHA-256 failed");
    }
    apr_cpystrn(code, hex, NPIE_PRINTED_CODE_SIZE);
    return APR_SUCCESS;
}

int npie_printed_same(const char *code, const char *given)
{
    unsigned difference = 0;

    if (strlen(code) != DIGITS || strlen(given) != DIGITS) {
        return 0;
    }
    for (int i = 0; i < DIGITS; ++i) {
        difference |= (unsigned char)code[i]
            ^ (unsigned char)apr_tolower(given[i]);
    }
    return difference == 0;
}

const char *npie_printed_address(const char *base, apr_int64_t folio,
                                 const char *code, apr_pool_t *p)
{
    return apr_psprintf(p, "%sverificar.html?folio=%" APR_INT64_T_FMT
                        "&codigo=%s", base, folio, code);
}
