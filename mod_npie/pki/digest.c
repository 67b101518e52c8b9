/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 by libcrypto.
 */
#include "pki/digest.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/err.h>

static void write_hex(char hex[NPIE_SHA256_HEX_SIZE], const unsigned char *md,
                      unsigned int len)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned int i = 0; i < len; ++i) {
        hex[2 * i] = digits[md[i] >> 4];
        hex[2 * i + 1] = digits[md[i] & 15];
    }
    hex[2 * len] = '\0';
}

apr_status_t npie_sha256_hex(char hex[NPIE_SHA256_HEX_SIZE], npie_bytes_t bytes)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    hex[0] = '\0';
    if (EVP_Digest(bytes.data, bytes.len, md, &len, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        return NPIE_EINTERNAL;
    }
    write_hex(hex, md, len);
    return APR_SUCCESS;
}

/* 0 at the end, else what failed. */
static apr_status_t digest_fd(EVP_MD_CTX *context, apr_off_t *plen, int fd)
{
    unsigned char block[65536];

    for (;;) {
        const ssize_t n = read(fd, block, sizeof(block));

        if (n < 0 && errno != EINTR) {
            return APR_FROM_OS_ERROR(errno);
        }
        if (n == 0) {
            return APR_SUCCESS;
        }
        if (n > 0) {
            *plen += n;
            if (EVP_DigestUpdate(context, block, (size_t)n) != 1) {
                return NPIE_EINTERNAL;
            }
        }
    }
}

apr_status_t npie_sha256_hex_fd(char hex[NPIE_SHA256_HEX_SIZE],
                                apr_off_t *plen, int fd)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    apr_status_t rv = NPIE_EINTERNAL;

    hex[0] = '\0';
    *plen = 0;
    if (context != NULL
        && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) {
        rv = digest_fd(context, plen, fd);
    }
    if (rv == APR_SUCCESS && EVP_DigestFinal_ex(context, md, &len) != 1) {
        rv = NPIE_EINTERNAL;
    }
    if (rv == APR_SUCCESS) {
        write_hex(hex, md, len);
    }
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return rv;
}
