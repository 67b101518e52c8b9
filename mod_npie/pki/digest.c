/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 by libcrypto.
 */
#include "pki/digest.h"

#include <openssl/evp.h>
#include <openssl/err.h>

apr_status_t npie_sha256_hex(char hex[NPIE_SHA256_HEX_SIZE], npie_bytes_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    hex[0] = '\0';
    if (EVP_Digest(bytes.data, bytes.len, md, &len, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        return NPIE_EINTERNAL;
    }
    for (unsigned int i = 0; i < len; ++i) {
        hex[2 * i] = digits[md[i] >> 4];
        hex[2 * i + 1] = digits[md[i] & 15];
    }
    hex[2 * len] = '\0';
    return APR_SUCCESS;
}
